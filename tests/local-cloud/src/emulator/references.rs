//! How objects name themselves and each other: `self` URLs, Confluent Resource Names, object references.

use serde_json::{Value, json};

use super::{
    Addresses,
    state::{ApiKey, Cluster, Endpoints, Environment, Meta, ServiceAccount, World, rfc_3339},
};

/// The resource id of Cloud API keys.
pub(super) const CLOUD: &str = "cloud";

/// `metadata` of an object whose URL is `path` at the control plane.
pub(super) fn metadata(
    addresses: &Addresses,
    path: &str,
    resource_name: &str,
    meta: &Meta,
) -> Value {
    json!({
        "self": format!("{}{path}/{}", addresses.control_plane, meta.id),
        "resource_name": resource_name,
        "created_at": rfc_3339(meta.created_at),
        "updated_at": rfc_3339(meta.updated_at),
    })
}

pub(super) fn environment_name(world: &World, environment: &Environment) -> String {
    crn(world, &format!("environment={}", environment.meta.id))
}

pub(super) fn cluster_name(world: &World, cluster: &Cluster) -> String {
    let (environment, id) = (&cluster.environment, &cluster.meta.id);
    crn(
        world,
        &match cluster.endpoints {
            Endpoints::Kafka { .. } => {
                format!("environment={environment}/cloud-cluster={id}/kafka={id}")
            }
            Endpoints::SchemaRegistry { .. } => {
                format!("environment={environment}/schema-registry={id}")
            }
        },
    )
}

pub(super) fn service_account_name(world: &World, account: &ServiceAccount) -> String {
    crn(world, &format!("service-account={}", account.meta.id))
}

pub(super) fn api_key_name(world: &World, key: &ApiKey) -> String {
    let owner = key
        .owner
        .as_deref()
        .map(|owner| format!("{}/", owner_name(owner)))
        .unwrap_or_default();
    crn(world, &format!("{owner}api-key={}", key.meta.id))
}

/// A reference to the environment `id`.
pub(super) fn environment(world: &World, addresses: &Addresses, id: &str) -> Value {
    let name = crn(world, &format!("environment={id}"));
    reference(
        addresses,
        ("org/v2", "Environment"),
        "/org/v2/environments",
        id,
        &name,
    )
}

/// A reference to the owner of a key: a service account or a user.
pub(super) fn owner(world: &World, addresses: &Addresses, id: &str) -> Value {
    let (kind, path) = if id.starts_with("u-") {
        ("User", "/iam/v2/users")
    } else {
        ("ServiceAccount", "/iam/v2/service-accounts")
    };
    reference(
        addresses,
        ("iam/v2", kind),
        path,
        id,
        &crn(world, &owner_name(id)),
    )
}

/// A reference to what a key is for. Schema Registry clusters are `SchemaRegistry` here and `Cluster` elsewhere.
pub(super) fn resource(world: &World, addresses: &Addresses, id: &str) -> Value {
    if id == CLOUD {
        return json!({"id": CLOUD, "api_version": "iam/v2", "kind": "Cloud", "related": CLOUD, "resource_name": CLOUD});
    }
    let schema_registry = id.starts_with("lsrc-");
    let (kind, path) = if schema_registry {
        (("srcm/v3", "SchemaRegistry"), "/srcm/v3/clusters")
    } else {
        (("cmk/v2", "Cluster"), "/cmk/v2/clusters")
    };
    // The cluster of a deleted key may be gone too.
    let name = world.cluster(id).map_or_else(
        || crn(world, &format!("cluster={id}")),
        |it| cluster_name(world, it),
    );
    reference(addresses, kind, path, id, &name)
}

fn reference(addresses: &Addresses, kind: (&str, &str), path: &str, id: &str, name: &str) -> Value {
    json!({
        "id": id,
        "api_version": kind.0,
        "kind": kind.1,
        "related": format!("{}{path}/{id}", addresses.control_plane),
        "resource_name": name,
    })
}

fn owner_name(id: &str) -> String {
    let kind = if id.starts_with("u-") {
        "user"
    } else {
        "service-account"
    };
    format!("{kind}={id}")
}

fn crn(world: &World, path: &str) -> String {
    format!(
        "crn://confluent.cloud/organization={}/{path}",
        world.organization
    )
}
