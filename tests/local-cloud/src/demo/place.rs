//! Where the story plays: the seed's clusters and service accounts.

use local_cloud::cloud::LocalCloud;
use serde_json::Value;

use super::Failure;

/// Ids and addresses of the seed.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The environment of both clusters.
    pub(super) environment: String,
    /// Owner of the Kafka keys.
    pub(super) orders: String,
    /// Owner of the Schema Registry keys.
    pub(super) schemas: String,
    /// The Kafka cluster.
    pub(super) kafka: String,
    /// The Schema Registry cluster.
    pub(super) registry: String,
    /// Where a Kafka key signs in: a list of topics.
    pub(super) kafka_door: String,
    /// Where a Schema Registry key signs in: a list of subjects.
    pub(super) registry_door: String,
}

impl Place {
    pub(super) fn of(cloud: &LocalCloud) -> Result<Self, Failure> {
        let world = cloud.controls.emulator().world();
        let text = |pointer: &str| -> Result<String, Failure> {
            let found = world.pointer(pointer).and_then(Value::as_str);
            let found = found.ok_or_else(|| format!("the seed has no `{pointer}`"))?;
            Ok(found.to_owned())
        };
        let (kafka, rest) = (text("/clusters/0/id")?, text("/clusters/0/endpoints/rest")?);
        let registry = text("/clusters/1/endpoints/http")?;
        Ok(Self {
            environment: text("/environments/0")?,
            orders: text("/service_accounts/0")?,
            schemas: text("/service_accounts/1")?,
            kafka_door: format!("{rest}/kafka/v3/clusters/{kafka}/topics"),
            kafka,
            registry: text("/clusters/1/id")?,
            registry_door: format!("{registry}/subjects?limit=1"),
        })
    }
}
