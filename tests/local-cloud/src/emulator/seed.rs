//! The world at the beginning: one environment, a Kafka and a Schema Registry cluster in it, two service accounts,
//! and the Cloud API key, which belongs to an administrator.

use std::sync::Arc;

use super::{
    Addresses, references, secret,
    state::{ApiKey, Cluster, Endpoints, Environment, ServiceAccount, World, now},
};

/// The access point that a cluster has unless told otherwise.
pub(super) const PUBLIC: &str = "PUBLIC";

/// The Cloud API key that the local cloud hands to the functions. It outlives a reset.
pub(super) struct CloudApiKey {
    pub(super) id: String,
    pub(super) secret: String,
}

impl CloudApiKey {
    pub(super) fn new() -> Self {
        Self {
            id: secret::api_key_id(),
            secret: secret::api_secret(),
        }
    }
}

pub(super) fn world(addresses: &Addresses, cloud_api_key: &CloudApiKey) -> World {
    let now = now();
    let mut world = World {
        organization: "1111aaaa-11aa-11aa-11aa-111111aaaaaa".to_owned(),
        environments: Vec::new(),
        clusters: Vec::new(),
        service_accounts: Vec::new(),
        api_keys: Vec::new(),
        cloud_api_key: cloud_api_key.id.clone(),
        made: 0,
    };
    let environment = "env-9zz1d";
    let meta = world.next(Some(environment.to_owned()), "", now);
    world.environments.push(Environment {
        meta,
        display_name: "local".to_owned(),
    });
    let kafka = Endpoints::Kafka {
        bootstrap: addresses.kafka_bootstrap.clone(),
        rest: addresses.kafka_rest.clone(),
    };
    let schema_registry = Endpoints::SchemaRegistry {
        http: addresses.schema_registry.clone(),
    };
    for (id, display_name, endpoints) in [
        ("lkc-c29js0", "orders", kafka),
        ("lsrc-755ogo", "Stream Governance Package", schema_registry),
    ] {
        let meta = world.next(Some(id.to_owned()), "", now);
        world.clusters.push(Cluster {
            meta,
            environment: environment.to_owned(),
            display_name: display_name.to_owned(),
            endpoints,
            access_points: vec![PUBLIC.to_owned()],
            phase: "PROVISIONED".to_owned(),
            max_api_keys: None,
        });
    }
    for (id, display_name) in [("sa-12mgdv", "orders"), ("sa-7y9xbr", "payments")] {
        let meta = world.next(Some(id.to_owned()), "", now);
        world.service_accounts.push(ServiceAccount {
            meta,
            display_name: display_name.to_owned(),
            description: String::new(),
            acls: true,
            max_api_keys: None,
        });
    }
    let meta = world.next(Some(cloud_api_key.id.clone()), "", now);
    world.api_keys.push(Arc::new(ApiKey {
        meta,
        secret: cloud_api_key.secret.clone(),
        owner: Some("u-a83k9b".to_owned()),
        resource: references::CLOUD.to_owned(),
        display_name: "Keywheel".to_owned(),
        description: "The local cloud's own key".to_owned(),
        in_sync_at: now,
        flapping: 0,
        deleted: None,
        visible: true,
    }));
    world
}
