//! `rollback`: the former key becomes current, and stays so.

use serde_json::{Value, json};
use tests::{Scene, Target, Witness, marked_keys, report};

/// A target whose second key is current; the first key, then the second.
async fn rotated(target: &Target) -> (Scene, String, String) {
    let scene = Scene::start().await;
    scene.add(target).await;
    scene.sweep().await;
    let first = scene.stores().await.current_key(target.primary()).unwrap();
    scene.age(31.0).await;
    scene.sweep().await;
    let second = scene.stores().await.current_key(target.primary()).unwrap();
    assert_ne!(first, second);
    scene.age(0.05).await;
    (scene, first, second)
}

async fn assert_current(scene: &Scene, target: &Target, key: &str) {
    let stores = scene.stores().await;
    for secret in target.secrets() {
        assert_eq!(stores.current_key(secret).as_deref(), Some(key), "{secret}");
    }
}

#[tokio::test]
async fn the_former_key_is_published_again_everywhere_and_the_target_is_held() {
    let target = Target::with_a_copy("orders");
    let (scene, first, second) = rotated(&target).await;
    let witness = Witness::of(&scene, &[&target]);
    let entry = scene.by_hand("rollback", &target).await;
    assert_eq!(entry["current"], first.as_str(), "{entry:#}");
    assert_current(&scene, &target, &first).await;
    assert_eq!(scene.state("orders").await["hold"]["reason"], "rolled back");

    // The next sweeps leave it so, although the key is overdue.
    for _ in 0..2 {
        let swept = scene.sweep().await;
        assert_eq!(
            report::of(&swept, "orders")["status"],
            "on_hold",
            "{swept:#}"
        );
        scene.age(2.0).await;
    }
    assert_current(&scene, &target, &first).await;
    assert_eq!(marked_keys(&scene).len(), 2);

    // And back again.
    let entry = scene.by_hand("rollback", &target).await;
    assert_eq!(entry["current"], second.as_str(), "{entry:#}");
    assert_current(&scene, &target, &second).await;
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_dry_run_of_a_rollback_changes_nothing() {
    let target = Target::with_a_copy("orders");
    let (scene, first, second) = rotated(&target).await;
    let event = json!({"operation": "rollback", "targets": ["orders"], "dry_run": true});
    let answer = scene.ask(event).await;
    let action = &report::of(&answer, "orders")["actions"][0];
    assert_eq!(
        (&action["action"], &action["done"]),
        (&json!("rollback"), &json!(false))
    );
    assert_eq!(action["api_key"], first.as_str());
    assert_current(&scene, &target, &second).await;
    assert_eq!(scene.state("orders").await, Value::Null);
}

#[tokio::test]
async fn a_former_key_that_is_gone_or_refused_is_not_rolled_back_to() {
    let target = Target::plain("orders");
    let (scene, first, second) = rotated(&target).await;
    scene
        .cloud
        .controls
        .emulator()
        .delete(json!({"api_keys": [first]}))
        .unwrap();
    let event = json!({"operation": "rollback", "targets": ["orders"]});
    let message = scene.refused(event).await;
    assert!(message.contains("no former key of secret"), "{message}");
    assert_current(&scene, &target, &second).await;
}

#[tokio::test]
async fn nothing_is_rolled_back_while_a_rotation_is_under_way() {
    let target = Target::plain("orders");
    let (scene, _, second) = rotated(&target).await;
    scene.empty_pending_version(target.primary()).await;
    let message = scene
        .refused(json!({"operation": "rollback", "targets": ["orders"]}))
        .await;
    assert!(message.contains("is under way"), "{message}");
    assert_current(&scene, &target, &second).await;
}

#[tokio::test]
async fn a_hold_that_ended_or_will_end_does_not_let_a_rollback_be_undone() {
    for held_for in [3, 300] {
        let target = Target::plain("orders");
        let (scene, first, _) = rotated(&target).await;
        let until = time::OffsetDateTime::now_utc() + time::Duration::days(held_for);
        let until = until
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap();
        let hold = json!({"operation": "hold", "targets": ["orders"], "until": until});
        scene.ask(hold).await;
        scene.age(3.1).await;
        scene.by_hand("rollback", &target).await;
        let hold = &scene.state("orders").await["hold"];
        assert_eq!(hold["until"], Value::Null, "{hold:#}");
        scene.age(31.0).await;
        scene.sweep().await;
        assert_current(&scene, &target, &first).await;
    }
}

#[tokio::test]
async fn the_hold_of_a_rollback_is_written_before_anything_moves() {
    let target = Target::with_a_copy("orders");
    let (scene, first, _) = rotated(&target).await;
    let dies = json!([{"service": "secretsmanager", "operation": "UpdateSecretVersionStage", "effect": "kill_caller_before"}]);
    scene.cloud.controls.post_faults(dies).unwrap();
    let rollback = json!({"operation": "rollback", "targets": ["orders"]});
    assert!(scene.invoke(rollback).await.error.is_some());
    scene.cloud.controls.clear_faults();
    assert_eq!(scene.state("orders").await["hold"]["reason"], "rolled back");

    scene.age(0.05).await;
    scene.by_hand("rollback", &target).await;
    assert_current(&scene, &target, &first).await;
}
