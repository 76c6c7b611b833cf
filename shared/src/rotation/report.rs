//! The report: what a run found and did, as JSON for machines and as a table for people.

mod size;
mod target;
mod text;

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

pub use self::target::{ActionReport, KeyReport, KeyState, Problem, Status, TargetReport};

use super::{
    discover::Discovered,
    error::{RotationError, kind::confluent_kind},
    marker::rfc3339,
    plan::Action,
    request::Request,
    run::Run,
};
use crate::{confluent::Ended, settings::Mode};

/// So many targets that were worked on stand in the error of a run in which others failed.
const MOST_TOLD: usize = 20;

/// The answer of an invocation of `key-rotation`. Fields without a value are absent.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The setting `DEPLOYMENT`.
    pub deployment: String,
    /// The invocation's id.
    pub request_id: String,
    /// What was asked for: `sweep`, `plan`, `rotate`, …
    pub operation: &'static str,
    /// The setting `MODE`; it binds scheduled events only.
    pub mode: &'static str,
    /// Whether the event asked to do nothing.
    pub dry_run: bool,
    /// Every target was looked at.
    pub complete: bool,
    /// No new rotation began after repeated failures.
    pub stopped_early: bool,
    /// Targets by status.
    pub counts: Counts,
    /// One entry a target, by name.
    pub targets: Vec<TargetReport>,
    /// Keys of this deployment that no target stands for.
    pub strays: Vec<Stray>,
    /// What concerns no single target.
    pub warnings: Vec<String>,
    /// What `discover` found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovered: Option<Box<Discovered>>,
    /// Why the run ended early for all that needs the control plane.
    #[serde(skip)]
    pub(super) outage: Option<Ended>,
    /// How often Confluent told to slow down.
    #[serde(skip)]
    pub(super) rate_limited: u64,
}

/// Targets by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "a status each")]
pub struct Counts {
    pub targets: usize,
    pub rotated: usize,
    pub published: usize,
    pub syncing: usize,
    pub retired: usize,
    pub kept: usize,
    pub on_hold: usize,
    pub failed: usize,
    pub refused: usize,
    pub not_reached: usize,
}

/// A key of this deployment whose target does not exist or names another owner or resource.
#[derive(Debug, Clone, Serialize)]
pub struct Stray {
    /// Its id.
    pub api_key: String,
    /// The target its marker names.
    pub target: String,
    /// Its owner.
    pub owner: String,
    /// Its resource.
    pub resource: String,
}

impl Report {
    /// The report of a run that has not looked at anything yet.
    pub(super) fn begin(run: &Run, request: &Request) -> Self {
        Self {
            deployment: run.deployment.name.clone(),
            request_id: run.request_id.clone(),
            operation: request.operation.name(),
            mode: match run.settings.mode {
                Mode::Plan => "plan",
                Mode::Apply => "apply",
            },
            dry_run: request.dry_run,
            complete: true,
            stopped_early: false,
            counts: Counts::default(),
            targets: Vec::new(),
            strays: Vec::new(),
            warnings: Vec::new(),
            discovered: None,
            outage: None,
            rate_limited: 0,
        }
    }

    /// What is worth a warning whatever is asked for.
    pub(super) fn warn_of_settings(&mut self, run: &Run, no_targets: bool) {
        if no_targets {
            let path = &run.settings.targets_path;
            self.warnings
                .push(format!("there is no target below `{path}`"));
        } else if run.settings.grants_path.is_none() {
            let warning =
                "GRANTS_PATH is not set: every target may name every owner, resource and secret";
            self.warnings.push(warning.to_owned());
        }
    }

    /// An outage of the control plane is one failure, and no target's.
    pub(super) fn wait_for_the_next_run(&mut self) {
        if self.outage.is_some() {
            let stopped =
                |target: &&mut TargetReport| target.outage && target.status == Status::Failed;
            for target in self.targets.iter_mut().filter(stopped) {
                target.status = Status::NotReached;
            }
        }
    }

    /// Counts and orders the targets.
    pub fn finish(&mut self) {
        self.targets
            .sort_unstable_by(|a, b| a.target.cmp(&b.target));
        let mut counts = Counts {
            targets: self.targets.len(),
            ..Counts::default()
        };
        for target in &self.targets {
            *match target.status {
                Status::Refused => &mut counts.refused,
                Status::Failed => &mut counts.failed,
                Status::NotReached => &mut counts.not_reached,
                Status::OnHold => &mut counts.on_hold,
                Status::Rotated => &mut counts.rotated,
                Status::Published => &mut counts.published,
                Status::Syncing => &mut counts.syncing,
                Status::Retired => &mut counts.retired,
                Status::Kept => &mut counts.kept,
            } += 1;
        }
        self.complete = counts.not_reached == 0;
        self.counts = counts;
    }

    /// As the answer of an invocation, below what Lambda answers at most.
    #[must_use]
    pub fn to_json(&self) -> Value {
        // Strings, numbers and lists: nothing that could fail.
        serde_json::to_value(&*self.that_fits()).unwrap_or_default()
    }

    /// One line a target and one for the whole: a single line of a large deployment would be cut.
    pub fn log(&self) {
        for target in &self.targets {
            tracing::info!(
                keywheel_target = target.target,
                status = target.status.name(),
                current = target.current,
                next_rotation_date = target.next_rotation_date,
                warnings = ?target.warnings,
                "target `{}` {}: {}",
                target.target,
                target.status.name(),
                target.summary
            );
        }
        if let Some(discovered) = &self.discovered {
            let counts = &discovered.counts;
            tracing::info!(
                counts = ?counts,
                "{} targets proposed of {} API keys and {} secrets",
                counts.proposals,
                counts.api_keys,
                counts.secrets
            );
        }
        tracing::info!(
            operation = self.operation,
            mode = self.mode,
            dry_run = self.dry_run,
            complete = self.complete,
            stopped_early = self.stopped_early,
            counts = ?self.counts,
            strays = ?self.strays,
            warnings = ?self.warnings,
            "{} of {} targets ended",
            self.operation,
            self.counts.targets
        );
    }

    /// Fails the invocation when the run could not do its work, or when a target failed: for a
    /// scheduled run, one that did not fail before. What only looks, and every dry run, answers as
    /// long as it could look at anything.
    ///
    /// # Errors
    /// [`RotationError::Outage`], or [`RotationError::Failures`] with one line a target.
    pub fn check(&self, request: &Request) -> Result<(), RotationError> {
        let waiting = self.counts.not_reached;
        if let Some(ended) = &self.outage
            && (!self.only_looked(request) || waiting == self.counts.targets)
        {
            return Err(RotationError::Outage {
                waiting,
                kind: confluent_kind(ended.kind),
                last: ended.last.clone(),
            });
        }
        let mut lines = self.failures(request.scheduled);
        if lines.is_empty() || self.only_looked(request) {
            return Ok(());
        }
        lines.extend(self.done());
        Err(RotationError::Failures {
            text: lines.join("\n"),
        })
    }

    fn only_looked(&self, request: &Request) -> bool {
        let planned_only = request.scheduled && self.mode == "plan";
        request.dry_run || request.operation.only_looks() || planned_only
    }

    /// One line for each target that was refused, failed or had no turn; for a scheduled run
    /// without those that are known to fail.
    fn failures(&self, scheduled: bool) -> Vec<String> {
        self.targets
            .iter()
            .filter(|target| match target.status {
                Status::Refused | Status::Failed => !(scheduled && target.failed_before),
                Status::NotReached => true,
                _ => false,
            })
            .map(TargetReport::line)
            .collect()
    }

    /// What was done all the same: whoever is told of a failure must not do that again.
    fn done(&self) -> Vec<String> {
        let done = |target: &&TargetReport| {
            let failed = matches!(target.status, Status::Refused | Status::Failed);
            !failed && target.actions.iter().any(|action| action.done)
        };
        let done = self.targets.iter().filter(done);
        let more = done.clone().count().saturating_sub(MOST_TOLD);
        let mut lines: Vec<_> = done.take(MOST_TOLD).map(TargetReport::line).collect();
        if more > 0 {
            lines.push(format!(
                "and {more} more targets were worked on: see the log"
            ));
        }
        lines
    }
}

impl TargetReport {
    fn line(&self) -> String {
        let status = self.status.name().replace('_', " ");
        format!("target `{}` {status}: {}", self.target, self.summary)
    }
}

/// RFC 3339, for optional fields.
pub(super) fn date(at: Option<OffsetDateTime>) -> Option<String> {
    at.map(rfc3339)
}
