//! Creation is never repeated once it may have arrived: Confluent has no idempotency key, and shows the
//! secret once. Only a 429, which says that nothing was done, is answered by sending it again.

use secrecy::SecretString;
use serde_json::json;
use thiserror::Error;

use super::{API_KEYS, ApiKey, wire::WireApiKey};
use crate::confluent::{
    answer::Done,
    budget::Place,
    client::Confluent,
    error::ConfluentError,
    ids::{ApiKeyId, OwnerId, ResourceId},
    resource::ResourceKind,
};

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

impl CreateError {
    /// What went wrong with the call.
    #[must_use]
    pub fn reason(&self) -> &ConfluentError {
        match self {
            Self::Refused { source } | Self::Unknown { source, .. } => source,
        }
    }
}

impl Confluent {
    /// Creates an API key and returns it with its secret, which Confluent never shows again.
    /// Sent again only after a 429, whatever else happens.
    ///
    /// # Errors
    /// [`CreateError::Refused`] when certainly nothing was made, [`CreateError::Unknown`] otherwise.
    pub async fn create_api_key(
        &self,
        new: &NewApiKey<'_>,
    ) -> Result<Done<(ApiKey, SecretString)>, CreateError> {
        let operation = format!(
            "create an API key of `{}` for `{}`",
            new.owner, new.resource
        );
        let mut body = json!({"spec": {
            "display_name": new.display_name,
            "description": new.description,
            "owner": {"id": new.owner},
        }});
        // A Cloud API key is one without a resource.
        if new.resource.kind() != ResourceKind::Cloud {
            body["spec"]["resource"] = json!({"id": new.resource});
        }
        let request = self.http.pooled.post(self.url(&API_KEYS, &[])).json(&body);
        let answer = self.write(&operation, request, Place::InLine).await;
        let answer = answer.map_err(|source| {
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
        let Some(secret) = wire.take_secret() else {
            return Err(unknown(
                api_key,
                answer.unexpected("the answer has no secret"),
            ));
        };
        match wire.try_into() {
            Ok(key) => Ok(answer.done((key, secret))),
            Err(what) => Err(unknown(api_key, answer.unexpected(what))),
        }
    }
}
