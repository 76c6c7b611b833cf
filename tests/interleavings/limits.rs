//! How many keys there are, how long a superseded one stays, and how much one sweep does.

use serde_json::{Value, json};
use tests::{
    Scene, Target, Witness, marked_keys,
    scenes::target::{KAFKA, ORDERS, PAYMENTS},
};

use crate::peace::{
    A_WHILE, comes_to_peace, filled, filled_with, live, only, order, overfull, overfull_with,
    rotate_by_hand,
};

const POST: &str = "POST /iam/v2/api-keys";
const DELETE: &str = "DELETE /iam/v2/api-keys/{id}";

/// A second target beside the first, its key in another secret.
fn beside(name: &str) -> Target {
    Target::plain(name).with("/owner", PAYMENTS.into())
}

/// Reads the reasons for which keys are kept.
fn kept(report: &Value) -> String {
    let keys = only(report)["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["kept_because"].to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

#[tokio::test]
async fn invariant_5_no_key_is_made_beyond_one_more_than_are_kept() {
    for retain in [2, 3] {
        let target = Target::plain("orders").with("/number_of_api_keys_to_retain", retain.into());
        let scene = filled(&target).await;
        for _ in 0..retain {
            rotate_by_hand(&scene, &target).await;
        }
        let before = scene.request_count();
        let event = json!({"operation": "rotate", "targets": ["orders"], "again": true});
        let error = scene.invoke(event).await.error.unwrap().message;
        assert!(error.contains(&format!("at most {retain} + 1")), "{error}");
        assert_eq!(scene.count_since(before, POST), 0);
        assert_eq!(live(&scene).len(), retain + 1);
    }
}

#[tokio::test]
async fn invariant_5_lost_answers_stop_at_three() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    order(
        &scene,
        json!([{"service": "confluent", "operation": POST, "effect": "kill_caller_after", "every": true}]),
    );
    for _ in 0..5 {
        scene.step(target.primary(), &token, "createSecret").await;
    }
    assert_eq!(live(&scene).len(), 1 + 3);
    scene.cloud.controls.clear_faults();
    scene.age(A_WHILE).await;
    let report = scene.sweep().await;
    assert_eq!(live(&scene).len(), 1, "they outlived an hour: {report:#}");
    // Secrets Manager may still come back to its empty version for a day.
    scene.age(1.1).await;
    comes_to_peace(&scene, &target).await;
}

#[tokio::test]
async fn f33_a_target_that_is_full_and_due_retires_first_and_rotates_in_the_next_sweep() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    scene.age(31.0).await;
    let witness = Witness::of(&scene, &[&target]);
    for (status, keys) in [("retired", 2), ("rotated", 3)] {
        let report = scene.sweep().await;
        assert_eq!(only(&report)["status"], status, "{report:#}");
        assert_eq!(live(&scene).len(), keys);
    }
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn f29_a_superseded_key_stays_for_the_grace_after_the_last_publish() {
    let target = Target::kafka("orders").with("/grace_hours", 48.into());
    let scene = filled(&target).await;
    rotate_by_hand(&scene, &target).await;
    rotate_by_hand(&scene, &target).await;
    scene.age(1.9).await;
    let report = scene.sweep().await;
    assert!(kept(&report).contains("grace of 48 h"), "{report:#}");
    assert_eq!(live(&scene).len(), 3);
    scene.age(0.2).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "retired", "{report:#}");
    assert_eq!(live(&scene).len(), 2);
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "kept", "{report:#}");
}

#[tokio::test]
async fn one_key_of_a_target_is_retired_in_a_sweep_the_oldest_first() {
    let target = Target::plain("orders").with("/number_of_api_keys_to_retain", 4.into());
    let scene = filled(&target).await;
    let mut keys = live(&scene);
    for _ in 0..3 {
        let report = rotate_by_hand(&scene, &target).await;
        keys.push(only(&report)["current"].as_str().unwrap().to_owned());
    }
    scene.age(2.0).await;
    scene
        .put(&target.with("/number_of_api_keys_to_retain", 2.into()))
        .await;
    for nth in 0..2 {
        let report = scene.sweep().await;
        assert_eq!(only(&report)["status"], "retired", "{report:#}");
        let mut left = keys[nth + 1..].to_vec();
        left.sort();
        assert_eq!(live(&scene), left, "{report:#}");
    }
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "kept", "{report:#}");
}

#[tokio::test]
async fn f41_a_sweep_retires_and_begins_no_more_than_it_may() {
    let (first, second) = (Target::plain("first"), beside("second"));
    let settings = [
        ("MAX_RETIREMENTS_PER_SWEEP", "1"),
        ("MAX_ROTATIONS_PER_SWEEP", "1"),
    ];
    let scene = Scene::with(&settings).await;
    scene.add(&first).await;
    scene.add(&second).await;
    // A first key replaces nothing and is not counted.
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["rotated"], 2, "{report:#}");
    let all = json!({"operation": "rotate", "targets": ["first", "second"], "again": true});
    for _ in 0..2 {
        // What is named by hand is not capped.
        let report = scene.ask(all.clone()).await;
        assert_eq!(report["counts"]["rotated"], 2, "{report:#}");
    }
    scene.age(2.0).await;
    for left in [5, 4] {
        let report = scene.sweep().await;
        assert_eq!(report["counts"]["retired"], 1, "{report:#}");
        assert_eq!(live(&scene).len(), left);
    }
    scene.age(31.0).await;
    for left in [5, 6] {
        let report = scene.sweep().await;
        assert_eq!(report["counts"]["rotated"], 1, "{report:#}");
        assert_eq!(live(&scene).len(), left);
    }
}

#[tokio::test]
async fn nothing_is_retired_until_every_secret_has_settled() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    let copy = target.secrets()[2];
    let text = scene.cloud.aws.secret_text(copy).await.unwrap();
    scene.cloud.aws.put_secret_value(copy, &text).await.unwrap();
    let report = scene.sweep().await;
    assert!(kept(&report).contains("changed a moment ago"), "{report:#}");
    assert_eq!(live(&scene).len(), 3);
    // Two minutes: the setting is one.
    scene.age(2.0 / 1440.0).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "retired", "{report:#}");
}

#[tokio::test]
async fn an_orphan_goes_only_once_the_primary_has_settled() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let own = &marked_keys(&scene)[0];
    let marker = own["description"]
        .as_str()
        .unwrap()
        .split(" published=")
        .next()
        .unwrap();
    let orphan = json!({"owner": ORDERS, "resource": KAFKA, "description": marker, "created_at": "2026-01-01T00:00:00Z"});
    scene
        .cloud
        .controls
        .emulator()
        .add(json!({"api_keys": [orphan]}))
        .unwrap();
    let text = scene.cloud.aws.secret_text(target.primary()).await.unwrap();
    scene
        .cloud
        .aws
        .put_secret_value(target.primary(), &text)
        .await
        .unwrap();
    let report = scene.sweep().await;
    let warnings = only(&report)["warnings"].to_string();
    assert!(warnings.contains("has not changed for 60 s"), "{report:#}");
    assert_eq!(live(&scene).len(), 2);
    scene.age(A_WHILE).await;
    scene.sweep().await;
    assert_eq!(live(&scene).len(), 1);
}

#[tokio::test]
async fn invariant_2_nothing_is_retired_while_the_successor_does_not_sign_in() {
    let target = Target::kafka("orders");
    for status in [401, 503] {
        let scene = overfull(&target).await;
        let before = scene.request_count();
        order(
            &scene,
            json!([{"service": "kafka_rest", "every": true, "effect": "status", "status": status}]),
        );
        let error = scene.failing_sweep().await;
        assert!(
            error.contains("does not sign in now: nothing is retired"),
            "{error}"
        );
        assert_eq!(scene.count_since(before, DELETE), 0);
        assert_eq!(live(&scene).len(), 3);
    }
}

#[tokio::test]
async fn invariant_3_a_key_that_somebody_put_back_into_a_copy_is_not_deleted_under_him() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let copy = target.secrets()[1].to_owned();
    let old = scene.cloud.aws.secret_text(&copy).await.unwrap();
    rotate_by_hand(&scene, &target).await;
    rotate_by_hand(&scene, &target).await;
    scene.age(2.0).await;
    scene.cloud.aws.put_secret_value(&copy, &old).await.unwrap();
    scene.age(2.0 / 1440.0).await;
    let witness = Witness::of(&scene, &[&target]);
    let before = scene.request_count();
    let report = scene.sweep().await;
    assert_eq!(
        only(&report)["actions"][0]["action"],
        "rewrite",
        "{report:#}"
    );
    assert_eq!(scene.count_since(before, DELETE), 0);
    comes_to_peace(&scene, &target).await;
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn invariant_8_neither_a_broken_nor_a_slow_target_keeps_another_from_its_turn() {
    let good = Target::plain("good");
    let slow = Target::schema_registry("slow");
    let scene = filled_with(&good, &[]).await;
    scene.add(&slow).await;
    scene.put_text("broken", "{").await;
    scene.put(&beside("without-secret")).await;
    order(
        &scene,
        json!([{"service": "schema_registry", "every": true, "effect": "delay", "seconds": 2}]),
    );
    scene.age(31.0).await;
    for keys in [2, 3] {
        let before = marked_keys(&scene).len();
        let done = scene.invoke(json!({})).await;
        let error = done.error.unwrap().message;
        assert!(
            error.contains("broken") && error.contains("without-secret"),
            "{error}"
        );
        let of_good = |key: &&Value| key["owner"] == ORDERS;
        assert_eq!(
            marked_keys(&scene).iter().filter(of_good).count(),
            keys,
            "{before}"
        );
        scene.age(31.0).await;
    }
}

#[tokio::test]
async fn the_grace_of_three_kept_keys_is_counted_once() {
    let target = Target::plain("orders").with("/number_of_api_keys_to_retain", 3.into());
    let scene = overfull_with(&target, &[]).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "retired", "{report:#}");
    assert!(kept(&report).contains("one of the 3 newest"), "{report:#}");
    assert_eq!(live(&scene).len(), 3);
}
