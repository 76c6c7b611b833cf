//! What a move of a label must still find: the primary, re-read directly before.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    confluent::ApiKeyId,
    secrets::{AWSCURRENT, AWSPENDING},
};

use super::{error::RotationError, run::Run, target::Target, version::SecretState};

/// A read that took too long to be believed is repeated this often.
const ATTEMPTS: usize = 3;

/// What a move must still find on the primary.
pub(super) struct Guard<'a> {
    pub(super) run: &'a Run,
    pub(super) target: &'a Target,
    pub(super) arn: &'a str,
    /// Where `AWSCURRENT` was read.
    pub(super) current: &'a str,
    /// In a publish: the version that must still be `AWSPENDING`.
    pub(super) pending: Option<&'a str>,
    pub(super) api_key: &'a ApiKeyId,
}

impl<'a> Guard<'a> {
    /// The guard of a move that belongs to no pending version; `None` where nothing is current.
    pub(super) fn of_current(
        run: &'a Run,
        target: &'a Target,
        primary: &'a SecretState,
        api_key: &'a ApiKeyId,
    ) -> Option<Self> {
        Some(Self {
            run,
            target,
            arn: &primary.description.arn,
            current: &primary.current.as_ref()?.version,
            pending: None,
            api_key,
        })
    }

    /// Reads the primary; the answer holds for a sixth of `SETTLE_SECONDS`.
    pub(super) async fn check(&self) -> Result<(), RotationError> {
        for _ in 0..ATTEMPTS {
            let asked = Instant::now();
            let primary = self.run.secrets.describe(self.arn).await?;
            let unmoved = primary.is_staged(self.current, AWSCURRENT)
                && self
                    .pending
                    .is_none_or(|version| primary.is_staged(version, AWSPENDING));
            if !unmoved {
                return Err(RotationError::Moved {
                    secret: self.target.secret.name.clone(),
                    api_key: self.api_key.clone(),
                });
            }
            if asked.elapsed() <= self.run.settings.settle / 6 {
                return Ok(());
            }
        }
        Err(RotationError::SlowReads {
            secret: self.target.secret.name.clone(),
            settle: self.run.settings.settle.as_secs(),
        })
    }

    /// A move is given up after this.
    pub(super) fn within(&self) -> Duration {
        self.run.settings.settle / 3
    }
}
