//! Observe: everything that a decision about a target needs, as values.

mod secrets;

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::try_join;
use time::{Duration, OffsetDateTime};

use crate::{
    client_config::ClientParameter,
    confluent::{ApiKey, ApiKeyId, ConfluentError, Credential, Endpoints},
    parameters::ParametersError,
    secrets::VersionId,
};

pub(super) use self::secrets::{missing, read_secret, read_secrets};

use super::{
    error::RotationError,
    marker::Marker,
    run::Run,
    sync::{self, Answer},
    target::{ProbeKind, SecretSpec, Target},
    version::{Content, Held, SecretState},
};

/// A pending key this old that still does not sign in is given up.
pub(super) const PENDING_AT_MOST: Duration = Duration::hours(24);
/// A key without `published` this old, staged nowhere, belongs to nobody any more.
pub(super) const ORPHAN_AFTER: Duration = Duration::hours(1);

/// One live key of the target's owner and resource.
#[derive(Debug, Clone)]
pub struct Key {
    /// As Confluent lists it.
    pub api_key: ApiKey,
    /// Its marker, when this deployment made it for this target.
    pub marker: Option<Marker>,
    /// This deployment made it for another target, in whose report it stands.
    pub of_another_target: bool,
}

impl Key {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &ApiKeyId {
        &self.api_key.id
    }

    /// Ours, and a publish of it has begun at some time.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.marker
            .as_ref()
            .is_some_and(|marker| marker.published.is_some())
    }

    /// Ours, and never in an `AWSCURRENT`.
    #[must_use]
    pub fn is_unpublished(&self) -> bool {
        self.marker
            .as_ref()
            .is_some_and(|marker| marker.published.is_none())
    }

    /// Found leaked: it is never published again.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.marker
            .as_ref()
            .is_some_and(|marker| marker.revoked.is_some())
    }

    /// When its publish began; a note that cannot be trusted counts as now, the cautious reading.
    #[must_use]
    pub fn published(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let note = self.marker.as_ref()?.published.as_ref()?;
        Some(note.trusted(now).unwrap_or(now))
    }
}

/// What is known of a key that some version holds.
#[derive(Debug)]
pub enum Whereabouts {
    /// In the complete listing of its owner: the anchor, for the current key.
    Live,
    /// Absent from the listing, gone by its id and refused twice at its resource.
    Gone,
    /// In the listing, and yet refused twice: Keywheel's own key, beside which another's secret stands.
    Refused,
    /// Alive, but of another owner or resource.
    Elsewhere {
        /// Whose it is.
        owner: String,
        /// What it opens.
        resource: String,
    },
    /// Anything less than proof, with what was seen.
    NotVisible(String),
}

/// An earlier version that can be made current again.
#[derive(Debug)]
pub struct Restorable {
    /// The version.
    pub version: VersionId,
    /// The key in it, which signs in.
    pub api_key: ApiKeyId,
}

/// A target as it was found.
#[derive(Debug)]
pub struct Observation {
    /// The primary secret.
    pub primary: SecretState,
    /// The copies, in the target's order.
    pub copies: Vec<SecretState>,
    /// The live keys of owner and resource, from a complete listing.
    pub keys: Vec<Key>,
    /// Where the resource is reached.
    pub endpoints: Result<Endpoints, Arc<ConfluentError>>,
    /// The key in `AWSCURRENT`; `None` when it holds none.
    pub current: Option<Whereabouts>,
    /// The key in `AWSPENDING`, likewise.
    pub pending: Option<Whereabouts>,
    /// Whether the pending key, older than a day, is still refused.
    pub pending_refused: bool,
    /// Where `AWSCURRENT` could go back to: looked for when its own key is lost, and for a rollback.
    pub restorable: Option<Restorable>,
    /// Why no such key could be tried: until one was, none is made in its stead.
    pub untried: Option<String>,
    /// The keys in every staged version of every secret.
    pub staged: BTreeSet<ApiKeyId>,
    /// For Keywheel's own Cloud API key: the one that this run is signed in with.
    pub signed_in_with: Option<ApiKeyId>,
    /// Client parameters that are missing or differ.
    pub parameters: Result<Vec<ClientParameter>, ParametersError>,
    /// When this was seen.
    pub now: OffsetDateTime,
}

impl Observation {
    /// A live key by its id.
    #[must_use]
    pub fn key(&self, id: &ApiKeyId) -> Option<&Key> {
        self.keys.iter().find(|key| key.id() == id)
    }

    /// Where the target's resource is reached, for what cannot go on without.
    ///
    /// # Errors
    /// [`RotationError::NoEndpoints`].
    pub(super) fn reached(&self, target: &Target) -> Result<&Endpoints, RotationError> {
        let unknown = |_| RotationError::NoEndpoints {
            resource: target.resource.id.to_string(),
        };
        self.endpoints.as_ref().map_err(unknown)
    }

    /// The key in `AWSCURRENT`, when the listing shows it.
    #[must_use]
    pub fn live_current(&self) -> Option<(&Credential, &Key)> {
        let credential = self.primary.current_key()?;
        Some((credential, self.key(&credential.id)?))
    }

    /// Where the keys in `AWSCURRENT` and `AWSPENDING` are.
    async fn locate(&mut self, run: &Run, target: &Target) -> Result<(), RotationError> {
        let pending = self.primary.pending.as_ref().and_then(Held::key);
        let current = whereabouts(run, target, self, self.primary.current_key()).await?;
        self.pending = whereabouts(run, target, self, pending).await?;
        self.current = current;
        Ok(())
    }

    /// The primary and the copies.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretState> {
        std::iter::once(&self.primary).chain(&self.copies)
    }
}

/// Reads a target's secrets, keys, endpoints and parameters. Nothing is changed.
///
/// # Errors
/// [`RotationError`] when the secrets or the owner's keys cannot be read, or a secret is unfit.
pub async fn observe(
    run: &Run,
    target: &Target,
    former: bool,
) -> Result<Observation, RotationError> {
    let now = OffsetDateTime::now_utc();
    let (found, endpoints) = tokio::join!(
        try_join(read_secrets(run, target), run.keys(target)),
        run.endpoints(&target.resource),
    );
    let (mut secrets, keys) = found?;
    let mut observation = {
        let primary = secrets.remove(0);
        Observation {
            staged: staged(run, &primary, &secrets, &keys, now).await?,
            primary,
            copies: secrets,
            keys,
            endpoints,
            current: None,
            pending: None,
            pending_refused: false,
            restorable: None,
            signed_in_with: signed_in_with(run, target),
            untried: None,
            parameters: run.differing_parameters(target).await,
            now,
        }
    };
    observation.locate(run, target).await?;
    let unseen = |key: &Option<Whereabouts>| matches!(key, Some(Whereabouts::NotVisible(_)));
    if unseen(&observation.current) || unseen(&observation.pending) {
        // The run's listing may be older than a key that a callback made meanwhile.
        let keys = run.keys_now(target).await?;
        let held = observation.primary.keys();
        let is_new = |key: &Key| held.contains(key.id()) && observation.key(key.id()).is_none();
        if keys.iter().any(is_new) {
            observation.keys = keys;
            observation.locate(run, target).await?;
        }
    }
    observation.pending_refused = pending_refused(run, target, &observation).await;
    match restorable(run, target, &observation, former).await {
        Err(RotationError::Unreachable { reason, .. }) => observation.untried = Some(reason),
        found => observation.restorable = found?,
    }
    Ok(observation)
}

fn signed_in_with(run: &Run, target: &Target) -> Option<ApiKeyId> {
    let api_key = run.confluent.api_key();
    api_key.filter(|_| run.is_own_key(target)).cloned()
}

/// Labelled versions beyond current and pending are read only when an unpublished key of some age
/// makes it matter what they hold.
async fn staged(
    run: &Run,
    primary: &SecretState,
    copies: &[SecretState],
    keys: &[Key],
    now: OffsetDateTime,
) -> Result<BTreeSet<ApiKeyId>, RotationError> {
    let mut staged: BTreeSet<ApiKeyId> = primary.keys();
    staged.extend(copies.iter().flat_map(SecretState::keys));
    let in_doubt = |key: &&Key| {
        key.is_unpublished()
            && !staged.contains(key.id())
            && key.api_key.created_at + ORPHAN_AFTER < now
    };
    if keys.iter().any(|key| in_doubt(&key)) {
        for version in primary.description.versions.keys() {
            let held = primary.version(&run.secrets, version).await?;
            staged.extend(held.and_then(|held| Some(held.key()?.id.clone())));
        }
    }
    Ok(staged)
}

async fn whereabouts(
    run: &Run,
    target: &Target,
    seen: &Observation,
    credential: Option<&Credential>,
) -> Result<Option<Whereabouts>, RotationError> {
    let Some(credential) = credential else {
        return Ok(None);
    };
    if seen.key(&credential.id).is_some() {
        return Ok(Some(if is_lost(run, target, seen, credential).await {
            Whereabouts::Refused
        } else {
            Whereabouts::Live
        }));
    }
    if let Some(key) = run.confluent.get_api_key(&credential.id).await? {
        if !target.owns(&key) {
            return Ok(Some(Whereabouts::Elsewhere {
                owner: key.owner.unwrap_or_default(),
                resource: key.resource.unwrap_or_default(),
            }));
        }
        let evidence = "GET by its id shows it".to_owned();
        return Ok(Some(Whereabouts::NotVisible(evidence)));
    }
    let evidence = match (&seen.endpoints, target.probe) {
        (_, ProbeKind::Skip) => "gone by its id, not probed".to_owned(),
        (Err(_), _) => "gone by its id, no endpoint to try it at".to_owned(),
        (Ok(endpoints), ProbeKind::Rest) => {
            match sync::refused_twice(run, target, endpoints, credential).await {
                Ok(()) => return Ok(Some(Whereabouts::Gone)),
                Err(answer) => format!("gone by its id, but at its resource: {answer}"),
            }
        }
    };
    Ok(Some(Whereabouts::NotVisible(evidence)))
}

/// Whether the key is listed, and yet what stands beside it is not its secret: the version that this
/// run could not begin with is refused twice more. The version and not the key: the one before may
/// hold the same key with its right secret.
async fn is_lost(run: &Run, target: &Target, seen: &Observation, credential: &Credential) -> bool {
    let (Some(lost), Some(current)) = (run.lost(target), &seen.primary.current) else {
        return false;
    };
    let held = current.key().is_some_and(|held| held.id == credential.id);
    match &seen.endpoints {
        Ok(endpoints) if held && lost.version.as_ref() == Some(&current.version) => {
            let refused = sync::refused_twice(run, target, endpoints, credential);
            refused.await.is_ok()
        }
        _ => false,
    }
}

async fn pending_refused(run: &Run, target: &Target, seen: &Observation) -> bool {
    let held = seen.primary.pending.as_ref();
    let Some(credential) = held.and_then(Held::key) else {
        return false;
    };
    let old = seen.key(&credential.id).is_some_and(|key| {
        key.is_unpublished() && key.api_key.created_at + PENDING_AT_MOST < seen.now
    });
    match &seen.endpoints {
        Ok(endpoints) if old && target.probe == ProbeKind::Rest => matches!(
            sync::sign_in(run, target, endpoints, credential).await,
            Answer::Refused
        ),
        _ => false,
    }
}

/// Looked for only when `AWSCURRENT` holds no living key, or when the `former` one is asked for: the
/// key with the latest `published` whose version still holds it and that signs in now.
async fn restorable(
    run: &Run,
    target: &Target,
    seen: &Observation,
    former: bool,
) -> Result<Option<Restorable>, RotationError> {
    let lost = matches!(
        seen.current,
        None | Some(Whereabouts::Gone | Whereabouts::Refused)
    );
    let (true, Some(_)) = (lost || former, &seen.primary.current) else {
        return Ok(None);
    };
    let mut candidates: Vec<_> = seen
        .keys
        .iter()
        .filter_map(|key| {
            let marker = key.marker.as_ref()?;
            // A refused version is no way back; another that holds the same key is one.
            let refused = matches!(seen.current, Some(Whereabouts::Refused));
            let is_current = seen.primary.current.as_ref().is_some_and(|held| {
                let same = held.key().is_some_and(|held| held.id == *key.id());
                same && (!refused || held.version == marker.token)
            });
            (!key.is_revoked() && !is_current).then_some(())?;
            Some((key.published(seen.now)?, key, marker))
        })
        .collect();
    candidates.sort_unstable_by(|(a, a_key, _), (b, b_key, _)| {
        let newest_first = b.cmp(a);
        newest_first.then_with(|| a_key.id().cmp(b_key.id()))
    });
    for (_, key, marker) in candidates {
        let held = seen.primary.version(&run.secrets, &marker.token).await?;
        let Some(Content::Key(_, credential)) = held.map(|held| held.content) else {
            continue;
        };
        if credential.id != *key.id() {
            continue;
        }
        let endpoints = seen.endpoints.as_ref().ok();
        if sync::try_now(run, target, endpoints, &credential, &key.api_key).await? {
            return Ok(Some(Restorable {
                version: marker.token.clone(),
                api_key: credential.id,
            }));
        }
    }
    Ok(None)
}
