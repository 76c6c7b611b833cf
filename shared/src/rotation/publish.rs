//! Publish: note it on the key, write the copies, read them back, move `AWSCURRENT` on the primary.
//!
//! That move is the one commit point. Every write before it may be repeated; every move re-reads
//! the primary directly before, so that a late run cannot undo what somebody did meanwhile.

use time::OffsetDateTime;

use crate::{
    confluent::{ApiKey, ApiKeyId, Credential, Endpoints},
    secrets::AWSCURRENT,
};

use super::{
    canary,
    copies::{read_back, write_copy},
    error::RotationError,
    guard::Guard,
    labels::take_off_pending,
    marker::Marker,
    observe::{Key, Observation},
    plan::{edited_since, lost_fields},
    run::{Change, Run},
    sync::{self, Synced},
    target::{ProbeKind, Target},
    version::{Held, SecretState},
};

/// Proof that the key in `AWSCURRENT` is ours, published, and signed in a moment ago: without it
/// nothing is retired.
#[derive(Debug)]
pub struct Published {
    key: ApiKeyId,
    warnings: Vec<String>,
}

impl Published {
    /// The successor that makes a retirement safe.
    #[must_use]
    pub fn key(&self) -> &ApiKeyId {
        &self.key
    }

    /// Sentences for the report.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The proof for a key that was published by an earlier run: it has its note and signs in now.
    pub(super) async fn confirm(run: &Run, target: &Target, seen: &Observation) -> Option<Self> {
        let (credential, key) = seen.live_current()?;
        let published = key.published(seen.now)?;
        let proved = match target.probe {
            ProbeKind::Skip => published + target.works_unseen_after() <= seen.now,
            ProbeKind::Rest => {
                let endpoints = seen.endpoints.as_ref().ok();
                sync::signs_in_now(run, target, endpoints, credential, &key.api_key).await
            }
        };
        proved.then(|| Self {
            key: credential.id.clone(),
            warnings: Vec::new(),
        })
    }
}

/// What a `Synced` says, for the audit trail.
const SYNCED: &str = "it signed in a moment ago; every copy, read back, holds it";

/// Publishes a key that has just signed in. May be repeated at any point.
///
/// # Errors
/// [`RotationError`]; the pending version stays, and the next attempt goes on from there.
pub async fn publish(
    run: &Run,
    target: &Target,
    endpoints: &Endpoints,
    synced: Synced,
) -> Result<Published, RotationError> {
    let primary = SecretState::read(&run.secrets, &target.secret).await?;
    let credential = synced.credential()?.clone();
    let version = synced.held.version.as_str();
    let mut published = Published {
        key: credential.id.clone(),
        warnings: synced.warning.iter().cloned().collect(),
    };
    let Some(current) = &primary.current else {
        return Err(moved(target, &credential.id));
    };
    if current.version == version {
        return Ok(published);
    }
    let marker = marker(run, target, &synced.key, version)?;
    check_edits(target, current, &synced.held, &marker, &mut published)?;
    canary::prove(run, target, &credential).await?;
    let guard = Guard {
        run,
        target,
        arn: &primary.description.arn,
        current: &current.version,
        pending: Some(version),
        api_key: &credential.id,
    };
    let committed = commit(&guard, endpoints, &synced, &credential, &marker).await;
    let request_id = match committed {
        Ok(request_id) => request_id,
        // Two runs that publish one version at once: the other one was first.
        Err(error) => {
            let now = run.secrets.describe(guard.arn).await?;
            return if now.is_staged(version, AWSCURRENT) {
                Ok(published)
            } else {
                Err(error)
            };
        }
    };
    run.changed(
        target,
        &Change {
            what: "published API key",
            api_key: credential.id.as_ref(),
            subject: &target.secret.name,
            before: &current.version,
            after: version,
            reason: "it signs in at its resource",
            proof: SYNCED,
            service_request_ids: &[&request_id],
        },
    );
    take_off_pending(run, target, &primary, version, "it is published").await?;
    Ok(published)
}

/// Note, copies, read back, primary: in this order.
async fn commit(
    guard: &Guard<'_>,
    endpoints: &Endpoints,
    synced: &Synced,
    credential: &Credential,
    marker: &Marker,
) -> Result<String, RotationError> {
    let (run, target) = (guard.run, guard.target);
    guard.check().await?;
    let noted = note(run, target, &synced.key.id, marker);
    // Late, it would be a note on a key that was given up meanwhile.
    let noted = tokio::time::timeout(guard.within(), noted).await;
    noted.map_err(|_| RotationError::NoteLate {
        api_key: synced.key.id.clone(),
    })??;
    for copy in &target.copies {
        write_copy(run, target, copy, credential, endpoints, guard).await?;
    }
    read_back(run, target, credential).await?;
    promote(guard, &synced.held.version).await
}

fn moved(target: &Target, api_key: &ApiKeyId) -> RotationError {
    RotationError::Moved {
        secret: target.secret.name.clone(),
        api_key: api_key.clone(),
    }
}

/// The key's own marker decides: ours, for this target, not revoked.
fn marker(
    run: &Run,
    target: &Target,
    key: &ApiKey,
    version: &str,
) -> Result<Marker, RotationError> {
    let api_key = key.id.clone();
    match Marker::parse(&key.description) {
        Some(marker) if marker.revoked.is_some() => Err(RotationError::Revoked { api_key }),
        Some(marker) if marker.is_for(&run.deployment, &target.name) => Ok(marker),
        _ => Err(RotationError::Foreign {
            api_key,
            version: version.to_owned(),
        }),
    }
}

/// Without `published` a hand edit ends the attempt; with it the publish goes on, and says what is lost.
fn check_edits(
    target: &Target,
    current: &Held,
    pending: &Held,
    marker: &Marker,
    published: &mut Published,
) -> Result<(), RotationError> {
    if marker.published.is_none() && edited_since(current, pending, target).is_some() {
        return Err(RotationError::EditedMeanwhile {
            secret: target.secret.name.clone(),
            version: pending.version.clone(),
        });
    }
    let lost = lost_fields(current, pending, target);
    if !lost.is_empty() {
        published.warnings.push(format!(
            "fields {lost} of version `{}` are lost: they were edited while API key `{}` was being published",
            current.version, published.key
        ));
    }
    Ok(())
}

/// Writes `published` as now and keeps every other note.
pub(super) async fn note(
    run: &Run,
    target: &Target,
    api_key: &ApiKeyId,
    marker: &Marker,
) -> Result<(), RotationError> {
    let marker = marker.published_at(OffsetDateTime::now_utc());
    write_marker(run, target, api_key, &marker, "its publish begins").await
}

/// Writes a marker.
pub(super) async fn write_marker(
    run: &Run,
    target: &Target,
    api_key: &ApiKeyId,
    marker: &Marker,
    reason: &str,
) -> Result<(), RotationError> {
    let change = Change {
        what: "noted on API key",
        reason,
        ..Change::default()
    };
    describe(run, target, api_key, &marker.to_string(), change).await
}

/// Replaces the description of a key, and reads the answer. `change` says what that does.
pub(super) async fn describe(
    run: &Run,
    target: &Target,
    api_key: &ApiKeyId,
    description: &str,
    change: Change<'_>,
) -> Result<(), RotationError> {
    let answer = run.confluent.set_description(api_key, description).await?;
    if answer.what.description != description {
        return Err(RotationError::NoteNotKept {
            api_key: api_key.clone(),
        });
    }
    run.changed(
        target,
        &Change {
            api_key: api_key.as_ref(),
            subject: api_key.as_ref(),
            after: description,
            service_request_ids: &[&answer.request_id],
            ..change
        },
    );
    Ok(())
}

/// Publishes a key that was published before: the former one, for a rollback. May be repeated.
pub(super) async fn republish(
    guard: &Guard<'_>,
    endpoints: &Endpoints,
    synced: &Synced,
) -> Result<(), RotationError> {
    let (run, target, version) = (guard.run, guard.target, synced.held.version.as_str());
    let marker = marker(run, target, &synced.key, version)?;
    let credential = synced.credential()?.clone();
    let request_id = commit(guard, endpoints, synced, &credential, &marker).await?;
    run.changed(
        target,
        &Change {
            what: "rolled back to API key",
            api_key: credential.id.as_ref(),
            subject: &target.secret.name,
            before: guard.current,
            after: version,
            reason: "by hand; it signs in at its resource",
            proof: SYNCED,
            service_request_ids: &[&request_id],
        },
    );
    Ok(())
}

/// The commit. Answers the request's id, where there was an answer.
async fn promote(guard: &Guard<'_>, version: &str) -> Result<String, RotationError> {
    guard.check().await?;
    let secrets = &guard.run.secrets;
    let from = Some(guard.current);
    let moving = secrets
        .move_label(guard.arn, AWSCURRENT, from, Some(version), guard.within())
        .await;
    let source = match moving {
        Ok(request_id) => return Ok(request_id),
        Err(source) => source,
    };
    if secrets
        .describe(guard.arn)
        .await?
        .is_staged(version, AWSCURRENT)
    {
        return Ok(String::new());
    }
    Err(RotationError::Promote {
        secret: guard.target.secret.name.clone(),
        version: version.to_owned(),
        source,
    })
}

/// Moves `AWSCURRENT` back to an earlier version, for `restore`: its key signs in now and is
/// still the target's, published and not revoked.
pub(super) async fn restore(
    run: &Run,
    target: &Target,
    seen: &Observation,
    version: &str,
    api_key: &ApiKeyId,
) -> Result<(), RotationError> {
    let (Some(guard), Some(key)) = (
        Guard::of_current(run, target, &seen.primary, api_key),
        seen.key(api_key),
    ) else {
        return Ok(());
    };
    let held = sync::held_key(run, &seen.primary, version).await?;
    let endpoints = seen.endpoints.as_ref().ok();
    let signs_in = match held.key().filter(|held| held.id == *api_key) {
        Some(held) => sync::signs_in_now(run, target, endpoints, held, &key.api_key).await,
        None => false,
    };
    if !signs_in {
        return Err(RotationError::CurrentUnproved {
            api_key: api_key.clone(),
            secret: target.secret.name.clone(),
        });
    }
    marker(run, target, &run.owned_key(target, api_key).await?, version)?;
    let request_id = promote(&guard, version).await?;
    run.changed(
        target,
        &Change {
            what: "restored API key",
            api_key: api_key.as_ref(),
            subject: &target.secret.name,
            before: guard.current,
            after: version,
            reason: "AWSCURRENT held no living key",
            proof: "it is listed, published, not revoked, and signed in a moment ago",
            service_request_ids: &[&request_id],
        },
    );
    Ok(())
}

/// Writes an untrusted note again, as now.
pub(super) async fn renote(run: &Run, target: &Target, key: &Key) -> Result<(), RotationError> {
    match &key.marker {
        Some(marker) => note(run, target, key.id(), marker).await,
        None => Ok(()),
    }
}
