//! How many API keys there may be: `/service-quota/v1/applied-quotas`.

use serde::Deserialize;

use super::{
    client::Confluent,
    error::ConfluentError,
    ids::OwnerId,
    resource::{Resource, ResourceKind},
};

/// A limit on the number of API keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Confluent's name of it, such as `kafka.max_api_keys.per_cluster`.
    pub id: String,
    /// So many keys there may be.
    pub limit: u32,
    /// So many there are, when Confluent says.
    pub usage: Option<u32>,
}

/// Quotas of one kind, as Confluent lists them.
#[derive(Debug)]
pub struct Quotas(Vec<WireQuota>);

impl Confluent {
    /// The quota that a new API key of `owner` for `resource` counts against. `None` when Confluent
    /// names no such limit.
    ///
    /// # Errors
    /// A refusal, no answer, or one that does not read.
    pub async fn api_key_quota(
        &self,
        owner: &OwnerId,
        resource: &Resource,
    ) -> Result<Option<Quota>, ConfluentError> {
        let quotas = self.api_key_quotas(resource).await?;
        Ok(quotas.of(owner, resource))
    }

    /// The quotas that new API keys for `resource` count against: a Kafka cluster's own, for a Schema
    /// Registry and for `cloud` those of every owner.
    ///
    /// # Errors
    /// A refusal, no answer, or one that does not read.
    pub async fn api_key_quotas(&self, resource: &Resource) -> Result<Quotas, ConfluentError> {
        let cluster = resource.id.as_str();
        let (id, filters) = match resource.kind() {
            ResourceKind::Kafka => (
                "kafka.max_api_keys.per_cluster",
                [
                    Some(("scope", "KAFKA_CLUSTER")),
                    resource.filter(),
                    Some(("kafka_cluster", cluster)),
                ]
                .into_iter()
                .flatten()
                .collect(),
            ),
            // There is no filter by owner.
            ResourceKind::SchemaRegistry => (
                "iam.max_cluster_api_keys.per_service_account",
                vec![("scope", "SERVICE_ACCOUNT")],
            ),
            ResourceKind::Cloud => (
                "iam.max_cloud_api_keys.per_service_account",
                vec![("scope", "SERVICE_ACCOUNT")],
            ),
        };
        let filters = [filters, vec![("id", id)]].concat();
        let operation = format!("get the API key quota of `{cluster}`");
        let path = ["service-quota", "v1", "applied-quotas"];
        let mut quotas: Vec<WireQuota> = self.list(&operation, &path, &filters).await?;
        quotas.retain(|quota| quota.id == id);
        Ok(Quotas(quotas))
    }
}

impl Quotas {
    /// The one that a new API key of `owner` for `resource` counts against.
    #[must_use]
    pub fn of(&self, owner: &OwnerId, resource: &Resource) -> Option<Quota> {
        let cluster = resource.id.as_str();
        let quota = self.0.iter().find(|quota| {
            may_be(quota.kafka_cluster.as_ref(), cluster)
                && may_be(quota.user.as_ref(), owner.as_str())
        })?;
        Some(Quota {
            // Below zero would mean "no limit".
            limit: u32::try_from(quota.applied_limit).ok()?,
            usage: quota.usage,
            id: quota.id.clone(),
        })
    }
}

#[derive(Debug, Deserialize)]
struct WireQuota {
    id: String,
    applied_limit: i64,
    usage: Option<u32>,
    kafka_cluster: Option<Reference>,
    /// Whose quota it is: a service account is a user, too.
    user: Option<Reference>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    id: String,
}

/// What a quota does not name, it does not tell apart.
fn may_be(named: Option<&Reference>, id: &str) -> bool {
    named.is_none_or(|named| named.id.eq_ignore_ascii_case(id))
}
