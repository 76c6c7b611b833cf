//! Which key is current: restore, the pending version, copies, bootstrap and rotation.

use time::Duration;

use crate::{
    rotation::{
        error::RotationError,
        observe::{Observation, Whereabouts},
        target::Target,
        version::{Content, Held},
    },
    secrets::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, VersionId},
};

use super::{
    ALREADY, Action, Pending, Plan, Planned, Task, Wish,
    due::{is_left_to_secrets_manager, newest_published, overdue},
    edited,
};

impl Plan {
    /// Everything that decides which key is current.
    pub(super) fn steer(&mut self, target: &Target, seen: &Observation, wish: &Wish) -> Pending {
        if let Some(restorable) = &seen.restorable {
            let reason = match &seen.current {
                Some(Whereabouts::Refused) => "the key in AWSCURRENT is refused",
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
            Pending::Blocks => {
                self.rotation(target, seen, wish);
                self.block(target, seen);
            }
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
                _ => {
                    self.warnings
                        .push(format!("pending API key `{api_key}` is not visible"));
                    return Pending::Blocks;
                }
            }
            return Pending::Stays;
        };
        match &key.marker {
            None => {
                self.warnings.push(format!(
                    "API key `{api_key}`, staged AWSPENDING, carries no marker of this target: it is left alone"
                ));
                Pending::Blocks
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
            return Pending::Stays;
        }
        match seen.primary.pending {
            Some(_) => Pending::Blocks,
            None => Pending::Stays,
        }
    }

    /// A key made now could not be stored: `AWSPENDING` would be found on the other version.
    fn block(&mut self, target: &Target, seen: &Observation) {
        let makes = |planned: &mut Planned| {
            matches!(planned.action, Action::Rotate { .. } | Action::Bootstrap)
        };
        if self.actions.extract_if(.., makes).count() > 0 {
            self.problem = Some(RotationError::PendingForeign {
                secret: target.secret.name.clone(),
                version: seen.primary.staged(AWSPENDING).cloned().unwrap_or_default(),
            });
        }
    }

    fn rewrites(&mut self, target: &Target, seen: &Observation) {
        let (Some(credential), Ok(endpoints)) = (seen.primary.current_key(), &seen.endpoints)
        else {
            return;
        };
        if matches!(
            seen.current,
            Some(Whereabouts::Gone | Whereabouts::Refused | Whereabouts::Elsewhere { .. })
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
            None if wish.task == Task::Retire => return,
            None => return self.push(Action::Bootstrap, "the secret holds no key yet"),
            Some(Whereabouts::Gone) => {
                return self.push(
                    Action::Rotate { forced: true },
                    "drift: the current key is gone and refused at its resource",
                );
            }
            Some(Whereabouts::Refused) => {
                return self.push(
                    Action::Rotate { forced: true },
                    "the current key is refused, and no earlier one of the target signs in",
                );
            }
            _ => {}
        }
        if wish.task == Task::Retire {
            return;
        }
        if let Task::Rotate { again } = wish.task {
            let recent = newest.filter(|key| {
                key.published(seen.now)
                    .is_some_and(|at| at + ALREADY > seen.now)
            });
            return match recent {
                Some(key) if !again => {
                    let api_key = key.id().clone();
                    self.push(Action::Already { api_key }, "published under an hour ago");
                }
                _ => self.push(Action::Rotate { forced: false }, "by hand"),
            };
        }
        let (Some(due), Some((_, current))) = (self.next_rotation_date, seen.live_current()) else {
            return;
        };
        if current.is_revoked() {
            // Its revocation makes the successor.
        } else if current.marker.is_none() {
            self.warnings.push(format!(
                "API key `{}` carries no marker of this target, so no sweep rotates it: `adopt` or `rotate` it by hand",
                current.id()
            ));
        } else if due <= seen.now && !is_left_to_secrets_manager(seen, due) {
            let reason = overdue(target, current.api_key.created_at, seen.now);
            self.push(Action::Rotate { forced: false }, reason);
        }
    }
}
