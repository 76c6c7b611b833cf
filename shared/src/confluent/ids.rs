//! Ids as Confluent writes them, checked at the door: each is safe as one segment of a path.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{error::printable, resource::ResourceKind};

/// Path ids are documented up to this many characters.
const LONGEST: usize = 255;

/// Why a text is no id. It names the text, except where an API key belongs:
/// somebody may have put the secret there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// The text is another kind of id, or none.
    #[error("expected an id that begins with {expected}, but got `{got}`")]
    Prefix {
        /// The prefixes that fit, in backticks.
        expected: &'static str,
        /// The text, cut when long.
        got: String,
    },
    /// The prefix fits, the rest does not.
    #[error("expected letters, digits and hyphens after the prefix, but got `{got}`")]
    Characters {
        /// The text, cut when long.
        got: String,
    },
    /// Not an API key's id.
    #[error("expected the id of an API key (visible ASCII characters without `:` and `/`)")]
    ApiKey,
    /// A kind of resource that Confluent has and this version does not rotate.
    #[error("resource kind `{kind}` of `{id}` is not built yet")]
    NotBuilt {
        /// Confluent's name of the kind.
        kind: &'static str,
        /// The id as given.
        id: String,
    },
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as Confluent writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let parse: fn(&str) -> Result<String, IdError> = $parse;
                parse(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Who owns an API key: a service account (`sa-…`) or a user (`u-…`). Confluent compares ids
    /// without regard to case; this one is kept in lower case, as are environments and resources.
    OwnerId, |text| prefixed(text, &["sa-", "u-"], "`sa-` or `u-`")
}

id! {
    /// An environment (`env-…`).
    EnvironmentId, |text| prefixed(text, &["env-"], "`env-`")
}

id! {
    /// A resource that keys are rotated for: a Kafka cluster (`lkc-…`) or a Schema Registry (`lsrc-…`).
    ResourceId, |text| match ResourceKind::of(text)? {
        ResourceKind::Kafka => prefixed(text, &["lkc-"], "`lkc-`"),
        ResourceKind::SchemaRegistry => prefixed(text, &["lsrc-"], "`lsrc-`"),
    }
}

id! {
    /// The public half of an API key. Its form is not documented, so little is demanded;
    /// `:` would end it in the Authorization header.
    ApiKeyId, |text| {
        let whole = (1..=LONGEST).contains(&text.len()) && text != "." && text != "..";
        let visible = text.bytes().all(|b| b.is_ascii_graphic() && b != b':' && b != b'/');
        if whole && visible { Ok(text.to_owned()) } else { Err(IdError::ApiKey) }
    }
}

impl ResourceId {
    /// What the resource is; the id tells.
    #[must_use]
    pub fn kind(&self) -> ResourceKind {
        if self.0.starts_with("lkc-") {
            ResourceKind::Kafka
        } else {
            ResourceKind::SchemaRegistry
        }
    }
}

/// The id in lower case, when it begins with one of `prefixes` and the rest is harmless in a path.
fn prefixed(text: &str, prefixes: &[&str], expected: &'static str) -> Result<String, IdError> {
    let id = text.to_ascii_lowercase();
    let Some(rest) = prefixes.iter().find_map(|prefix| id.strip_prefix(prefix)) else {
        return Err(IdError::Prefix {
            expected,
            got: printable(text, 64),
        });
    };
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if rest.is_empty() || id.len() > LONGEST || !rest.bytes().all(harmless) {
        return Err(IdError::Characters {
            got: printable(text, 64),
        });
    }
    Ok(id)
}
