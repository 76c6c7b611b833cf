//! One invocation: its clients, its deadline, and what is read only once in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use time::OffsetDateTime;
use tokio::{
    sync::{Mutex, OnceCell},
    time::Instant,
};

use crate::{
    client_config::ClientParameter,
    confluent::{ApiKey, ApiKeyId, Confluent, ConfluentError, Endpoints, OwnerId, Resource},
    event_bus::EventBus,
    ordered::ordered,
    parameters::{Parameters, ParametersError},
    secrets::Secrets,
    settings::Settings,
};

use super::{
    cloud_key::{CloudKey, Lost},
    error::RotationError,
    marker::{Deployment, Marker},
    observe::Key,
    quotas::KnownQuotas,
    starts::Starts,
    target::Target,
};

/// What failed once fails for every target that asks in this run: one hanging owner must not cost
/// each of its targets the time of all attempts.
type Cache<K, V> = Mutex<BTreeMap<K, Arc<OnceCell<Result<V, Arc<ConfluentError>>>>>>;

/// One invocation.
#[derive(Debug)]
pub struct Run {
    /// Secrets Manager.
    pub secrets: Secrets,
    /// Parameter Store.
    pub parameters: Parameters,
    /// Confluent's control plane, signed in with the Cloud API key of this invocation.
    pub confluent: Confluent,
    /// EventBridge, unless it is switched off.
    pub event_bus: Option<EventBus>,
    /// Where that key is from; `None` without a stored key.
    pub cloud_key: Option<CloudKey>,
    /// Whose keys are ours.
    pub deployment: Deployment,
    /// The settings.
    pub settings: Arc<Settings>,
    /// What was asked for: an operation, or a step of Secrets Manager's.
    pub operation: &'static str,
    /// The invocation's id.
    pub request_id: String,
    /// Nothing new begins after this.
    pub deadline: Instant,
    /// One listing an owner.
    pub(super) listings: Cache<OwnerId, Arc<[ApiKey]>>,
    /// One read a resource.
    pub(super) clusters: Cache<Resource, Endpoints>,
    /// One read a cluster, and one for all owners.
    pub(super) quotas: KnownQuotas,
    /// How rotations begin.
    pub(super) starts: Starts,
}

impl Run {
    /// The owner's keys of the target's resource, from the one listing of this run.
    ///
    /// # Errors
    /// [`ConfluentError`]: half a listing is none.
    pub async fn keys(&self, target: &Target) -> Result<Vec<Key>, RotationError> {
        let listed = self.list(&target.owner).await?;
        Ok(self.of_target(target, &listed))
    }

    /// Every key of an owner, from the one listing of this run.
    ///
    /// # Errors
    /// [`ConfluentError`].
    pub(super) async fn list(&self, owner: &OwnerId) -> Result<Arc<[ApiKey]>, Arc<ConfluentError>> {
        let list = async || Ok(Arc::from(self.confluent.list_api_keys(owner).await?));
        once(&self.listings, owner.clone(), list).await
    }

    /// The same from a new listing, for proofs.
    ///
    /// # Errors
    /// [`ConfluentError`].
    pub(super) async fn keys_now(&self, target: &Target) -> Result<Vec<Key>, RotationError> {
        let listed = self.confluent.list_api_keys(&target.owner).await?;
        Ok(self.of_target(target, &listed))
    }

    /// The key as it is now: it lives, and has the target's owner and resource.
    ///
    /// # Errors
    /// [`RotationError::Gone`], [`RotationError::Mismatch`], [`ConfluentError`].
    pub(super) async fn owned_key(
        &self,
        target: &Target,
        id: &ApiKeyId,
    ) -> Result<ApiKey, RotationError> {
        let key = self.confluent.get_api_key(id).await?;
        let key = key.ok_or_else(|| RotationError::Gone {
            api_key: id.clone(),
        })?;
        target.check_owns(&key)?;
        Ok(key)
    }

    fn of_target(&self, target: &Target, listed: &[ApiKey]) -> Vec<Key> {
        let own = listed.iter().filter(|key| target.owns(key));
        own.map(|key| {
            let marker = Marker::parse(&key.description);
            let is_ours = |marker: &Marker| marker.is_for(&self.deployment, &target.name);
            Key {
                of_another_target: marker
                    .as_ref()
                    .is_some_and(|marker| marker.is_of(&self.deployment) && !is_ours(marker)),
                marker: marker.filter(is_ours),
                api_key: key.clone(),
            }
        })
        .collect()
    }

    /// Every key in the listings of this run.
    pub(super) async fn listed(&self) -> Vec<ApiKey> {
        let listings = self.listings.lock().await;
        let listed = listings
            .values()
            .filter_map(|cell| cell.get()?.as_ref().ok());
        listed.flat_map(|listed| listed.iter().cloned()).collect()
    }

    /// Where a resource is reached, read once.
    ///
    /// # Errors
    /// [`ConfluentError`].
    pub async fn endpoints(&self, resource: &Resource) -> Result<Endpoints, Arc<ConfluentError>> {
        let read = || self.confluent.endpoints(resource);
        once(&self.clusters, resource.clone(), read).await
    }

    /// The client parameters of a target that are missing or differ.
    ///
    /// # Errors
    /// [`ParametersError`].
    pub(super) async fn differing_parameters(
        &self,
        target: &Target,
    ) -> Result<Vec<ClientParameter>, ParametersError> {
        let mut parameters = target.parameters.parameters.clone();
        let paths = parameters
            .iter()
            .filter_map(|parameter| Some(parameter.name.rsplit_once('/')?.0.to_owned()));
        let paths: BTreeSet<_> = ordered(paths);
        let mut present = BTreeMap::new();
        for path in paths {
            let found = self.parameters.list(&path).await?;
            present.extend(found.into_iter().map(|found| (found.name, found.value)));
        }
        parameters.retain(|parameter| present.get(&parameter.name) != Some(&parameter.value));
        Ok(parameters)
    }

    /// `SETTLE_SECONDS`, for dates.
    pub(super) fn settle(&self) -> time::Duration {
        let settle = self.settings.settle.try_into();
        settle.unwrap_or(time::Duration::MAX)
    }

    /// Whether the target keeps the key fresh that Keywheel itself signs in with.
    pub(super) fn is_own_key(&self, target: &Target) -> bool {
        self.cloud_key.as_ref().is_some_and(|key| key.is_of(target))
    }

    /// What is wrong with Keywheel's own key, when this is the target to mend it by.
    pub(super) fn lost(&self, target: &Target) -> Option<&Lost> {
        let lost = self.cloud_key.as_ref()?.lost.as_ref();
        lost.filter(|_| self.is_own_key(target))
    }

    /// A run that is signed in with `AWSPREVIOUS` mends its own target and no other.
    ///
    /// # Errors
    /// [`RotationError::OnlyMends`].
    pub(super) fn check_serves(&self, target: &Target) -> Result<(), RotationError> {
        if self.is_own_key(target) {
            return Ok(());
        }
        self.check_whole()
    }

    /// The same for what is no work on a target.
    ///
    /// # Errors
    /// [`RotationError::OnlyMends`].
    pub(super) fn check_whole(&self) -> Result<(), RotationError> {
        match &self.cloud_key {
            Some(CloudKey {
                secret,
                lost: Some(lost),
            }) => Err(RotationError::OnlyMends {
                secret: secret.clone(),
                why: lost.why.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses to begin anything near the deadline.
    ///
    /// # Errors
    /// [`RotationError::Deadline`].
    pub(super) fn check_deadline(&self) -> Result<(), RotationError> {
        if Instant::now() < self.deadline {
            Ok(())
        } else {
            Err(RotationError::Deadline)
        }
    }

    /// One line of the audit trail: something in the world is no longer what it was.
    pub(super) fn changed(&self, target: &Target, change: &Change<'_>) {
        self.changed_of(target.name.as_str(), change);
    }

    /// The same for what may belong to no target.
    pub(super) fn changed_of(&self, target: &str, change: &Change<'_>) {
        let Change {
            what,
            api_key,
            subject,
            before,
            after,
            reason,
            proof,
            service_request_ids,
        } = change;
        tracing::info!(
            target: "shared::audit",
            change = what,
            operation = self.operation,
            keywheel_target = target,
            api_key,
            subject,
            before,
            after,
            reason,
            proof,
            service_request_ids = service_request_ids.join(" "),
            request_id = %self.request_id,
            at = %super::marker::rfc3339(OffsetDateTime::now_utc()),
            "{what} `{subject}` of target `{target}`: {reason}",
        );
    }
}

/// A change in the world, for the audit trail. Names and ids only.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Change<'a> {
    /// What was done: `created an API key`.
    pub what: &'static str,
    /// The key it is about.
    pub api_key: &'a str,
    /// The secret, parameter or key that changed.
    pub subject: &'a str,
    /// What it was, where that can be said in a word.
    pub before: &'a str,
    /// What it is now.
    pub after: &'a str,
    /// Why.
    pub reason: &'a str,
    /// What makes it safe, where it needs that.
    pub proof: &'a str,
    /// What the services called the requests that did it.
    pub service_request_ids: &'a [&'a str],
}

async fn once<K: Ord, V: Clone, F>(
    cache: &Cache<K, V>,
    key: K,
    ask: impl FnOnce() -> F,
) -> Result<V, Arc<ConfluentError>>
where
    F: Future<Output = Result<V, ConfluentError>>,
{
    let cell = Arc::clone(cache.lock().await.entry(key).or_default());
    let asked = cell.get_or_init(async || ask().await.map_err(Arc::new));
    asked.await.clone()
}
