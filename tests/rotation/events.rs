//! What EventBridge is told, as a rule's target gets it, and that nobody waits for it.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};
use tests::{Scene, Target, eventually, report};

/// What differs from run to run.
const IDS: [&str; 10] = [
    "id",
    "account",
    "time",
    "request_id",
    "api_key",
    "successor",
    "published",
    "retired",
    "retire_not_before",
    "next_rotation_date",
];

fn sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/event-bus");
    let text = fs::read_to_string(path.join(format!("{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The event with everything masked that differs from run to run.
fn masked(event: &Value) -> Value {
    match event {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let masked = match IDS.contains(&name.as_str()) {
                    true => "*".into(),
                    false => masked(value),
                };
                (name.clone(), masked)
            })
            .collect(),
        Value::Array(list) => list.iter().map(masked).collect(),
        Value::String(text) => match text.split_once(":secret:") {
            Some((_, name)) => name[..name.len() - "AbCdEf".len()].into(),
            None => event.clone(),
        },
        other => other.clone(),
    }
}

/// The events on the bus since the first `count`, and how many there are now.
async fn since(scene: &Scene, count: &mut usize) -> Vec<Value> {
    let events = scene.cloud.controls.events().await.unwrap();
    let new = events[*count..].iter();
    let new = new
        .map(|told| {
            assert_eq!(told["bus"], "default");
            told["event"].clone()
        })
        .collect();
    *count = events.len();
    new
}

fn types(events: &[Value]) -> Vec<&str> {
    let types = events.iter().map(|event| event["detail-type"].as_str());
    types.map(Option::unwrap).collect()
}

/// Rotates by the callback; the answer of its last step.
async fn finished(scene: &Scene, target: &Target) -> Value {
    scene.rotate_secret(target.primary()).await;
    // Its labels move before it ends.
    eventually("the last step answers", async || {
        let mut ended = scene.cloud.invocations().into_iter();
        let finish = ended.find(|(_, done)| done.answer["step"] == "finishSecret");
        finish
            .map(|(_, done)| done.answer)
            .ok_or_else(|| format!("{:?}", scene.errors()))
    })
    .await
}

fn orders() -> Target {
    Target::kafka("payments/orders")
        .with(
            "/copies",
            json!([{"name": "/payments/orders/kafka_cluster/python_client", "formats": ["librdkafka"]}]),
        )
        .with("/labels", json!({"team": "payments"}))
}

#[tokio::test]
async fn the_life_of_a_target_is_told_as_the_samples_say() {
    let scene = Scene::start().await;
    let target = orders();
    scene.add(&target).await;
    let mut seen = 0;

    scene.sweep().await;
    let told = since(&scene, &mut seen).await;
    assert_eq!(types(&told), ["API Key Published"]);
    let first = told[0]["detail"]["api_key"].clone();
    assert_eq!(masked(&told[0]), masked(&sample("api-key-published")));

    scene.age(31.0).await;
    scene.sweep().await;
    let told = since(&scene, &mut seen).await;
    assert_eq!(types(&told), ["API Key Published"], "the first is retained");
    assert_ne!(told[0]["detail"]["api_key"], first);

    scene.age(31.0).await;
    scene.sweep().await;
    let told = since(&scene, &mut seen).await;
    assert_eq!(
        types(&told),
        ["API Key Published", "API Key Retirement Due"]
    );
    let due = &told[1]["detail"];
    assert_eq!(due["api_key"], first);
    assert_eq!(due["successor"], told[0]["detail"]["api_key"]);
    assert_eq!(masked(&told[1]), masked(&sample("api-key-retirement-due")));

    scene.age(1.1).await;
    let retired = scene.sweep().await;
    assert_eq!(retired["counts"]["retired"], 1, "{retired:#}");
    let told = since(&scene, &mut seen).await;
    assert_eq!(types(&told), ["API Key Retired"]);
    assert_eq!(told[0]["detail"]["api_key"], first);
    assert_eq!(masked(&told[0]), masked(&sample("api-key-retired")));

    let copy = json!({"SecretId": target.secrets()[1], "RecoveryWindowInDays": 7});
    let aws = &scene.cloud.aws;
    aws.call("secretsmanager.DeleteSecret", &copy)
        .await
        .unwrap();
    for again in [false, true] {
        scene.failing_sweep().await;
        let told = since(&scene, &mut seen).await;
        if again {
            assert_eq!(types(&told), [""; 0], "once a day");
        } else {
            assert_eq!(types(&told), ["Target Failed"]);
            assert_eq!(masked(&told[0]), masked(&sample("target-failed")));
        }
    }
    scene.age(1.1).await;
    scene.failing_sweep().await;
    assert_eq!(types(&since(&scene, &mut seen).await), ["Target Failed"]);

    let copy = json!({"SecretId": target.secrets()[1]});
    aws.call("secretsmanager.RestoreSecret", &copy)
        .await
        .unwrap();
    scene.sweep().await;
    let told = since(&scene, &mut seen).await;
    assert_eq!(types(&told), ["Target Recovered"]);
    assert_eq!(masked(&told[0]), masked(&sample("target-recovered")));
    scene.sweep().await;
    assert_eq!(types(&since(&scene, &mut seen).await), [""; 0]);
}

#[tokio::test]
async fn the_callback_tells_of_the_key_that_it_published() {
    let scene = Scene::start().await;
    let target = orders();
    scene.add(&target).await;
    finished(&scene, &target).await;
    let told = since(&scene, &mut 0).await;
    assert_eq!(types(&told), ["API Key Published"]);
    let key = scene.stores().await.current_key(target.primary()).unwrap();
    assert_eq!(told[0]["detail"]["api_key"], key);
    let mut sample = sample("api-key-published");
    sample["detail"]
        .as_object_mut()
        .unwrap()
        .remove("next_rotation_date");
    assert_eq!(masked(&told[0]), masked(&sample));
}

#[tokio::test]
async fn a_broken_bus_is_a_warning_and_holds_up_nothing() {
    let scene = Scene::start().await;
    let target = orders();
    scene.add(&target).await;
    for broken in [
        json!({"effect": "status", "status": 500}),
        json!({"effect": "status", "status": 400, "code": "AccessDeniedException"}),
        json!({"effect": "status", "body": "truncated"}),
        json!({"effect": "delay", "seconds": 600}),
        json!({"effect": "fail_after"}),
        json!({"effect": "drop"}),
    ] {
        let mut fault = json!({"service": "events", "operation": "PutEvents", "every": true});
        fault
            .as_object_mut()
            .unwrap()
            .extend(broken.as_object().unwrap().clone());
        let controls = &scene.cloud.controls;
        controls.post_faults(json!([fault])).unwrap();
        let done = scene.sweep().await;
        let status = &report::of(&done, &target.name)["status"];
        let worked = status == "rotated" || status == "retired";
        assert!(worked, "{broken}: {done:#}");
        let warnings = done["warnings"].to_string();
        assert!(warnings.contains("not told"), "{broken}: {warnings}");
        controls.clear_faults();
        scene.age(31.0).await;
    }
    // The next sweep tells what none of them could.
    scene.sweep().await;
    let told = since(&scene, &mut 0).await;
    let told_of = |kind: &str| {
        let events = told.iter().filter(|event| event["detail-type"] == kind);
        let keys = events.map(|event| event["detail"]["api_key"].to_string());
        keys.collect::<BTreeSet<_>>()
    };
    let world = scene.cloud.controls.emulator().world();
    let made = world["api_keys"].as_array().unwrap().iter();
    let made = made.filter(|key| key["description"].to_string().contains("keywheel/"));
    let (gone, all): (Vec<_>, Vec<_>) = made
        .map(|key| (key["state"] == "deleted", key["id"].to_string()))
        .map(|(gone, id)| (gone.then(|| id.clone()), id))
        .unzip();
    assert_eq!(told_of("API Key Published"), all.into_iter().collect());
    let gone = gone.into_iter().flatten().collect();
    assert_eq!(told_of("API Key Retired"), gone);
}

#[tokio::test]
async fn a_broken_bus_is_a_warning_of_the_callback_too() {
    let scene = Scene::start().await;
    let target = orders();
    scene.add(&target).await;
    let fault = json!([{"service": "events", "effect": "status", "status": 500, "every": true}]);
    scene.cloud.controls.post_faults(fault).unwrap();
    let answer = finished(&scene, &target).await;
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("the event is not told"), "{warnings}");
    scene.cloud.controls.clear_faults();
    scene.sweep().await;
    assert_eq!(types(&since(&scene, &mut 0).await), ["API Key Published"]);
}

#[tokio::test]
async fn without_a_bus_nobody_is_called() {
    let scene = Scene::with(&[("EVENT_BUS", "none")]).await;
    scene.add(&orders()).await;
    scene.sweep().await;
    scene.age(1.0).await;
    scene.rotate_secret(orders().primary()).await;
    let asked = scene.requests_since(0).into_iter();
    assert_eq!(asked.filter(|entry| entry.service == "events").count(), 0);
}

#[tokio::test]
async fn a_leaked_key_is_not_told_to_be_retired_while_its_successor_does_not_sign_in() {
    let target = Target::plain("orders");
    let scene = Scene::with(&[("SETTLE_SECONDS", "6")]).await;
    scene.add(&target).await;
    scene.sweep().await;
    scene.age(0.05).await;
    let leaked = scene.stores().await.current_key(target.primary()).unwrap();
    let dies = json!([{"service": "confluent", "operation": "PATCH /iam/v2/api-keys/{id}", "effect": "kill_caller_after"}]);
    scene.cloud.controls.post_faults(dies).unwrap();
    let revoke = json!({"operation": "revoke", "api_keys": [leaked]});
    assert!(scene.invoke(revoke).await.error.is_some());
    scene.cloud.controls.clear_faults();

    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"seconds": 600})).unwrap();
    let mut told = 0;
    since(&scene, &mut told).await;
    let swept = scene.sweep().await;
    let entry = report::of(&swept, "orders");
    assert_eq!(entry["actions"][0]["action"], "revoke", "{entry:#}");
    assert_eq!(entry["actions"][0]["api_key"], leaked.as_str(), "{entry:#}");
    assert_eq!(entry["actions"][0]["done"], false, "{entry:#}");
    let events = since(&scene, &mut told).await;
    assert!(
        events
            .iter()
            .all(|event| event["detail-type"] != "API Key Retired"),
        "{events:#?}"
    );
}
