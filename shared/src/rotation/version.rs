//! What the versions of a target's secrets hold, read once per run.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::{
    client_config::{Document, ReadError},
    confluent::{ApiKeyId, Credential},
    ordered::ordered,
    secrets::{AWSCURRENT, AWSPENDING, Description, Secrets, SecretsError, Value, VersionId},
};

use super::target::SecretSpec;

/// One version that holds a value.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its id.
    pub version: VersionId,
    /// When it was made.
    pub created: OffsetDateTime,
    /// What its text is.
    pub content: Content,
}

/// What a text is to a format.
#[derive(Debug, Clone)]
pub enum Content {
    /// No key yet: `{}`, or fields of others only.
    NoKey(Document),
    /// A key, and perhaps fields of others.
    Key(Document, Credential),
    /// Neither: binary, no JSON object, or a field of the format that cannot be read. The reason
    /// names the field, never the value.
    Unreadable(String),
    /// A key under the names of a format that the target does not name: the target is refused.
    OtherFormat(String),
}

impl Held {
    fn read(value: Value, spec: &SecretSpec) -> Self {
        Self {
            version: value.version,
            created: value.created,
            content: Content::read(value.text.as_ref(), spec),
        }
    }

    /// The key it holds.
    #[must_use]
    pub fn key(&self) -> Option<&Credential> {
        match &self.content {
            Content::Key(_, credential) => Some(credential),
            _ => None,
        }
    }

    /// Its JSON object; empty when it is none.
    #[must_use]
    pub fn document(&self) -> Document {
        match &self.content {
            Content::NoKey(document) | Content::Key(document, _) => document.clone(),
            Content::Unreadable(_) | Content::OtherFormat(_) => Document::empty(),
        }
    }
}

impl Content {
    fn read(text: Option<&secrecy::SecretString>, spec: &SecretSpec) -> Self {
        let Some(text) = text else {
            return Self::Unreadable("a binary value".to_owned());
        };
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => return Self::Unreadable(error.to_string()),
        };
        match spec.format.read(&document) {
            Ok(Some(credential)) => Self::Key(document, credential),
            Ok(None) => Self::NoKey(document),
            Err(error @ (ReadError::TwoCloudApiKeys | ReadError::OtherFormat { .. })) => {
                Self::OtherFormat(error.to_string())
            }
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }
}

/// A secret as it stands: its labels, and the values under the two that rotation is about.
#[derive(Debug, Clone)]
pub struct SecretState {
    /// Name and format.
    pub spec: SecretSpec,
    /// Labels, dates, rotation.
    pub description: Description,
    /// The value in `AWSCURRENT`; `None` when nothing is staged so.
    pub current: Option<Held>,
    /// The value in `AWSPENDING`; `None` when nothing is staged so, or the version is empty.
    pub pending: Option<Held>,
}

impl SecretState {
    /// Describes the secret and reads its staged values.
    ///
    /// # Errors
    /// [`SecretsError`]: a secret that cannot be read is a failure, never "no key yet".
    pub async fn read(secrets: &Secrets, spec: &SecretSpec) -> Result<Self, SecretsError> {
        let description = secrets.describe(&spec.name).await?;
        let mut state = Self {
            spec: spec.clone(),
            current: None,
            pending: None,
            description,
        };
        if !state.description.deleted {
            let current = state.description.staged(AWSCURRENT).cloned();
            let pending = state.description.staged(AWSPENDING).cloned();
            state.current = state.value(secrets, current.as_deref()).await?;
            state.pending = if pending == current {
                state.current.clone()
            } else {
                state.value(secrets, pending.as_deref()).await?
            };
        }
        Ok(state)
    }

    async fn value(
        &self,
        secrets: &Secrets,
        version: Option<&str>,
    ) -> Result<Option<Held>, SecretsError> {
        match version {
            Some(version) => self.version(secrets, version).await,
            None => Ok(None),
        }
    }

    /// Reads one version of this secret; `None` when it holds no value.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn version(
        &self,
        secrets: &Secrets,
        version: &str,
    ) -> Result<Option<Held>, SecretsError> {
        let value = secrets.value(&self.description.arn, version).await?;
        Ok(value.map(|value| Held::read(value, &self.spec)))
    }

    /// The key in `AWSCURRENT`.
    #[must_use]
    pub fn current_key(&self) -> Option<&Credential> {
        self.current.as_ref()?.key()
    }

    /// The version that a label is on, as the description says it.
    #[must_use]
    pub fn staged(&self, label: &str) -> Option<&VersionId> {
        self.description.staged(label)
    }

    /// The keys in the values that were read.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<ApiKeyId> {
        let held = [&self.current, &self.pending].into_iter().flatten();
        ordered(held.filter_map(|held| Some(held.key()?.id.clone())))
    }
}
