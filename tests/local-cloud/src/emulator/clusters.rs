//! Clusters: `/cmk/v2/clusters` (Kafka) and `/srcm/v3/clusters` (Schema Registry).

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    call::Call,
    errors::Refusal,
    paging, references,
    state::{Cluster, Endpoints, World},
};

/// Which of the two services is asked.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Kafka,
    SchemaRegistry,
}

/// What stands for a private network in an access point's `connection_type`, as `cmk/v2` spells it.
const CONNECTION_TYPES: [(&str, &str); 2] = [("PUBLIC", "PUBLIC"), ("PRIVATE_LINK", "PRIVATELINK")];

pub(super) fn list(world: &World, call: &Call<'_>, kind: Kind) -> Result<Answer, Refusal> {
    match kind {
        Kind::Kafka => {
            let single = [
                "environment",
                "spec.deletion_protection",
                "page_size",
                "page_token",
            ];
            call.query.allow(&single, &["spec.network"])?;
        }
        Kind::SchemaRegistry => call
            .query
            .allow(&["environment", "page_size", "page_token"], &[])?,
    }
    let environment = environment(world, call)?;
    let protected = call.query.filter("spec.deletion_protection");
    if let Some(other) = protected.filter(|value| !["true", "false"].contains(value)) {
        let detail = format!("expected true or false, but got '{other}'");
        return Err(Refusal::invalid_parameter(
            "spec.deletion_protection",
            detail,
        ));
    }
    // No cluster here is protected or has a network of its own.
    let none = protected == Some("true") || !call.query.filters("spec.network").is_empty();
    let within = world
        .clusters
        .iter()
        .filter(|cluster| !none && kind.has(cluster, environment));
    let rows = within
        .map(|cluster| (cluster.meta.number, kind.json(world, call, cluster)))
        .collect();
    paging::list(call, (kind.api_version(), "ClusterList"), rows, 100)
}

pub(super) fn get(world: &World, call: &Call<'_>, kind: Kind) -> Result<Answer, Refusal> {
    call.query.allow(&["environment"], &[])?;
    let environment = environment(world, call)?;
    // What is gone, and what is elsewhere, is forbidden.
    let cluster = world
        .cluster(&call.id)
        .filter(|cluster| kind.has(cluster, environment));
    let cluster = cluster.ok_or_else(Refusal::forbidden)?;
    Ok(Answer::json(
        StatusCode::OK,
        &kind.json(world, call, cluster),
    ))
}

fn environment<'c>(world: &World, call: &'c Call<'_>) -> Result<&'c str, Refusal> {
    let environment = call.query.required("environment")?;
    world
        .environment(environment)
        .map(|_| environment)
        .ok_or_else(Refusal::forbidden)
}

impl Kind {
    fn of(cluster: &Cluster) -> Self {
        match cluster.endpoints {
            Endpoints::Kafka { .. } => Self::Kafka,
            Endpoints::SchemaRegistry { .. } => Self::SchemaRegistry,
        }
    }

    fn has(self, cluster: &Cluster, environment: &str) -> bool {
        Self::of(cluster) == self && cluster.environment.eq_ignore_ascii_case(environment)
    }

    fn api_version(self) -> &'static str {
        match self {
            Self::Kafka => "cmk/v2",
            Self::SchemaRegistry => "srcm/v3",
        }
    }

    fn json(self, world: &World, call: &Call<'_>, cluster: &Cluster) -> Value {
        let path = format!("/{}/clusters", self.api_version());
        let name = references::cluster_name(world, cluster);
        let mut spec = json!({
            "display_name": cluster.display_name,
            "cloud": "AWS",
            "region": "us-east-1",
            "environment": references::environment(world, call.addresses, &cluster.environment),
        });
        match &cluster.endpoints {
            Endpoints::Kafka { bootstrap, rest } => kafka(&mut spec, cluster, bootstrap, rest),
            Endpoints::SchemaRegistry { http } => schema_registry(&mut spec, cluster, http),
        }
        json!({
            "api_version": self.api_version(),
            "kind": "Cluster",
            "id": cluster.meta.id,
            "metadata": references::metadata(call.addresses, &path, &name, &cluster.meta),
            "spec": spec,
            "status": {"phase": cluster.phase},
        })
    }
}

fn kafka(spec: &mut Value, cluster: &Cluster, bootstrap: &str, rest: &str) {
    spec["availability"] = "SINGLE_ZONE".into();
    spec["config"] = json!({"kind": "Standard"});
    spec["deletion_protection"] = false.into();
    if cluster.phase != "PROVISIONED" {
        return;
    }
    let bootstrap = format!("SASL_SSL://{bootstrap}");
    let endpoints = cluster.access_points.iter().map(|id| {
        let known = CONNECTION_TYPES.iter().find(|(known, _)| known == id);
        let connection_type = known.map_or("PRIVATENETWORKINTERFACE", |(_, connection_type)| {
            connection_type
        });
        let endpoint = json!({
            "kafka_bootstrap_endpoint": bootstrap,
            "http_endpoint": rest,
            "connection_type": connection_type,
        });
        (id.clone(), endpoint)
    });
    spec["endpoints"] = endpoints.collect::<Map<_, _>>().into();
    spec["kafka_bootstrap_endpoint"] = bootstrap.as_str().into();
    spec["http_endpoint"] = rest.into();
}

fn schema_registry(spec: &mut Value, cluster: &Cluster, http: &str) {
    spec["package"] = "ESSENTIALS".into();
    if cluster.phase == "PROVISIONED" {
        spec["http_endpoint"] = http.into();
        spec["private_networking_config"] = json!({});
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::scene::{ENVIRONMENT, KAFKA, SCHEMA_REGISTRY, Scene};

    #[test]
    fn each_service_knows_its_own_clusters_by_environment() {
        let scene = Scene::new();
        for (path, id, other) in [
            ("/cmk/v2/clusters", KAFKA, SCHEMA_REGISTRY),
            ("/srcm/v3/clusters", SCHEMA_REGISTRY, KAFKA),
        ] {
            let (status, list) = scene.get(&format!("{path}?environment={ENVIRONMENT}"));
            assert_eq!(
                (status, &list["data"][0]["id"], &list["data"][1]),
                (200, &id.into(), &Value::Null)
            );
            assert_eq!(
                scene
                    .get(&format!("{path}/{id}?environment={ENVIRONMENT}"))
                    .1,
                list["data"][0]
            );
            for (target, status) in [
                (format!("{path}/{other}?environment={ENVIRONMENT}"), 403),
                (format!("{path}/{id}?environment=env-other"), 403),
                (format!("{path}/{id}"), 400),
                (path.to_owned(), 400),
                (format!("{path}?environment="), 400),
            ] {
                assert_eq!(scene.get(&target).0, status, "{target}");
            }
        }
    }

    #[test]
    fn a_kafka_cluster_says_its_endpoints_once_it_is_provisioned() {
        let scene = Scene::new();
        let path = format!("/cmk/v2/clusters/{KAFKA}?environment={ENVIRONMENT}");
        let (_, cluster) = scene.get(&path);
        assert_eq!(
            cluster["spec"]["kafka_bootstrap_endpoint"],
            "SASL_SSL://localhost:9094"
        );
        assert_eq!(
            cluster["spec"]["endpoints"]["PUBLIC"]["http_endpoint"],
            "http://127.0.0.1:8082"
        );
        assert_eq!(cluster["spec"]["config"]["kind"], "Standard");
        assert!(
            cluster["metadata"]["resource_name"]
                .as_str()
                .unwrap()
                .ends_with("/environment=env-9zz1d/cloud-cluster=lkc-c29js0/kafka=lkc-c29js0")
        );

        scene.emulator.add(json!({"clusters": [{"id": KAFKA, "access_points": ["PRIVATE_LINK", "ap1pni123"]}]})).unwrap();
        let endpoints = scene.get(&path).1["spec"]["endpoints"].clone();
        assert_eq!(endpoints["PRIVATE_LINK"]["connection_type"], "PRIVATELINK");
        assert_eq!(
            endpoints["ap1pni123"]["connection_type"],
            "PRIVATENETWORKINTERFACE"
        );

        scene
            .emulator
            .add(json!({"clusters": [{"id": KAFKA, "phase": "PROVISIONING"}]}))
            .unwrap();
        let (_, cluster) = scene.get(&path);
        assert_eq!(
            (
                cluster["status"]["phase"].as_str(),
                cluster["spec"].get("endpoints")
            ),
            (Some("PROVISIONING"), None)
        );
    }
}
