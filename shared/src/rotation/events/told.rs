//! What was told of a target, and what could not be: part of its soft state. Losing it tells
//! something twice, or not at all, and nothing else.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::{Event, Kind};
use crate::rotation::{
    report::{KeyState, TargetReport},
    state::Moment,
};

/// What is told again and again is told this often.
const AGAIN_AFTER: Duration = Duration::days(1);
/// So many events wait for a bus that is broken; the oldest are given up.
const MOST_UNSENT: usize = 10;
/// What these words begin waits for the bus; what follows is the event.
const UNSENT: &str = "unsent ";

/// When what was told: `due ASDF`, `in_use ASDF`, `failed`. And when happened what is untold:
/// `unsent published QWER`, `unsent retired ASDF QWER` (the key, and its successor).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::rotation) struct Told(pub(in crate::rotation) BTreeMap<String, Moment>);

impl Told {
    pub(super) fn was_told(&self, kind: Kind, api_key: &str) -> bool {
        self.0.contains_key(&words(kind, api_key))
    }

    /// Never, or a day ago.
    pub(super) fn is_a_day_ago(&self, kind: Kind, api_key: &str, now: OffsetDateTime) -> bool {
        let last = self.0.get(&words(kind, api_key));
        last.is_none_or(|last| last.at() <= now - AGAIN_AFTER)
    }

    /// What waits for the bus, the oldest first: the kind, the keys, and when it happened.
    pub(super) fn unsent(&self) -> impl Iterator<Item = (Kind, &str, OffsetDateTime)> {
        let mut unsent: Vec<_> = self
            .0
            .iter()
            .filter_map(|(words, at)| {
                let (kind, keys) = words.strip_prefix(UNSENT)?.split_once(' ')?;
                let kinds = [Kind::Published, Kind::Retired];
                let kind = kinds.into_iter().find(|known| word(*known) == kind)?;
                Some((kind, keys, at.at()))
            })
            .collect();
        unsent.sort_unstable_by(|(_, a_keys, a), (_, b_keys, b)| (a, a_keys).cmp(&(b, b_keys)));
        unsent.into_iter()
    }

    /// Notes what became of an event.
    pub(in crate::rotation) fn note(&mut self, event: &Event, sent: bool, now: OffsetDateTime) {
        let detail = &event.detail;
        let api_key = detail.api_key.as_deref().unwrap_or_default();
        match (event.kind, sent) {
            (Kind::RetirementDue | Kind::StillInUse, true) => {
                self.0.insert(words(event.kind, api_key), now.into());
            }
            (Kind::Failed, true) => {
                self.0.insert(words(Kind::Failed, ""), now.into());
            }
            (Kind::Recovered, true) => {
                self.0.remove(&words(Kind::Failed, ""));
            }
            (Kind::Published | Kind::Retired, _) => {
                let keys = [Some(api_key), detail.successor.as_deref()];
                let keys: Vec<_> = keys.into_iter().flatten().collect();
                let unsent = format!("{UNSENT}{}", words(event.kind, &keys.join(" ")));
                if sent {
                    self.0.remove(&unsent);
                } else {
                    self.0.entry(unsent).or_insert(now.into());
                    self.give_up_the_oldest();
                }
            }
            // Decided anew by the next sweep.
            (_, false) => {}
        }
    }

    fn give_up_the_oldest(&mut self) {
        let unsent = self.0.iter().filter(|(words, _)| words.starts_with(UNSENT));
        let mut unsent: Vec<_> = unsent.map(|(words, at)| (*at, words.clone())).collect();
        unsent.sort_unstable();
        let surplus = unsent.len().saturating_sub(MOST_UNSENT);
        for (_, words) in unsent.iter().take(surplus) {
            self.0.remove(words);
        }
    }

    /// Forgets notices about keys that are superseded no more, where the keys were seen.
    pub(in crate::rotation) fn forget_gone(&mut self, report: &TargetReport) {
        if report.secrets.is_empty() {
            return;
        }
        let superseded = |api_key: &str| {
            let mut keys = report.keys.iter();
            keys.any(|key| key.api_key == api_key && key.state == KeyState::Superseded)
        };
        self.0.retain(|words, _| {
            let notice = [Kind::RetirementDue, Kind::StillInUse]
                .into_iter()
                .find_map(|kind| words.strip_prefix(word(kind))?.strip_prefix(' '));
            notice.is_none_or(superseded)
        });
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Published => "published",
        Kind::RetirementDue => "due",
        Kind::StillInUse => "in_use",
        Kind::Retired => "retired",
        Kind::Failed | Kind::Recovered => "failed",
    }
}

fn words(kind: Kind, keys: &str) -> String {
    format!("{} {keys}", word(kind)).trim_end().to_owned()
}
