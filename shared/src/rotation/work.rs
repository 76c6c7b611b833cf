//! Work: carries out a target's plan. It decides nothing; what it cannot do it reports.

use tokio::time::Instant;

use crate::{
    client_config::ClientParameter,
    confluent::{ApiKeyId, ErrorKind},
    secrets::VersionId,
};

use super::{
    adopt::adopt,
    copies,
    create::{Creation, create, sweep_token},
    error::RotationError,
    labels::take_off_pending,
    observe::{Observation, observe},
    plan::{Action, Plan, Planned, Wish, plan},
    publish::{self, Published, publish},
    release,
    report::ActionReport,
    retire::{orphan, retire},
    revoke,
    rollback::roll_back,
    run::{Change, Run},
    sync::{Patience, sync},
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

/// A pending version whose key did not sign in when it was tried.
#[derive(Debug)]
struct Unpublished {
    version: VersionId,
    /// Made in this run.
    made: bool,
    tried: Instant,
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
                    if todo.repairs_only {
                        planned.only_repairs();
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
        if outcome.error.is_some() && needs_success {
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

    /// Whether a later turn could publish what did not sign in yet.
    pub(super) fn may_come_back(&self) -> bool {
        self.unpublished.is_some() && self.error.is_none()
    }

    /// Tries once more, another round after the last one, to publish what did not sign in yet.
    pub(super) async fn come_back(&mut self, run: &Run, target: &Target, seen: &Observation) {
        let Some(unpublished) = self.unpublished.take() else {
            return;
        };
        let Some(nth) = self.actions.iter().position(|action| {
            let api_key = self.syncing.as_ref().map(ApiKeyId::as_ref);
            !action.done && api_key.is_some() && action.api_key.as_deref() == api_key
        }) else {
            return;
        };
        tokio::time::sleep_until(unpublished.tried + run.settings.probe_round_gap).await;
        if run.check_deadline().is_err() {
            return;
        }
        let Unpublished { version, made, .. } = unpublished;
        let done = self.publish(run, target, seen, &version, made).await;
        let mut report = self.actions.remove(nth);
        self.judge(done, &mut report);
        self.actions.insert(nth, report);
    }

    fn judge(&mut self, done: Result<(), RotationError>, report: &mut ActionReport) {
        match done {
            Ok(()) => report.done = true,
            Err(RotationError::NotInSync { api_key, .. }) => {
                report.api_key = Some(api_key.to_string());
                self.syncing = Some(api_key);
            }
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
            Action::Resume { version, .. } => self.publish(run, target, seen, version, false).await,
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

    async fn rotate(
        &mut self,
        run: &Run,
        target: &Target,
        seen: &Observation,
        forced: bool,
        reason: &str,
        report: &mut ActionReport,
    ) -> Result<(), RotationError> {
        let turn = match forced {
            true => None,
            false => Some(run.starts.turn().await?),
        };
        let token = sweep_token(run, target, &seen.primary.description.arn).await?;
        let creation = Creation {
            target,
            endpoints: seen.reached(target)?,
            keys: &seen.keys,
            token: &token,
            rotation_token: None,
            forced,
            follows_pending: true,
            reason,
        };
        let held = create(run, &creation).await?;
        if turn.is_some() {
            run.starts.succeeded();
        }
        drop(turn);
        report.api_key = held.key().map(|key| key.id.to_string());
        self.publish(run, target, seen, &held.version, true).await
    }

    /// Publishes a pending version; `made` in this run.
    async fn publish(
        &mut self,
        run: &Run,
        target: &Target,
        seen: &Observation,
        version: &str,
        made: bool,
    ) -> Result<(), RotationError> {
        let published = prove_and_publish(run, target, seen, version).await;
        match &published {
            Ok(published) => {
                self.warnings.extend_from_slice(published.warnings());
                self.published = Some(published.key().clone());
                self.rotated |= made;
                self.syncing = None;
            }
            Err(RotationError::NotInSync { .. }) => {
                self.unpublished = Some(Unpublished {
                    version: version.to_owned(),
                    made,
                    tried: Instant::now(),
                });
            }
            Err(_) if made => run.starts.failed(),
            Err(_) => {}
        }
        published.map(drop)
    }
}

async fn prove_and_publish(
    run: &Run,
    target: &Target,
    seen: &Observation,
    version: &str,
) -> Result<Published, RotationError> {
    let endpoints = seen.reached(target)?;
    let primary = &seen.primary;
    let synced = sync(run, target, endpoints, primary, version, Patience::Once).await?;
    publish(run, target, endpoints, synced).await
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
