//! What a client makes of a secret's text. Written apart from the product's own reader, as its readers' are.

use serde_json::Value;

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
    let pairs = [("sasl.username", "sasl.password"), ("username", "password")];
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
