//! Create: one key for one version of the primary, whatever is lost on the way.
//!
//! Confluent returns a secret once and knows no idempotency key; versions of a secret are
//! immutable. So: store first, delete losers after. Only what the version holds counts.

mod preflight;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    client_config::Document,
    confluent::{ApiKey, ApiKeyId, CreateError, Credential, Endpoints, ErrorKind, NewApiKey},
    secrets::AWSPENDING,
};

pub(super) use self::preflight::check_quota;
use self::preflight::{candidates, preflight};

use super::{
    error::RotationError,
    labels::{ensure_current, take_off_pending},
    marker::{Marker, rfc3339},
    observe::{Key, read_secrets},
    retire::deleted,
    run::{Change, Run},
    target::Target,
    version::{Held, SecretState},
};

/// A key in a version this young may just not be visible yet.
const VISIBLE_WITHIN: Duration = Duration::minutes(10);
/// Namespace of the sweep's tokens and of the tokens made from longer ones.
const NAMESPACE: Uuid = Uuid::NAMESPACE_URL;

/// Which version a creation is for, and how far it may go.
#[derive(Debug)]
pub(super) struct Creation<'a> {
    pub(super) target: &'a Target,
    pub(super) endpoints: &'a Endpoints,
    /// The keys of owner and resource, listed in this run.
    pub(super) keys: &'a [Key],
    /// The version's id: the callback's `ClientRequestToken`, or [`sweep_token`].
    pub(super) token: &'a str,
    /// Sensitive, handed on to `PutSecretValue`.
    pub(super) rotation_token: Option<&'a secrecy::SecretString>,
    /// Bootstrap and drift: the number of keys does not matter.
    pub(super) forced: bool,
    /// The sweep goes on with another version's pending key; a callback is bound to its own.
    pub(super) follows_pending: bool,
    /// For the audit trail.
    pub(super) reason: &'a str,
}

/// The token with which the sweep makes the next version. Two sweeps at once, or one after a
/// crash, come to the same one and meet in the version.
pub(super) async fn sweep_token(
    run: &Run,
    target: &Target,
    arn: &str,
) -> Result<String, RotationError> {
    let versions: Vec<_> = run.secrets.version_ids(arn).await?.into_iter().collect();
    let name = format!("{} {arn} {}", target.name, versions.join(" "));
    Ok(Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string())
}

/// A token as it stands in markers.
pub(super) fn marker_token(token: &str) -> String {
    if token.len() <= 36 && !token.contains(' ') {
        token.to_owned()
    } else {
        Uuid::new_v5(&NAMESPACE, token.as_bytes()).to_string()
    }
}

/// Sees to it that version `token` of the primary, or the version staged `AWSPENDING` in its
/// place, holds a live key of this target. Answers that version.
pub(super) async fn create(run: &Run, creation: &Creation<'_>) -> Result<Held, RotationError> {
    let Creation {
        target,
        token,
        keys,
        ..
    } = creation;
    let primary = SecretState::read(&run.secrets, &target.secret).await?;
    let held = match primary.version(&run.secrets, token).await? {
        Some(held) if held.key().is_some() => already_made(run, creation, &primary, held).await?,
        Some(held) => {
            return Err(RotationError::EmptyVersion {
                secret: target.secret.name.clone(),
                version: held.version,
            });
        }
        None => make(run, creation).await?,
    };
    if held.version == *token {
        delete_losers(run, target, keys, token, &held).await;
    }
    Ok(held)
}

/// (a) The version holds a key: it counts, if it lives. (a′) If it is gone, this token is spent.
async fn already_made(
    run: &Run,
    creation: &Creation<'_>,
    primary: &SecretState,
    held: Held,
) -> Result<Held, RotationError> {
    let Some(credential) = held.key() else {
        return Ok(held);
    };
    if creation.keys.iter().any(|key| *key.id() == credential.id)
        || run.confluent.get_api_key(&credential.id).await?.is_some()
    {
        return Ok(held);
    }
    let (api_key, version) = (credential.id.clone(), held.version.clone());
    if held.created + VISIBLE_WITHIN > OffsetDateTime::now_utc() {
        return Err(RotationError::NotVisibleYet { api_key, version });
    }
    if primary.description.is_staged(&version, AWSPENDING) {
        take_off_pending(run, creation.target, primary, &version, "its key is gone").await?;
    }
    Err(RotationError::TokenSpent {
        secret: creation.target.secret.name.clone(),
        version,
        api_key,
    })
}

async fn make(run: &Run, creation: &Creation<'_>) -> Result<Held, RotationError> {
    let target = creation.target;
    run.check_deadline()?;
    for secret in preflight(run, creation).await? {
        ensure_current(run, target, &secret).await?;
    }
    let marker = Marker::new(&run.deployment, &target.name, &marker_token(creation.token));
    let date = rfc3339(OffsetDateTime::now_utc());
    let new = NewApiKey {
        owner: &target.owner,
        resource: &target.resource.id,
        display_name: &target.key_display_name.replace("{date}", &date),
        description: &marker.to_string(),
    };
    let made = match run.confluent.create_api_key(&new).await {
        Ok(made) => made,
        Err(error) => {
            if !matches!(error, CreateError::Refused { .. }) {
                run.starts.failed();
            }
            return Err(lost(run, creation, &marker, error).await);
        }
    };
    let (key, secret) = made.what;
    run.changed(
        target,
        &Change {
            what: "created an API key for",
            api_key: key.id.as_ref(),
            subject: target.resource.id.as_ref(),
            after: creation.token,
            reason: creation.reason,
            service_request_ids: &[&made.request_id],
            ..Change::default()
        },
    );
    let credential = Credential {
        id: key.id.clone(),
        secret,
    };
    let stored = store(run, creation, &key, &credential).await;
    if stored.is_err() {
        run.starts.failed();
    }
    stored
}

/// (b) A POST without an answer may have made a key: only one with this very `run` may go.
async fn lost(
    run: &Run,
    creation: &Creation<'_>,
    marker: &Marker,
    error: CreateError,
) -> RotationError {
    let target = creation.target;
    let reason = "the answer that made it was lost";
    match &error {
        CreateError::Refused { .. } => return refused(creation.keys, error),
        CreateError::Unknown {
            api_key: Some(api_key),
            ..
        } => {
            delete(run, target, api_key, reason).await;
        }
        CreateError::Unknown { api_key: None, .. } => {
            let keys = run.keys_now(target).await.unwrap_or_default();
            let of_this_run = |key: &&Key| key.marker.as_ref().is_some_and(|m| m.run == marker.run);
            for key in keys.iter().filter(of_this_run) {
                delete(run, target, key.id(), reason).await;
            }
        }
    }
    error.into()
}

/// There are quotas that nobody looked at before, such as an owner's number of keys for clusters.
fn refused(keys: &[Key], error: CreateError) -> RotationError {
    match error {
        CreateError::Refused { source } if source.kind() == ErrorKind::Quota => {
            RotationError::QuotaRefused {
                candidates: candidates(keys),
                source,
            }
        }
        other => other.into(),
    }
}

/// (c) Put the pair into the version. Whoever is first wins; the others delete their own.
async fn store(
    run: &Run,
    creation: &Creation<'_>,
    key: &ApiKey,
    credential: &Credential,
) -> Result<Held, RotationError> {
    let Creation { target, token, .. } = creation;
    let primary = SecretState::read(&run.secrets, &target.secret).await?;
    let arn = &primary.description.arn;
    if let Some(pending) = &primary.pending
        && pending.version != *token
    {
        delete(run, target, &key.id, "another version is pending").await;
        return match pending.key() {
            Some(_) if creation.follows_pending => Ok(pending.clone()),
            _ => Err(RotationError::Overtaken {
                secret: target.secret.name.clone(),
                version: (*token).to_owned(),
                api_key: key.id.clone(),
            }),
        };
    }
    let document = primary.current.as_ref().map(Held::document);
    let text = match render(
        target,
        document.unwrap_or_default(),
        credential,
        creation.endpoints,
    ) {
        Ok(text) => text,
        Err(error) => {
            delete(run, target, &key.id, "its text cannot be rendered").await;
            return Err(error);
        }
    };
    let put = run
        .secrets
        .put(arn, token, &text, AWSPENDING, creation.rotation_token)
        .await;
    match put {
        Err(error) if !error.refused() => Err(error.into()),
        put => {
            let held = primary.version(&run.secrets, token).await?;
            let mine = held
                .as_ref()
                .and_then(Held::key)
                .is_some_and(|held| held.id == key.id);
            if let (Err(_), false) = (&put, mine) {
                let reason = match &held {
                    Some(_) => "another run was first",
                    None => "its version could not be written",
                };
                delete(run, target, &key.id, reason).await;
            }
            if let (Ok(request_id), true) = (&put, mine) {
                stored(run, creation, key, request_id);
            }
            match (held, put) {
                (Some(held), _) if held.key().is_some() => Ok(held),
                (_, Err(error)) => Err(error.into()),
                (_, Ok(_)) => Err(RotationError::NotVisibleYet {
                    api_key: key.id.clone(),
                    version: (*token).to_owned(),
                }),
            }
        }
    }
}

fn stored(run: &Run, creation: &Creation<'_>, key: &ApiKey, request_id: &str) {
    run.changed(
        creation.target,
        &Change {
            what: "stored an API key in a pending version of",
            api_key: key.id.as_ref(),
            subject: &creation.target.secret.name,
            after: creation.token,
            reason: creation.reason,
            proof: "the version, read back, holds it",
            service_request_ids: &[request_id],
            ..Change::default()
        },
    );
}

fn render(
    target: &Target,
    document: Document,
    credential: &Credential,
    endpoints: &Endpoints,
) -> Result<secrecy::SecretString, RotationError> {
    document
        .render(target.secret.format, credential, endpoints)
        .map(|document| document.to_text())
        .map_err(|source| RotationError::Render {
            secret: target.secret.name.clone(),
            source,
        })
}

/// (d) The version holds a key, so the winner is decided: other keys made for it go.
async fn delete_losers(run: &Run, target: &Target, keys: &[Key], token: &str, winner: &Held) {
    let token = marker_token(token);
    for key in keys.iter().filter(|key| key.is_unpublished()) {
        let same = key
            .marker
            .as_ref()
            .is_some_and(|marker| marker.token == token);
        if same && winner.key().is_some_and(|held| held.id != *key.id()) {
            delete(run, target, key.id(), "the version holds another key").await;
        }
    }
}

/// Deletes a key that no version holds. A failure is no error: the sweep finds it as an orphan.
pub(super) async fn delete(run: &Run, target: &Target, api_key: &ApiKeyId, reason: &str) {
    match run.confluent.delete_api_key(api_key).await {
        Ok(done) => deleted(run, target.name.as_str(), api_key, &done, reason),
        Err(error) => tracing::warn!(
            api_key = %api_key,
            "API key `{api_key}` was not deleted ({}); the sweep does it an hour from its making",
            super::error::chain(&error)
        ),
    }
}
