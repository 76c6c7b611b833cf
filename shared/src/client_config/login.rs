//! Id and secret of a key in the clear, between a credential and the text of a secret.

use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use super::{Document, ReadError, RenderError};
use crate::confluent::Credential;

/// A key that every format can hold: a secret that is neither empty nor has a control character.
/// (That the id has no `:` is promised by its type.)
pub(super) struct Login<'a> {
    pub(super) id: &'a str,
    pub(super) secret: &'a str,
}

impl<'a> Login<'a> {
    pub(super) fn of(credential: &'a Credential) -> Result<Self, RenderError> {
        let login = Self {
            id: credential.id.as_str(),
            secret: exposed(credential),
        };
        if login.secret.is_empty() {
            let api_key = login.id.to_owned();
            return Err(RenderError::EmptySecret { api_key });
        }
        if login.secret.chars().any(char::is_control) {
            let api_key = login.id.to_owned();
            return Err(RenderError::ControlCharacter { api_key });
        }
        Ok(login)
    }
}

/// What was read, as a credential; the fields are named in the error.
pub(super) fn credential(
    id: &str,
    secret: &str,
    id_field: &'static str,
    secret_field: &'static str,
) -> Result<Credential, ReadError> {
    let id = id
        .parse()
        .map_err(|_| ReadError::NotAnId { field: id_field })?;
    if secret.is_empty() {
        return Err(ReadError::NoSecret {
            field: secret_field,
        });
    }
    Ok(Credential {
        id,
        secret: SecretString::from(secret),
    })
}

/// A key that stands in two fields of its own.
pub(super) fn read_pair(
    document: &Document,
    id_field: &'static str,
    secret_field: &'static str,
) -> Result<Option<Credential>, ReadError> {
    let id = document.text(id_field)?;
    let secret = document.text(secret_field)?;
    match (id, secret) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(ReadError::Missing {
            field: secret_field,
            beside: id_field,
        }),
        (None, Some(_)) => Err(ReadError::Missing {
            field: id_field,
            beside: secret_field,
        }),
        (Some(id), Some(secret)) => credential(&id, &secret, id_field, secret_field).map(Some),
    }
}

/// Whether two credentials sign in alike.
pub(super) fn same(one: &Credential, other: &Credential) -> bool {
    one.id == other.id && exposed(one) == exposed(other)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the secret is compared, or goes into the text of another secret"
)]
fn exposed(credential: &Credential) -> &str {
    credential.secret.expose_secret()
}

/// The text of a field, wiped when it is dropped.
pub(super) type Text = Zeroizing<String>;
