//! Why a format is not known, cannot be written or cannot be read. No error holds a value of a secret.

use std::fmt;

use thiserror::Error;

use super::Format;
use crate::confluent::ResourceKind;

/// A target names a format that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormatError {
    /// No such format.
    #[error("unknown format `{name}`, expected one of {}", Known)]
    Unknown {
        /// As the target says.
        name: String,
    },
    /// The contract names it, this version does not write it.
    #[error("format `{name}` is not built yet")]
    NotBuiltYet {
        /// As the target says.
        name: String,
    },
}

struct Known;

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, format) in Format::ALL.into_iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}`{format}`")?;
        }
        Ok(())
    }
}

/// A format cannot hold this key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RenderError {
    /// Clients of such a resource do not read the format.
    #[error("format `{format}` does not fit a resource of kind `{kind}`")]
    DoesNotFit {
        /// The format that was asked for.
        format: Format,
        /// The kind that the endpoints belong to.
        kind: ResourceKind,
    },
    /// There is nothing to sign in with.
    #[error("the secret of API key `{api_key}` is empty")]
    EmptySecret {
        /// Its id.
        api_key: String,
    },
    /// A line end would end a client's configuration value early.
    #[error("the secret of API key `{api_key}` has a control character, which no format can hold")]
    ControlCharacter {
        /// Its id.
        api_key: String,
    },
    /// librdkafka drops white space at the beginning of a value.
    #[error("the secret of API key `{api_key}` begins with a space, which `librdkafka` would drop")]
    LeadingSpace {
        /// Its id.
        api_key: String,
    },
}

/// The fields of a format are there, and no key can be read from them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// One half of the key is there, the other is not.
    #[error("field `{field}` is missing beside `{beside}`")]
    Missing {
        /// The absent field.
        field: &'static str,
        /// The present one.
        beside: &'static str,
    },
    /// A number, an object, or text that JSON cannot hold.
    #[error("field `{field}` is not a string")]
    NotText {
        /// The field.
        field: &'static str,
    },
    /// The part before the secret is not an API key's id.
    #[error("field `{field}` does not hold the id of an API key")]
    NotAnId {
        /// The field.
        field: &'static str,
    },
    /// The part after the id is empty.
    #[error("field `{field}` does not hold the secret of an API key")]
    NoSecret {
        /// The field.
        field: &'static str,
    },
    /// User info is `KEY:SECRET`.
    #[error("field `{field}` has no `:` between API key and secret")]
    NoColon {
        /// The field.
        field: &'static str,
    },
    /// Kafka would refuse the line, or it logs in by other means.
    #[error("field `{field}` is not a JAAS line of `PlainLoginModule`")]
    Jaas {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        source: JaasError,
    },
    /// Which of the two a client takes is undefined.
    #[error("fields `{field}` and `{other}` hold different keys")]
    Contradiction {
        /// One field or spelling.
        field: &'static str,
        /// The other.
        other: &'static str,
    },
    /// The key stands under the names of another format.
    #[error("the key is there in format `{format}`, which the target does not name")]
    OtherFormat {
        /// The format that the secret has.
        format: &'static str,
    },
    /// A secret for the Cloud API key without one.
    #[error(
        "no Cloud API key: expected the fields `api_key` and `api_secret`, or `apiKey` and `apiSecret`"
    )]
    NoCloudApiKey,
    /// A secret for the Cloud API key with both pairs of names.
    #[error(
        "the Cloud API key is there twice: as `api_key`, `api_secret` and as `apiKey`, `apiSecret`"
    )]
    TwoCloudApiKeys,
}

/// Why Kafka would not read a `sasl.jaas.config`, or not as a login with name and password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JaasError {
    /// Another login module.
    #[error("the login module is not `PlainLoginModule`")]
    NotPlain,
    /// Neither `required` nor one of its three siblings.
    #[error("a control flag such as `required` is expected after the login module")]
    NoControlFlag,
    /// An option is `name='value'`.
    #[error("an option is not of the form name='value'")]
    NotAnOption,
    /// A quoted value does not end, or a line end is in it.
    #[error("a quoted value does not end on its line")]
    OpenQuote,
    /// Kafka demands it.
    #[error("`;` is missing at the end")]
    NoSemicolon,
    /// Kafka takes one login module, and nothing after it.
    #[error("something follows the `;`")]
    NotTheEnd,
    /// No `username`.
    #[error("option `username` is missing")]
    NoUsername,
    /// No `password`.
    #[error("option `password` is missing")]
    NoPassword,
}

/// The text of a secret is no JSON object, so there are no fields in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotADocument {
    /// Nothing, or white space only.
    #[error("the text is empty")]
    Empty,
    /// Not JSON.
    #[error("the text is not JSON (line {line}, column {column})")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
    /// JSON of another kind.
    #[error("expected a JSON object, but the text is {found}")]
    NotAnObject {
        /// With its article: `a string`.
        found: &'static str,
    },
    /// Readers disagree about which of the two counts.
    #[error("field `{field}` is there twice")]
    Twice {
        /// The field.
        field: String,
    },
}
