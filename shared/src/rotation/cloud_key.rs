//! The Cloud API key that Keywheel itself signs in with, read from its secret in every invocation.
//!
//! It is a target like others, so the secret may hold a key that is gone, or none. Then the key before
//! it is tried once, and the run mends that target alone.

use std::time::Duration;

use crate::{
    client_config::{Document, ReadError, read_cloud_api_key},
    confluent::{Confluent, Credential, Endpoints, Resource, ResourceKind, SignIn},
    secrets::{AWSCURRENT, AWSPREVIOUS, Secrets, VersionId},
};

use super::{
    error::RotationError,
    target::{SecretSpec, Target, bare_name},
};

/// Where a run's Cloud API key is from.
#[derive(Debug, Clone)]
pub struct CloudKey {
    /// Name or ARN of its secret, as the setting says.
    pub secret: String,
    /// Set when `AWSCURRENT` was of no use and `AWSPREVIOUS` signs in.
    pub lost: Option<Lost>,
}

/// What is wrong with the value in `AWSCURRENT`.
#[derive(Debug, Clone)]
pub struct Lost {
    /// Its version, when there is one.
    pub version: Option<VersionId>,
    /// The end of a sentence that begins with `AWSCURRENT`.
    pub why: String,
    /// The same when it holds no key at all.
    no_key: Option<String>,
}

impl CloudKey {
    /// Whether the target keeps this very secret fresh.
    #[must_use]
    pub fn is_of(&self, target: &Target) -> bool {
        let own = bare_name(&self.secret);
        target.resource.kind() == ResourceKind::Cloud
            && target
                .secrets()
                .map(SecretSpec::bare_name)
                .any(|name| name == own)
    }

    /// Nobody can be signed in to Confluent: the one line that a run ends with.
    pub(super) fn refused(secret: &str, current: String, previous: &str) -> RotationError {
        RotationError::CloudApiKeyRefused {
            secret: secret.to_owned(),
            current,
            previous: previous.to_owned(),
        }
    }
}

/// Signs in with the key in `AWSCURRENT`; with the one in `AWSPREVIOUS` when that is refused twice, or
/// there is none. An answer that tells nothing of the key leaves it to the run.
///
/// # Errors
/// [`RotationError::CloudApiKey`] when the secret holds two keys;
/// [`RotationError::CloudApiKeyRefused`] when it holds none that signs in.
pub(super) async fn open(
    secrets: &Secrets,
    secret: &str,
    gap: Duration,
    connect: impl Fn(Credential) -> Confluent,
) -> Result<(Confluent, CloudKey), RotationError> {
    let opened = |confluent, lost| {
        let secret = secret.to_owned();
        Ok((confluent, CloudKey { secret, lost }))
    };
    let lost = match held(secrets, secret, AWSCURRENT).await? {
        Held::Key(version, credential) => {
            let confluent = connect(credential.clone());
            if !refused_twice(&confluent, &credential, gap).await {
                return opened(confluent, None);
            }
            let id = &credential.id;
            let why = format!("holds API key `{id}`, which was refused twice (401)");
            let version = Some(version);
            Lost {
                version,
                why,
                no_key: None,
            }
        }
        Held::NoKey(version, reason) => {
            let why = format!("holds no Cloud API key ({reason})");
            Lost {
                version,
                why,
                no_key: Some(reason),
            }
        }
    };
    let refused = |previous: &str| CloudKey::refused(secret, lost.why.clone(), previous);
    let previous = match held(secrets, secret, AWSPREVIOUS).await {
        Ok(Held::Key(_, credential)) => credential,
        Ok(Held::NoKey(None, _)) => return Err(none(secret, &lost, refused)),
        Ok(Held::NoKey(Some(_), reason)) => {
            return Err(refused(&format!("holds no Cloud API key ({reason})")));
        }
        Err(error) => return Err(error),
    };
    let id = &previous.id;
    let confluent = connect(previous.clone());
    match confluent
        .sign_in(&Endpoints::Cloud, &Resource::cloud(), &previous)
        .await
    {
        SignIn::Accepted | SignIn::Forbidden => {
            tracing::warn!(
                api_key = %id,
                "AWSCURRENT of secret `{secret}` {}: signed in with API key `{id}` in AWSPREVIOUS",
                lost.why
            );
            opened(confluent, Some(lost))
        }
        SignIn::Refused => Err(refused(&format!(
            "holds API key `{id}`, which was refused (401)"
        ))),
        SignIn::Unreachable(reason) => Err(refused(&format!(
            "holds API key `{id}`, of which nothing is known ({reason})"
        ))),
    }
}

/// There never was another key: what is wrong with the only value is all there is to say.
fn none(secret: &str, lost: &Lost, refused: impl Fn(&str) -> RotationError) -> RotationError {
    match &lost.no_key {
        Some(reason) => RotationError::CloudApiKey {
            secret: secret.to_owned(),
            reason: reason.clone(),
        },
        None => refused("is on no version"),
    }
}

/// As with a new key, one refusal is no proof. The first question opens the connection that the run
/// needs anyway, the second one of its own.
async fn refused_twice(confluent: &Confluent, credential: &Credential, gap: Duration) -> bool {
    if !confluent.is_refused().await {
        return false;
    }
    tokio::time::sleep(gap).await;
    let cloud = Resource::cloud();
    let again = confluent.sign_in(&Endpoints::Cloud, &cloud, credential);
    again.await == SignIn::Refused
}

/// What stands under a label.
enum Held {
    Key(VersionId, Credential),
    NoKey(Option<VersionId>, String),
}

async fn held(secrets: &Secrets, secret: &str, label: &str) -> Result<Held, RotationError> {
    let value = match secrets.staged(secret, label).await {
        Ok(value) => value,
        Err(error) if error.not_found() && label != AWSCURRENT => {
            return Ok(Held::NoKey(None, "no version".to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    let no_key = |why: String| Ok(Held::NoKey(Some(value.version.clone()), why));
    let Some(text) = &value.text else {
        return no_key("its value is binary".to_owned());
    };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return no_key(error.to_string()),
    };
    match read_cloud_api_key(&document) {
        Ok(credential) => Ok(Held::Key(value.version, credential)),
        // Which of the two is meant only a person can say.
        Err(error @ ReadError::TwoCloudApiKeys) => Err(RotationError::CloudApiKey {
            secret: secret.to_owned(),
            reason: error.to_string(),
        }),
        Err(error) => no_key(error.to_string()),
    }
}
