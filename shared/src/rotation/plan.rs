//! Plan: from what was observed to what is to be done, with a reason each. Pure: no call, no clock.

mod clean_up;
mod due;
mod steer;
mod task;

use time::{Duration, OffsetDateTime};

use crate::{confluent::ApiKeyId, secrets::VersionId};

use super::{
    error::RotationError,
    marker::rfc3339,
    observe::{Observation, Whereabouts},
    target::Target,
    version::{Content, Held},
};

/// By hand, a key published this recently is not rotated again unasked.
const ALREADY: Duration = Duration::hours(1);

/// What the reason begins with that keeps a superseded key because somebody signs in with it.
pub(super) const IN_USE: &str = "in use";

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
    /// By hand: make the former key current again.
    Rollback {
        /// The version that holds it.
        version: VersionId,
        /// The key.
        api_key: ApiKeyId,
    },
    /// By hand: mark the current key as ours.
    Adopt {
        /// The key.
        api_key: ApiKeyId,
        /// The version that holds it.
        version: VersionId,
    },
    /// By hand: take a pending key that was never published away, version and key.
    DropPending {
        /// The version.
        version: VersionId,
        /// Its key.
        api_key: ApiKeyId,
    },
    /// By hand: take our marker off a key.
    Strip {
        /// The key.
        api_key: ApiKeyId,
    },
    /// Make a leaked key stop working.
    Revoke {
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
    /// Everything but repairs was left out.
    pub repairs_only: bool,
}

/// What the plan is made for, beside the target's own policy.
#[derive(Debug, Clone)]
pub struct Wish {
    /// A late run's last write and a first delete stay this far apart.
    pub settle: Duration,
    /// What the run is for.
    pub task: Task,
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Everything that is due.
    Sweep,
    /// A new key now.
    Rotate {
        /// Even where the newest was published under an hour ago.
        again: bool,
    },
    /// The former key again.
    Rollback,
    /// What may be retired, all of it.
    Retire,
    /// Make the current key ours.
    Adopt,
    /// Hand the target back.
    Release,
}

impl Task {
    /// Whether a hold stops it: what a person asks for of a named target goes on.
    #[must_use]
    pub fn respects_holds(self) -> bool {
        matches!(self, Self::Sweep)
    }
}

/// Decides what to do with a target.
#[must_use]
pub fn plan(target: &Target, seen: &Observation, wish: &Wish) -> Plan {
    let mut plan = Plan {
        next_rotation_date: due::due(target, seen),
        problem: problem(target, seen, wish),
        warnings: target.parameters.warnings.clone(),
        ..Plan::default()
    };
    if matches!(wish.task, Task::Rollback | Task::Adopt | Task::Release) {
        plan.by_hand(target, seen, wish.task);
        return plan;
    }
    plan.revocations(seen);
    let pending = if plan.problem.is_none() && seen.endpoints.is_ok() {
        plan.steer(target, seen, wish)
    } else {
        Pending::None
    };
    let waiting = plan.hold_back(target, seen, wish);
    plan.retire(target, seen, wish, pending);
    plan.make_room(waiting);
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
    /// It holds what is not ours to take away: no key is made beside it.
    Blocks,
    /// It is published in this run.
    Resumed,
    /// It is given up, and the rotation starts again.
    StartAgain,
}

/// Why nothing may be done but cleaning up, if so.
fn problem(target: &Target, seen: &Observation, wish: &Wish) -> Option<RotationError> {
    let secret = || target.secret.name.clone();
    let current = seen.primary.current.as_ref();
    if let Some(reason) = &seen.untried {
        return Some(RotationError::Unreachable {
            resource: target.resource.id.to_string(),
            reason: reason.clone(),
        });
    }
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
        Some(Whereabouts::Elsewhere { owner, resource })
            if !matches!(wish.task, Task::Rotate { .. }) =>
        {
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
    /// Leaves only what keeps the target alive: a hold, or a target that keeps failing. Whether
    /// anything was left out.
    pub(super) fn only_repairs(&mut self, seen: &Observation) -> bool {
        self.repairs_only = true;
        // A pending key in place of a dead one is the repair.
        let dead = matches!(seen.current, Some(Whereabouts::Gone | Whereabouts::Refused));
        let before = self.actions.len();
        self.actions.retain(|planned| match planned.action {
            Action::Revoke { .. }
            | Action::Restore { .. }
            | Action::Rewrite { .. }
            | Action::Renote { .. }
            | Action::Rotate { forced: true }
            | Action::Orphan { .. } => true,
            Action::Resume { .. } => dead,
            _ => false,
        });
        self.actions.len() < before
    }

    fn push(&mut self, action: Action, reason: impl Into<String>) {
        self.actions.push(Planned {
            action,
            reason: reason.into(),
        });
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

/// Why a key stays during the grace.
pub(super) fn grace(target: &Target, until: OffsetDateTime) -> String {
    let hours = target.grace.whole_hours();
    format!("grace of {hours} h, until {}", rfc3339(until))
}

/// The grace counts from the latest of any `published` and the version in `AWSCURRENT`.
pub(super) fn retire_not_before(target: &Target, seen: &Observation) -> Option<OffsetDateTime> {
    let published = seen.keys.iter().filter_map(|key| key.published(seen.now));
    let latest = published.max()?.max(seen.primary.current.as_ref()?.created);
    Some(latest + target.grace)
}

#[cfg(test)]
mod tests;
