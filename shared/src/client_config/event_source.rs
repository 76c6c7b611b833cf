//! Format `event_source`: what a Lambda event source mapping reads for `BASIC_AUTH`, of its
//! cluster and of its schema registry.

use super::{Document, Field, ReadError, login, login::Login};
use crate::confluent::Credential;

const USERNAME: &str = "username";
const PASSWORD: &str = "password";

pub(super) const OWNED: [&str; 2] = [USERNAME, PASSWORD];

pub(super) fn render(login: &Login<'_>) -> Vec<Field> {
    vec![(USERNAME, login.id.into()), (PASSWORD, login.secret.into())]
}

pub(super) fn read(document: &Document) -> Result<Option<Credential>, ReadError> {
    login::read_pair(document, USERNAME, PASSWORD)
}
