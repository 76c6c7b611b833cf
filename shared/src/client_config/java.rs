//! Format `java`: what Apache Kafka's own client reads.

use super::{Document, Field, ReadError, jaas, login, login::Login};
use crate::confluent::Credential;

const JAAS: &str = "sasl.jaas.config";
const BOOTSTRAP: &str = "bootstrap.servers";

pub(super) const OWNED: [&str; 2] = [JAAS, BOOTSTRAP];

pub(super) fn render(login: &Login<'_>, bootstrap_servers: &str) -> Vec<Field> {
    vec![
        (JAAS, jaas::single_quoted(login).into()),
        (BOOTSTRAP, bootstrap_servers.into()),
    ]
}

pub(super) fn read(document: &Document) -> Result<Option<Credential>, ReadError> {
    let Some(line) = document.text(JAAS)? else {
        return Ok(None);
    };
    let (id, secret) = jaas::read(&line).map_err(|source| ReadError::Jaas {
        field: JAAS,
        source,
    })?;
    login::credential(&id, &secret, JAAS, JAAS).map(Some)
}
