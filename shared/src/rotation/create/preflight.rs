//! Before a key is made: whether it could be stored, listed and used.

use crate::confluent::Quota;

use super::{Creation, Key, RotationError, Run, SecretState, Target, read_secrets};

/// Keys without `published` and without a version: overlapping runs and lost answers.
const LOSERS_AT_MOST: usize = 2;

/// Nothing is created unless the key could be stored, listed and used. Answers the secrets as read.
pub(super) async fn preflight(
    run: &Run,
    creation: &Creation<'_>,
) -> Result<Vec<SecretState>, RotationError> {
    let Creation {
        target,
        keys,
        forced,
        ..
    } = creation;
    let (secrets, quota) =
        futures_util::future::try_join(read_secrets(run, target), run.quota(target)).await?;
    if !forced {
        check_count(target, keys, &secrets)?;
    }
    check_quota(run, target, keys, quota)?;
    Ok(secrets)
}

/// One free slot, and room for n + 1 keys at all.
pub(in super::super) fn check_quota(
    run: &Run,
    target: &Target,
    keys: &[Key],
    quota: Option<Quota>,
) -> Result<(), RotationError> {
    let Some(quota) = quota else {
        return Ok(());
    };
    // Beside a new key of Keywheel's own there is its canary for a moment.
    let new = if run.is_own_key(target) { 2 } else { 1 };
    let needed = u32::try_from(target.retain).unwrap_or(u32::MAX);
    let needed = needed.saturating_add(new);
    let used = quota.usage.unwrap_or(0);
    if quota.limit < needed {
        return Err(RotationError::QuotaTooSmall {
            quota: quota.id,
            limit: quota.limit,
            needed,
        });
    }
    if used.saturating_add(new) > quota.limit {
        return Err(RotationError::Quota {
            quota: quota.id,
            used,
            limit: quota.limit,
            candidates: candidates(keys),
        });
    }
    Ok(())
}

/// Invariant 5: at most n + 1 keys that are published or staged, and 2 that are neither.
fn check_count(
    target: &Target,
    keys: &[Key],
    secrets: &[SecretState],
) -> Result<(), RotationError> {
    let is_staged = |key: &Key| secrets.iter().any(|held| held.keys().contains(key.id()));
    let (unpublished, published): (Vec<_>, Vec<_>) = keys
        .iter()
        .filter(|key| key.marker.as_ref().is_some_and(|marker| !marker.canary))
        .partition(|key| key.is_unpublished());
    let staged = unpublished.iter().filter(|key| is_staged(key)).count();
    let live = published.len() + staged;
    let losers = unpublished.len() - staged;
    if live <= target.retain && losers <= LOSERS_AT_MOST {
        return Ok(());
    }
    Err(RotationError::TooManyKeys {
        live,
        losers,
        retain: target.retain,
        why: candidates(keys),
    })
}

/// What could make room.
pub(super) fn candidates(keys: &[Key]) -> String {
    let ids: Vec<_> = keys
        .iter()
        .filter(|key| key.is_published())
        .map(|key| format!("`{}`", key.id()))
        .collect();
    match ids.as_slice() {
        [] | [_] => "no superseded key of this target could be retired".to_owned(),
        _ => format!(
            "published keys of this target are {}: the oldest go when their grace is over",
            ids.join(", ")
        ),
    }
}
