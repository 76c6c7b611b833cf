//! An API key's JSON, as much of it as we use.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::ApiKey;

/// What comes later is a mistake, and leaves no room to reckon from it.
const LAST_YEAR: i32 = 9000;

/// No `Debug`: it may hold the secret.
#[derive(Deserialize)]
pub(super) struct WireApiKey {
    pub(super) id: String,
    #[serde(default)]
    metadata: WireMetadata,
    spec: WireSpec,
}

#[derive(Default, Deserialize)]
struct WireMetadata {
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct WireSpec {
    display_name: Option<String>,
    description: Option<String>,
    owner: Option<Reference>,
    resource: Option<Reference>,
    #[serde(default, deserialize_with = "secret")]
    secret: Option<SecretString>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

impl WireApiKey {
    /// Only the answer to a creation has one; others leave it out or empty.
    pub(super) fn take_secret(&mut self) -> Option<SecretString> {
        #[allow(clippy::disallowed_methods, reason = "only its emptiness is looked at")]
        self.spec
            .secret
            .take()
            .filter(|secret| !secret.expose_secret().is_empty())
    }
}

impl TryFrom<WireApiKey> for ApiKey {
    type Error = &'static str;

    fn try_from(wire: WireApiKey) -> Result<Self, &'static str> {
        let id = wire.id.parse().map_err(|_| "`id` is no id of an API key")?;
        let created_at = wire
            .metadata
            .created_at
            .ok_or("`metadata.created_at` is missing")?;
        let created_at = OffsetDateTime::parse(&created_at, &Rfc3339)
            .ok()
            .filter(|at| at.year() < LAST_YEAR)
            .ok_or("`metadata.created_at` is no RFC 3339 time, or one of a far future")?;
        Ok(Self {
            id,
            owner: wire.spec.owner.and_then(|owner| owner.id),
            resource: wire.spec.resource.and_then(|resource| resource.id),
            display_name: wire.spec.display_name.unwrap_or_default(),
            description: wire.spec.description.unwrap_or_default(),
            created_at,
        })
    }
}

impl<'de> Deserialize<'de> for ApiKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        WireApiKey::deserialize(deserializer)?
            .try_into()
            .map_err(serde::de::Error::custom)
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}
