//! A target as a sweep looked at it, before anything is done.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use time::OffsetDateTime;

use crate::{
    confluent::{ApiKeyId, ResourceKind},
    rotation::{
        conclude::status,
        error::{RotationError, chain},
        marker::rfc3339,
        observe::{Observation, observe},
        plan::{Plan, Task, Wish, plan},
        report::{ActionReport, Status, TargetReport},
        run::Run,
        state::TargetState,
        target::Target,
        targets::Entry,
        version::SecretState,
        work::put_parameter,
    },
};

use super::AT_ONCE;

/// A target as it was looked at.
pub(super) enum Looked<'a> {
    At(Box<Found<'a>>),
    /// The control plane failed: nothing is known but the target.
    Unseen(&'a Target, TargetReport),
    Problem(TargetReport),
}

pub(super) struct Found<'a> {
    pub(super) target: &'a Target,
    pub(super) state: TargetState,
    pub(super) seen: Observation,
    pub(super) plan: Plan,
}

impl Looked<'_> {
    /// What Keywheel or somebody else signs in to Confluent Cloud itself with.
    pub(super) fn is_cloud(&self) -> bool {
        matches!(self, Self::At(found) if found.target.resource.kind() == ResourceKind::Cloud)
    }

    /// When it falls due; first what was never rotated.
    pub(super) fn due(&self) -> Option<OffsetDateTime> {
        match self {
            Self::At(found) => found.plan.next_rotation_date,
            _ => None,
        }
    }

    /// A target that keeps failing is only kept alive for a while.
    pub(super) fn back_off(&mut self) {
        let Self::At(found) = self else { return };
        if let Some(until) = found.state.backs_off(found.seen.now)
            && found.plan.only_repairs(&found.seen)
        {
            found.plan.problem.get_or_insert(RotationError::BacksOff {
                failures: found.state.failures,
                failure: found.state.failure.clone().unwrap_or_default(),
                until: rfc3339(until),
            });
        }
    }
}

pub(super) async fn look<'a>(
    run: &Run,
    entry: &'a Entry,
    wish: &Wish,
    state: TargetState,
) -> Looked<'a> {
    let problem = |error: &RotationError| TargetReport {
        failed_before: state.failures > 0,
        ..TargetReport::problem(entry.name.clone(), status(error), error)
    };
    let target = match &entry.target {
        Ok(target) => target,
        Err(error) => return Looked::Problem(problem(error)),
    };
    if let Err(error) = run.check_serves(target).and_then(|()| run.check_deadline()) {
        return Looked::Problem(problem(&error));
    }
    match observe(run, target, wish.task == Task::Rollback).await {
        Ok(seen) => {
            let mut plan = plan(target, &seen, wish);
            if state.on_hold(seen.now).is_some() && wish.task.respects_holds() {
                plan.only_repairs(&seen);
            }
            Looked::At(Box::new(Found {
                target,
                state,
                seen,
                plan,
            }))
        }
        Err(error) if error.is_of_the_control_plane() => Looked::Unseen(target, problem(&error)),
        Err(error) => Looked::Problem(problem(&error)),
    }
}

/// Client parameters need no key and no control plane.
pub(super) async fn what_needs_only_aws(
    run: &Run,
    target: &Target,
    mut report: TargetReport,
) -> TargetReport {
    let parameters = match run.differing_parameters(target).await {
        Ok(parameters) => parameters,
        Err(error) => {
            report.warnings.push(chain(&error));
            return report;
        }
    };
    for parameter in parameters {
        let reason = "missing or different";
        let mut action = ActionReport::of_parameter(&parameter.name, reason);
        match put_parameter(run, target, &parameter, reason).await {
            Ok(()) => action.done = true,
            Err(error) => report.warnings.push(chain(&error)),
        }
        report.actions.push(action);
    }
    report
}

/// Refuses to adopt a key that a secret of another target holds.
pub(super) async fn held_elsewhere(run: &Run, entries: &[Entry], looked: &mut [Looked<'_>]) {
    let held = stream::iter(
        entries
            .iter()
            .filter_map(|entry| entry.target.as_ref().ok()),
    )
    .map(async |target| (target, held_by(run, target).await))
    .buffer_unordered(AT_ONCE)
    .collect::<Vec<_>>()
    .await;
    let mut holders: BTreeMap<ApiKeyId, Vec<&Target>> = BTreeMap::new();
    for (target, keys) in held {
        for key in keys {
            holders.entry(key).or_default().push(target);
        }
    }
    for looked in looked {
        let Looked::At(found) = looked else { continue };
        let Some(current) = found.seen.primary.current_key() else {
            continue;
        };
        let others = holders.get(&current.id).into_iter().flatten();
        if let Some(other) = others
            .copied()
            .find(|other| other.name != found.target.name)
        {
            found.plan.actions.clear();
            found.plan.problem = Some(RotationError::HeldElsewhere {
                api_key: current.id.clone(),
                target: other.name.to_string(),
            });
        }
    }
}

/// What cannot be read holds nothing that is known.
async fn held_by(run: &Run, target: &Target) -> Vec<ApiKeyId> {
    let mut keys = Vec::new();
    for secret in target.secrets() {
        if let Ok(state) = SecretState::read(&run.secrets, secret).await {
            keys.extend(state.keys());
        }
    }
    keys
}

/// The statuses that say that a target did not get its turn in full.
pub(super) fn is_bad(status: Status) -> bool {
    matches!(status, Status::Refused | Status::Failed)
}
