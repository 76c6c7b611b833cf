//! What a person asks of a named target: roll back, adopt, release.

use crate::{
    confluent::ApiKeyId,
    rotation::{
        error::RotationError,
        observe::{Key, Observation, Whereabouts},
        target::Target,
        version::Held,
    },
    secrets::{AWSCURRENT, AWSPENDING, AWSPREVIOUS},
};

use super::{ALREADY, Action, Plan, Task};

impl Plan {
    pub(super) fn by_hand(&mut self, target: &Target, seen: &Observation, task: Task) {
        if self.problem.is_some() {
            return;
        }
        match task {
            Task::Rollback => self.roll_back(target, seen),
            Task::Adopt => self.adopt(target, seen),
            _ => self.release(seen),
        }
    }

    /// The former version becomes current: a key of ours that was published, lives and signs in.
    fn roll_back(&mut self, target: &Target, seen: &Observation) {
        if seen.primary.staged(AWSPENDING).is_some() {
            self.problem = Some(RotationError::RotationUnderWay {
                secret: target.secret.name.clone(),
            });
            return;
        }
        if let Some(api_key) = went_back_just_now(seen) {
            // Done twice it would be undone.
            self.push(Action::Already { api_key }, "rolled back under an hour ago");
            return;
        }
        match &seen.restorable {
            Some(former) => self.push(
                Action::Rollback {
                    version: former.version.clone(),
                    api_key: former.api_key.clone(),
                },
                "by hand: the former key signs in; held from then on, until told otherwise",
            ),
            None => {
                self.problem = Some(RotationError::NothingToRollBackTo {
                    secret: target.secret.name.clone(),
                });
            }
        }
    }

    /// The key in `AWSCURRENT`, alive, of the target's owner and resource, marked by nobody else.
    fn adopt(&mut self, target: &Target, seen: &Observation) {
        let secret = || target.secret.name.clone();
        let Some((held, credential)) = seen
            .primary
            .current
            .as_ref()
            .and_then(|held| Some((held, held.key()?)))
        else {
            self.problem = Some(RotationError::NoCurrentKey { secret: secret() });
            return;
        };
        let api_key = credential.id.clone();
        let Some(key) = seen.key(&api_key) else {
            let evidence = match &seen.current {
                Some(Whereabouts::Gone) => "gone by its id and refused at its resource",
                _ => "not in the listing",
            };
            let evidence = evidence.to_owned();
            self.problem = Some(RotationError::NotVisible { api_key, evidence });
            return;
        };
        if key.is_published() {
            self.push(Action::Already { api_key }, "it is ours and published");
            return;
        }
        let version = held.version.clone();
        self.push(Action::Adopt { api_key, version }, "by hand");
    }

    /// What is pending is finished or dropped, then every marker of ours comes off.
    fn release(&mut self, seen: &Observation) {
        if let Some(version) = seen.primary.staged(AWSPENDING).cloned() {
            self.end_pending(seen, version);
        }
        let dropped = |key: &Key| {
            self.actions.iter().any(
                |planned| matches!(&planned.action, Action::DropPending { api_key, .. } if api_key == key.id()),
            )
        };
        let marked = seen
            .keys
            .iter()
            .filter(|key| key.marker.is_some() && !dropped(key));
        let marked: Vec<_> = marked.map(|key| key.id().clone()).collect();
        for api_key in marked {
            self.push(
                Action::Strip { api_key },
                "by hand: the target is handed back",
            );
        }
    }

    fn end_pending(&mut self, seen: &Observation, version: String) {
        let labels = &seen.primary.description.versions[&version];
        let held = seen.primary.pending.as_ref().and_then(Held::key);
        let key = held.and_then(|held| seen.key(&held.id));
        let api_key = held.map(|held| held.id.clone());
        let is_other = [AWSCURRENT, AWSPREVIOUS]
            .iter()
            .any(|label| labels.contains(*label));
        match key {
            Some(key) if key.is_published() && !is_other => {
                let api_key = key.id().clone();
                self.push(Action::Resume { version, api_key }, "its publish has begun");
            }
            Some(key) if key.is_unpublished() && !is_other => {
                let api_key = key.id().clone();
                self.push(
                    Action::DropPending { version, api_key },
                    "it was never published",
                );
            }
            _ => self.push(Action::Discard { version, api_key }, "by hand"),
        }
    }
}

/// The current key when, older than the one before it, it was published a moment ago: by a rollback
/// whose answer was lost.
fn went_back_just_now(seen: &Observation) -> Option<ApiKeyId> {
    let (_, current) = seen.live_current()?;
    let former = seen.key(&seen.restorable.as_ref()?.api_key)?;
    let recent = current.published(seen.now)? + ALREADY > seen.now;
    let back = current.api_key.created_at < former.api_key.created_at;
    (recent && back).then(|| current.id().clone())
}
