//! The audit trail: one line of a stable form for every change in the world, and no other.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Scene, Target};

/// Every line has every field, and those of each log line.
const FIELDS: [&str; 15] = [
    "after",
    "api_key",
    "at",
    "before",
    "change",
    "keywheel_target",
    "level",
    "message",
    "operation",
    "proof",
    "reason",
    "request_id",
    "service_request_ids",
    "subject",
    "target",
];

/// The audit trail's lines in a log.
fn trail(logs: &str) -> Vec<Value> {
    let lines = logs
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["target"] == "shared::audit")
        .collect()
}

/// `change subject` of each line, its form checked on the way.
fn told(logs: &str, operation: &str, request_id: &str) -> Vec<String> {
    let told = trail(logs).into_iter().map(|line| {
        let mut fields: BTreeSet<_> = line
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        // The subscriber's own.
        fields.remove("timestamp");
        fields.remove("spans");
        assert_eq!(fields, BTreeSet::from(FIELDS), "{line:#}");
        assert_eq!(line["operation"], operation);
        assert_eq!(line["request_id"], request_id);
        assert_eq!(line["keywheel_target"], "orders");
        assert_ne!(line["reason"], "", "{line:#}");
        assert_ne!(line["service_request_ids"], "", "{line:#}");
        format!(
            "{} {}",
            line["change"].as_str().unwrap(),
            line["subject"].as_str().unwrap()
        )
    });
    told.collect()
}

fn orders() -> Target {
    let copy = json!([{"name": "/orders/python", "formats": ["librdkafka"]}]);
    let target = Target::plain("orders");
    let mut target = target.with("/copies", copy);
    target.document["secret"]["name"] = "/orders/java".into();
    target
}

#[tokio::test]
async fn a_rotation_leaves_exactly_its_changes_in_their_order() {
    let scene = Scene::start().await;
    scene.add(&orders()).await;
    scene.sweep().await;
    scene.age(31.0).await;

    let done = scene.invoke(json!({})).await;
    let old = scene.stores().await;
    let key = old.current_key("/orders/java").unwrap();
    let expected = [
        "created an API key for lkc-c29js0".to_owned(),
        "stored an API key in a pending version of /orders/java".to_owned(),
        format!("noted on API key {key}"),
        "wrote copy /orders/python".to_owned(),
        "published API key /orders/java".to_owned(),
        "took AWSPENDING off a version of /orders/java".to_owned(),
    ];
    assert_eq!(told(&done.logs, "sweep", &done.request_id), expected);

    let lines = trail(&done.logs);
    let published = &lines[4];
    assert_eq!(published["api_key"], key);
    assert_eq!(
        published["after"],
        old.version("/orders/java", "AWSCURRENT").unwrap()["id"]
    );
    assert_eq!(
        published["before"],
        old.version("/orders/java", "AWSPREVIOUS").unwrap()["id"]
    );
    assert_ne!(published["proof"], "");

    let quiet = scene.invoke(json!({})).await;
    assert_eq!(told(&quiet.logs, "sweep", &quiet.request_id), [""; 0]);
}

#[tokio::test]
async fn a_retirement_is_told_with_its_proof() {
    let scene = Scene::start().await;
    scene.add(&orders()).await;
    scene.sweep().await;
    let first = scene.stores().await.current_key("/orders/java").unwrap();
    for _ in 0..2 {
        scene.age(31.0).await;
        scene.sweep().await;
    }
    scene.age(1.1).await;
    let done = scene.invoke(json!({})).await;
    let expected = [format!("deleted API key {first}")];
    assert_eq!(told(&done.logs, "sweep", &done.request_id), expected);
    let successor = scene.stores().await.current_key("/orders/java").unwrap();
    let line = &trail(&done.logs)[0];
    assert!(
        line["proof"].as_str().unwrap().contains(&successor),
        "{line:#}"
    );
}

#[tokio::test]
async fn a_step_of_the_callback_is_told_by_its_name() {
    let scene = Scene::start().await;
    scene.add(&orders()).await;
    scene.sweep().await;
    let before = scene.cloud.invocations().len();
    scene.age(1.0).await;
    scene.rotate_secret("/orders/java").await;
    let steps = scene.cloud.invocations().split_off(before);
    let created = &steps[0].1;
    let expected = [
        "created an API key for lkc-c29js0",
        "stored an API key in a pending version of /orders/java",
    ];
    assert_eq!(
        told(&created.logs, "createSecret", &created.request_id),
        expected
    );
}
