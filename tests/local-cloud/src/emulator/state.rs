//! What exists at Confluent Cloud at one moment: plain values, no rule of any interface.

use std::sync::Arc;

use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::secret;

/// One organization and all that is in it. Nothing is ever removed from `api_keys`: a deleted key stays as such.
#[derive(Clone)]
pub(super) struct World {
    pub(super) organization: String,
    pub(super) environments: Vec<Environment>,
    pub(super) clusters: Vec<Cluster>,
    pub(super) service_accounts: Vec<ServiceAccount>,
    /// Shared with the worlds of the past, of which there is one a change.
    pub(super) api_keys: Vec<Arc<ApiKey>>,
    /// Id of the Cloud API key that the local cloud hands to the functions.
    pub(super) cloud_api_key: String,
    /// Objects made so far.
    pub(super) made: u64,
}

/// What every object has. `number` orders objects by their making and is the cursor of listings.
#[derive(Clone)]
pub(super) struct Meta {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) created_at: OffsetDateTime,
    pub(super) updated_at: OffsetDateTime,
}

#[derive(Clone)]
pub(super) struct Environment {
    pub(super) meta: Meta,
    pub(super) display_name: String,
}

#[derive(Clone)]
pub(super) struct Cluster {
    pub(super) meta: Meta,
    pub(super) environment: String,
    pub(super) display_name: String,
    pub(super) endpoints: Endpoints,
    /// Under these ids a Kafka cluster lists its endpoints.
    pub(super) access_points: Vec<String>,
    /// `PROVISIONING` (without endpoints), `PROVISIONED` or `FAILED`.
    pub(super) phase: String,
    pub(super) max_api_keys: Option<u32>,
}

/// Addresses of a cluster, which also say its kind.
#[derive(Clone)]
pub(super) enum Endpoints {
    /// `bootstrap` is host:port.
    Kafka {
        bootstrap: String,
        rest: String,
    },
    SchemaRegistry {
        http: String,
    },
}

#[derive(Clone)]
pub(super) struct ServiceAccount {
    pub(super) meta: Meta,
    pub(super) display_name: String,
    pub(super) description: String,
    /// Whether its keys may do anything after they signed in.
    pub(super) acls: bool,
    /// Of keys for clusters.
    pub(super) max_api_keys: Option<u32>,
}

#[derive(Clone)]
pub(super) struct ApiKey {
    pub(super) meta: Meta,
    pub(super) secret: String,
    /// None: one of Confluent's own.
    pub(super) owner: Option<String>,
    /// The id of a cluster, or `cloud`.
    pub(super) resource: String,
    pub(super) display_name: String,
    pub(super) description: String,
    /// Before this moment every gateway refuses it.
    pub(super) in_sync_at: OffsetDateTime,
    /// How often each gateway refuses it once more afterwards, in turn with accepting it.
    pub(super) flapping: u32,
    pub(super) deleted: Option<Deletion>,
    /// A key that is not visible is in no listing and cannot be read, as one without the right to see it.
    pub(super) visible: bool,
}

/// A deleted key goes on working until `works_until`.
#[derive(Clone)]
pub(super) struct Deletion {
    pub(super) works_until: OffsetDateTime,
}

impl World {
    /// The next object's number and times; `id` none makes one with `prefix`.
    pub(super) fn next(&mut self, id: Option<String>, prefix: &str, now: OffsetDateTime) -> Meta {
        self.made += 1;
        Meta {
            number: self.made,
            id: id.unwrap_or_else(|| secret::id(prefix)),
            created_at: now,
            updated_at: now,
        }
    }

    pub(super) fn environment(&self, id: &str) -> Option<&Environment> {
        self.environments
            .iter()
            .find(|environment| environment.meta.is(id))
    }

    pub(super) fn cluster(&self, id: &str) -> Option<&Cluster> {
        self.clusters.iter().find(|cluster| cluster.meta.is(id))
    }

    pub(super) fn service_account(&self, id: &str) -> Option<&ServiceAccount> {
        self.service_accounts
            .iter()
            .find(|account| account.meta.is(id))
    }

    pub(super) fn api_key(&self, id: &str) -> Option<&ApiKey> {
        self.api_keys
            .iter()
            .map(AsRef::as_ref)
            .find(|key| key.meta.is(id))
    }

    /// Of any object.
    pub(super) fn meta(&self, id: &str) -> Option<&Meta> {
        let environments = self.environments.iter().map(|it| &it.meta);
        let clusters = self.clusters.iter().map(|it| &it.meta);
        let accounts = self.service_accounts.iter().map(|it| &it.meta);
        let keys = self.api_keys.iter().map(|it| &it.meta);
        environments
            .chain(clusters)
            .chain(accounts)
            .chain(keys)
            .find(|meta| meta.is(id))
    }

    /// The canonical form of an owner that exists: a service account, or a user who already owns a key.
    pub(super) fn owner(&self, id: &str) -> Option<String> {
        if let Some(account) = self.service_account(id) {
            return Some(account.meta.id.clone());
        }
        let owners = self.api_keys.iter().filter_map(|key| key.owner.as_deref());
        owners
            .filter(|owner| owner.starts_with("u-"))
            .find(|owner| owner.eq_ignore_ascii_case(id))
            .map(str::to_owned)
    }

    pub(super) fn live_keys(&self) -> impl Iterator<Item = &ApiKey> {
        self.api_keys
            .iter()
            .map(AsRef::as_ref)
            .filter(|key| key.deleted.is_none())
    }

    /// Deletes the live keys that `which` names.
    pub(super) fn delete_api_keys(
        &mut self,
        works_until: OffsetDateTime,
        which: impl Fn(&ApiKey) -> bool,
    ) {
        let live = self.api_keys.iter_mut().filter(|key| key.deleted.is_none());
        for key in live.filter(|key| which(key)) {
            Arc::make_mut(key).deleted = Some(Deletion { works_until });
        }
    }

    /// Deletes a service account and its keys.
    pub(super) fn delete_service_account(&mut self, id: &str, works_until: OffsetDateTime) {
        self.service_accounts.retain(|account| !account.meta.is(id));
        self.delete_api_keys(works_until, |key| {
            key.owner
                .as_deref()
                .is_some_and(|owner| owner.eq_ignore_ascii_case(id))
        });
    }

    /// Deletes a cluster and its keys.
    pub(super) fn delete_cluster(&mut self, id: &str, works_until: OffsetDateTime) {
        self.clusters.retain(|cluster| !cluster.meta.is(id));
        self.delete_api_keys(works_until, |key| key.resource.eq_ignore_ascii_case(id));
    }

    /// Deletes an environment and its clusters.
    pub(super) fn delete_environment(&mut self, id: &str, works_until: OffsetDateTime) {
        self.environments
            .retain(|environment| !environment.meta.is(id));
        let within = self
            .clusters
            .iter()
            .filter(|cluster| cluster.environment.eq_ignore_ascii_case(id));
        for cluster in within
            .map(|cluster| cluster.meta.id.clone())
            .collect::<Vec<_>>()
        {
            self.delete_cluster(&cluster, works_until);
        }
    }
}

impl Meta {
    /// Whether `id` names this object; ids are compared without case, as Confluent Cloud does.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id.eq_ignore_ascii_case(id)
    }
}

impl Endpoints {
    /// `kafka` or `schema_registry`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Kafka { .. } => "kafka",
            Self::SchemaRegistry { .. } => "schema_registry",
        }
    }
}

impl ApiKey {
    /// `syncing`, `live` or `deleted`, whatever a gateway may still say.
    pub(super) fn state(&self, now: OffsetDateTime) -> &'static str {
        match self.deleted {
            Some(_) => "deleted",
            None if now < self.in_sync_at => "syncing",
            None => "live",
        }
    }

    /// Whether a gateway of `resource` that is up to date lets this key in with `secret`.
    pub(super) fn opens(&self, resource: &str, secret: &str, now: OffsetDateTime) -> bool {
        let alive = self
            .deleted
            .as_ref()
            .is_none_or(|deletion| now < deletion.works_until);
        self.secret == secret
            && self.resource.eq_ignore_ascii_case(resource)
            && alive
            && now >= self.in_sync_at
    }
}

/// The present moment, exact to the microsecond, as Confluent Cloud writes times.
pub(super) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now - Duration::nanoseconds(i64::from(now.nanosecond() % 1_000))
}

/// RFC 3339 in UTC, as in `2022-03-23T06:16:59.527572Z`.
pub(super) fn rfc_3339(time: OffsetDateTime) -> String {
    // Only a year beyond 9999 has no such form.
    time.format(&Rfc3339).unwrap_or_default()
}
