//! Formats `schema_registry_java` and `schema_registry_java_prefixed`: two spellings of the same
//! fields. Java's client takes either, and with both in one secret a stale one can win; so each
//! format removes the other's fields, and each reads both (a target may change its spelling).

use super::{Document, Field, ReadError, login, login::Login, user_info};
use crate::confluent::Credential;

/// One spelling.
pub(super) struct Spelling {
    source: &'static str,
    user_info: &'static str,
}

/// As the original wrote until November 2024.
pub(super) const BARE: Spelling = Spelling {
    source: "basic.auth.credentials.source",
    user_info: "basic.auth.user.info",
};

/// As programs since November 2024 look for them.
pub(super) const PREFIXED: Spelling = Spelling {
    source: "schema.registry.basic.auth.credentials.source",
    user_info: "schema.registry.basic.auth.user.info",
};

const URL: &str = "schema.registry.url";

pub(super) const OWNED: [&str; 5] = [
    BARE.source,
    BARE.user_info,
    PREFIXED.source,
    PREFIXED.user_info,
    URL,
];

/// The fields of the one spelling.
pub(super) const BARE_FIELDS: [&str; 3] = [BARE.source, BARE.user_info, URL];
/// Those of the other.
pub(super) const PREFIXED_FIELDS: [&str; 3] = [PREFIXED.source, PREFIXED.user_info, URL];

impl Spelling {
    pub(super) fn render(&self, login: &Login<'_>, url: &str) -> Vec<Field> {
        vec![
            // Without it the client ignores the user info and is refused.
            (self.source, "USER_INFO".into()),
            (self.user_info, user_info::render(login)),
            (URL, url.into()),
        ]
    }
}

pub(super) fn read(document: &Document) -> Result<Option<Credential>, ReadError> {
    let bare = user_info::read(document, BARE.user_info)?;
    let prefixed = user_info::read(document, PREFIXED.user_info)?;
    match (bare, prefixed) {
        (Some(bare), Some(prefixed)) if !login::same(&bare, &prefixed) => {
            Err(ReadError::Contradiction {
                field: BARE.user_info,
                other: PREFIXED.user_info,
            })
        }
        (bare, prefixed) => Ok(bare.or(prefixed)),
    }
}
