//! Service quotas: `/service-quota/v1/applied-quotas`, and what becomes of a key that is one too many.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    answer::Answer,
    call::Call,
    errors::Refusal,
    paging, references,
    state::{Cluster, Endpoints, ServiceAccount, World},
};

const PATH: &str = "/service-quota/v1/applied-quotas";

// Confluent's defaults, as its service quotas page of August 2026 gives them, for a Standard cluster.
const KEYS_PER_KAFKA_CLUSTER: u32 = 250;
const CLOUD_KEYS_PER_ORGANIZATION: u32 = 3000;
const CLOUD_KEYS_PER_SERVICE_ACCOUNT: u32 = 100;
const CLUSTER_KEYS_PER_SERVICE_ACCOUNT: u32 = 100;

/// Whose keys a quota counts.
#[derive(Clone, Copy)]
enum Scope<'w> {
    Organization,
    KafkaCluster(&'w Cluster),
    ServiceAccount(&'w ServiceAccount),
}

/// One quota as it applies to one cluster, service account or to the organization.
struct Quota<'w> {
    id: &'static str,
    display_name: &'static str,
    scope: Scope<'w>,
    default: u32,
    applied: u32,
    used: usize,
}

pub(super) fn list(world: &World, call: &Call<'_>) -> Result<Answer, Refusal> {
    let filters = [
        "environment",
        "network",
        "kafka_cluster",
        "identity_provider",
        "certificate_authority",
        "id",
    ];
    call.query.allow(
        &[&["scope", "page_size", "page_token"][..], &filters].concat(),
        &[],
    )?;
    let scope = call.query.required("scope")?;
    let rows = all(world)
        .into_iter()
        .zip(1..)
        .filter(|(quota, _)| quota.is_shown(scope, call));
    let rows = rows
        .map(|(quota, number)| (number, quota.json(world, call)))
        .collect();
    paging::list(call, ("service-quota/v1", "AppliedQuotaList"), rows, 200)
}

/// Refuses one more key of `owner` for `resource` where a quota is used up.
pub(super) fn admit(world: &World, owner: &str, resource: &str) -> Result<(), Refusal> {
    let cloud = resource == references::CLOUD;
    for quota in all(world)
        .into_iter()
        .filter(|quota| quota.used >= quota.applied as usize)
    {
        let full = match quota.scope {
            Scope::Organization => cloud,
            Scope::KafkaCluster(cluster) => cluster.meta.is(resource),
            Scope::ServiceAccount(account) => {
                account.meta.is(owner) && quota.id.contains(".max_cloud_") == cloud
            }
        };
        if full {
            return Err(Refusal::quota_exceeded(
                &format!("{} ({})", quota.display_name, quota.scope.id()),
                quota.applied,
            ));
        }
    }
    Ok(())
}

fn all(world: &World) -> Vec<Quota<'_>> {
    // One look at the keys for all quotas: there may be thousands of the ones and hundreds of the others.
    let (mut cloud, mut of_owner, mut of_resource) = (0, BTreeMap::new(), BTreeMap::new());
    for key in world.live_keys() {
        let is_cloud = key.resource == references::CLOUD;
        cloud += usize::from(is_cloud);
        *of_resource.entry(key.resource.as_str()).or_insert(0) += 1;
        if let Some(owner) = key.owner.as_deref() {
            *of_owner.entry((owner, is_cloud)).or_insert(0) += 1;
        }
    }
    let keys_of = |owner, cloud| of_owner.get(&(owner, cloud)).copied().unwrap_or(0);
    let mut quotas = vec![Quota {
        id: "iam.max_cloud_api_keys.per_org",
        display_name: "Max Cloud API Keys Per Organization",
        scope: Scope::Organization,
        default: CLOUD_KEYS_PER_ORGANIZATION,
        applied: CLOUD_KEYS_PER_ORGANIZATION,
        used: cloud,
    }];
    let kafka = world
        .clusters
        .iter()
        .filter(|cluster| matches!(cluster.endpoints, Endpoints::Kafka { .. }));
    quotas.extend(kafka.map(|cluster| {
        Quota {
            id: "kafka.max_api_keys.per_cluster",
            display_name: "Max API Keys Per Kafka Cluster",
            scope: Scope::KafkaCluster(cluster),
            default: KEYS_PER_KAFKA_CLUSTER,
            applied: cluster.max_api_keys.unwrap_or(KEYS_PER_KAFKA_CLUSTER),
            used: of_resource
                .get(cluster.meta.id.as_str())
                .copied()
                .unwrap_or(0),
        }
    }));
    for account in &world.service_accounts {
        let id = account.meta.id.as_str();
        quotas.push(Quota {
            id: "iam.max_cloud_api_keys.per_service_account",
            display_name: "Max Cloud API Keys Per Service Account",
            scope: Scope::ServiceAccount(account),
            default: CLOUD_KEYS_PER_SERVICE_ACCOUNT,
            applied: CLOUD_KEYS_PER_SERVICE_ACCOUNT,
            used: keys_of(id, true),
        });
        quotas.push(Quota {
            id: "iam.max_cluster_api_keys.per_service_account",
            display_name: "Max Cluster API Keys Per Service Account",
            scope: Scope::ServiceAccount(account),
            default: CLUSTER_KEYS_PER_SERVICE_ACCOUNT,
            applied: account
                .max_api_keys
                .unwrap_or(CLUSTER_KEYS_PER_SERVICE_ACCOUNT),
            used: keys_of(id, false),
        });
    }
    quotas
}

impl Scope<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Organization => "ORGANIZATION",
            Self::KafkaCluster(_) => "KAFKA_CLUSTER",
            Self::ServiceAccount(_) => "SERVICE_ACCOUNT",
        }
    }

    fn id(&self) -> &str {
        match self {
            Self::Organization => "organization",
            Self::KafkaCluster(cluster) => &cluster.meta.id,
            Self::ServiceAccount(account) => &account.meta.id,
        }
    }
}

impl Quota<'_> {
    /// Filters on kinds of things that the world does not hold leave nothing.
    fn is_shown(&self, scope: &str, call: &Call<'_>) -> bool {
        let (environment, cluster) = match self.scope {
            Scope::KafkaCluster(cluster) => (
                Some(cluster.environment.as_str()),
                Some(cluster.meta.id.as_str()),
            ),
            _ => (None, None),
        };
        let passes = |filter: &str, value: Option<&str>| {
            call.query
                .filter(filter)
                .is_none_or(|wanted| value.is_some_and(|value| value.eq_ignore_ascii_case(wanted)))
        };
        self.scope.name().eq_ignore_ascii_case(scope)
            && passes("id", Some(self.id))
            && passes("environment", environment)
            && passes("kafka_cluster", cluster)
            && ["network", "identity_provider", "certificate_authority"]
                .iter()
                .all(|filter| passes(filter, None))
    }

    fn json(&self, world: &World, call: &Call<'_>) -> Value {
        let organization = format!("crn://confluent.cloud/organization={}", world.organization);
        let mut quota = json!({
            "api_version": "service-quota/v1",
            "kind": "AppliedQuota",
            "id": self.id,
            "metadata": {
                "self": format!("{}{PATH}/{}", call.addresses.control_plane, self.id),
                "resource_name": format!("{organization}/applied-quota={}", self.id),
            },
            "scope": self.scope.name(),
            "display_name": self.display_name,
            "default_limit": self.default,
            "applied_limit": self.applied,
            "usage": self.used,
            "organization": {
                "id": world.organization,
                "related": format!("{}/org/v2/organizations/{}", call.addresses.control_plane, world.organization),
                "resource_name": organization,
            },
        });
        match self.scope {
            Scope::Organization => {}
            Scope::KafkaCluster(cluster) => {
                quota["environment"] =
                    references::environment(world, call.addresses, &cluster.environment);
                quota["kafka_cluster"] =
                    references::resource(world, call.addresses, &cluster.meta.id);
            }
            // As seen from the service: a service account is the `user` of its quotas.
            Scope::ServiceAccount(account) => {
                quota["user"] = references::owner(world, call.addresses, &account.meta.id);
            }
        }
        quota
    }
}

#[cfg(test)]
mod tests;
