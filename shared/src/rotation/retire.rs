//! Retire and clean up: the only places that delete a key that a version once held.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use crate::confluent::{ApiKey, ApiKeyId, Deletion, Done};

use super::{
    error::RotationError,
    marker::Marker,
    observe::read_secrets,
    publish::Published,
    run::{Change, Run},
    target::Target,
    version::SecretState,
};

/// Dates of secrets may be rounded.
const A_MOMENT: Duration = Duration::from_millis(500);

/// Deletes a superseded key, on the proof that its successor works. 204 is no proof, nor are 403
/// and 404: a complete listing that has the successor and lacks the key is.
///
/// # Errors
/// [`RotationError`]; unless the listing confirmed it, the next sweep tries again.
pub async fn retire(
    run: &Run,
    target: &Target,
    api_key: &ApiKeyId,
    reason: &str,
    proof: &Published,
) -> Result<(), RotationError> {
    let secrets = read_secrets(run, target).await?;
    for secret in &secrets {
        check_settled(run, secret, api_key)?;
        if secret
            .current_key()
            .is_none_or(|held| held.id != *proof.key())
        {
            return Err(RotationError::ReadBack {
                secret: secret.spec.name.clone(),
                api_key: proof.key().clone(),
            });
        }
    }
    check_unheld(&secrets, api_key)?;
    if run.is_own_key(target) && run.confluent.api_key() != Some(proof.key()) {
        return Err(RotationError::NotSuccessor {
            api_key: api_key.clone(),
            successor: proof.key().clone(),
        });
    }
    check_ours(run, target, api_key).await?;
    let done = run.confluent.delete_api_key(api_key).await?;
    let listed = run.keys_now(target).await?;
    let lists = |id: &ApiKeyId| listed.iter().any(|key| key.id() == id);
    if lists(api_key) || !lists(proof.key()) {
        return Err(RotationError::StillListed {
            api_key: api_key.clone(),
        });
    }
    let proof = format!(
        "its successor `{}` signed in a moment ago; a complete listing has that and lacks this",
        proof.key()
    );
    deleted_on(run, target.name.as_str(), api_key, &done, reason, &proof);
    Ok(())
}

/// Deletes a key that was never published and that no staged version holds.
///
/// # Errors
/// [`RotationError`].
pub async fn orphan(
    run: &Run,
    target: &Target,
    api_key: &ApiKeyId,
    reason: &str,
) -> Result<(), RotationError> {
    let secrets = read_secrets(run, target).await?;
    check_settled(run, &secrets[0], api_key)?;
    check_unheld(&secrets, api_key)?;
    for version in secrets[0].description.versions.keys() {
        let held = secrets[0].version(&run.secrets, version).await?;
        if held.is_some_and(|held| held.key().is_some_and(|key| key.id == *api_key)) {
            return Err(held_by(&secrets[0], api_key));
        }
    }
    let Some(key) = run.confluent.get_api_key(api_key).await? else {
        return Ok(());
    };
    if own_marker(run, target, &key).is_none_or(|marker| marker.published.is_some()) {
        return Err(held_by(&secrets[0], api_key));
    }
    let done = run.confluent.delete_api_key(api_key).await?;
    let proof = "its own marker says that it was never published, and no version holds it";
    deleted_on(run, target.name.as_str(), api_key, &done, reason, proof);
    Ok(())
}

/// The audit trail's line of a deletion that needs no proof beyond its reason.
pub(super) fn deleted(
    run: &Run,
    target: &str,
    api_key: &ApiKeyId,
    done: &Done<Deletion>,
    reason: &str,
) {
    deleted_on(run, target, api_key, done, reason, "");
}

fn deleted_on(
    run: &Run,
    target: &str,
    api_key: &ApiKeyId,
    done: &Done<Deletion>,
    reason: &str,
    proof: &str,
) {
    run.quotas.deleted();
    run.changed_of(
        target,
        &Change {
            what: "deleted API key",
            api_key: api_key.as_ref(),
            subject: api_key.as_ref(),
            reason,
            proof,
            service_request_ids: &[&done.request_id],
            ..Change::default()
        },
    );
}

/// Waits until no late run can still write, as long as the deadline allows.
pub(super) async fn await_settled(
    run: &Run,
    target: &Target,
    api_key: &ApiKeyId,
) -> Result<(), RotationError> {
    loop {
        let secrets = read_secrets(run, target).await?;
        let checked = secrets
            .iter()
            .map(|secret| check_settled(run, secret, api_key));
        let Err(unsettled) = checked.collect::<Result<(), _>>() else {
            return Ok(());
        };
        let changed = secrets
            .iter()
            .filter_map(|secret| secret.description.last_changed)
            .max();
        let left = changed.map_or(run.settle(), |at| {
            at + run.settle() - OffsetDateTime::now_utc()
        });
        let left = left.unsigned_abs().min(run.settings.settle) + A_MOMENT;
        if Instant::now() + left >= run.deadline {
            return Err(unsettled);
        }
        tokio::time::sleep(left).await;
    }
}

/// A run that is late may still write for a while after its last read.
pub(super) fn check_settled(
    run: &Run,
    secret: &SecretState,
    api_key: &ApiKeyId,
) -> Result<(), RotationError> {
    let now = OffsetDateTime::now_utc();
    if secret.description.is_settled(run.settle(), now) {
        return Ok(());
    }
    Err(RotationError::Unsettled {
        secret: secret.spec.name.clone(),
        api_key: api_key.clone(),
        settle: run.settings.settle.as_secs(),
    })
}

/// Never a key in `AWSCURRENT` or `AWSPENDING` of any secret of the target.
pub(super) fn check_unheld(
    secrets: &[SecretState],
    api_key: &ApiKeyId,
) -> Result<(), RotationError> {
    match secrets
        .iter()
        .find(|secret| secret.keys().contains(api_key))
    {
        Some(secret) => Err(held_by(secret, api_key)),
        None => Ok(()),
    }
}

fn own_marker(run: &Run, target: &Target, key: &ApiKey) -> Option<Marker> {
    Marker::parse(&key.description).filter(|marker| marker.is_for(&run.deployment, &target.name))
}

/// The marker as it is now: a target may have been handed back since the plan.
async fn check_ours(run: &Run, target: &Target, api_key: &ApiKeyId) -> Result<(), RotationError> {
    let key = run.confluent.get_api_key(api_key).await?;
    if key.is_none_or(|key| own_marker(run, target, &key).is_some()) {
        return Ok(());
    }
    Err(RotationError::NotOurs {
        api_key: api_key.clone(),
    })
}

fn held_by(secret: &SecretState, api_key: &ApiKeyId) -> RotationError {
    RotationError::StillHeld {
        secret: secret.spec.name.clone(),
        api_key: api_key.clone(),
    }
}
