//! A pending version: made, proved and published, in one turn of its target or in several.

use tokio::time::Instant;

use crate::{
    confluent::ApiKeyId,
    rotation::{
        create::{Creation, create, sweep_token},
        error::RotationError,
        observe::Observation,
        publish::{Published, publish},
        report::ActionReport,
        run::Run,
        sync::{Patience, sync},
        target::Target,
    },
    secrets::VersionId,
};

use super::Outcome;

/// A pending version whose key did not sign in when it was tried.
#[derive(Debug)]
pub(super) struct Unpublished {
    version: VersionId,
    /// Made in this run.
    made: bool,
    tried: Instant,
}

impl Outcome {
    /// Makes a key and publishes it, if it signs in at once.
    pub(super) async fn rotate(
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
    pub(super) async fn publish(
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

    /// Whether a later turn could publish what did not sign in yet.
    pub(in crate::rotation) fn may_come_back(&self) -> bool {
        self.unpublished.is_some() && self.error.is_none()
    }

    /// Tries once more, another round after the last one, to publish what did not sign in yet.
    pub(in crate::rotation) async fn come_back(
        &mut self,
        run: &Run,
        target: &Target,
        seen: &Observation,
    ) {
        let Some(unpublished) = self.unpublished.take() else {
            return;
        };
        let Some(nth) = self.actions.iter().position(|action| {
            let api_key = self.syncing.as_ref().map(ApiKeyId::as_ref);
            !action.done && api_key.is_some() && action.api_key.as_deref() == api_key
        }) else {
            return;
        };
        let next_round = unpublished.tried + run.settings.probe_round_gap;
        if next_round >= run.deadline {
            return;
        }
        tokio::time::sleep_until(next_round).await;
        let Unpublished { version, made, .. } = unpublished;
        let done = self.publish(run, target, seen, &version, made).await;
        let mut report = self.actions.remove(nth);
        self.judge(done, &mut report);
        self.actions.insert(nth, report);
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
