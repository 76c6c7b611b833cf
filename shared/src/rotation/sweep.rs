//! The sweep: every target observed, planned and worked on, none in the way of another.

mod cap;
mod look;
mod remember;
mod turns;

use std::collections::BTreeMap;

use crate::{confluent::OwnerId, ordered::ordered, settings::Mode};
use futures_util::{StreamExt, stream};

use super::{
    announce::announce,
    cloud_key::CloudKey,
    error::RotationError,
    marker::Marker,
    observe::Whereabouts,
    plan::{Task, Wish},
    report::{Report, Stray},
    request::{Operation, Request, RequestError},
    run::Run,
    state,
    targets::{self, Entry},
};

pub(super) use self::remember::remember;

use self::{
    look::{Looked, look},
    turns::turns,
};

/// Targets that are looked at or worked on at once. Each waits for `PROBE_ROUND_GAP_SECONDS` between two probes, and what
/// the others ask meanwhile must not fall below what Confluent allows; each also takes memory.
const AT_ONCE: usize = 128;

/// Carries out `sweep`, `plan`, `rotate`, `rollback`, `retire`, `adopt` and `release`.
///
/// # Errors
/// [`RotationError`] when the targets or their states cannot be read or a named one does not exist.
pub(super) async fn sweep(run: &Run, request: &Request) -> Result<Report, RotationError> {
    let (entries, states) = tokio::try_join!(targets::read(run), state::read_all(run))?;
    check_named(request, &entries)?;
    check_mendable(run, &entries)?;
    let acts = acts(run, request);
    let wish = wish(run, request);
    let mut report = Report::begin(run, request);
    report.warn_of_settings(run, entries.is_empty());
    let named = entries.iter().filter(|entry| request.names(&entry.name));
    let state = |name: &str| states.get(name).cloned().unwrap_or_default();
    let mut looked = stream::iter(named.map(|entry| look(run, entry, &wish, state(&entry.name))))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    if request.scheduled {
        looked.iter_mut().for_each(Looked::back_off);
    }
    if wish.task == Task::Adopt {
        look::held_elsewhere(run, &entries, &mut looked).await;
    }
    cap::cap(run, &wish.task, &mut looked);
    let former_owners = former_owners(&looked);
    // What Keywheel itself signs in with changes last.
    let (cloud, others): (Vec<_>, Vec<_>) = looked.into_iter().partition(Looked::is_cloud);
    for looked in [others, cloud] {
        report.targets.extend(turns(run, looked, &wish, acts).await);
    }
    report.outage = run.confluent.outage();
    report.rate_limited = run.confluent.rate_limited().into();
    report.wait_for_the_next_run();
    if acts {
        let judges = matches!(
            request.operation,
            Operation::Sweep | Operation::Rotate { .. }
        );
        let news = announce(run, &entries, &states, &mut report, judges).await;
        remember(run, &mut report, &news, judges).await;
    }
    report.stopped_early = run.starts.stopped();
    for owner in &former_owners {
        // Best effort: it only makes the strays complete.
        let _ = run.list(owner).await;
    }
    report.strays = strays(run, &entries).await;
    report.finish();
    Ok(report)
}

/// Whether anything may be changed: `MODE` binds what a scheduler asks for.
pub(super) fn acts(run: &Run, request: &Request) -> bool {
    let planned_only = request.scheduled && run.settings.mode == Mode::Plan;
    !request.operation.only_looks() && !request.dry_run && !planned_only
}

fn wish(run: &Run, request: &Request) -> Wish {
    Wish {
        settle: run.settle(),
        task: match request.operation {
            Operation::Rotate { again } => Task::Rotate { again },
            Operation::Rollback => Task::Rollback,
            Operation::Retire => Task::Retire,
            Operation::Adopt => Task::Adopt,
            Operation::Release => Task::Release,
            _ => Task::Sweep,
        },
    }
}

/// Every pattern must match something: a name that matches nothing is a mistake.
pub(super) fn check_named(request: &Request, entries: &[Entry]) -> Result<(), RotationError> {
    for pattern in &request.targets {
        if !entries.iter().any(|entry| pattern.matches(&entry.name)) {
            let pattern = pattern.to_string();
            return Err(RequestError::NoSuchTarget { pattern }.into());
        }
    }
    Ok(())
}

/// A run that is signed in with `AWSPREVIOUS` needs a target to mend `AWSCURRENT` by.
fn check_mendable(run: &Run, entries: &[Entry]) -> Result<(), RotationError> {
    let mut targets = entries
        .iter()
        .filter_map(|entry| entry.target.as_ref().ok());
    match &run.cloud_key {
        Some(CloudKey {
            secret,
            lost: Some(lost),
        }) if !targets.any(|target| run.is_own_key(target)) => Err(CloudKey::refused(
            secret,
            lost.why.clone(),
            "signs in, but no target has this secret",
        )),
        _ => Ok(()),
    }
}

/// Whose the current keys of edited targets are: none of the listings may be of them.
fn former_owners(looked: &[Looked<'_>]) -> Vec<OwnerId> {
    let owners = looked.iter().filter_map(|looked| match looked {
        Looked::At(found) => match &found.seen.current {
            Some(Whereabouts::Elsewhere { owner, .. }) => owner.parse().ok(),
            _ => None,
        },
        _ => None,
    });
    owners.collect()
}

/// Keys in the listings of this run that carry our marker and belong to no target.
async fn strays(run: &Run, entries: &[Entry]) -> Vec<Stray> {
    let listed = run.listed().await;
    stray_keys(run, entries, &listed)
}

/// The keys among `listed` that carry our marker and belong to no target.
pub(super) fn stray_keys(
    run: &Run,
    entries: &[Entry],
    listed: &[crate::confluent::ApiKey],
) -> Vec<Stray> {
    let by_name: BTreeMap<&str, &Entry> =
        ordered(entries.iter().map(|entry| (entry.name.as_str(), entry)));
    let stands_for = |marker: &Marker, key: &crate::confluent::ApiKey| {
        by_name.get(marker.target.as_str()).is_some_and(|entry| {
            // What a refused target names is not known: its keys are left in peace.
            entry
                .target
                .as_ref()
                .map_or(true, |target| target.owns(key))
        })
    };
    listed
        .iter()
        .filter_map(|key| {
            let marker = Marker::parse(&key.description)?;
            let stray = marker.is_of(&run.deployment) && !stands_for(&marker, key);
            stray.then(|| Stray {
                api_key: key.id.to_string(),
                target: marker.target.to_string(),
                owner: key.owner.clone().unwrap_or_default(),
                resource: key.resource.clone().unwrap_or_default(),
            })
        })
        .collect()
}
