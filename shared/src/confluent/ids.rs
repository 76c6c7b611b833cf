//! Ids as Confluent writes them, checked at the door: each is safe as one segment of a path.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{printable::printable, resource::ResourceKind};

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
    /// What keys are rotated for: a Kafka cluster (`lkc-…`), a Schema Registry (`lsrc-…`) or `cloud`.
    ResourceId, |text| match ResourceKind::of(text)? {
        ResourceKind::Kafka => prefixed(text, &["lkc-"], "`lkc-`"),
        ResourceKind::SchemaRegistry => prefixed(text, &["lsrc-"], "`lsrc-`"),
        ResourceKind::Cloud => Ok(text.to_ascii_lowercase()),
    }
}

id! {
    /// An identity pool (`pool-…`): what an identity of somebody else's may do here.
    IdentityPoolId, |text| prefixed(text, &["pool-"], "`pool-`")
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
    /// The resource of Cloud API keys.
    #[must_use]
    pub fn cloud() -> Self {
        Self("cloud".to_owned())
    }

    /// What the resource is; the id tells.
    #[must_use]
    pub fn kind(&self) -> ResourceKind {
        match &self.0 {
            kafka if kafka.starts_with("lkc-") => ResourceKind::Kafka,
            registry if registry.starts_with("lsrc-") => ResourceKind::SchemaRegistry,
            _ => ResourceKind::Cloud,
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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn resource(text: &str) -> String {
        text.parse::<ResourceId>().unwrap_err().to_string()
    }

    #[test]
    fn ids_are_kept_in_lower_case() {
        assert_eq!(
            "SA-12mgDV".parse::<OwnerId>().unwrap().as_str(),
            "sa-12mgdv"
        );
        assert_eq!("u-1".parse::<OwnerId>().unwrap().to_string(), "u-1");
        let id: ResourceId = "LKC-1".parse().unwrap();
        assert_eq!((id.as_str(), id.kind()), ("lkc-1", ResourceKind::Kafka));
        let id: ResourceId = "lsrc-1".parse().unwrap();
        assert_eq!(id.kind(), ResourceKind::SchemaRegistry);
        let id: ResourceId = "CLOUD".parse().unwrap();
        assert_eq!((id.as_str(), id.kind()), ("cloud", ResourceKind::Cloud));
    }

    #[test]
    fn a_wrong_id_is_told_with_what_was_expected() {
        assert_snapshot!(resource("env-1"), @"expected an id that begins with `lkc-` or `lsrc-`, or is `cloud`, but got `env-1`");
        assert_snapshot!("pool-1".parse::<OwnerId>().unwrap_err(), @"expected an id that begins with `sa-` or `u-`, but got `pool-1`");
        assert_snapshot!("lkc-1".parse::<EnvironmentId>().unwrap_err(), @"expected an id that begins with `env-`, but got `lkc-1`");
        assert_snapshot!(resource("lkc-"), @"expected letters, digits and hyphens after the prefix, but got `lkc-`");
        assert_snapshot!(resource("lkc-1/../../x"), @"expected letters, digits and hyphens after the prefix, but got `lkc-1/../../x`");
        assert_snapshot!(resource(&format!("lkc-{}", "1".repeat(300))), @"expected letters, digits and hyphens after the prefix, but got `lkc-111111111111111111111111111111111111111111111111111111111111…`");
    }

    #[test]
    fn kinds_of_later_versions_are_named() {
        assert_snapshot!(resource("lksqlc-1"), @"resource kind `ksqlDB` of `lksqlc-1` is not built yet");
        assert_snapshot!(resource("aws.us-east-1"), @"resource kind `flink` of `aws.us-east-1` is not built yet");
        assert_snapshot!(resource("tableflow"), @"resource kind `tableflow` of `tableflow` is not built yet");
        assert_snapshot!(resource("global"), @"resource kind `global` of `global` is not built yet");
    }

    #[test]
    fn an_api_key_is_visible_text_and_never_repeated() {
        for text in ["7FJIYKQ4SGQDQ72H", "a", "a+b=="] {
            assert_eq!(text.parse::<ApiKeyId>().unwrap().as_str(), text);
        }
        for text in ["", "a:b", "a b", "a/b", "..", "é", "a\n"] {
            assert_eq!(text.parse::<ApiKeyId>(), Err(IdError::ApiKey), "{text}");
        }
        assert_snapshot!(IdError::ApiKey, @"expected the id of an API key (visible ASCII characters without `:` and `/`)");
    }

    #[test]
    fn ids_are_strings_in_json() {
        let id: EnvironmentId = serde_json::from_str(r#""env-1""#).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""env-1""#);
        let error = serde_json::from_str::<EnvironmentId>(r#""sa-1""#).unwrap_err();
        assert_snapshot!(error, @"expected an id that begins with `env-`, but got `sa-1`");
    }
}
