//! How many API keys there may be: `/service-quota/v1/applied-quotas`.

use serde::Deserialize;

use super::{
    client::Confluent,
    error::ConfluentError,
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
    /// The quota that a new API key for `resource` counts against: a Kafka cluster's own, for a
    /// Schema Registry each service account's. `None` when Confluent names no such limit.
    ///
    /// # Errors
    /// A refusal, no answer, or one that does not read.
    pub async fn api_key_quota(
        &self,
        resource: &Resource,
    ) -> Result<Option<Quota>, ConfluentError> {
        let cluster = resource.id.as_str();
        let (wanted, filters) = match resource.kind() {
            ResourceKind::Kafka => (
                "kafka.max_api_keys.per_cluster",
                vec![
                    ("scope", "KAFKA_CLUSTER"),
                    ("environment", resource.environment.as_str()),
                    ("kafka_cluster", cluster),
                ],
            ),
            ResourceKind::SchemaRegistry => (
                "iam.max_cluster_api_keys.per_service_account",
                vec![("scope", "SERVICE_ACCOUNT")],
            ),
        };
        let operation = format!("get the API key quota of `{cluster}`");
        let path = ["service-quota", "v1", "applied-quotas"];
        let mut quotas: Vec<WireQuota> = self.list(&operation, &path, &filters).await?;
        quotas.retain(|quota| quota.id == wanted && quota.concerns(cluster));
        // One of several says how much is allowed, but not whose usage it counts.
        let alone = quotas.len() == 1;
        Ok(quotas.into_iter().next().and_then(|quota| {
            Some(Quota {
                // Below zero would mean "no limit".
                limit: u32::try_from(quota.applied_limit).ok()?,
                usage: quota.usage.filter(|_| alone),
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
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

impl WireQuota {
    fn concerns(&self, cluster: &str) -> bool {
        self.kafka_cluster
            .as_ref()
            .is_none_or(|reference| reference.id.eq_ignore_ascii_case(cluster))
    }
}
