//! A pending version: made, proved and published, in one turn of its target or in several.

use tokio::time::Instant;

use crate::{
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

/// A pending version whose key is to be published.
#[derive(Debug)]
struct Pending {
    version: VersionId,
    /// Made in this run.
    made: bool,
    /// The place of its action among those of the target.
    action: usize,
}

/// One whose key did not sign in.
#[derive(Debug)]
pub(super) struct Unpublished {
    pending: Pending,
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
        let pending = Pending {
            version: held.version,
            made: true,
            action: self.actions.len(),
        };
        self.publish(run, target, seen, pending).await
    }

    /// Goes on with a version that was pending before.
    pub(super) async fn resume(
        &mut self,
        run: &Run,
        target: &Target,
        seen: &Observation,
        version: &str,
    ) -> Result<(), RotationError> {
        let pending = Pending {
            version: version.to_owned(),
            made: false,
            action: self.actions.len(),
        };
        self.publish(run, target, seen, pending).await
    }

    async fn publish(
        &mut self,
        run: &Run,
        target: &Target,
        seen: &Observation,
        pending: Pending,
    ) -> Result<(), RotationError> {
        let published = prove_and_publish(run, target, seen, &pending.version).await;
        match &published {
            Ok(published) => {
                self.warnings.extend_from_slice(published.warnings());
                self.published = Some(published.key().clone());
                self.rotated |= pending.made;
                self.syncing = None;
            }
            Err(RotationError::NotInSync { .. }) => {
                let tried = Instant::now();
                self.unpublished = Some(Unpublished { pending, tried });
            }
            Err(_) if pending.made => run.starts.failed(),
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
        let Some(Unpublished { pending, tried }) = self.unpublished.take() else {
            return;
        };
        let next_round = tried + run.settings.probe_round_gap;
        if next_round >= run.deadline {
            return;
        }
        tokio::time::sleep_until(next_round).await;
        let place = pending.action;
        let done = self.publish(run, target, seen, pending).await;
        let mut report = self.actions.remove(place);
        self.judge(done, &mut report);
        self.actions.insert(place, report);
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
