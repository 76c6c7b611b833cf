//! Work: carries out a target's plan. It decides nothing; what it cannot do it reports.

mod pending;

use crate::{
    client_config::ClientParameter,
    confluent::{ApiKeyId, ErrorKind},
};

use self::pending::Unpublished;

use super::{
    adopt::adopt,
    copies,
    error::RotationError,
    labels::take_off_pending,
    observe::{Observation, observe},
    plan::{Action, Plan, Planned, Task, Wish, plan},
    publish::{self, Published},
    release,
    report::ActionReport,
    retire::{orphan, retire},
    revoke,
    rollback::roll_back,
    run::{Change, Run},
    target::Target,
};

/// What came of a plan.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) actions: Vec<ActionReport>,
    pub(super) warnings: Vec<String>,
    /// The key that this run published.
    pub(super) published: Option<ApiKeyId>,
    /// The key that this run published was made in it.
    pub(super) rotated: bool,
    /// The key that does not sign in everywhere yet.
    pub(super) syncing: Option<ApiKeyId>,
    /// What a later turn of the same run goes on with.
    unpublished: Option<Unpublished>,
    /// Keys that this run deleted.
    pub(super) deleted: Vec<ApiKeyId>,
    pub(super) retired: bool,
    /// The first thing that did not work.
    pub(super) error: Option<RotationError>,
}

/// Carries out a plan. After a `revoke` and after a `restore` the target is observed and planned
/// anew, for the rest depends on which key is current then.
pub(super) async fn work(
    run: &Run,
    target: &Target,
    wish: &Wish,
    mut seen: Observation,
    mut todo: Plan,
) -> (Observation, Plan, Outcome) {
    let mut outcome = Outcome::default();
    let is_revoke = |planned: &Planned| matches!(planned.action, Action::Revoke { .. });
    let is_restore = |planned: &Planned| matches!(planned.action, Action::Restore { .. });
    for comes_first in [is_revoke, is_restore] {
        let first: Vec<_> = todo
            .actions
            .extract_if(.., |planned| comes_first(planned))
            .collect();
        if first.is_empty() || outcome.error.is_some() {
            continue;
        }
        for planned in &first {
            outcome.carry_out(run, target, &seen, planned).await;
        }
        if outcome.error.is_none() {
            match observe(run, target, false).await {
                Ok(again) => {
                    let mut planned = plan(target, &again, wish);
                    planned.actions.retain(|planned| !is_revoke(planned));
                    if wish.task == Task::Sweep {
                        planned.actions.retain(is_uncapped);
                    }
                    if todo.repairs_only {
                        planned.only_repairs(&again);
                    }
                    (seen, todo) = (again, planned);
                }
                Err(error) => outcome.error = Some(error),
            }
        }
    }
    let actions = std::mem::take(&mut todo.actions);
    for planned in &actions {
        let needs_success = !matches!(
            planned.action,
            Action::Orphan { .. } | Action::PutParameter { .. }
        );
        // A marker stays on what is half published.
        let waits = outcome.syncing.is_some() && matches!(planned.action, Action::Strip { .. });
        if waits || outcome.error.is_some() && needs_success {
            outcome
                .actions
                .push(ActionReport::new(&planned.action, &planned.reason));
            continue;
        }
        outcome.carry_out(run, target, &seen, planned).await;
    }
    todo.actions = actions;
    (seen, todo, outcome)
}

/// What the caps of a sweep count was counted before: it waits for the next one.
fn is_uncapped(planned: &Planned) -> bool {
    !matches!(
        planned.action,
        Action::Rotate { forced: false } | Action::Retire { .. }
    )
}

impl Outcome {
    /// Nothing was done: the actions as they were planned.
    pub(super) fn planned(plan: &Plan) -> Self {
        let actions = plan.actions.iter();
        Self {
            actions: actions
                .map(|planned| ActionReport::new(&planned.action, &planned.reason))
                .collect(),
            ..Self::default()
        }
    }

    async fn carry_out(
        &mut self,
        run: &Run,
        target: &Target,
        seen: &Observation,
        planned: &Planned,
    ) {
        let mut report = ActionReport::new(&planned.action, &planned.reason);
        let done = match run.check_deadline() {
            Ok(()) => self.act(run, target, seen, planned, &mut report).await,
            Err(error) => Err(error),
        };
        self.judge(done, &mut report);
        self.actions.push(report);
    }

    fn judge(&mut self, done: Result<(), RotationError>, report: &mut ActionReport) {
        match done {
            Ok(()) => report.done = true,
            Err(RotationError::NotInSync { api_key, .. }) => self.syncing = Some(api_key),
            Err(RotationError::StoppedEarly) => {
                self.warnings.push(RotationError::StoppedEarly.to_string());
            }
            // A key goes in a run that is not signed in with it.
            Err(RotationError::Confluent(error)) if error.kind() == ErrorKind::OwnKey => {
                self.warnings.push(error.to_string());
            }
            Err(RotationError::Unsettled { secret, .. }) => self.warnings.push(format!(
                "{} waits: secret `{secret}` changed a moment ago",
                report.action
            )),
            Err(error) if self.error.is_none() => self.error = Some(error),
            Err(error) => self.warnings.push(super::error::chain(&error)),
        }
    }

    async fn act(
        &mut self,
        run: &Run,
        target: &Target,
        seen: &Observation,
        planned: &Planned,
        report: &mut ActionReport,
    ) -> Result<(), RotationError> {
        let reason = &planned.reason;
        match &planned.action {
            Action::Already { .. } => Ok(()),
            Action::Restore { version, api_key } => {
                publish::restore(run, target, seen, version, api_key).await
            }
            Action::Discard { version, .. } => {
                take_off_pending(run, target, &seen.primary, version, reason).await
            }
            Action::Rewrite { copy, .. } => {
                let endpoints = seen.reached(target)?;
                copies::rewrite(run, target, seen, &target.copies[*copy], endpoints).await
            }
            Action::Renote { api_key } => match seen.key(api_key) {
                Some(key) => publish::renote(run, target, key).await,
                None => Ok(()),
            },
            Action::Resume { version, .. } => self.resume(run, target, seen, version).await,
            Action::Bootstrap => self.rotate(run, target, seen, true, reason, report).await,
            Action::Rotate { forced } => {
                self.rotate(run, target, seen, *forced, reason, report)
                    .await
            }
            Action::Retire { api_key } => {
                let proof = Published::confirm(run, target, seen).await;
                let proof = proof.ok_or_else(|| RotationError::SuccessorUnproved {
                    api_key: api_key.clone(),
                })?;
                retire(run, target, api_key, reason, &proof).await?;
                self.retired = true;
                self.deleted.push(api_key.clone());
                Ok(())
            }
            Action::Orphan { api_key } => {
                orphan(run, target, api_key, reason).await?;
                self.deleted.push(api_key.clone());
                Ok(())
            }
            Action::Rollback { version, api_key } => {
                roll_back(run, target, seen, version, api_key).await?;
                self.published = Some(api_key.clone());
                Ok(())
            }
            Action::Adopt { api_key, version } => adopt(run, target, seen, api_key, version).await,
            Action::DropPending { version, api_key } => {
                release::drop_pending(run, target, &seen.primary, version, api_key).await?;
                self.deleted.push(api_key.clone());
                Ok(())
            }
            Action::Strip { api_key } => match seen.key(api_key) {
                Some(key) => release::strip(run, target, key).await,
                None => Ok(()),
            },
            Action::Revoke { api_key } => {
                let revoked = revoke::finish(run, target, api_key, revoke::Haste::Later).await?;
                if revoked.successor.is_some() {
                    self.published = revoked.successor;
                    self.rotated = true;
                }
                self.deleted.push(api_key.clone());
                Ok(())
            }
            Action::PutParameter { index, .. } => {
                let all = seen.parameters.as_ref().ok();
                match all.and_then(|all| all.get(*index)) {
                    Some(parameter) => put_parameter(run, target, parameter, reason).await,
                    None => Ok(()),
                }
            }
        }
    }
}

pub(super) async fn put_parameter(
    run: &Run,
    target: &Target,
    parameter: &ClientParameter,
    reason: &str,
) -> Result<(), RotationError> {
    let request_id = run
        .parameters
        .put(&parameter.name, &parameter.value, &parameter.description)
        .await?;
    run.changed(
        target,
        &Change {
            what: "put parameter",
            subject: &parameter.name,
            reason,
            service_request_ids: &[&request_id],
            ..Change::default()
        },
    );
    Ok(())
}
