//! Where a resource is reached: `/cmk/v2/clusters` and `/srcm/v3/clusters`.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    address::parse_secure,
    client::Confluent,
    error::{ConfluentError, printable},
    ids::ResourceId,
    resource::{Endpoints, Resource, ResourceKind},
};

impl Confluent {
    /// The endpoints of `resource`: the public ones, else those of its only access point.
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
            &[("environment", resource.environment.as_str())],
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
        let point = match only(points, "PUBLIC") {
            Ok(point) => point.unwrap_or(self.deprecated),
            Err(names) => {
                return Err(ConfluentError::SeveralAccessPoints {
                    resource: resource.clone(),
                    names,
                });
            }
        };
        let (Some(bootstrap), Some(rest)) = (
            present(point.kafka_bootstrap_endpoint),
            present(point.http_endpoint),
        ) else {
            return Err(without_endpoint(resource));
        };
        Ok(Endpoints::Kafka {
            bootstrap_servers: bare(&bootstrap),
            rest: parse_secure(&rest).map_err(|source| ConfluentError::UnusableEndpoint {
                resource: resource.clone(),
                source,
            })?,
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
        let private = || {
            let regional = self.private_networking_config?.regional_endpoints;
            Some(only(regional?, ""))
        };
        let url = match present(self.http_endpoint) {
            Some(public) => Some(public),
            None => match private() {
                Some(Err(names)) => {
                    return Err(ConfluentError::SeveralAccessPoints {
                        resource: resource.clone(),
                        names,
                    });
                }
                Some(Ok(Some(regional))) => Some(regional),
                _ => present(self.private_http_endpoint),
            },
        };
        let url = url.ok_or_else(|| without_endpoint(resource))?;
        parse_secure(&url).map_err(|source| ConfluentError::UnusableEndpoint {
            resource: resource.clone(),
            source,
        })?;
        Ok(Endpoints::SchemaRegistry {
            url: url.trim_end_matches('/').to_owned(),
        })
    }
}

/// The entry named `preferred`, else the only one, `None` of none, else the names of all.
fn only<T>(mut entries: BTreeMap<String, T>, preferred: &str) -> Result<Option<T>, String> {
    if let Some(entry) = entries.remove(preferred) {
        return Ok(Some(entry));
    }
    if entries.len() > 1 {
        let names: Vec<_> = entries.keys().map(|name| format!("`{name}`")).collect();
        return Err(printable(&names.join(", "), 300));
    }
    Ok(entries.into_values().next())
}

fn present(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn without_endpoint(resource: &ResourceId) -> ConfluentError {
    ConfluentError::NotProvisioned {
        resource: resource.clone(),
        phase: "without endpoints".to_owned(),
    }
}

/// Each server as `host:port`: Confluent often writes `SASL_SSL://` before it.
fn bare(bootstrap: &str) -> String {
    let servers = bootstrap.split(',').map(str::trim);
    let bare = servers.map(|server| server.split_once("://").map_or(server, |(_, rest)| rest));
    bare.collect::<Vec<_>>().join(",")
}
