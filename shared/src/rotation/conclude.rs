//! Conclude: what is reported of a target after it was worked on.

use time::OffsetDateTime;

use super::{
    error::{RotationError, chain},
    marker::rfc3339,
    observe::{Key, Observation},
    plan::{Plan, grace},
    report::{KeyReport, KeyState, Status, TargetReport, date},
    state::TargetState,
    target::Target,
    version::Held,
    work::Outcome,
};

/// Terraform 1.7 and newer: the key leaves the state and stays at Confluent.
const REMOVED: &str = "removed {
  from = confluent_api_key.<the address of this key>
  lifecycle {
    destroy = false
  }
}";

/// What else the report depends on.
pub(super) struct Circumstances<'a> {
    /// The target's soft state before the run.
    pub(super) state: &'a TargetState,
    /// Whether anything was done.
    pub(super) acts: bool,
    pub(super) now: OffsetDateTime,
}

/// The report of a target that was looked at, and worked on when it `acts`.
pub(super) fn conclude(
    target: &Target,
    seen: Observation,
    mut plan: Plan,
    mut outcome: Outcome,
    circumstances: &Circumstances<'_>,
) -> TargetReport {
    let hold = circumstances.state.on_hold(circumstances.now);
    let (current, keys) = (
        current(&seen, &outcome),
        keys(target, &seen, &plan, &outcome),
    );
    let secrets = seen.secrets().map(|secret| secret.description.arn.clone());
    let secrets = secrets.collect();
    let problem = plan
        .problem
        .take()
        .or(outcome.error.take())
        .or(seen.endpoints.err().map(RotationError::from))
        .or(seen.parameters.err().map(RotationError::from));
    let status = settle(&outcome, problem.as_ref(), hold.is_some());
    let text = problem
        .as_ref()
        .map(|error| chain(error))
        .unwrap_or_default();
    let mut report = TargetReport {
        current,
        next_rotation_date: next_rotation_date(target, &plan, &outcome),
        key_life_days: Some(target.key_life()),
        keys,
        actions: outcome.actions,
        warnings: plan.warnings,
        error_kind: problem.as_ref().map(RotationError::kind),
        outage: problem
            .as_ref()
            .is_some_and(RotationError::is_of_the_control_plane),
        failed_before: circumstances.state.failures > 0,
        backed_off: matches!(problem, Some(RotationError::BacksOff { .. })),
        secrets,
        ..TargetReport::new(target.name.to_string(), status, text)
    };
    report.warnings.extend(outcome.warnings);
    if report.actions.iter().any(|action| action.action == "adopt") {
        report.terraform = Some(REMOVED.to_owned());
    }
    if problem.is_none() {
        report.summary = report.summarize(circumstances.acts);
    }
    if let Some(hold) = hold {
        report.summary = format!("{}; {}", hold.sentence(), report.summary);
    }
    report
}

/// The first status that fits.
fn settle(outcome: &Outcome, problem: Option<&RotationError>, on_hold: bool) -> Status {
    match problem {
        Some(error) => status(error),
        None if on_hold => Status::OnHold,
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
        return date(Some(OffsetDateTime::now_utc() + target.due_after()));
    }
    date(plan.next_rotation_date)
}

/// The keys as they are after the run. A publish in it begins everybody's grace anew.
fn keys(target: &Target, seen: &Observation, plan: &Plan, outcome: &Outcome) -> Vec<KeyReport> {
    let now = OffsetDateTime::now_utc();
    let current = current(seen, outcome);
    let new_grace = outcome.published.is_some().then(|| now + target.grace);
    let mut reports: Vec<_> = seen
        .keys
        .iter()
        .filter(|key| !key.of_another_target || current.as_deref() == Some(key.id().as_str()))
        .map(|key| {
            let state = state(key, seen, outcome, current.as_deref());
            let kept = plan.kept.iter().find(|kept| kept.api_key == *key.id());
            let kept = kept.filter(|_| state == KeyState::Superseded);
            let superseded = state == KeyState::Superseded;
            let new_grace = new_grace.filter(|_| superseded);
            let fresh = outcome.published.as_ref() == Some(key.id());
            KeyReport {
                api_key: key.id().to_string(),
                state,
                created: rfc3339(key.api_key.created_at),
                published: date(fresh.then_some(now).or(key.published(seen.now))),
                retire_not_before: date(new_grace.or(kept.and_then(|kept| kept.retire_not_before))),
                kept_because: new_grace
                    .map(|until| grace(target, until))
                    .or(kept.and_then(|kept| kept.because.clone())),
            }
        })
        .collect();
    let published = outcome.published.as_ref();
    let new = published.map(|id| (id, KeyState::Current));
    let new = new.or(outcome.syncing.as_ref().map(|id| (id, KeyState::Pending)));
    if let Some((id, state)) = new
        && !reports.iter().any(|report| report.api_key == id.as_ref())
    {
        reports.push(KeyReport {
            api_key: id.to_string(),
            state,
            created: rfc3339(now),
            published: published.map(|_| rfc3339(now)),
            retire_not_before: None,
            kept_because: None,
        });
    }
    reports
}

fn state(key: &Key, seen: &Observation, outcome: &Outcome, current: Option<&str>) -> KeyState {
    let pending = seen.primary.pending.as_ref().and_then(Held::key);
    if outcome.deleted.contains(key.id()) {
        KeyState::Retired
    } else if current == Some(key.id().as_str()) {
        KeyState::Current
    } else if pending.is_some_and(|pending| pending.id == *key.id()) {
        KeyState::Pending
    } else if key.marker.is_none() {
        KeyState::Foreign
    } else if key.is_published() {
        KeyState::Superseded
    } else {
        KeyState::Orphan
    }
}

/// What an error makes of its target.
pub(super) fn status(error: &RotationError) -> Status {
    match error {
        RotationError::Deadline | RotationError::OnlyMends { .. } => Status::NotReached,
        error if error.is_refusal() => Status::Refused,
        _ => Status::Failed,
    }
}
