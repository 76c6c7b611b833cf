//! Format `librdkafka`: what librdkafka and everything built on it takes, as raw values.

use super::{Document, Field, ReadError, RenderError, login, login::Login};
use crate::confluent::Credential;

const USERNAME: &str = "sasl.username";
const PASSWORD: &str = "sasl.password";
const BOOTSTRAP: &str = "bootstrap.servers";

pub(super) const OWNED: [&str; 3] = [USERNAME, PASSWORD, BOOTSTRAP];

pub(super) fn render(
    login: &Login<'_>,
    bootstrap_servers: &str,
) -> Result<Vec<Field>, RenderError> {
    if login.secret.starts_with(' ') {
        let api_key = login.id.to_owned();
        return Err(RenderError::LeadingSpace { api_key });
    }
    Ok(vec![
        (USERNAME, login.id.into()),
        (PASSWORD, login.secret.into()),
        (BOOTSTRAP, bootstrap_servers.into()),
    ])
}

pub(super) fn read(document: &Document) -> Result<Option<Credential>, ReadError> {
    login::read_pair(document, USERNAME, PASSWORD)
}
