//! The sweep: every target observed, planned and worked on, none in the way of another.

use futures_util::{StreamExt, stream};
use time::OffsetDateTime;

use crate::settings::Mode;

use super::{
    error::{RotationError, chain},
    marker::Marker,
    observe::{Observation, observe},
    plan::{Action, Plan, Wish, plan},
    report::{KeyReport, KeyState, Report, Status, Stray, TargetReport, date},
    request::{Operation, Request, RequestError},
    run::Run,
    target::Target,
    targets::{self, Entry},
    work::{Outcome, work},
};

/// Targets that are looked at or worked on at once.
const AT_ONCE: usize = 8;

/// Carries out `sweep`, `plan` and `rotate`.
///
/// # Errors
/// [`RotationError`] when the targets cannot be read or a named one does not exist.
pub(super) async fn sweep(run: &Run, request: &Request) -> Result<Report, RotationError> {
    let entries = targets::read(run).await?;
    check_named(request, &entries)?;
    let acts = request.operation != Operation::Plan
        && !request.dry_run
        && !(request.scheduled && run.settings.mode == Mode::Plan);
    let wish = Wish {
        deployment: run.deployment.clone(),
        settle: run
            .settings
            .settle
            .try_into()
            .unwrap_or(time::Duration::MAX),
        rotate: request.operation == Operation::Rotate,
        again: request.again,
    };
    let mut report = Report {
        deployment: run.deployment.name.clone(),
        request_id: run.request_id.clone(),
        operation: request.operation.name(),
        mode: match run.settings.mode {
            Mode::Plan => "plan",
            Mode::Apply => "apply",
        },
        dry_run: request.dry_run,
        complete: true,
        stopped_early: false,
        counts: super::report::Counts::default(),
        targets: Vec::new(),
        strays: Vec::new(),
        warnings: Vec::new(),
    };
    let named = entries.iter().filter(|entry| is_named(request, entry));
    let mut looked = stream::iter(named.map(|entry| look(run, entry, &wish)))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    cap(run, request, &mut looked);
    report.targets = stream::iter(
        looked
            .into_iter()
            .map(|looked| conclude(run, looked, &wish, acts)),
    )
    .buffer_unordered(AT_ONCE)
    .collect()
    .await;
    report.strays = strays(run, &entries).await;
    report.finish();
    Ok(report)
}

/// Every pattern must match something: a name that matches nothing is a mistake.
fn check_named(request: &Request, entries: &[Entry]) -> Result<(), RotationError> {
    for pattern in &request.targets {
        let matches = |entry: &Entry| pattern.matches(&entry.name);
        if !entries.iter().any(matches) {
            return Err(RequestError::NoSuchTarget {
                pattern: pattern.to_string(),
            }
            .into());
        }
    }
    Ok(())
}

fn is_named(request: &Request, entry: &Entry) -> bool {
    request.targets.is_empty()
        || request
            .targets
            .iter()
            .any(|pattern| pattern.matches(&entry.name))
}

/// A target as it was looked at.
enum Looked<'a> {
    At(&'a Target, Box<(Observation, Plan)>),
    Problem(TargetReport),
}

async fn look<'a>(run: &Run, entry: &'a Entry, wish: &Wish) -> Looked<'a> {
    let target = match &entry.target {
        Ok(target) => target,
        Err(error) => {
            let summary = chain(error);
            return Looked::Problem(TargetReport::problem(
                entry.name.clone(),
                status(error),
                summary,
            ));
        }
    };
    if let Err(error) = run.check_deadline() {
        let summary = chain(&error);
        return Looked::Problem(TargetReport::problem(
            target.name.to_string(),
            Status::NotReached,
            summary,
        ));
    }
    match observe(run, target).await {
        Ok(seen) => {
            let plan = plan(target, &seen, wish);
            Looked::At(target, Box::new((seen, plan)))
        }
        Err(error) => {
            let summary = chain(&error);
            Looked::Problem(TargetReport::problem(
                target.name.to_string(),
                status(&error),
                summary,
            ))
        }
    }
}

fn status(error: &RotationError) -> Status {
    match error {
        RotationError::Deadline => Status::NotReached,
        error if error.is_refusal() => Status::Refused,
        _ => Status::Failed,
    }
}

/// The most overdue first; rotations and retirements beyond the caps wait for the next sweep.
/// What is named by hand is not capped.
fn cap(run: &Run, request: &Request, looked: &mut [Looked<'_>]) {
    looked.sort_by_key(|looked| match looked {
        Looked::At(_, found) => found.1.next_rotation_date,
        Looked::Problem(_) => None,
    });
    if request.operation == Operation::Rotate {
        return;
    }
    let (mut rotations, mut retirements) = (0u32, 0u32);
    for looked in looked {
        let Looked::At(_, found) = looked else {
            continue;
        };
        let plan = &mut found.1;
        let mut waits = |kind: &str, count: &mut u32, most: u32| {
            *count += 1;
            let over = *count > most;
            if over {
                plan.warnings
                    .push(format!("the {kind} waits: a sweep begins at most {most}"));
            }
            !over
        };
        let kept = plan.actions.iter().map(|planned| match planned.action {
            Action::Rotate { forced: false } => waits(
                "rotation",
                &mut rotations,
                run.settings.max_rotations_per_sweep,
            ),
            Action::Retire { .. } => waits(
                "retirement",
                &mut retirements,
                run.settings.max_retirements_per_sweep,
            ),
            _ => true,
        });
        let kept: Vec<_> = kept.collect();
        let mut kept = kept.into_iter();
        plan.actions.retain(|_| kept.next().unwrap_or(true));
    }
}

async fn conclude(run: &Run, looked: Looked<'_>, wish: &Wish, acts: bool) -> TargetReport {
    let (target, found) = match looked {
        Looked::At(target, found) => (target, *found),
        Looked::Problem(report) => return report,
    };
    let (seen, plan) = found;
    let (seen, mut plan, mut outcome) = if acts {
        work(run, target, wish, seen, plan).await
    } else {
        let mut outcome = Outcome::default();
        let actions = plan.actions.iter();
        outcome.actions.extend(
            actions
                .map(|planned| super::report::ActionReport::new(&planned.action, &planned.reason)),
        );
        (seen, plan, outcome)
    };
    let (current, keys) = (current(&seen, &outcome), keys(&seen, &plan, &outcome));
    let problem = plan
        .problem
        .take()
        .or(outcome.error.take())
        .or(seen.endpoints.err().map(RotationError::from))
        .or(seen.parameters.err().map(RotationError::from));
    let mut report = TargetReport {
        status: settle(&outcome, problem.as_ref()),
        summary: String::new(),
        current,
        next_rotation_date: next_rotation_date(target, &plan, &outcome),
        keys,
        target: target.name.to_string(),
        actions: outcome.actions,
        warnings: plan.warnings,
    };
    report.warnings.extend(outcome.warnings);
    report.summary = match &problem {
        Some(error) => chain(error),
        None => report.summarize(acts),
    };
    report
}

/// The first status that fits.
fn settle(outcome: &Outcome, problem: Option<&RotationError>) -> Status {
    match problem {
        Some(error) => status(error),
        None if outcome.rotated => Status::Rotated,
        None if outcome.published.is_some() => Status::Published,
        None if outcome.syncing.is_some() => Status::Syncing,
        None if outcome.retired => Status::Retired,
        None => Status::Kept,
    }
}

fn current(seen: &Observation, outcome: &Outcome) -> Option<String> {
    let before = || Some(&seen.primary.current_key()?.id);
    outcome
        .published
        .as_ref()
        .or_else(before)
        .map(ToString::to_string)
}

/// A key published in this run is as good as new.
fn next_rotation_date(target: &Target, plan: &Plan, outcome: &Outcome) -> Option<String> {
    if outcome.rotated {
        let due = OffsetDateTime::now_utc() + time::Duration::days(i64::from(target.day_count));
        return date(Some(due));
    }
    date(plan.next_rotation_date)
}

fn keys(seen: &Observation, plan: &Plan, outcome: &Outcome) -> Vec<KeyReport> {
    let current = current(seen, outcome);
    let pending = seen.primary.pending.as_ref().and_then(|held| held.key());
    let mut reports: Vec<_> = seen
        .keys
        .iter()
        .map(|key| {
            let id = key.id().to_string();
            let kept = plan.kept.iter().find(|kept| kept.api_key == *key.id());
            let deleted = outcome.deleted.contains(key.id());
            let state = if deleted {
                KeyState::Retired
            } else if current.as_ref() == Some(&id) {
                KeyState::Current
            } else if pending.is_some_and(|pending| pending.id == *key.id()) {
                KeyState::Pending
            } else if key.marker.is_none() {
                KeyState::Foreign
            } else if key.is_published() {
                KeyState::Superseded
            } else {
                KeyState::Orphan
            };
            let kept = kept.filter(|_| state == KeyState::Superseded);
            KeyReport {
                api_key: id,
                state,
                created: super::marker::rfc3339(key.api_key.created_at),
                published: date(key.published(seen.now)),
                retire_not_before: kept.and_then(|kept| date(kept.retire_not_before)),
                kept_because: kept.and_then(|kept| kept.because.clone()),
            }
        })
        .collect();
    let now = super::marker::rfc3339(OffsetDateTime::now_utc());
    let new = outcome.published.as_ref().map(|id| (id, KeyState::Current));
    let new = new.or(outcome.syncing.as_ref().map(|id| (id, KeyState::Pending)));
    if let Some((id, state)) = new
        && !reports.iter().any(|report| report.api_key == id.as_ref())
    {
        reports.push(KeyReport {
            api_key: id.to_string(),
            state,
            created: now.clone(),
            published: (state == KeyState::Current).then_some(now),
            retire_not_before: None,
            kept_because: None,
        });
    }
    reports
}

/// Keys in the listings of this run that carry our marker and belong to no target.
async fn strays(run: &Run, entries: &[Entry]) -> Vec<Stray> {
    let stands_for = |marker: &Marker, key: &crate::confluent::ApiKey| {
        entries.iter().any(|entry| match &entry.target {
            Ok(target) => target.name == marker.target && target.owns(key),
            // What a refused target names is not known: its keys are left in peace.
            Err(_) => entry.name == marker.target.to_string(),
        })
    };
    run.listed()
        .await
        .into_iter()
        .filter_map(|key| {
            let marker = Marker::parse(&key.description)?;
            let stray = marker.is_of(&run.deployment) && !stands_for(&marker, &key);
            stray.then(|| Stray {
                api_key: key.id.to_string(),
                target: marker.target.to_string(),
                owner: key.owner.clone().unwrap_or_default(),
                resource: key.resource.clone().unwrap_or_default(),
            })
        })
        .collect()
}
