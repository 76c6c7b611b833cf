//! Which keys go: retirement with every rule that keeps a key, and orphans.

use time::OffsetDateTime;

use crate::{
    confluent::ResourceKind,
    rotation::{
        marker::rfc3339,
        observe::{Key, ORPHAN_AFTER, Observation},
        target::{ProbeKind, Target},
        version::Held,
    },
};

use super::{Action, Kept, Pending, Plan, Planned, Task, Wish, grace, retire_not_before};

impl Plan {
    /// With n + 1 published keys no further one may be made. A rotation that a sweep would begin then
    /// stands back, or it would fail and keep the retirement from making room for it.
    pub(super) fn hold_back(
        &mut self,
        target: &Target,
        seen: &Observation,
        wish: &Wish,
    ) -> Option<Planned> {
        let published = seen.keys.iter().filter(|key| key.is_published()).count();
        if wish.task != Task::Sweep || published <= target.retain {
            return None;
        }
        let unforced = |planned: &mut Planned| planned.action == Action::Rotate { forced: false };
        self.actions.extract_if(.., unforced).next()
    }

    /// The rotation that stood back waits for the next run if a key is retired in this one.
    pub(super) fn make_room(&mut self, waiting: Option<Planned>) {
        let Some(rotation) = waiting else { return };
        let is_retire = |planned: &Planned| matches!(planned.action, Action::Retire { .. });
        if self.actions.iter().any(is_retire) {
            self.warnings.push(format!(
                "the rotation ({}) waits for the next run: first a key is retired",
                rotation.reason
            ));
        } else {
            self.actions.push(rotation);
        }
    }

    /// One key a run, the one superseded longest, when every rule allows it; by hand all of them.
    pub(super) fn retire(
        &mut self,
        target: &Target,
        seen: &Observation,
        wish: &Wish,
        pending: Pending,
    ) {
        let pending_key = seen.primary.pending.as_ref().and_then(Held::key);
        let held = [seen.primary.current_key(), pending_key];
        let is_held = |key: &Key| held.iter().flatten().any(|held| held.id == *key.id());
        let mut superseded: Vec<_> = seen
            .keys
            .iter()
            .filter(|key| key.is_published() && !key.is_revoked() && !is_held(key))
            .collect();
        superseded.sort_unstable_by(|a, b| {
            let newest_first = b.published(seen.now).cmp(&a.published(seen.now));
            newest_first.then_with(|| a.id().cmp(b.id()))
        });
        let not_before = retire_not_before(target, seen);
        let general = self.kept_for_all(target, seen, wish, pending, not_before);
        for (place, key) in superseded.iter().enumerate() {
            // The way back for a run whose Cloud API key is refused: two generations always live.
            let way_back = place == 0 && target.resource.kind() == ResourceKind::Cloud;
            let stays_until = stays_until(target, seen, key).filter(|_| !way_back);
            let stays = place + 1 < target.retain && stays_until.is_none_or(|at| at > seen.now);
            let because = if stays {
                let until = stays_until.map(|at| format!(", until {}", rfc3339(at)));
                Some(format!(
                    "one of the {} newest{}",
                    target.retain,
                    until.unwrap_or_default()
                ))
            } else if seen
                .copies
                .iter()
                .any(|copy| copy.keys().contains(key.id()))
            {
                Some("a copy still holds it".to_owned())
            } else {
                general.clone()
            };
            self.kept.push(Kept {
                api_key: key.id().clone(),
                retire_not_before: not_before.max(stays_until.filter(|_| stays)),
                because,
            });
        }
        // From the oldest, which is the last; unasked, the others wait for the next runs.
        let mut going = Vec::new();
        let free = |kept: &&mut Kept| kept.because.is_none();
        for kept in self.kept.iter_mut().rev().filter(free) {
            if going.is_empty() || wish.task == Task::Retire {
                going.push(kept.api_key.clone());
            } else {
                kept.because = Some("one retirement a run".to_owned());
            }
        }
        for api_key in going {
            let reason = format!(
                "superseded, beyond the {} newest, grace over",
                target.retain
            );
            self.push(Action::Retire { api_key }, reason);
        }
        self.renotes(seen);
    }

    /// The rules that hold for every superseded key of the target alike.
    fn kept_for_all(
        &self,
        target: &Target,
        seen: &Observation,
        wish: &Wish,
        pending: Pending,
        not_before: Option<OffsetDateTime>,
    ) -> Option<String> {
        let Some((_, current)) = seen.live_current() else {
            return Some("the current key is not in the listing".to_owned());
        };
        if !current.is_published() {
            return Some("the current key has no `published` note".to_owned());
        }
        if !matches!(pending, Pending::None | Pending::Stays) || self.problem.is_some() {
            return Some("a rotation is under way".to_owned());
        }
        if seen
            .signed_in_with
            .as_ref()
            .is_some_and(|key| key != current.id())
        {
            return Some("it goes in a run that is signed in with the current key".to_owned());
        }
        if let Some(at) = unproved_until(target, seen, current)
            && wish.task != Task::Retire
        {
            return Some(format!(
                "`probe` is `skip`: the current key counts as working from {}",
                rfc3339(at)
            ));
        }
        let busy = self.actions.iter().any(|planned| {
            !matches!(
                planned.action,
                Action::Discard { .. } | Action::Already { .. }
            )
        });
        if busy {
            return Some("the target is being changed in this run".to_owned());
        }
        let settled = seen
            .secrets()
            .all(|secret| secret.description.is_settled(wish.settle, seen.now));
        match not_before {
            Some(at) if at > seen.now => Some(grace(target, at)),
            Some(_) if !settled => Some("a secret of the target changed a moment ago".to_owned()),
            Some(_) => None,
            None => Some("the time of the last publish is not known".to_owned()),
        }
    }

    /// Notes that cannot be trusted are written again, as now: that delays, and never causes, a deletion.
    fn renotes(&mut self, seen: &Observation) {
        for key in seen.keys.iter().filter(|key| key.is_published()) {
            let note = key
                .marker
                .as_ref()
                .and_then(|marker| marker.published.as_ref());
            if note.is_some_and(|note| note.trusted(seen.now).is_none()) {
                let api_key = key.id().clone();
                self.push(
                    Action::Renote { api_key },
                    "its `published` note is unreadable or lies in the future",
                );
            }
        }
    }

    /// What was begun by hand, every run finishes.
    pub(super) fn revocations(&mut self, seen: &Observation) {
        for key in seen.keys.iter().filter(|key| key.is_revoked()) {
            let api_key = key.id().clone();
            self.push(Action::Revoke { api_key }, "it was revoked by hand");
        }
    }

    pub(super) fn orphans(&mut self, seen: &Observation, wish: &Wish) {
        let settled = seen.primary.description.is_settled(wish.settle, seen.now);
        let resumed: Vec<_> = seen
            .keys
            .iter()
            .filter(|key| key.is_unpublished() && !key.is_revoked())
            .filter(|key| !seen.staged.contains(key.id()))
            .filter(|key| key.api_key.created_at + ORPHAN_AFTER < seen.now)
            .map(|key| key.id().clone())
            .collect();
        for api_key in resumed {
            if settled {
                self.push(
                    Action::Orphan { api_key },
                    "made over an hour ago, never published, staged nowhere",
                );
            } else {
                self.warnings.push(format!(
                    "orphan `{api_key}` waits until the primary has not changed for {} s",
                    wish.settle.whole_seconds()
                ));
            }
        }
    }
}

/// Until when a superseded key stays even within those that do; `None` = as long as it is one.
fn stays_until(target: &Target, seen: &Observation, key: &Key) -> Option<OffsetDateTime> {
    let own = key.published(seen.now)?;
    let published = seen
        .keys
        .iter()
        .filter_map(|other| other.published(seen.now));
    let superseded = published.filter(|at| *at > own).min()?;
    Some(superseded + target.retire_after?)
}

/// Until when a key that nothing signs in with for us is not known to work.
fn unproved_until(target: &Target, seen: &Observation, current: &Key) -> Option<OffsetDateTime> {
    let at = current.published(seen.now)? + target.works_unseen_after();
    (target.probe == ProbeKind::Skip && at > seen.now).then_some(at)
}
