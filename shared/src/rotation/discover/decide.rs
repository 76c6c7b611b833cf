//! From keys, secrets and targets to findings. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    confluent::{ApiKey, ApiKeyId},
    ordered::ordered,
    rotation::marker::{Marker, rfc3339},
};

use super::{
    findings::{Discovered, KeyFinding, Proposal, SecretFinding, Staged},
    look::{Found, Seen, looks_like_a_key},
    name::Names,
    propose::{Draft, draft},
};

/// Who holds a key.
#[derive(Default)]
struct Held<'a> {
    /// Secrets that hold it in `AWSCURRENT`, in a known format.
    current: Vec<&'a Seen>,
    /// Secrets that hold it in `AWSCURRENT` where no format reads it.
    mentioned: Vec<&'a Seen>,
    /// Under other labels.
    staged: Vec<Staged>,
}

/// The targets that exist, by what is asked of them.
struct Targets<'a> {
    names: BTreeSet<&'a str>,
    by_secret: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Targets<'a> {
    fn of(found: &'a Found) -> Self {
        let mut by_secret: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for target in &found.targets {
            for secret in &target.secrets {
                let targets = by_secret.entry(secret.as_str()).or_default();
                targets.insert(target.name.as_str());
            }
        }
        let names = found.targets.iter().map(|target| target.name.as_str());
        Self {
            names: ordered(names),
            by_secret,
        }
    }

    /// Those that name a secret.
    fn that_name(&self, seen: &Seen) -> impl Iterator<Item = &'a str> {
        let targets = self.by_secret.get(seen.listed.name.as_str());
        targets.into_iter().flatten().copied()
    }
}

/// Each key is in one list. Secrets are related when their names begin with the same folder: what a team
/// may name begins with its own. Names without a folder are related to none.
pub(super) fn decide(found: &Found) -> Discovered {
    let mut discovered = Discovered::default();
    let mut held: BTreeMap<&ApiKeyId, Held<'_>> = BTreeMap::new();
    for seen in &found.secrets {
        for key in &seen.current.keys {
            held.entry(&key.id).or_default().current.push(seen);
        }
        for id in &seen.current.mentioned {
            held.entry(id).or_default().mentioned.push(seen);
        }
        for (label, id) in &seen.staged {
            held.entry(id).or_default().staged.push(Staged {
                secret: seen.listed.name.clone(),
                label: label.clone(),
            });
        }
    }
    let targets = Targets::of(found);
    let mut drafts = Vec::new();
    for key in &found.keys {
        let held = held.remove(&key.id).unwrap_or_default();
        sort(found, &targets, key, held, &mut drafts, &mut discovered);
    }
    let mut names = Names::new(&found.targets, &drafts);
    for (finding, draft) in drafts {
        let named = names
            .choose(&draft)
            .and_then(|name| Ok((draft.accepted_as(&name)?, name)));
        match named {
            Ok((target, name)) => discovered.proposals.push(Proposal {
                parameter: format!("{}/{name}", found.targets_path),
                name,
                target,
                api_key: finding.api_key,
                created: finding.created,
                warnings: draft.warnings,
            }),
            Err(reason) => discovered.not_proposed.push(KeyFinding {
                reason: Some(reason),
                ..finding
            }),
        }
    }
    let known: BTreeSet<&ApiKeyId> = ordered(found.keys.iter().map(|key| &key.id));
    for seen in &found.secrets {
        secret(&targets, &known, seen, &mut discovered);
    }
    discovered.finish(found.keys.len(), found.secrets.len());
    discovered
}

/// Puts a key into its list, or among the drafts.
fn sort<'a>(
    found: &'a Found,
    targets: &Targets<'a>,
    key: &'a ApiKey,
    held: Held<'a>,
    drafts: &mut Vec<(KeyFinding, Draft<'a>)>,
    discovered: &mut Discovered,
) {
    let marker = Marker::parse(&key.description);
    let holders = || held.current.iter().chain(&held.mentioned);
    let marked = marker
        .as_ref()
        .filter(|marker| marker.is_of(&found.deployment))
        .and_then(|marker| targets.names.get(marker.target.as_str()).copied());
    let owning = holders().flat_map(|seen| targets.that_name(seen));
    let owning: BTreeSet<&str> = ordered(owning.chain(marked));
    let secrets = holders()
        .filter(|seen| targets.that_name(seen).next().is_none())
        .map(|seen| seen.listed.name.clone());
    let mut finding = KeyFinding {
        api_key: key.id.to_string(),
        owner: key.owner.clone(),
        resource: key.resource.clone().unwrap_or_else(|| "cloud".to_owned()),
        created: rfc3339(key.created_at),
        secrets: secrets.collect(),
        marker: marker
            .as_ref()
            .filter(|_| owning.is_empty())
            .map(|marker| format!("{} {}", marker.deployment, marker.target)),
        targets: owning.into_iter().map(str::to_owned).collect(),
        staged: held.staged,
        reason: None,
    };
    if !finding.targets.is_empty() {
        return discovered.managed.push(finding);
    }
    if key
        .owner
        .as_ref()
        .is_some_and(|owner| owner.starts_with("u-"))
    {
        return discovered.of_users.push(finding);
    }
    if finding.secrets.is_empty() {
        return discovered.unheld.push(finding);
    }
    if let Some(other) = held.mentioned.first() {
        finding.reason = Some(format!(
            "secret `{}` holds it where no known format keeps a key, and would be left with the old one",
            other.listed.name
        ));
        return discovered.not_proposed.push(finding);
    }
    if !are_related(&held.current) {
        return discovered.shared.push(finding);
    }
    match draft(found, key, marker.as_ref(), &held.current) {
        Ok(draft) => drafts.push((finding, draft)),
        Err(reason) => {
            finding.reason = Some(reason);
            discovered.not_proposed.push(finding);
        }
    }
}

/// Whether all begin with the same folder.
fn are_related(secrets: &[&Seen]) -> bool {
    let folder = |seen: &&Seen| {
        let name = seen.listed.name.trim_start_matches('/');
        name.split_once('/').map(|(folder, _)| folder.to_owned())
    };
    let folders: BTreeSet<_> = ordered(secrets.iter().map(folder));
    secrets.len() < 2 || (folders.len() == 1 && !folders.contains(&None))
}

/// Lists a secret that holds no living key.
fn secret(
    targets: &Targets<'_>,
    known: &BTreeSet<&ApiKeyId>,
    seen: &Seen,
    discovered: &mut Discovered,
) {
    let target = targets.that_name(seen).next();
    let finding = |api_keys: Vec<String>, reason: Option<String>| SecretFinding {
        secret: seen.listed.name.clone(),
        api_keys,
        target: target.map(str::to_owned),
        reason,
    };
    if let Some(problem) = &seen.problem {
        let problem = finding(Vec::new(), Some(problem.clone()));
        discovered.unreadable.push(problem);
        return;
    }
    let current = &seen.current;
    if current.keys.iter().any(|key| known.contains(&key.id)) {
        return;
    }
    let gone = current.keys.iter().filter(|key| looks_like_a_key(&key.id));
    let gone: Vec<_> = gone.map(|key| key.id.to_string()).collect();
    if !gone.is_empty() {
        discovered.gone.push(finding(gone, None));
    } else if target.is_none() {
        let mentioned = current.mentioned.iter().map(ToString::to_string);
        let reason = current.reason.clone().unwrap_or_else(|| {
            "a user name and a password, of no API key of this organization".to_owned()
        });
        let finding = finding(mentioned.collect(), Some(reason));
        discovered.without_key.push(finding);
    }
}
