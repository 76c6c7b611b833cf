//! Quotas, read once a run and counted on from there: a thousand rotations ask once a cluster.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex as Blocking, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::sync::Mutex;

use crate::confluent::{Quota, Quotas, ResourceKind};

use super::{error::RotationError, run::Run, target::Target};

/// So many keys were begun in this run, by the id of owner or resource.
type Begun = BTreeMap<String, u32>;

/// What a run knows of quotas.
#[derive(Debug, Default)]
pub(super) struct KnownQuotas {
    /// By what one answer is about.
    read: Mutex<BTreeMap<String, Arc<Mutex<Option<Known>>>>>,
    begun: Blocking<Begun>,
    deletions: AtomicU32,
}

/// An answer, and what there was before it.
#[derive(Debug)]
struct Known {
    quotas: Quotas,
    begun: Begun,
    deletions: u32,
}

impl KnownQuotas {
    /// A key was deleted: there may be room now where there was none.
    pub(super) fn deleted(&self) {
        self.deletions.fetch_add(1, Ordering::Relaxed);
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        // Plain counts: a panic elsewhere leaves nothing half done.
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more key is about to be made.
    fn begin(&self, target: &Target) {
        let mut begun = self.begun();
        for id in [target.owner.as_str(), target.resource.id.as_str()] {
            *begun.entry(id.to_owned()).or_default() += 1;
        }
    }
}

impl Run {
    /// The quota that a new key of the target counts against, with those that this run began to make since it
    /// was read. It is read again after a deletion. Where there is room the caller makes the key.
    ///
    /// # Errors
    /// [`ConfluentError`](crate::confluent::ConfluentError).
    pub(super) async fn quota(&self, target: &Target) -> Result<Option<Quota>, RotationError> {
        self.known_quota(target, true).await
    }

    /// The same for who only looks.
    ///
    /// # Errors
    /// [`ConfluentError`](crate::confluent::ConfluentError).
    pub(super) async fn quota_as_it_is(
        &self,
        target: &Target,
    ) -> Result<Option<Quota>, RotationError> {
        self.known_quota(target, false).await
    }

    async fn known_quota(
        &self,
        target: &Target,
        makes: bool,
    ) -> Result<Option<Quota>, RotationError> {
        let known = &self.quotas;
        // An owner's quotas come all in one answer, whichever is asked for.
        let (about, counted) = match target.resource.kind() {
            ResourceKind::Kafka => (target.resource.id.as_str(), target.resource.id.as_str()),
            ResourceKind::SchemaRegistry => ("owners", target.owner.as_str()),
            ResourceKind::Cloud => ("owners of cloud", target.owner.as_str()),
        };
        let place = Arc::clone(known.read.lock().await.entry(about.to_owned()).or_default());
        // Whoever comes meanwhile waits for this answer.
        let mut place = place.lock().await;
        let deletions = known.deletions.load(Ordering::Relaxed);
        if place
            .as_ref()
            .is_none_or(|read| read.deletions != deletions)
        {
            let begun = known.begun().clone();
            let quotas = self.confluent.api_key_quotas(&target.resource).await?;
            *place = Some(Known {
                quotas,
                begun,
                deletions,
            });
        }
        let Some(read) = &*place else { return Ok(None) };
        let mut quota = read.quotas.of(&target.owner, &target.resource);
        if let Some(usage) = quota.as_mut().and_then(|quota| quota.usage.as_mut()) {
            let now = known.begun().get(counted).copied().unwrap_or(0);
            let then = read.begun.get(counted).copied().unwrap_or(0);
            *usage = usage.saturating_add(now.saturating_sub(then));
        }
        let is_full = |quota: &Quota| quota.usage.is_some_and(|usage| usage >= quota.limit);
        if makes && !quota.as_ref().is_some_and(is_full) {
            known.begin(target);
        }
        Ok(quota)
    }
}
