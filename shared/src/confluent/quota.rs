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

impl Confluent {
    /// The quota that a new API key of `owner` for `resource` counts against: a Kafka cluster's
    /// own, for a Schema Registry and for `cloud` the owner's. `None` when Confluent names no such limit.
    ///
    /// # Errors
    /// A refusal, no answer, or one that does not read.
    pub async fn api_key_quota(
        &self,
        owner: &OwnerId,
        resource: &Resource,
    ) -> Result<Option<Quota>, ConfluentError> {
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
        let quotas: Vec<WireQuota> = self.list(&operation, &path, &filters).await?;
        let ours = quotas.into_iter().find(|quota| {
            quota.id == id
                && may_be(quota.kafka_cluster.as_ref(), cluster)
                && may_be(quota.user.as_ref(), owner.as_str())
        });
        Ok(ours.and_then(|quota| {
            Some(Quota {
                // Below zero would mean "no limit".
                limit: u32::try_from(quota.applied_limit).ok()?,
                usage: quota.usage,
                id: quota.id,
            })
        }))
    }
}

#[derive(Deserialize)]
struct WireQuota {
    id: String,
    applied_limit: i64,
    usage: Option<u32>,
    kafka_cluster: Option<Reference>,
    /// Whose quota it is: a service account is a user, too.
    user: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

/// What a quota does not name, it does not tell apart.
fn may_be(named: Option<&Reference>, id: &str) -> bool {
    named.is_none_or(|named| named.id.eq_ignore_ascii_case(id))
}
