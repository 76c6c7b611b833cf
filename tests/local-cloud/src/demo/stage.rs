//! The stage of the second act: empty secrets as Terraform makes them, and two targets.

use local_cloud::cloud::LocalCloud;
use serde_json::json;

use super::{Failure, place::Place, witness::Watched};

/// The Kafka target's name.
pub(super) const KAFKA_TARGET: &str = "payments/kafka";
/// The Schema Registry target's name.
pub(super) const REGISTRY_TARGET: &str = "payments/schema-registry";
/// The Kafka target's primary secret.
pub(super) const KAFKA: &str = "/confluent_cloud_resource/kafka_cluster/java_client";
/// The Kafka target's copies, with their formats.
pub(super) const COPIES: [(&str, &str); 3] = [
    (
        "/confluent_cloud_resource/kafka_cluster/python_client",
        "librdkafka",
    ),
    (
        "/confluent_cloud_resource/orders/kafka_cluster/java_client",
        "java",
    ),
    ("/payments/orders/event_source", "event_source"),
];
/// The Schema Registry target's primary secret.
pub(super) const REGISTRY: &str = "/confluent_cloud_resource/schema_registry_cluster/java_client";
/// Where the consumers' client parameters are.
pub(super) const CONSUMER_PARAMETERS: &str = "/confluent_cloud_resource/consumer_kafka_client";

/// Makes secrets and targets; answers what the witness watches.
pub(super) async fn set(cloud: &LocalCloud, place: &Place) -> Result<Vec<Watched>, Failure> {
    let mut watched = Vec::new();
    let copies = COPIES.map(|(secret, _)| (secret, KAFKA_TARGET, &place.kafka_door));
    let primaries = [
        (KAFKA, KAFKA_TARGET, &place.kafka_door),
        (REGISTRY, REGISTRY_TARGET, &place.registry_door),
    ];
    for (secret, target, door) in primaries.into_iter().chain(copies) {
        let tag = ("keywheel:target", target);
        cloud.aws.create_secret(secret, None, &[tag]).await?;
        watched.push(Watched {
            secret: secret.to_owned(),
            door: door.clone(),
            primary: [KAFKA, REGISTRY].contains(&secret),
        });
    }
    let copies = COPIES.map(|(secret, format)| json!({"name": secret, "formats": [format]}));
    let kafka = json!({
        "owner": place.orders,
        "resource": {"id": place.kafka, "environment": place.environment},
        "secret": {"name": KAFKA, "formats": ["java"]},
        "copies": copies,
        "parameters": {"prefix": "/confluent_cloud_resource"},
        "probe": "rest",
    });
    let registry = json!({
        "owner": place.schemas,
        "resource": {"id": place.registry, "environment": place.environment},
        "secret": {"name": REGISTRY, "formats": ["schema_registry_java"]},
    });
    let path = cloud.environment().get("TARGETS_PATH").unwrap_or_default();
    for (name, target) in [(KAFKA_TARGET, kafka), (REGISTRY_TARGET, registry)] {
        let name = format!("{path}/{name}");
        cloud.aws.put_parameter(&name, &target.to_string()).await?;
    }
    Ok(watched)
}
