//! Conclude: what is reported of a target after it was worked on.

use time::OffsetDateTime;

use super::{
    error::{RotationError, chain},
    marker::rfc3339,
    observe::Observation,
    plan::Plan,
    report::{KeyReport, KeyState, Status, TargetReport, date},
    target::Target,
    work::Outcome,
};

/// The report of a target that was looked at, and worked on when `acts`.
pub(super) fn conclude(
    target: &Target,
    seen: Observation,
    mut plan: Plan,
    mut outcome: Outcome,
    acts: bool,
) -> TargetReport {
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
                created: rfc3339(key.api_key.created_at),
                published: date(key.published(seen.now)),
                retire_not_before: kept.and_then(|kept| date(kept.retire_not_before)),
                kept_because: kept.and_then(|kept| kept.because.clone()),
            }
        })
        .collect();
    let now = rfc3339(OffsetDateTime::now_utc());
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

/// What an error makes of its target.
pub(super) fn status(error: &RotationError) -> Status {
    match error {
        RotationError::Deadline => Status::NotReached,
        error if error.is_refusal() => Status::Refused,
        _ => Status::Failed,
    }
}
