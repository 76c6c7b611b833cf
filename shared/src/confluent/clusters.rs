//! Where a resource is reached: `/cmk/v2/clusters` and `/srcm/v3/clusters`.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

use super::{
    address::parse_secure,
    client::Confluent,
    error::ConfluentError,
    ids::ResourceId,
    printable::printable,
    resource::{Endpoints, Resource, ResourceKind},
};

impl Confluent {
    /// The endpoints of `resource`: the public ones, else those of its only access point. Those of
    /// `cloud` are known without asking.
    ///
    /// # Errors
    /// A refusal, no answer, or one that does not read; a resource that is not provisioned, has
    /// several private access points, or an endpoint that no credential may be sent to.
    pub async fn endpoints(&self, resource: &Resource) -> Result<Endpoints, ConfluentError> {
        match resource.kind() {
            ResourceKind::Kafka => {
                let cluster: Cluster<KafkaSpec> = self.cluster(["cmk", "v2"], resource).await?;
                cluster.provisioned(&resource.id)?.endpoints(&resource.id)
            }
            ResourceKind::SchemaRegistry => {
                let cluster: Cluster<RegistrySpec> = self.cluster(["srcm", "v3"], resource).await?;
                cluster.provisioned(&resource.id)?.endpoints(&resource.id)
            }
            ResourceKind::Cloud => Ok(Endpoints::Cloud),
        }
    }

    async fn cluster<S: DeserializeOwned>(
        &self,
        [group, version]: [&str; 2],
        resource: &Resource,
    ) -> Result<Cluster<S>, ConfluentError> {
        let operation = format!("get the endpoints of `{}`", resource.id);
        let url = self.url(
            &[group, version, "clusters", resource.id.as_str()],
            resource.filter().as_slice(),
        );
        self.read(&operation, url).await?.json()
    }
}

#[derive(Deserialize)]
struct Cluster<S> {
    spec: S,
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    phase: String,
}

impl<S> Cluster<S> {
    /// The specification, unless the phase says that there is nothing to reach.
    fn provisioned(self, resource: &ResourceId) -> Result<S, ConfluentError> {
        match self.status {
            Some(Status { phase }) if phase == "PROVISIONING" || phase == "FAILED" => {
                Err(ConfluentError::NotProvisioned {
                    resource: resource.clone(),
                    phase,
                })
            }
            _ => Ok(self.spec),
        }
    }
}

#[derive(Deserialize)]
struct KafkaSpec {
    /// Access point id → its endpoints.
    endpoints: Option<BTreeMap<String, AccessPoint>>,
    /// The two fields that `endpoints` supersedes.
    #[serde(flatten)]
    deprecated: AccessPoint,
}

#[derive(Deserialize)]
struct AccessPoint {
    kafka_bootstrap_endpoint: Option<String>,
    http_endpoint: Option<String>,
}

impl KafkaSpec {
    fn endpoints(self, resource: &ResourceId) -> Result<Endpoints, ConfluentError> {
        let points = self.endpoints.unwrap_or_default();
        let point = public_or_only(points, resource)?.unwrap_or(self.deprecated);
        let bootstrap = present(point.kafka_bootstrap_endpoint, resource)?;
        let rest = present(point.http_endpoint, resource)?;
        Ok(Endpoints::Kafka {
            bootstrap_servers: bare(&bootstrap),
            rest: usable(&rest, resource)?,
        })
    }
}

#[derive(Deserialize)]
struct RegistrySpec {
    http_endpoint: Option<String>,
    private_http_endpoint: Option<String>,
    private_networking_config: Option<PrivateNetworking>,
}

#[derive(Deserialize)]
struct PrivateNetworking {
    /// Region → URL.
    regional_endpoints: Option<BTreeMap<String, String>>,
}

impl RegistrySpec {
    fn endpoints(self, resource: &ResourceId) -> Result<Endpoints, ConfluentError> {
        let private = self.private_networking_config;
        let regional = private.and_then(|private| private.regional_endpoints);
        let url = match present(self.http_endpoint, resource) {
            Ok(public) => public,
            Err(_) => match public_or_only(regional.unwrap_or_default(), resource)? {
                Some(regional) => regional,
                None => present(self.private_http_endpoint, resource)?,
            },
        };
        usable(&url, resource)?;
        Ok(Endpoints::SchemaRegistry {
            url: url.trim_end_matches('/').to_owned(),
        })
    }
}

/// The entry `PUBLIC`, else the only one; `None` of none.
fn public_or_only<T>(
    mut points: BTreeMap<String, T>,
    resource: &ResourceId,
) -> Result<Option<T>, ConfluentError> {
    if let Some(public) = points.remove("PUBLIC") {
        return Ok(Some(public));
    }
    if points.len() > 1 {
        let names: Vec<_> = points.keys().map(|name| format!("`{name}`")).collect();
        return Err(ConfluentError::SeveralAccessPoints {
            resource: resource.clone(),
            names: printable(&names.join(", "), 300),
        });
    }
    Ok(points.into_values().next())
}

/// Absent and empty mean the same.
fn present(endpoint: Option<String>, resource: &ResourceId) -> Result<String, ConfluentError> {
    endpoint
        .filter(|endpoint| !endpoint.is_empty())
        .ok_or_else(|| ConfluentError::WithoutEndpoints {
            resource: resource.clone(),
        })
}

fn usable(endpoint: &str, resource: &ResourceId) -> Result<Url, ConfluentError> {
    parse_secure(endpoint).map_err(|source| ConfluentError::UnusableEndpoint {
        resource: resource.clone(),
        source,
    })
}

/// Each server as `host:port`: Confluent often writes `SASL_SSL://` before it.
fn bare(bootstrap: &str) -> String {
    let servers = bootstrap.split(',').map(str::trim);
    let bare = servers.map(|server| server.split_once("://").map_or(server, |(_, rest)| rest));
    bare.collect::<Vec<_>>().join(",")
}
