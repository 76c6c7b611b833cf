//! API keys: `/iam/v2/api-keys`. Reads are repeated, writes never once they may have arrived: what a
//! write that got no answer did is found out by reading, and only the caller knows what the truth
//! then asks for. (A 429 says that it was not done, so then a write is sent again.)

mod create;
mod wire;

use serde_json::json;
use time::OffsetDateTime;
use url::Url;

pub use self::create::{CreateError, NewApiKey};
use self::wire::WireApiKey;
use super::{
    answer::{Answer, Done},
    budget::Place,
    client::Confluent,
    error::ConfluentError,
    ids::{ApiKeyId, OwnerId, ResourceId},
    resource::ResourceKind,
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
        let opens = match (resource.kind(), &self.resource) {
            // Confluent names a Cloud API key's resource or leaves it out.
            (ResourceKind::Cloud, None) => true,
            _ => same(&self.resource, resource.as_str()),
        };
        same(&self.owner, owner.as_str()) && opens
    }
}

fn same(reported: &Option<String>, id: &str) -> bool {
    reported
        .as_deref()
        .is_some_and(|reported| reported.eq_ignore_ascii_case(id))
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
    /// The API key, `None` when it is gone: 404, or 403 that does not blame our own credential.
    /// The same 403 can mean a missing right, so `None` alone is no ground to act on.
    ///
    /// # Errors
    /// Any other refusal, no answer, or one that does not read.
    pub async fn get_api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, ConfluentError> {
        let operation = format!("get API key `{id}`");
        match self.read(&operation, self.api_key_url(id)).await {
            Ok(answer) => Ok(Some(described(id, &answer)?)),
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
        let mut keys = self.every_api_key(&operation, &filters).await?;
        keys.retain(|key| same(&key.owner, owner.as_str()));
        Ok(keys)
    }

    /// Every API key of the organization that we may see, oldest first; all pages or an error.
    ///
    /// # Errors
    /// A page that was refused, is missing or does not read.
    pub async fn list_all_api_keys(&self) -> Result<Vec<ApiKey>, ConfluentError> {
        self.every_api_key("list the API keys of the organization", &[])
            .await
    }

    async fn every_api_key(
        &self,
        operation: &str,
        filters: &[(&str, &str)],
    ) -> Result<Vec<ApiKey>, ConfluentError> {
        let mut keys: Vec<ApiKey> = self.list(operation, &API_KEYS, filters).await?;
        // A key made or deleted between two pages moves the others from page to page.
        keys.sort_unstable_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        keys.dedup_by(|a, b| a.id == b.id);
        Ok(keys)
    }

    /// Replaces the description. Never sent again once it may have arrived: the last writer wins, so a repetition could undo what
    /// somebody else wrote meanwhile; begin again with a `get`.
    ///
    /// # Errors
    /// A refusal, no answer, or one that does not read; the text may then have been replaced.
    pub async fn set_description(
        &self,
        id: &ApiKeyId,
        description: &str,
    ) -> Result<Done<ApiKey>, ConfluentError> {
        let operation = format!("set the description of API key `{id}`");
        let body = json!({"spec": {"description": description}});
        let request = self.http.pooled.patch(self.api_key_url(id)).json(&body);
        let answer = self.write(&operation, request, Place::Front).await?;
        let key = described(id, &answer)?;
        Ok(answer.done(key))
    }

    /// Deletes the API key. Never sent again once it may have arrived: what made it right to delete
    /// may not hold a moment later. Never the key that this client is signed in with: it might be the
    /// last that can sign in.
    ///
    /// # Errors
    /// Any refusal other than 404 and 403, or no answer; the key may then be gone.
    pub async fn delete_api_key(&self, id: &ApiKeyId) -> Result<Done<Deletion>, ConfluentError> {
        if self.api_key() == Some(id) {
            return Err(ConfluentError::OwnKey {
                api_key: id.clone(),
            });
        }
        let operation = format!("delete API key `{id}`");
        let request = self.http.pooled.delete(self.api_key_url(id));
        match self.write(&operation, request, Place::Front).await {
            Ok(answer) => Ok(answer.done(Deletion::Deleted)),
            Err(ConfluentError::Refused(refusal)) if refusal.says_gone() => Ok(Done {
                what: Deletion::NotFound,
                request_id: refusal.request_id.unwrap_or_default(),
            }),
            Err(error) => Err(error),
        }
    }

    fn api_key_url(&self, id: &ApiKeyId) -> Url {
        let [group, version, api_keys] = API_KEYS;
        self.url(&[group, version, api_keys, id.as_str()], &[])
    }
}

fn described(id: &ApiKeyId, answer: &Answer) -> Result<ApiKey, ConfluentError> {
    let wire: WireApiKey = answer.json()?;
    let key = ApiKey::try_from(wire).map_err(|what| answer.unexpected(what))?;
    if key.id != *id {
        return Err(answer.unexpected("the answer is about another API key"));
    }
    Ok(key)
}
