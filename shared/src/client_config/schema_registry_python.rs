//! Format `schema_registry_python`: the two fields that Confluent's Python client takes
//! (it refuses any other name of these).

use super::{Document, Field, ReadError, login::Login, user_info};
use crate::confluent::Credential;

const URL: &str = "url";
const USER_INFO: &str = "basic.auth.user.info";

pub(super) const OWNED: [&str; 2] = [URL, USER_INFO];

pub(super) fn render(login: &Login<'_>, url: &str) -> Vec<Field> {
    vec![(URL, url.into()), (USER_INFO, user_info::render(login))]
}

pub(super) fn read(document: &Document) -> Result<Option<Credential>, ReadError> {
    user_info::read(document, USER_INFO)
}
