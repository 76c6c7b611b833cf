//! Check: is everything in order? Nothing is done; every problem is told with its remedy.

use futures_util::{StreamExt, stream};
use time::OffsetDateTime;

use super::{
    create::check_quota,
    error::{RotationError, chain},
    observe::{Key, Whereabouts, observe, read_secret},
    plan::{Task, Wish, plan},
    report::{Problem, Report, Status, TargetReport},
    request::Request,
    run::Run,
    state::{self, TargetState},
    sweep::{check_named, stray_keys},
    sync::{self, Answer},
    target::{ProbeKind, Target},
    targets::{self, Entry},
    version::Content,
};

/// Targets that are checked at once.
const AT_ONCE: usize = 8;

/// Carries out `check`: configuration, rights to read, endpoints, quota, secrets, current keys, and
/// the strays of the whole organization. Rights to write are not tried: that would be a write.
///
/// # Errors
/// [`RotationError`] when the targets or their states cannot be read or a named one does not exist.
pub(super) async fn check(run: &Run, request: &Request) -> Result<Report, RotationError> {
    let (entries, states) = tokio::try_join!(targets::read(run), state::read_all(run))?;
    check_named(request, &entries)?;
    let mut report = Report::begin(run, request);
    report.warn_of_settings(run, entries.is_empty());
    let named = entries.iter().filter(|entry| request.names(&entry.name));
    report.targets = stream::iter(named.map(|entry| {
        let state = states.get(&entry.name).cloned().unwrap_or_default();
        of_entry(run, entry, state)
    }))
    .buffer_unordered(AT_ONCE)
    .collect()
    .await;
    match run.confluent.list_all_api_keys().await {
        Ok(listed) => report.strays = stray_keys(run, &entries, &listed),
        Err(error) => report
            .warnings
            .push(format!("strays were not looked for: {}", chain(&error))),
    }
    report.outage = run.confluent.outage();
    report.rate_limited = run.confluent.rate_limited().into();
    report.wait_for_the_next_run();
    report.finish();
    Ok(report)
}

async fn of_entry(run: &Run, entry: &Entry, state: TargetState) -> TargetReport {
    let mut problems = Vec::new();
    match &entry.target {
        Ok(target) => {
            configuration(run, target, &mut problems).await;
            if problems.is_empty() {
                current_key(run, target, &mut problems).await;
            }
        }
        Err(error) => problems.push(Problem::of(error)),
    }
    let name = entry.name.clone();
    let mut report = match problems.first() {
        Some(first) => {
            let status = if first.refused {
                Status::Refused
            } else {
                Status::Failed
            };
            let more = match problems.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            TargetReport::new(name, status, format!("{}{more}", first.problem))
        }
        None => TargetReport::new(name, Status::Kept, "in order".to_owned()),
    };
    if let Some(hold) = state.on_hold(OffsetDateTime::now_utc()) {
        report.warnings.push(hold.sentence());
    }
    report.outage = problems.iter().any(|problem| problem.outage);
    report.problems = problems;
    report
}

/// Each thing by itself, so that one problem does not hide another.
async fn configuration(run: &Run, target: &Target, problems: &mut Vec<Problem>) {
    for (nth, spec) in target.secrets().enumerate() {
        match read_secret(run, target, spec, nth == 0).await {
            Ok(state) => {
                let held = [&state.current, &state.pending].into_iter().flatten();
                problems.extend(held.filter_map(|held| match &held.content {
                    Content::Unreadable(reason) => Some(Problem::of(&RotationError::Unreadable {
                        secret: spec.name.clone(),
                        version: held.version.clone(),
                        reason: reason.clone(),
                    })),
                    _ => None,
                }));
            }
            Err(error) => problems.push(Problem::of(&error)),
        }
    }
    if let Err(error) = run.endpoints(&target.resource).await {
        problems.push(Problem::of(&error.into()));
    }
    let keys = run.keys(target).await;
    if let Err(error) = quota(run, target, keys.as_deref().unwrap_or_default()).await {
        problems.push(Problem::of(&error));
    }
    problems.extend(keys.err().map(|error| Problem::of(&error)));
    if let Err(error) = run.differing_parameters(target).await {
        problems.push(Problem::of(&error.into()));
    }
}

async fn quota(run: &Run, target: &Target, keys: &[Key]) -> Result<(), RotationError> {
    let quota = run.quota_as_it_is(target).await?;
    check_quota(run, target, keys, quota)
}

/// What a sweep would stumble over, and whether the current key signs in.
async fn current_key(run: &Run, target: &Target, problems: &mut Vec<Problem>) {
    let seen = match observe(run, target, false).await {
        Ok(seen) => seen,
        Err(error) => return problems.push(Problem::of(&error)),
    };
    let wish = Wish {
        settle: run.settle(),
        task: Task::Sweep,
    };
    if let Some(problem) = plan(target, &seen, &wish).problem {
        return problems.push(Problem::of(&problem));
    }
    let Some(credential) = seen.primary.current_key() else {
        return;
    };
    let api_key = credential.id.clone();
    if matches!(seen.current, Some(Whereabouts::Gone)) {
        let secret = target.secret.name.clone();
        return problems.push(Problem::of(&RotationError::CurrentUnproved {
            api_key,
            secret,
        }));
    }
    if seen
        .live_current()
        .is_some_and(|(_, key)| key.marker.is_none())
    {
        problems.push(Problem::of(&RotationError::Unmarked {
            api_key: api_key.clone(),
        }));
    }
    let (ProbeKind::Rest, Ok(endpoints)) = (target.probe, &seen.endpoints) else {
        return;
    };
    let secret = target.secret.name.clone();
    match sync::sign_in(run, target, endpoints, credential).await {
        Answer::Accepted | Answer::Forbidden => {}
        Answer::Refused => {
            problems.push(Problem::of(&RotationError::CurrentUnproved {
                api_key,
                secret,
            }));
        }
        Answer::Unreachable(reason) => problems.push(Problem::of(&RotationError::Unreachable {
            resource: target.resource.id.to_string(),
            reason,
        })),
    }
}
