//! The sweep: every target observed, planned and worked on, none in the way of another.

use futures_util::{StreamExt, stream};

use crate::settings::Mode;

use super::{
    conclude::{conclude, status},
    error::{RotationError, chain},
    marker::Marker,
    observe::{Observation, observe},
    plan::{Action, Plan, Wish, plan},
    report::{Report, Status, Stray, TargetReport},
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
    if entries.is_empty() {
        let path = &run.settings.targets_path;
        report
            .warnings
            .push(format!("there is no target below `{path}`"));
    }
    let named = entries.iter().filter(|entry| is_named(request, entry));
    let mut looked = stream::iter(named.map(|entry| look(run, entry, &wish)))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    cap(run, request, &mut looked);
    report.targets = stream::iter(
        looked
            .into_iter()
            .map(|looked| finish(run, looked, &wish, acts)),
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

async fn finish(run: &Run, looked: Looked<'_>, wish: &Wish, acts: bool) -> TargetReport {
    let (target, seen, plan) = match looked {
        Looked::At(target, found) => (target, found.0, found.1),
        Looked::Problem(report) => return report,
    };
    let (seen, plan, outcome) = if acts {
        work(run, target, wish, seen, plan).await
    } else {
        let outcome = Outcome::planned(&plan);
        (seen, plan, outcome)
    };
    conclude(target, seen, plan, outcome, acts)
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
