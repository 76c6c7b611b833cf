//! What programs read that were written for the original: names, texts and parameters to the byte.

use serde_json::{Value, json};
use tests::{
    Scene, Target, marked_keys,
    scenes::target::{KAFKA, SCHEMA_REGISTRY},
};

const PREFIX: &str = "/confluent_cloud_resource";

async fn published() -> Scene {
    let scene = Scene::start().await;
    scene.add(&Target::kafka_under(PREFIX, "orders")).await;
    scene
        .add(&Target::schema_registry_under(PREFIX, "schemas"))
        .await;
    scene.sweep().await;
    scene
}

/// Id and secret of the one key for a resource.
fn credential(scene: &Scene, resource: &str) -> (String, String) {
    let keys = marked_keys(scene);
    let key = keys.iter().find(|key| key["resource"] == resource).unwrap();
    let text = |field: &str| key[field].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

#[tokio::test]
async fn secrets_are_compact_sorted_json_of_strings_with_exactly_the_contracts_keys() {
    let scene = published().await;
    let world = scene.cloud.controls.emulator().world();
    let bootstrap = world["clusters"][0]["endpoints"]["bootstrap"]
        .as_str()
        .unwrap();
    let registry = world["clusters"][1]["endpoints"]["http"].as_str().unwrap();
    let (key, secret) = credential(&scene, KAFKA);
    let (registry_key, registry_secret) = credential(&scene, SCHEMA_REGISTRY);
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
    let expected = [
        (
            "kafka_cluster/java_client",
            format!(
                r#"{{"bootstrap.servers":"{bootstrap}","sasl.jaas.config":"{module} required username='{key}' password='{secret}';"}}"#
            ),
        ),
        (
            "kafka_cluster/python_client",
            format!(
                r#"{{"bootstrap.servers":"{bootstrap}","sasl.password":"{secret}","sasl.username":"{key}"}}"#
            ),
        ),
        (
            "event_source",
            format!(r#"{{"password":"{secret}","username":"{key}"}}"#),
        ),
        (
            "schema_registry_cluster/java_client",
            format!(
                r#"{{"basic.auth.credentials.source":"USER_INFO","basic.auth.user.info":"{registry_key}:{registry_secret}","schema.registry.url":"{registry}"}}"#
            ),
        ),
    ];
    for (name, text) in expected {
        let name = format!("{PREFIX}/{name}");
        // As the original's readers ask: no version, no stage.
        let read = scene.cloud.aws.secret_text(&name).await.unwrap();
        assert!(read == text, "the text of `{name}` is another");
    }
}

/// Name, value and type of each parameter on the one page that the original's readers ask for.
async fn page(scene: &Scene, path: &str) -> Vec<(String, String)> {
    let body = json!({"Path": format!("{PREFIX}/{path}/")});
    let page = scene.cloud.aws.call("AmazonSSM.GetParametersByPath", &body);
    let page = page.await.unwrap();
    let parameters = page["Parameters"].as_array().unwrap();
    let read = |parameter: &Value| {
        assert_eq!(parameter["Type"], "String");
        let text = |field: &str| parameter[field].as_str().unwrap().to_owned();
        let (_, name) = parameter["Name"]
            .as_str()
            .unwrap()
            .rsplit_once('/')
            .unwrap();
        (name.to_owned(), text("Value"))
    };
    let mut read: Vec<_> = parameters.iter().map(read).collect();
    read.sort();
    read
}

#[tokio::test]
async fn one_page_holds_the_ten_consumer_and_the_four_producer_parameters() {
    let scene = published().await;
    let owned = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        let owned = list
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    };
    let consumer = owned(&[
        ("auto.commit.interval.ms", "1000"),
        ("auto.offset.reset", "earliest"),
        ("basic.auth.credentials.source", "USER_INFO"),
        ("client.dns.lookup", "use_all_dns_ips"),
        ("enable.auto.commit", "true"),
        ("max.poll.interval.ms", "300000"),
        ("request.timeout.ms", "60000"),
        ("sasl.mechanism", "PLAIN"),
        ("security.protocol", "SASL_SSL"),
        ("session.timeout.ms", "90000"),
    ]);
    let producer = owned(&[
        ("acks", "all"),
        ("client.dns.lookup", "use_all_dns_ips"),
        ("sasl.mechanism", "PLAIN"),
        ("security.protocol", "SASL_SSL"),
    ]);
    assert_eq!(page(&scene, "consumer_kafka_client").await, consumer);
    assert_eq!(page(&scene, "producer_kafka_client").await, producer);

    let stores = scene.stores().await;
    let written = stores.parameters().iter();
    let written: Vec<_> = written
        .filter(|parameter| parameter["name"].as_str().unwrap().starts_with(PREFIX))
        .collect();
    assert_eq!(written.len(), 14);
    for parameter in written {
        let description = parameter["description"].as_str().unwrap_or_default();
        assert!(
            !description.is_empty(),
            "{} has no description",
            parameter["name"]
        );
    }
}

#[tokio::test]
async fn a_parameter_that_somebody_changed_is_put_right_and_the_others_are_left_alone() {
    let scene = published().await;
    let name = format!("{PREFIX}/producer_kafka_client/acks");
    scene.cloud.aws.put_parameter(&name, "1").await.unwrap();
    let before = scene.request_count();
    scene.sweep().await;
    assert_eq!(scene.count_since(before, "PutParameter"), 1);
    let producer = page(&scene, "producer_kafka_client").await;
    assert_eq!(producer[0], ("acks".to_owned(), "all".to_owned()));
}
