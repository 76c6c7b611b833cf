//! `KEY:SECRET` in one field, as Schema Registry clients take it.

use secrecy::SecretString;

use super::{Document, ReadError, login, login::Login};
use crate::confluent::Credential;

pub(super) fn render(login: &Login<'_>) -> SecretString {
    format!("{}:{}", login.id, login.secret).into()
}

/// Split at the first `:`, as every client does: a secret may have one.
pub(super) fn read(
    document: &Document,
    field: &'static str,
) -> Result<Option<Credential>, ReadError> {
    let Some(text) = document.text(field)? else {
        return Ok(None);
    };
    let (id, secret) = text.split_once(':').ok_or(ReadError::NoColon { field })?;
    login::credential(id, secret, field, field).map(Some)
}
