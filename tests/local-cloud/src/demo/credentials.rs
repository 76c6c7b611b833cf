//! Key and secret from a secret's own text, as the program that reads it would take them.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// What a client signs in with.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Credentials {
    /// The API key's id.
    pub(super) key: String,
    /// The API key's secret.
    pub(super) secret: String,
}

impl Credentials {
    /// The value of the header `Authorization`.
    pub(super) fn basic(&self) -> String {
        let Self { key, secret } = self;
        format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")))
    }
}

/// Reads the layouts of the demo's secrets; `None` where there is no whole credential.
pub(super) fn read(text: &str) -> Option<Credentials> {
    let document: Value = serde_json::from_str(text).ok()?;
    let field = |name: &str| document[name].as_str();
    let pair = |key: &str, secret: &str| Some((field(key)?, field(secret)?));
    let (key, secret) = pair("sasl.username", "sasl.password")
        .or_else(|| pair("username", "password"))
        .or_else(|| field("basic.auth.user.info")?.split_once(':'))
        .or_else(|| {
            let line = field("sasl.jaas.config")?;
            Some((quoted(line, "username=")?, quoted(line, "password=")?))
        })?;
    Some(Credentials {
        key: key.to_owned(),
        secret: secret.to_owned(),
    })
}

/// The value in single quotes after `name`. Secrets of the local cloud have neither quotes nor backslashes.
fn quoted<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(name)?;
    let (value, _) = rest.strip_prefix('\'')?.split_once('\'')?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_is_read_and_half_a_credential_is_none() {
        for text in [
            r#"{"sasl.username":"K","sasl.password":"s/+"}"#,
            r#"{"username":"K","password":"s/+"}"#,
            r#"{"basic.auth.user.info":"K:s/+","schema.registry.url":"http://h"}"#,
            r#"{"sasl.jaas.config":"org.apache.kafka.common.security.plain.PlainLoginModule required username='K' password='s/+';"}"#,
        ] {
            let read = read(text).unwrap();
            assert_eq!((&*read.key, &*read.secret), ("K", "s/+"), "{text}");
        }
        for text in [
            "",
            "{}",
            r#"{"username":"K"}"#,
            r#"{"sasl.jaas.config":"username='K'"}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
