//! Quotas, read once a run and counted on from there: a thousand rotations ask once a cluster.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex as Blocking, MutexGuard, PoisonError},
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
}

/// An answer, and what was begun before it.
#[derive(Debug)]
struct Known {
    quotas: Quotas,
    begun: Begun,
}

impl KnownQuotas {
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
    /// The quota that `new` more keys of the target count against, with those that this run made since
    /// it was read. One that seems used up is read again. The caller goes on to make a key, or fails.
    ///
    /// # Errors
    /// [`ConfluentError`](crate::confluent::ConfluentError).
    pub(super) async fn quota(
        &self,
        target: &Target,
        new: u32,
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
        if let Some(read) = &*place {
            let mut quota = read.quotas.of(&target.owner, &target.resource);
            if let Some(Quota {
                usage: Some(usage), ..
            }) = &mut quota
            {
                let now = known.begun().get(counted).copied().unwrap_or(0);
                let then = read.begun.get(counted).copied().unwrap_or(0);
                *usage = usage.saturating_add(now.saturating_sub(then));
            }
            if quota.as_ref().is_none_or(|quota| has_room(quota, new)) {
                known.begin(target);
                return Ok(quota);
            }
        }
        let begun = known.begun().clone();
        let quotas = self.confluent.api_key_quotas(&target.resource).await?;
        let quota = quotas.of(&target.owner, &target.resource);
        *place = Some(Known { quotas, begun });
        known.begin(target);
        Ok(quota)
    }
}

/// Whether `new` more keys fit. What is not told is not in the way: Confluent itself refuses then.
pub(super) fn has_room(quota: &Quota, new: u32) -> bool {
    quota.usage.unwrap_or(0).saturating_add(new) <= quota.limit
}
