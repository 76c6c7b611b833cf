//! API keys: `/iam/v2/api-keys`. Reads are repeated, writes never: what a write that got no answer
//! did is found out by reading, and only the caller knows what the truth then asks for.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use thiserror::Error;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    client::Confluent,
    error::ConfluentError,
    ids::{ApiKeyId, OwnerId, ResourceId},
};

const API_KEYS: [&str; 3] = ["iam", "v2", "api-keys"];

/// An API key as Confluent describes it; the secret is not part of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The key's id.
    pub id: ApiKeyId,
    /// The owner's id; Confluent's own keys have none.
    pub owner: Option<String>,
    /// The resource's id, `cloud` or nothing for a Cloud API key.
    pub resource: Option<String>,
    /// Shown in Confluent's console; not unique.
    pub display_name: String,
    /// Free text.
    pub description: String,
    /// When Confluent made the key.
    pub created_at: OffsetDateTime,
}

impl ApiKey {
    /// Whether the key is `owner`'s and opens `resource`.
    #[must_use]
    pub fn belongs_to(&self, owner: &OwnerId, resource: &ResourceId) -> bool {
        same(&self.owner, owner.as_str()) && same(&self.resource, resource.as_str())
    }
}

fn same(reported: &Option<String>, id: &str) -> bool {
    reported
        .as_deref()
        .is_some_and(|reported| reported.eq_ignore_ascii_case(id))
}

/// What to create.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKey<'a> {
    /// Who will own the key.
    pub owner: &'a OwnerId,
    /// What it will open.
    pub resource: &'a ResourceId,
    /// Shown in Confluent's console.
    pub display_name: &'a str,
    /// Free text; the place of our marker.
    pub description: &'a str,
}

/// Why there is no new API key in hand.
#[derive(Debug, Error)]
pub enum CreateError {
    /// Confluent made nothing.
    #[error("no API key was created")]
    Refused {
        /// Why.
        #[source]
        source: ConfluentError,
    },
    /// There may be a key whose secret nobody has: find it by its description and delete it.
    #[error("an API key may have been created whose secret is lost")]
    Unknown {
        /// Its id, when the answer told at least that.
        api_key: Option<ApiKeyId>,
        /// Why it is not known.
        #[source]
        source: ConfluentError,
    },
}

/// What Confluent said to a deletion. Neither is proof: a complete listing that lacks the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// 2xx.
    Deleted,
    /// 404, or a 403 that may mean "gone" as well as "not allowed".
    NotFound,
}

impl Confluent {
    /// Creates an API key and returns it with its secret, which Confluent never shows again.
    /// Sent once, whatever happens.
    ///
    /// # Errors
    /// [`CreateError::Refused`] when certainly nothing was made, [`CreateError::Unknown`] otherwise.
    pub async fn create_api_key(
        &self,
        new: &NewApiKey<'_>,
    ) -> Result<(ApiKey, SecretString), CreateError> {
        let operation = format!(
            "create an API key of `{}` for `{}`",
            new.owner, new.resource
        );
        let body = json!({"spec": {
            "display_name": new.display_name,
            "description": new.description,
            "owner": {"id": new.owner},
            "resource": {"id": new.resource},
        }});
        let request = self.http.pooled.post(self.url(&API_KEYS, &[])).json(&body);
        let answer = self.send(&operation, request).await.map_err(|source| {
            if source.certainly_not_done() {
                CreateError::Refused { source }
            } else {
                CreateError::Unknown {
                    api_key: None,
                    source,
                }
            }
        })?;
        let unknown = |api_key, source| CreateError::Unknown { api_key, source };
        let mut wire: WireApiKey = answer.json().map_err(|source| unknown(None, source))?;
        let api_key = wire.id.parse().ok();
        let Some(secret) = wire.spec.take_secret() else {
            return Err(unknown(
                api_key,
                answer.unexpected("the answer has no secret"),
            ));
        };
        match wire.try_into() {
            Ok(key) => Ok((key, secret)),
            Err(what) => Err(unknown(api_key, answer.unexpected(what))),
        }
    }

    /// The API key, `None` when it is gone: 404, or 403 that does not blame our own credential.
    /// The same 403 can mean a missing right, so `None` alone is no ground to act on.
    ///
    /// # Errors
    /// Any other refusal, no answer, or one that does not read.
    pub async fn get_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ConfluentError> {
        let operation = format!("get API key `{id}`");
        match self.read(&operation, self.api_key_url(id)).await {
            Ok(answer) => {
                let wire: WireApiKey = answer.json()?;
                let key = ApiKey::try_from(wire).map_err(|what| answer.unexpected(what))?;
                Ok(Some(key))
            }
            Err(ConfluentError::Refused(refusal)) if refusal.says_gone() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every API key of `owner` that we may see, for any resource, oldest first; all pages or an error.
    ///
    /// # Errors
    /// A page that was refused, is missing or does not read.
    pub async fn list_api_keys(&self, owner: &OwnerId) -> Result<Vec<ApiKey>, ConfluentError> {
        let operation = format!("list the API keys of `{owner}`");
        let filters = [("spec.owner", owner.as_str())];
        let mut keys: Vec<ApiKey> = self.list(&operation, &API_KEYS, &filters).await?;
        keys.retain(|key| same(&key.owner, owner.as_str()));
        // A key made or deleted between two pages moves the others from page to page.
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        keys.dedup_by(|a, b| a.id == b.id);
        Ok(keys)
    }

    /// Replaces the description. Sent once: the last writer wins, so a repetition could undo what
    /// somebody else wrote meanwhile; begin again with a `get`.
    ///
    /// # Errors
    /// A refusal, no answer, or one that does not read; the text may then have been replaced.
    pub async fn set_description(
        &self,
        id: &ApiKeyId,
        description: &str,
    ) -> Result<ApiKey, ConfluentError> {
        let operation = format!("set the description of API key `{id}`");
        let body = json!({"spec": {"description": description}});
        let request = self.http.pooled.patch(self.api_key_url(id)).json(&body);
        let answer = self.send(&operation, request).await?;
        let wire: WireApiKey = answer.json()?;
        ApiKey::try_from(wire).map_err(|what| answer.unexpected(what))
    }

    /// Deletes the API key. Sent once: what made it right to delete may not hold a moment later.
    ///
    /// # Errors
    /// Any refusal other than 404 and 403, or no answer; the key may then be gone.
    pub async fn delete_api_key(&self, id: &ApiKeyId) -> Result<Deletion, ConfluentError> {
        let operation = format!("delete API key `{id}`");
        let request = self.http.pooled.delete(self.api_key_url(id));
        match self.send(&operation, request).await {
            Ok(_) => Ok(Deletion::Deleted),
            Err(ConfluentError::Refused(refusal)) if refusal.says_gone() => Ok(Deletion::NotFound),
            Err(error) => Err(error),
        }
    }

    fn api_key_url(&self, id: &ApiKeyId) -> url::Url {
        let [group, version, api_keys] = API_KEYS;
        self.url(&[group, version, api_keys, id.as_str()], &[])
    }
}

/// The object on the wire, as much of it as we use. No `Debug`: it may hold the secret.
#[derive(Deserialize)]
struct WireApiKey {
    id: String,
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

impl WireSpec {
    /// Only the answer to a creation has one; others leave it out or empty.
    fn take_secret(&mut self) -> Option<SecretString> {
        #[allow(clippy::disallowed_methods, reason = "only its emptiness is looked at")]
        self.secret
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
            .map_err(|_| "`metadata.created_at` is no RFC 3339 time")?;
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
