//! Events: what a bus is told of a target, from what a run left of it. Pure.

mod told;

use std::collections::BTreeMap;

use serde::Serialize;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::event_bus::Entry;

pub(super) use self::told::Told;

use super::{
    marker::rfc3339,
    plan::IN_USE,
    report::{ActionReport, KeyReport, KeyState, Status, TargetReport},
    target::Target,
};

/// Who tells it.
const SOURCE: &str = "keywheel";
/// Actions that, done, put a new key into `AWSCURRENT`.
const PUBLISHING: [&str; 4] = ["bootstrap", "rotate", "resume", "rollback"];
/// Actions that, done, delete a key that was published.
const RETIRING: [&str; 2] = ["retire", REVOKE];
const REVOKE: &str = "revoke";

/// The kinds of events, by their detail-types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key became current: read the secrets again.
    Published,
    /// A superseded key may go soon.
    RetirementDue,
    /// A superseded key stays because somebody signs in with it.
    StillInUse,
    /// A superseded key is deleted.
    Retired,
    /// A target was refused or failed.
    Failed,
    /// A target of which a failure was told works again.
    Recovered,
}

impl Kind {
    fn detail_type(self) -> &'static str {
        match self {
            Self::Published => "API Key Published",
            Self::RetirementDue => "API Key Retirement Due",
            Self::StillInUse => "API Key Still In Use",
            Self::Retired => "API Key Retired",
            Self::Failed => "Target Failed",
            Self::Recovered => "Target Recovered",
        }
    }
}

/// One event. Names, ids and times only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) detail: Detail,
}

/// The event's `detail`. Fields without a value are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Detail {
    pub(super) deployment: String,
    pub(super) request_id: String,
    pub(super) target: String,
    /// What a refused target says is not known.
    #[serde(flatten)]
    pub(super) of_target: Option<OfTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) api_key: Option<String>,
    /// The key in `AWSCURRENT`, where the event is about another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) successor: Option<String>,
    /// The ARNs of the target's secrets, the primary first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) secrets: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_rotation_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retire_not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retired: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    /// A sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// What the target itself says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct OfTarget {
    labels: BTreeMap<String, String>,
    owner: String,
    resource: String,
}

impl OfTarget {
    pub(super) fn new(target: &Target) -> Self {
        Self {
            labels: target.labels.clone(),
            owner: target.owner.to_string(),
            resource: target.resource.id.to_string(),
        }
    }
}

impl Event {
    /// As it is put.
    pub(super) fn entry(&self) -> Entry {
        Entry {
            source: SOURCE,
            detail_type: self.kind.detail_type(),
            resources: self.detail.secrets.clone(),
            // Strings and lists: nothing that could fail.
            detail: serde_json::to_string(&self.detail).unwrap_or_default(),
        }
    }
}

/// What a run left of one target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left<'a> {
    pub(super) deployment: &'a str,
    pub(super) request_id: &'a str,
    /// None: it is refused.
    pub(super) target: Option<&'a Target>,
    pub(super) report: &'a TargetReport,
    /// Whether the run says if the target works; what a person tries by hand does not.
    pub(super) judges: bool,
    /// A retirement is announced this long before.
    pub(super) notice: Duration,
    pub(super) now: OffsetDateTime,
}

impl Left<'_> {
    /// What is to be told, in the order in which it happened: first what an earlier run could not.
    pub(super) fn events(&self, told: &Told) -> Vec<Event> {
        let mut events = self.unsent(told);
        events.extend(self.changes());
        events.extend(self.notices(told));
        events.extend(self.health(told).filter(|_| self.judges));
        events
    }

    fn unsent(&self, told: &Told) -> Vec<Event> {
        let unsent = told.unsent().filter_map(|(kind, keys, at)| {
            let (api_key, successor) = match keys.split_once(' ') {
                Some((api_key, successor)) => (api_key, Some(successor.to_owned())),
                None => (keys, None),
            };
            let at = Some(rfc3339(at));
            let mut event = self.event(kind, Some(api_key.to_owned()));
            event.detail.successor = successor;
            match kind {
                Kind::Published => event.detail.published = at,
                Kind::Retired => event.detail.retired = at,
                _ => return None,
            }
            Some(event)
        });
        unsent.collect()
    }

    /// What was done in this run.
    fn changes(&self) -> Vec<Event> {
        let done = || self.report.actions.iter().filter(|action| action.done);
        let mut events: Vec<_> = done().filter_map(|action| self.change(action)).collect();
        // `revoke` publishes a successor on its way, which is no action of its own.
        let published = events.iter().any(|event| event.kind == Kind::Published);
        let revoked = done().any(|action| action.action == REVOKE);
        if revoked && self.report.status == Status::Rotated && !published {
            events.insert(0, self.published(self.report.current.clone()));
        }
        events
    }

    fn published(&self, api_key: Option<String>) -> Event {
        let mut event = self.event(Kind::Published, api_key);
        event.detail.published = Some(rfc3339(self.now));
        event.detail.next_rotation_date = self.report.next_rotation_date.clone();
        event.detail.successor = None;
        event
    }

    fn change(&self, action: &ActionReport) -> Option<Event> {
        let api_key = action.api_key.clone();
        if PUBLISHING.contains(&action.action) {
            Some(self.published(api_key))
        } else if RETIRING.contains(&action.action) {
            let mut event = self.event(Kind::Retired, api_key);
            event.detail.retired = Some(rfc3339(self.now));
            event.detail.reason = Some(action.reason.clone());
            Some(event)
        } else {
            None
        }
    }

    /// Superseded keys that go soon, or ought to and stay.
    fn notices(&self, told: &Told) -> Vec<Event> {
        let mut events = Vec::new();
        let is_due = |key: &&KeyReport| {
            let date = key.retire_not_before.as_deref();
            let date = date.and_then(|date| OffsetDateTime::parse(date, &Rfc3339).ok());
            date.is_some_and(|date| date <= self.now + self.notice)
        };
        for key in self.leaving().filter(is_due) {
            if !told.was_told(Kind::RetirementDue, &key.api_key) {
                events.push(self.about(key, Kind::RetirementDue));
            }
        }
        let because = |key: &KeyReport| {
            key.kept_because
                .clone()
                .filter(|why| why.starts_with(IN_USE))
        };
        for key in &self.report.keys {
            let reason = because(key);
            if reason.is_some() && told.is_a_day_ago(Kind::StillInUse, &key.api_key, self.now) {
                let mut event = self.about(key, Kind::StillInUse);
                event.detail.reason = reason;
                events.push(event);
            }
        }
        events
    }

    /// Superseded keys that nothing but time keeps: not on hold, and beyond those that are retained
    /// (the current one and the newest others) or with a term of their own.
    fn leaving(&self) -> impl Iterator<Item = &KeyReport> {
        let keys = self.report.keys.iter();
        let mut superseded: Vec<_> = keys
            .filter(|key| key.state == KeyState::Superseded)
            .collect();
        superseded.sort_unstable_by(|a, b| {
            let newest_first = b.published.cmp(&a.published);
            newest_first.then_with(|| a.api_key.cmp(&b.api_key))
        });
        let retained = match self.target {
            Some(target) if self.report.status != Status::OnHold => match target.retire_after {
                Some(_) => 0,
                None => target.retain.saturating_sub(1),
            },
            _ => usize::MAX,
        };
        superseded.into_iter().skip(retained)
    }

    fn health(&self, told: &Told) -> Option<Event> {
        let failed = matches!(self.report.status, Status::Failed | Status::Refused);
        // One that was not reached says nothing.
        let works = matches!(
            self.report.status,
            Status::Rotated | Status::Published | Status::Syncing | Status::Retired | Status::Kept
        );
        let current = self.report.current.clone();
        let mut event = if failed && told.is_a_day_ago(Kind::Failed, "", self.now) {
            let mut event = self.event(Kind::Failed, current);
            event.detail.reason = Some(self.report.summary.clone());
            event
        } else if works && told.was_told(Kind::Failed, "") {
            self.event(Kind::Recovered, current)
        } else {
            return None;
        };
        event.detail.successor = None;
        event.detail.status = Some(self.report.status);
        Some(event)
    }

    fn about(&self, key: &KeyReport, kind: Kind) -> Event {
        let mut event = self.event(kind, Some(key.api_key.clone()));
        event.detail.published = key.published.clone();
        event.detail.retire_not_before = key.retire_not_before.clone();
        event
    }

    fn event(&self, kind: Kind, api_key: Option<String>) -> Event {
        Event {
            kind,
            detail: Detail {
                deployment: self.deployment.to_owned(),
                request_id: self.request_id.to_owned(),
                target: self.report.target.clone(),
                of_target: self.target.map(OfTarget::new),
                api_key,
                successor: self.report.current.clone(),
                secrets: self.report.secrets.clone(),
                ..Detail::default()
            },
        }
    }
}

#[cfg(test)]
mod tests;
