//! A target that keeps failing is tried less and less often, and told once.

use serde_json::{Value, json};
use tests::{Scene, Target, marked_keys, report};

/// A target whose rotation cannot be stored.
async fn failing() -> (Scene, Target) {
    let target = Target::plain("orders");
    let scene = Scene::start().await;
    scene.add(&target).await;
    scene.sweep().await;
    scene.age(31.0).await;
    let denied = json!([{"service": "secretsmanager", "operation": "PutSecretValue", "every": true, "effect": "status",
        "status": 400, "code": "EncryptionFailure"}]);
    scene.cloud.controls.post_faults(denied).unwrap();
    (scene, target)
}

#[tokio::test]
async fn f48_a_scheduled_run_fails_for_the_first_failure_only_and_pauses_double() {
    let (scene, _) = failing().await;
    let done = scene.scheduled().await;
    let error = done.error.unwrap();
    assert!(
        error.message.contains("EncryptionFailure"),
        "{}",
        error.message
    );
    assert_eq!(scene.state("orders").await["failures"], 1);

    // Within the hour it is left alone.
    let before = scene.request_count();
    let done = scene.scheduled().await;
    assert!(done.error.is_none(), "{:?}", done.error);
    let entry = report::of(&done.answer, "orders");
    assert_eq!(entry["status"], "failed", "{entry:#}");
    let summary = entry["summary"].as_str().unwrap();
    assert!(
        summary.starts_with("it failed 1 times in a row (last: SecretsManagerFailed)"),
        "{summary}"
    );
    assert_eq!(scene.count_since(before, "POST /iam/v2/api-keys"), 0);

    // After it, it is tried again, fails again, and the run does not.
    scene.age(0.05).await;
    let done = scene.scheduled().await;
    assert!(done.error.is_none(), "{:?}", done.error);
    assert_eq!(scene.count_since(before, "POST /iam/v2/api-keys"), 1);
    assert_eq!(scene.state("orders").await["failures"], 2);
    // The second pause is two hours.
    scene.age(0.05).await;
    let before = scene.request_count();
    scene.scheduled().await;
    assert_eq!(scene.count_since(before, "POST /iam/v2/api-keys"), 0);

    // A person is not kept waiting, and a success forgets it all.
    scene.cloud.controls.clear_faults();
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
    assert_eq!(scene.state("orders").await, json!({}));
    assert_eq!(marked_keys(&scene).len(), 2);
}

#[tokio::test]
async fn after_three_failed_rotations_no_further_one_begins() {
    let scene = Scene::start().await;
    let targets: Vec<_> = (0..12)
        .map(|n| {
            Target::kafka_under(&format!("/t{n}"), &format!("t{n:02}"))
                .with("/parameters", Value::Null)
                .with("/copies", json!([]))
        })
        .collect();
    for target in &targets {
        scene.add(target).await;
    }
    assert_eq!(scene.sweep().await["counts"]["rotated"], 12);
    scene.age(31.0).await;
    let denied = json!([{"service": "secretsmanager", "operation": "PutSecretValue", "every": true, "effect": "status",
        "status": 400, "code": "EncryptionFailure"}]);
    scene.cloud.controls.post_faults(denied).unwrap();
    let before = scene.request_count();
    let done = scene.invoke(json!({})).await;
    assert!(done.error.is_some());
    // Three begin at once, and two more before the third has failed.
    let made = scene.count_since(before, "POST /iam/v2/api-keys");
    assert!((3..=5).contains(&made), "{made} keys were made");
    assert!(
        done.logs.contains(r#""stopped_early":true"#),
        "{}",
        done.logs
    );
    assert_eq!(
        marked_keys(&scene).len(),
        12,
        "what was made for nothing is gone"
    );
}
