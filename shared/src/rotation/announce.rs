//! Announce: puts on the bus what a run has to tell. A bus that is broken holds up nothing.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::{confluent::ApiKeyId, ordered::ordered};

use super::{
    error::chain,
    events::{Detail, Event, Kind, Left, OfTarget, Told},
    marker::rfc3339,
    report::{Report, Status, TargetReport},
    run::Run,
    state::{self, States, TargetState},
    target::Target,
    targets::Entry,
};

/// What is to be noted in the state of each target: its events, and whether the bus took them.
pub(super) type News = BTreeMap<String, Vec<(Event, bool)>>;

/// Tells what a run left of its targets. A warning says how many events could not be told. Targets
/// that are not in the answer have nothing to be noted.
pub(super) async fn announce(
    run: &Run,
    entries: &[Entry],
    states: &States,
    report: &mut Report,
    judges: bool,
) -> News {
    if run.event_bus.is_none() {
        return News::new();
    }
    let targets = entries.iter();
    let targets = targets.map(|entry| (entry.name.as_str(), entry.target.as_ref().ok()));
    let targets: BTreeMap<&str, Option<&Target>> = ordered(targets);
    let notice = run.settings.notice.try_into();
    let mut news = News::new();
    let mut events = Vec::new();
    for target in &report.targets {
        // A key that no target holds is nobody's to be told of.
        let Some(parsed) = targets.get(target.target.as_str()) else {
            continue;
        };
        let before = states.get(&target.target).map(|state| &state.told);
        let before = Told(before.cloned().unwrap_or_default());
        let mut told = before.clone();
        told.forget_gone(target);
        let left = Left {
            deployment: &report.deployment,
            request_id: &report.request_id,
            target: *parsed,
            report: target,
            judges,
            notice: notice.unwrap_or(time::Duration::MAX),
            now: OffsetDateTime::now_utc(),
        };
        if told != before {
            news.entry(target.target.clone()).or_default();
        }
        events.extend(left.events(&told));
    }
    let (count, failures) = (events.len(), put(run, &events).await);
    if let Some(first) = failures.iter().flatten().next() {
        let failed = failures.iter().flatten().count();
        report.warnings.push(format!(
            "{failed} of {count} events are not told, the next sweep tries again: {first}"
        ));
    }
    for (event, failure) in events.into_iter().zip(failures) {
        let of_target = news.entry(event.detail.target.clone()).or_default();
        of_target.push((event, failure.is_none()));
    }
    news
}

/// Notes in a target's state what became of its events.
pub(super) fn note(state: &mut TargetState, target: &TargetReport, events: &[(Event, bool)]) {
    let mut told = Told(std::mem::take(&mut state.told));
    told.forget_gone(target);
    for (event, sent) in events {
        told.note(event, *sent, OffsetDateTime::now_utc());
    }
    state.told = told.0;
}

/// Tells of a key that the callback published. A sentence says that it could not.
pub(super) async fn announce_published(
    run: &Run,
    target: &Target,
    secrets: Vec<String>,
    api_key: &ApiKeyId,
) -> Option<String> {
    let event = Event {
        kind: Kind::Published,
        detail: Detail {
            deployment: run.deployment.name.clone(),
            request_id: run.request_id.clone(),
            target: target.name.to_string(),
            of_target: Some(OfTarget::new(target)),
            api_key: Some(api_key.to_string()),
            secrets,
            published: Some(rfc3339(OffsetDateTime::now_utc())),
            ..Detail::default()
        },
    };
    let failure = put(run, std::slice::from_ref(&event)).await.pop()??;
    let untold = [(event, false)];
    let report = TargetReport::new(target.name.to_string(), Status::Published, String::new());
    let noted = state::change(run, target.name.as_str(), |state| {
        note(state, &report, &untold);
    });
    Some(match noted.await {
        Ok(()) => format!("the event is not told, the next sweep tries again: {failure}"),
        Err(error) => format!(
            "the event is not told: {failure}; nor noted: {}",
            chain(&error)
        ),
    })
}

/// For each event why it was not taken, if so. Without a bus there is nothing.
async fn put(run: &Run, events: &[Event]) -> Vec<Option<String>> {
    let Some(bus) = run.event_bus.as_ref().filter(|_| !events.is_empty()) else {
        return Vec::new();
    };
    let entries: Vec<_> = events.iter().map(Event::entry).collect();
    let results = bus.put(&entries).await.into_iter();
    let failures: Vec<_> = results
        .map(|result| result.err().map(|error| chain(&error)))
        .collect();
    if let Some(first) = failures.iter().flatten().next() {
        tracing::warn!("events were not put: {first}");
    }
    failures
}
