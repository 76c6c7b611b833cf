//! Revoke: leaked keys stop working, and what held them goes over to a successor first.
//!
//! The first write is a note on the key; from then on every run finishes what this one began.

mod find;
mod finish;
mod replace;

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use time::OffsetDateTime;

use crate::confluent::ApiKey;

use self::find::{Holder, find};
pub(super) use self::finish::{Haste, finish};

use super::{
    announce::announce,
    error::{RotationError, chain},
    marker::{Marker, Note, rfc3339},
    observe::read_secrets,
    publish::write_marker,
    report::{ActionReport, Report, Status, TargetReport},
    request::{Request, Revocation},
    retire::deleted,
    run::Run,
    state,
    sweep::{acts, remember},
    target::Target,
    targets,
    version::{Held, SecretState},
};

/// Targets that are worked on at once.
const AT_ONCE: usize = 8;

/// The name under which keys of no target are reported.
const UNMANAGED: &str = "(unmanaged)";

/// Carries out `revoke`.
///
/// # Errors
/// [`RotationError`] when the targets or the keys cannot be read; what became of each key stands in
/// the report.
pub(super) async fn revoke(
    run: &Run,
    request: &Request,
    revocation: &Revocation,
) -> Result<Report, RotationError> {
    run.check_whole()?;
    let entries = targets::read(run).await?;
    let acts = acts(run, request);
    let mut report = Report::begin(run, request);
    let mut by_target: BTreeMap<&str, (&Target, Vec<ApiKey>)> = BTreeMap::new();
    let mut unmanaged = Vec::new();
    for asked in find(run, &entries, &revocation.keys).await? {
        match asked.holder {
            Holder::Target(target) => {
                let (_, keys) = by_target
                    .entry(target.name.as_str())
                    .or_insert((target, Vec::new()));
                keys.push(asked.key);
            }
            Holder::Refused(target) => unmanaged.push((asked.key, Some(target))),
            Holder::Nobody => unmanaged.push((asked.key, None)),
        }
    }
    report.warnings = find::gone(&revocation.keys, &by_target, &unmanaged);
    report.targets = stream::iter(
        by_target
            .into_values()
            .map(|(target, keys)| of_target(run, target, keys, revocation, acts)),
    )
    .buffer_unordered(AT_ONCE)
    .collect()
    .await;
    for (key, refused) in unmanaged {
        let revoked = of_nobody(run, &key, refused, revocation, acts).await;
        report.targets.push(revoked);
    }
    report.outage = run.confluent.outage();
    report.rate_limited = run.confluent.rate_limited().into();
    report.finish();
    if acts {
        let states = state::read_all(run).await.unwrap_or_default();
        let news = announce(run, &entries, &states, &mut report, false).await;
        remember(run, &mut report, &news, false).await;
    }
    Ok(report)
}

async fn of_target(
    run: &Run,
    target: &Target,
    keys: Vec<ApiKey>,
    revocation: &Revocation,
    acts: bool,
) -> TargetReport {
    let mut report = TargetReport::new(target.name.to_string(), Status::Kept, String::new());
    let mut sentences = Vec::new();
    // All notes first: a run that ends early leaves no key without one.
    let mut noted = Vec::new();
    for key in keys {
        match note(run, target, &key, revocation, acts).await {
            Ok(()) => noted.push(key),
            Err(error) => fail(&mut report, &mut sentences, &key, &error),
        }
    }
    if noted.len() > 1 {
        // A pending key goes first: what replaces the current one must not follow it.
        let primary = SecretState::read(&run.secrets, &target.secret).await.ok();
        let pending = primary.and_then(|primary| primary.pending);
        let pending = pending.as_ref().and_then(Held::key).map(|held| &held.id);
        noted.sort_by_key(|key| Some(&key.id) != pending);
    }
    for key in noted {
        let mut action = ActionReport::of_revoked(&key.id);
        if !acts {
            sentences.push(format!("would revoke API key `{}`", key.id));
            report.actions.push(action);
            continue;
        }
        let haste = Haste::Now {
            delete_first: revocation.delete_first,
        };
        match finish(run, target, &key.id, haste).await {
            Ok(revoked) => {
                action.done = true;
                if revoked.successor.is_some() && report.status == Status::Kept {
                    report.status = Status::Rotated;
                }
                report.current = revoked
                    .successor
                    .as_ref()
                    .map(ToString::to_string)
                    .or(report.current);
                sentences.push(revoked.sentence(&key.id, target));
            }
            Err(error) => fail(&mut report, &mut sentences, &key, &error),
        }
        report.actions.push(action);
    }
    if report.actions.iter().any(|action| action.done) {
        // For the events alone.
        let secrets = read_secrets(run, target).await.unwrap_or_default();
        let arns = secrets.into_iter().map(|secret| secret.description.arn);
        report.secrets = arns.collect();
    }
    report.summary = sentences.join("; ");
    report
}

fn fail(
    report: &mut TargetReport,
    sentences: &mut Vec<String>,
    key: &ApiKey,
    error: &RotationError,
) {
    report.status = Status::Failed;
    report.error_kind = Some(error.kind());
    let remedy = match error {
        RotationError::MissingSecret { .. } => {
            "; `\"delete_first\": true` revokes it without a successor and accepts the outage"
        }
        _ => "",
    };
    sentences.push(format!(
        "API key `{}` is not revoked yet: {}{remedy}",
        key.id,
        chain(error)
    ));
}

/// The note that makes every later run finish it. A key that a target holds and that is not ours
/// becomes ours by it.
async fn note(
    run: &Run,
    target: &Target,
    key: &ApiKey,
    revocation: &Revocation,
    acts: bool,
) -> Result<(), RotationError> {
    let now = Note::At(OffsetDateTime::now_utc());
    let ours = Marker::parse(&key.description)
        .filter(|marker| marker.is_for(&run.deployment, &target.name));
    let marker = match ours {
        Some(marker) if marker.revoked.is_some() => return Ok(()),
        Some(marker) => Marker {
            revoked: Some(now),
            ..marker
        },
        None if !revocation.unmanaged => {
            return Err(RotationError::Unmanaged {
                api_key: key.id.clone(),
            });
        }
        None => Marker {
            published: Some(now.clone()),
            revoked: Some(now),
            ..Marker::new(&run.deployment, &target.name, "foreign")
        },
    };
    if !acts {
        return Ok(());
    }
    write_marker(run, target, &key.id, &marker, "revoked by hand").await
}

/// A key that no target holds has no successor: it is deleted.
/// So is that of a target that is refused, if the outage is accepted: its secrets may hold it.
async fn of_nobody(
    run: &Run,
    key: &ApiKey,
    refused: Option<&str>,
    revocation: &Revocation,
    acts: bool,
) -> TargetReport {
    let mut report = TargetReport::new(UNMANAGED.to_owned(), Status::Kept, String::new());
    let mut action = ActionReport::of_revoked(&key.id);
    let accepted = revocation.unmanaged && revocation.delete_first;
    let error = if let Some(target) = refused.filter(|_| !accepted) {
        Some(RotationError::HolderRefused {
            api_key: key.id.clone(),
            target: target.to_owned(),
        })
    } else if !revocation.unmanaged {
        Some(RotationError::Unmanaged {
            api_key: key.id.clone(),
        })
    } else if run.confluent.is_own_key(&key.id) {
        Some(RotationError::OwnKey {
            api_key: key.id.clone(),
        })
    } else if acts {
        delete(run, key).await.err()
    } else {
        report.summary = format!("would delete API key `{}`, which no target holds", key.id);
        report.actions.push(action);
        return report;
    };
    match error {
        Some(error) => {
            report.status = Status::Failed;
            report.error_kind = Some(error.kind());
            report.summary = chain(&error);
        }
        None => {
            action.done = true;
            let at = rfc3339(OffsetDateTime::now_utc());
            report.summary = format!(
                "API key `{}`, which no target holds, is in no listing since {at}",
                key.id
            );
        }
    }
    report.actions.push(action);
    report
}

async fn delete(run: &Run, key: &ApiKey) -> Result<(), RotationError> {
    let done = run.confluent.delete_api_key(&key.id).await?;
    let owner = key.owner.as_deref().and_then(|owner| owner.parse().ok());
    let listed = match owner {
        Some(owner) => {
            let listed = run.confluent.list_api_keys(&owner).await?;
            listed.iter().any(|listed| listed.id == key.id)
        }
        None => run.confluent.get_api_key(&key.id).await?.is_some(),
    };
    if listed {
        return Err(RotationError::StillListed {
            api_key: key.id.clone(),
        });
    }
    deleted(
        run,
        UNMANAGED,
        &key.id,
        &done,
        "revoked by hand; no target holds it",
    );
    Ok(())
}
