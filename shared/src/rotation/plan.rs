//! Plan: from what was observed to what is to be done, with a reason each. Pure: no call, no clock.

use time::{Duration, OffsetDateTime};

use crate::{
    confluent::ApiKeyId,
    secrets::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, VersionId},
};

use super::{
    error::{RotationError, until},
    marker::Deployment,
    observe::{Key, ORPHAN_AFTER, Observation, Whereabouts},
    target::Target,
    version::{Content, Held},
};

/// By hand, a key published this recently is not rotated again unasked.
const ALREADY: Duration = Duration::hours(1);
/// Secrets Manager's own schedule is given this long before a sweep rotates in its place.
const SCHEDULE_MISSED: Duration = Duration::days(1);

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Move `AWSCURRENT` back to a version whose key lives.
    Restore {
        /// The version.
        version: VersionId,
        /// Its key.
        api_key: ApiKeyId,
    },
    /// Sync and publish the pending key.
    Resume {
        /// The version.
        version: VersionId,
        /// Its key.
        api_key: ApiKeyId,
    },
    /// Take `AWSPENDING` off a version.
    Discard {
        /// The version.
        version: VersionId,
        /// Its key, if it holds one.
        api_key: Option<ApiKeyId>,
    },
    /// Write a copy that differs from the primary.
    Rewrite {
        /// Its position among the copies.
        copy: usize,
        /// The secret.
        secret: String,
    },
    /// Write `published` again, as now, on a key whose note cannot be trusted.
    Renote {
        /// The key.
        api_key: ApiKeyId,
    },
    /// A first key.
    Bootstrap,
    /// A new key in place of the current one.
    Rotate {
        /// The number of keys does not matter: the current one is lost.
        forced: bool,
    },
    /// By hand: rotated a moment ago.
    Already {
        /// The newest key.
        api_key: ApiKeyId,
    },
    /// Delete a superseded key.
    Retire {
        /// The key.
        api_key: ApiKeyId,
    },
    /// Delete a key that nobody holds.
    Orphan {
        /// The key.
        api_key: ApiKeyId,
    },
    /// Write a client parameter.
    PutParameter {
        /// Its position among those that differ.
        index: usize,
        /// Its full name.
        parameter: String,
    },
}

/// An action and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What to do.
    pub action: Action,
    /// A sentence for report and audit trail.
    pub reason: String,
}

/// Why a superseded key stays, and until when at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The key.
    pub api_key: ApiKeyId,
    /// When the grace ends.
    pub retire_not_before: Option<OffsetDateTime>,
    /// The rule that keeps it; `None` = it is retired in this run.
    pub because: Option<String>,
}

/// What a run does with a target.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order of doing.
    pub actions: Vec<Planned>,
    /// One entry a superseded key.
    pub kept: Vec<Kept>,
    /// Sentences for the report.
    pub warnings: Vec<String>,
    /// When the current key falls due.
    pub next_rotation_date: Option<OffsetDateTime>,
    /// Why nothing but cleaning up may be done.
    pub problem: Option<RotationError>,
}

/// What the plan is made for, beside the target's own policy.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Whose keys are ours.
    pub deployment: Deployment,
    /// A late run's last write and a first delete stay this far apart.
    pub settle: Duration,
    /// Rotate now: by hand.
    pub rotate: bool,
    /// Rotate even what was published under an hour ago.
    pub again: bool,
}

/// Decides what to do with a target.
#[must_use]
pub fn plan(target: &Target, seen: &Observation, wish: &Wish) -> Plan {
    let mut plan = Plan {
        next_rotation_date: due(target, seen),
        problem: problem(target, seen, wish),
        warnings: target.parameters.warnings.clone(),
        ..Plan::default()
    };
    let pending = if plan.problem.is_none() && seen.endpoints.is_ok() {
        plan.steer(target, seen, wish)
    } else {
        Pending::None
    };
    plan.retire(target, seen, wish, pending);
    plan.orphans(seen, wish);
    if let Ok(parameters) = &seen.parameters {
        for (index, parameter) in parameters.iter().enumerate() {
            let parameter = parameter.name.clone();
            plan.push(
                Action::PutParameter { index, parameter },
                "missing or different",
            );
        }
    }
    plan
}

/// What becomes of the version in `AWSPENDING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    /// There is none.
    None,
    /// It stays, and blocks nothing.
    Stays,
    /// It is published in this run.
    Resumed,
    /// It is given up, and the rotation starts again.
    StartAgain,
}

/// Why nothing may be done but cleaning up, if so.
fn problem(target: &Target, seen: &Observation, wish: &Wish) -> Option<RotationError> {
    let secret = || target.secret.name.clone();
    let current = seen.primary.current.as_ref();
    if let (
        Some(Held {
            version,
            content: Content::Unreadable(reason),
            ..
        }),
        None,
    ) = (current, &seen.restorable)
    {
        return Some(RotationError::Unreadable {
            secret: secret(),
            version: version.clone(),
            reason: reason.clone(),
        });
    }
    let api_key = current.and_then(Held::key).map(|key| key.id.clone())?;
    match &seen.current {
        Some(Whereabouts::Elsewhere { owner, resource }) if !wish.rotate => {
            Some(RotationError::Edited {
                api_key,
                secret: secret(),
                owner: owner.clone(),
                resource: resource.clone(),
            })
        }
        Some(Whereabouts::NotVisible(evidence)) => Some(RotationError::NotVisible {
            api_key,
            evidence: evidence.clone(),
        }),
        _ => None,
    }
}

impl Plan {
    fn push(&mut self, action: Action, reason: impl Into<String>) {
        self.actions.push(Planned {
            action,
            reason: reason.into(),
        });
    }

    /// Everything that decides which key is current.
    fn steer(&mut self, target: &Target, seen: &Observation, wish: &Wish) -> Pending {
        if let Some(restorable) = &seen.restorable {
            let reason = match &seen.current {
                Some(_) => "the key in AWSCURRENT is gone",
                None => "the value in AWSCURRENT holds no key",
            };
            self.push(
                Action::Restore {
                    version: restorable.version.clone(),
                    api_key: restorable.api_key.clone(),
                },
                format!("{reason}, an earlier version's key signs in"),
            );
            // The rest is planned on what is there after it.
            return Pending::Stays;
        }
        let pending = self.pending(target, seen);
        if pending == Pending::None {
            self.rewrites(target, seen);
        }
        match pending {
            Pending::Resumed => {}
            Pending::StartAgain => self.push(
                Action::Rotate { forced: false },
                "the rotation that a hand edit made void starts again",
            ),
            Pending::None | Pending::Stays => self.rotation(target, seen, wish),
        }
        pending
    }

    fn pending(&mut self, target: &Target, seen: &Observation) -> Pending {
        let Some(version) = seen.primary.staged(AWSPENDING).cloned() else {
            return Pending::None;
        };
        let held = seen.primary.pending.as_ref();
        let api_key = held.and_then(Held::key).map(|key| key.id.clone());
        let discard = |plan: &mut Self, reason: &str| {
            let (version, api_key) = (version.clone(), api_key.clone());
            plan.push(Action::Discard { version, api_key }, reason);
        };
        let labels = &seen.primary.description.versions[&version];
        if [AWSCURRENT, AWSPREVIOUS]
            .iter()
            .any(|label| labels.contains(*label))
        {
            discard(self, "the pending version has been published already");
            return Pending::None;
        }
        let Some((held, api_key)) = held.zip(api_key.clone()) else {
            return self.pending_without_key(seen, &version, discard);
        };
        let Some(key) = seen.key(&api_key) else {
            match seen.pending {
                Some(Whereabouts::Gone) => discard(self, "the pending key is gone"),
                _ => self
                    .warnings
                    .push(format!("pending API key `{api_key}` is not visible")),
            }
            return Pending::Stays;
        };
        match &key.marker {
            None => {
                self.warnings.push(format!(
                    "API key `{api_key}`, staged AWSPENDING, carries no marker of this target: it is left alone"
                ));
                Pending::Stays
            }
            Some(marker) if marker.revoked.is_some() => {
                discard(self, "the pending key was revoked");
                Pending::Stays
            }
            Some(marker) if marker.published.is_some() => {
                self.push(Action::Resume { version, api_key }, "its publish has begun");
                Pending::Resumed
            }
            Some(_) if seen.pending_refused => {
                discard(
                    self,
                    "the pending key does not sign in 24 hours after it was made",
                );
                Pending::Stays
            }
            Some(_) => match edited(target, seen, held) {
                Some(reason) => {
                    discard(self, &reason);
                    Pending::StartAgain
                }
                None => {
                    self.push(Action::Resume { version, api_key }, "a key is pending");
                    Pending::Resumed
                }
            },
        }
    }

    /// `AWSPENDING` on a version that is empty or holds something else than a key.
    fn pending_without_key(
        &mut self,
        seen: &Observation,
        version: &VersionId,
        discard: impl Fn(&mut Self, &str),
    ) -> Pending {
        let awaited = seen
            .keys
            .iter()
            .filter_map(|key| key.marker.as_ref())
            .any(|marker| marker.token == *version);
        let old = seen
            .primary
            .description
            .last_changed
            .is_some_and(|changed| changed + Duration::hours(24) < seen.now);
        if old && !awaited {
            discard(self, "a pending version without a key for 24 hours");
        }
        Pending::Stays
    }

    fn rewrites(&mut self, target: &Target, seen: &Observation) {
        let (Some(credential), Ok(endpoints)) = (seen.primary.current_key(), &seen.endpoints)
        else {
            return;
        };
        if matches!(
            seen.current,
            Some(Whereabouts::Gone | Whereabouts::Elsewhere { .. })
        ) {
            return;
        }
        for (copy, state) in seen.copies.iter().enumerate() {
            let present = state.current.as_ref().map(Held::document);
            let unreadable = match &state.current {
                Some(Held {
                    content: Content::Unreadable(reason),
                    ..
                }) => Some(reason),
                _ => None,
            };
            let wanted = present.clone().unwrap_or_default().render(
                state.spec.format,
                credential,
                endpoints,
            );
            if unreadable.is_some() || wanted.ok() != present {
                let secret = target.copies[copy].name.clone();
                let reason = match unreadable {
                    Some(reason) => format!("the copy cannot be read: {reason}"),
                    None => "the copy differs from the primary".to_owned(),
                };
                self.push(Action::Rewrite { copy, secret }, reason);
            }
        }
    }

    fn rotation(&mut self, target: &Target, seen: &Observation, wish: &Wish) {
        let newest = newest_published(seen);
        match &seen.current {
            None => return self.push(Action::Bootstrap, "the secret holds no key yet"),
            Some(Whereabouts::Gone) => {
                return self.push(
                    Action::Rotate { forced: true },
                    "drift: the current key is gone and refused at its resource",
                );
            }
            _ => {}
        }
        if wish.rotate {
            let recent = newest.filter(|key| {
                key.published(seen.now)
                    .is_some_and(|at| at + ALREADY > seen.now)
            });
            return match recent {
                Some(key) if !wish.again => {
                    let api_key = key.id().clone();
                    self.push(Action::Already { api_key }, "published under an hour ago");
                }
                _ => self.push(Action::Rotate { forced: false }, "by hand"),
            };
        }
        let (Some(due), Some((_, current))) = (self.next_rotation_date, seen.live_current()) else {
            return;
        };
        if current.marker.is_none() {
            self.warnings.push(format!(
                "API key `{}` carries no marker of this target, so no sweep rotates it: `adopt` or `rotate` by hand",
                current.id()
            ));
        } else if due <= seen.now && !is_left_to_secrets_manager(seen, due) {
            let age = (seen.now - current.api_key.created_at).whole_days();
            let reason = format!("{age} of {} days old", target.day_count);
            self.push(Action::Rotate { forced: false }, reason);
        }
    }

    /// One key a run: the one superseded longest, when every rule allows it.
    fn retire(&mut self, target: &Target, seen: &Observation, wish: &Wish, pending: Pending) {
        let pending_key = seen.primary.pending.as_ref().and_then(Held::key);
        let held = [seen.primary.current_key(), pending_key];
        let is_held = |key: &Key| held.iter().flatten().any(|held| held.id == *key.id());
        let mut superseded: Vec<_> = seen
            .keys
            .iter()
            .filter(|key| key.is_published() && !is_held(key))
            .collect();
        superseded.sort_by_key(|key| std::cmp::Reverse(key.published(seen.now)));
        let not_before = retire_not_before(target, seen);
        let general = self.kept_for_all(target, seen, wish, pending, not_before);
        let mut chosen = None;
        for (place, key) in superseded.iter().enumerate() {
            let because = if place + 1 < target.retain {
                Some(format!("one of the {} newest", target.retain))
            } else if seen.staged.contains(key.id()) && is_current_of_a_copy(seen, key.id()) {
                Some("a copy still holds it".to_owned())
            } else {
                general.clone()
            };
            if because.is_none() {
                chosen = Some(key.id().clone());
            }
            self.kept.push(Kept {
                api_key: key.id().clone(),
                retire_not_before: not_before,
                because,
            });
        }
        // The last one without a reason to stay is the oldest; the others wait for the next runs.
        for kept in self.kept.iter_mut().filter(|kept| kept.because.is_none()) {
            if Some(&kept.api_key) != chosen.as_ref() {
                kept.because = Some("one retirement a run".to_owned());
            }
        }
        if let Some(api_key) = chosen {
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
        let busy = self.actions.iter().any(|planned| {
            !matches!(
                planned.action,
                Action::Discard { .. } | Action::Already { .. }
            )
        });
        if busy {
            return Some("the target is being changed in this run".to_owned());
        }
        let settled = seen.secrets().all(|secret| {
            let changed = secret.description.last_changed;
            changed.is_some_and(|changed| changed + wish.settle < seen.now)
        });
        match not_before {
            Some(at) if at > seen.now => Some(format!(
                "grace of {} h, {}",
                target.grace.whole_hours(),
                until(at)
            )),
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

    fn orphans(&mut self, seen: &Observation, wish: &Wish) {
        let changed = seen.primary.description.last_changed;
        let settled = changed.is_none_or(|changed| changed + wish.settle < seen.now);
        let resumed: Vec<_> = seen
            .keys
            .iter()
            .filter(|key| key.is_unpublished() && !seen.staged.contains(key.id()))
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

/// Whether somebody wrote the secret after `pending` was prepared from it, and what shows it.
pub(super) fn edited(target: &Target, seen: &Observation, pending: &Held) -> Option<String> {
    edited_since(seen.primary.current.as_ref()?, pending, target)
}

/// The same for two versions.
pub(super) fn edited_since(current: &Held, pending: &Held, target: &Target) -> Option<String> {
    if current.created > pending.created {
        return Some("the version in AWSCURRENT is younger than the pending one".to_owned());
    }
    let fields = lost_fields(current, pending, target);
    (!fields.is_empty()).then(|| format!("fields {fields} were edited after it was prepared"))
}

/// The fields of others that differ between the two, for reports.
pub(super) fn lost_fields(current: &Held, pending: &Held, target: &Target) -> String {
    let names = current
        .document()
        .differing_foreign_fields(&pending.document(), target.secret.format);
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// `created_at` of the newest live published key + `day_count`.
fn due(target: &Target, seen: &Observation) -> Option<OffsetDateTime> {
    let newest = newest_published(seen).or_else(|| Some(seen.live_current()?.1))?;
    Some(newest.api_key.created_at + Duration::days(i64::from(target.day_count)))
}

/// Notes that cannot be trusted do not count: they would make an old key the newest.
fn newest_published(seen: &Observation) -> Option<&Key> {
    let noted = |key: &Key| {
        let note = key.marker.as_ref()?.published.as_ref()?;
        note.trusted(seen.now)
    };
    let published = seen.keys.iter().filter(|key| noted(key).is_some());
    published.max_by_key(|key| noted(key))
}

/// Secrets Manager's schedule decides for a secret that it rotates, until it is a day late by both.
fn is_left_to_secrets_manager(seen: &Observation, due: OffsetDateTime) -> bool {
    let description = &seen.primary.description;
    let late = |date: OffsetDateTime| date + SCHEDULE_MISSED < seen.now;
    description.rotation_enabled == Some(true)
        && !(late(due) && description.next_rotation_date.is_none_or(late))
}

/// The grace counts from the latest of any `published` and the version in `AWSCURRENT`.
pub(super) fn retire_not_before(target: &Target, seen: &Observation) -> Option<OffsetDateTime> {
    let published = seen.keys.iter().filter_map(|key| key.published(seen.now));
    let latest = published.max()?.max(seen.primary.current.as_ref()?.created);
    Some(latest + target.grace)
}

fn is_current_of_a_copy(seen: &Observation, api_key: &ApiKeyId) -> bool {
    seen.copies
        .iter()
        .any(|copy| copy.current_key().is_some_and(|key| key.id == *api_key))
}

#[cfg(test)]
mod tests;
