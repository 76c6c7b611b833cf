//! What a client makes of a secret's text. Written apart from the product's own reader, as its readers' are.

use serde_json::{Value, json};

/// Key id and secret in a text of any format; `None` where a client would find none.
#[must_use]
pub fn read(text: &str) -> Option<(String, String)> {
    let fields: Value = serde_json::from_str(text).ok()?;
    let field = |name: &str| Some(fields.get(name)?.as_str()?.to_owned());
    if let Some(jaas) = field("sasl.jaas.config") {
        return Some((quoted(&jaas, "username=")?, quoted(&jaas, "password=")?));
    }
    for name in [
        "basic.auth.user.info",
        "schema.registry.basic.auth.user.info",
    ] {
        if let Some(info) = field(name) {
            let (key, secret) = info.split_once(':')?;
            return Some((key.to_owned(), secret.to_owned()));
        }
    }
    let pairs = [
        ("sasl.username", "sasl.password"),
        ("username", "password"),
        ("api_key", "api_secret"),
        ("apiKey", "apiSecret"),
    ];
    pairs
        .into_iter()
        .find_map(|(key, secret)| Some((field(key)?, field(secret)?)))
}

/// The value of `name='…'`; Confluent's ids and secrets need no escapes.
fn quoted(jaas: &str, name: &str) -> Option<String> {
    let (_, rest) = jaas.split_once(name)?;
    let quote = rest.chars().next()?;
    let (value, _) = rest[1..].split_once(quote)?;
    Some(value.to_owned())
}

/// The text that another tool would have left in a secret, in the least form that a format reads.
///
/// # Panics
/// The format is none of those that tests use.
#[must_use]
pub fn text(format: &str, key: &str, secret: &str) -> String {
    match format {
        "java" => {
            let jaas = format!(
                "org.apache.kafka.common.security.plain.PlainLoginModule required username='{key}' password='{secret}';"
            );
            json!({"sasl.jaas.config": jaas})
        }
        "librdkafka" => json!({"sasl.username": key, "sasl.password": secret}),
        "event_source" => json!({"username": key, "password": secret}),
        "schema_registry_java" => json!({"basic.auth.user.info": format!("{key}:{secret}")}),
        other => panic!("no text for format `{other}`"),
    }
    .to_string()
}
