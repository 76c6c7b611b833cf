//! Whose a leaked key is: a target's, by its marker or by a secret that holds it, or nobody's.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    confluent::ApiKey,
    ordered::ordered,
    rotation::{
        discover::held_by_refused, error::RotationError, marker::Marker, request::RevokedKeys,
        run::Run, target::Target, targets::Entry, version::SecretState,
    },
};

/// A key that is to be revoked.
pub(super) struct Asked<'a> {
    pub(super) key: ApiKey,
    pub(super) holder: Holder<'a>,
}

pub(super) enum Holder<'a> {
    Target(&'a Target),
    /// One that is refused: which of its secrets hold the key is not known.
    Refused(&'a str),
    Nobody,
}

/// The keys that are alive, each with the target it belongs to.
pub(super) async fn find<'a>(
    run: &Run,
    entries: &'a [Entry],
    keys: &RevokedKeys,
) -> Result<Vec<Asked<'a>>, RotationError> {
    let keys = match keys {
        RevokedKeys::OfOwner(owner) => run.confluent.list_api_keys(owner).await?,
        RevokedKeys::Ids(ids) => {
            let mut keys: Vec<ApiKey> = Vec::new();
            for id in ids {
                if !keys.iter().any(|key| key.id == *id) {
                    keys.extend(run.confluent.get_api_key(id).await?);
                }
            }
            keys
        }
    };
    let mut asked = Vec::new();
    for key in keys {
        let holder = holder(run, entries, &key).await?;
        asked.push(Asked { key, holder });
    }
    let refused = entries.iter().filter(|entry| entry.target.is_err());
    let refused: BTreeSet<&str> = ordered(refused.map(|entry| entry.name.as_str()));
    let nobodys = asked
        .iter()
        .filter(|it| matches!(it.holder, Holder::Nobody));
    let nobodys: Vec<_> = nobodys.map(|it| &it.key.id).collect();
    let held = held_by_refused(run, &refused, &nobodys).await?;
    for it in &mut asked {
        if let Some(target) = held.get(&it.key.id) {
            it.holder = Holder::Refused(target);
        }
    }
    Ok(asked)
}

async fn holder<'a>(
    run: &Run,
    entries: &'a [Entry],
    key: &ApiKey,
) -> Result<Holder<'a>, RotationError> {
    let owners = || {
        entries
            .iter()
            .filter_map(|entry| entry.target.as_ref().ok())
            .filter(|target| target.owns(key))
    };
    if let Some(marker) = Marker::parse(&key.description)
        && let Some(target) = owners().find(|target| marker.is_for(&run.deployment, &target.name))
    {
        return Ok(Holder::Target(target));
    }
    if let Some(marker) = Marker::parse(&key.description)
        && marker.is_of(&run.deployment)
        && let Some(entry) = entries
            .iter()
            .find(|entry| entry.name == marker.target.as_str() && entry.target.is_err())
    {
        return Ok(Holder::Refused(&entry.name));
    }
    for target in owners() {
        for secret in target.secrets() {
            match SecretState::read(&run.secrets, secret).await {
                Ok(state) if state.keys().contains(&key.id) => return Ok(Holder::Target(target)),
                Ok(_) => {}
                Err(error) if error.not_found() => {}
                // It may hold the key: then it is not known whose it is.
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(Holder::Nobody)
}

/// A sentence for each key that was named and is not there, or for an owner without any.
pub(super) fn gone(
    keys: &RevokedKeys,
    held: &BTreeMap<&str, (&Target, Vec<ApiKey>)>,
    unmanaged: &[(ApiKey, Option<&str>)],
) -> Vec<String> {
    let found = held.values().flat_map(|(_, keys)| keys);
    let found = found.chain(unmanaged.iter().map(|(key, _)| key));
    let found: Vec<_> = found.map(|key| &key.id).collect();
    let ids = match keys {
        RevokedKeys::Ids(ids) => ids,
        RevokedKeys::OfOwner(owner) if found.is_empty() => {
            return vec![format!(
                "`{owner}` has no API key that may be seen: nothing was done"
            )];
        }
        RevokedKeys::OfOwner(_) => return Vec::new(),
    };
    ids.iter()
        .filter(|id| !found.contains(id))
        .map(|id| format!("API key `{id}` is gone, or may not be seen: nothing was done about it"))
        .collect()
}
