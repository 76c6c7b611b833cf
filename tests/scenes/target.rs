//! Targets as a platform team would write them.

use local_cloud::control::CLOUD_API_KEY_SECRET;
use serde_json::{Value, json};

/// The first service account of the seed.
pub const ORDERS: &str = "sa-12mgdv";
/// The second.
pub const PAYMENTS: &str = "sa-7y9xbr";
/// The environment of the seed.
pub const ENVIRONMENT: &str = "env-9zz1d";
/// Its Kafka cluster.
pub const KAFKA: &str = "lkc-c29js0";
/// The administrator who owns the Cloud API key of the seed.
pub const ADMINISTRATOR: &str = "u-a83k9b";
/// Its Schema Registry cluster.
pub const SCHEMA_REGISTRY: &str = "lsrc-755ogo";

/// A target and its parameter's JSON.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its path below `TARGETS_PATH`.
    pub name: String,
    /// What the parameter says.
    pub document: Value,
}

impl Target {
    /// A Kafka key with three copies in three formats, and the client parameters.
    #[must_use]
    pub fn kafka(name: &str) -> Self {
        Self::kafka_under(&format!("/{name}"), name)
    }

    /// The same with every secret and parameter under `prefix`.
    #[must_use]
    pub fn kafka_under(prefix: &str, name: &str) -> Self {
        let document = json!({
            "owner": ORDERS,
            "resource": {"id": KAFKA, "environment": ENVIRONMENT},
            "secret": {"name": format!("{prefix}/kafka_cluster/java_client"), "formats": ["java"]},
            "copies": [
                {"name": format!("{prefix}/kafka_cluster/python_client"), "formats": ["librdkafka"]},
                {"name": format!("{prefix}/event_source"), "formats": ["event_source"]},
                {"name": format!("{prefix}/second_java_client"), "formats": ["java"]},
            ],
            "parameters": {"prefix": prefix},
            "probe": "rest",
        });
        Self {
            name: name.to_owned(),
            document,
        }
    }

    /// A Kafka key in one secret.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        let mut target = Self::kafka(name);
        let document = target.document.as_object_mut().unwrap();
        document.remove("copies");
        document.remove("parameters");
        target
    }

    /// A Kafka key in two secrets, without client parameters: the least that has a copy.
    #[must_use]
    pub fn with_a_copy(name: &str) -> Self {
        let mut target = Self::kafka(name);
        let copy = target.document["copies"][0].clone();
        target.document["copies"] = json!([copy]);
        target
            .document
            .as_object_mut()
            .unwrap()
            .remove("parameters");
        target
    }

    /// A Schema Registry key in one secret, of the other service account.
    #[must_use]
    pub fn schema_registry(name: &str) -> Self {
        Self::schema_registry_under(&format!("/{name}"), name)
    }

    /// The same with its secret under `prefix`.
    #[must_use]
    pub fn schema_registry_under(prefix: &str, name: &str) -> Self {
        let secret = format!("{prefix}/schema_registry_cluster/java_client");
        let document = json!({
            "owner": PAYMENTS,
            "resource": {"id": SCHEMA_REGISTRY, "environment": ENVIRONMENT},
            "secret": {"name": secret, "formats": ["schema_registry_java"]},
        });
        Self {
            name: name.to_owned(),
            document,
        }
    }

    /// The Cloud API key that Keywheel itself signs in with, in the seed's secret.
    #[must_use]
    pub fn cloud(name: &str) -> Self {
        let document = json!({
            "owner": ADMINISTRATOR,
            "resource": {"id": "cloud"},
            "secret": {"name": CLOUD_API_KEY_SECRET, "formats": ["cloud_api_key"]},
        });
        Self {
            name: name.to_owned(),
            document,
        }
    }

    /// With another value of a field that is named by JSON pointer; its parent exists.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        self.document.pointer_mut(parent).unwrap()[field] = value;
        self
    }

    /// Name of the secret that decides.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.document["secret"]["name"].as_str().unwrap()
    }

    /// Names of the primary and the copies, in this order.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        let copies = self.document["copies"].as_array();
        let copies = copies.into_iter().flatten();
        let copies = copies.map(|copy| copy["name"].as_str().unwrap());
        std::iter::once(self.primary()).chain(copies).collect()
    }

    /// The format of the primary (0) or a copy.
    #[must_use]
    pub fn format(&self, nth: usize) -> &str {
        let secret = match nth {
            0 => &self.document["secret"],
            nth => &self.document["copies"][nth - 1],
        };
        secret["formats"][0].as_str().unwrap()
    }

    /// How many keys it keeps.
    #[must_use]
    pub fn retain(&self) -> usize {
        let retain = self.document["number_of_api_keys_to_retain"].as_u64();
        usize::try_from(retain.unwrap_or(2)).unwrap()
    }

    /// Id of what its key opens.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.document["resource"]["id"].as_str().unwrap()
    }
}
