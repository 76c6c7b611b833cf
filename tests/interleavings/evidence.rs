//! What is no proof: a listing that lacks, fails or ends early, and a deletion that says it was done.

use serde_json::{Value, json};
use tests::{
    Scene, Target, Witness,
    scenes::target::{KAFKA, ORDERS},
};

use crate::peace::{comes_to_peace, filled, live, only, order, overfull};

const LIST: &str = "GET /iam/v2/api-keys";
const DELETE: &str = "DELETE /iam/v2/api-keys/{id}";
const POST: &str = "POST /iam/v2/api-keys";

fn refused(operation: &str, nth: u64, status: u16) -> Value {
    json!([{"service": "confluent", "operation": operation, "nth": nth, "every": true,
        "effect": "status", "status": status}])
}

async fn current(scene: &Scene, target: &Target) -> String {
    scene.stores().await.current_key(target.primary()).unwrap()
}

/// A sweep that fails with a sentence, makes no key and deletes none.
async fn changes_nothing(scene: &Scene, sentence: &str) {
    let (keys, before) = (live(scene), scene.request_count());
    let error = scene.failing_sweep().await;
    assert!(error.contains(sentence), "{error}");
    for operation in [
        POST,
        DELETE,
        "PATCH /iam/v2/api-keys/{id}",
        "UpdateSecretVersionStage",
    ] {
        assert_eq!(
            scene.count_since(before, operation),
            0,
            "{operation}: {error}"
        );
    }
    assert_eq!(live(scene), keys);
}

#[tokio::test]
async fn invariant_3_a_listing_without_the_anchor_retires_nothing_and_rotates_nothing() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    scene.age(31.0).await;
    let key = json!({"id": current(&scene, &target).await, "visible": false});
    let emulator = scene.cloud.controls.emulator();
    emulator.add(json!({"api_keys": [key]})).unwrap();
    changes_nothing(&scene, "current key not visible").await;
}

#[tokio::test]
async fn invariant_3_a_listing_that_fails_deletes_nothing() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    for status in [403, 503] {
        order(&scene, refused(LIST, 1, status));
        changes_nothing(&scene, &status.to_string()).await;
        scene.cloud.controls.clear_faults();
    }
}

#[tokio::test]
async fn invariant_3_half_a_listing_deletes_nothing() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    // A page holds a hundred.
    let others = vec![json!({"owner": ORDERS, "resource": KAFKA}); 100];
    let emulator = scene.cloud.controls.emulator();
    emulator.add(json!({"api_keys": others})).unwrap();
    order(&scene, refused(LIST, 2, 403));
    changes_nothing(&scene, "403").await;
    scene.cloud.controls.clear_faults();
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["retired"], 1, "{report:#}");
}

#[tokio::test]
async fn f38_an_answer_to_a_deletion_is_no_proof() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    for status in [403, 404, 204] {
        let before = live(&scene);
        order(&scene, refused(DELETE, 1, status));
        let error = scene.failing_sweep().await;
        assert!(
            error.contains("still listed after its deletion"),
            "{status}: {error}"
        );
        assert_eq!(live(&scene), before);
        scene.cloud.controls.clear_faults();
    }
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "retired", "{report:#}");
    assert_eq!(live(&scene).len(), 2);
}

#[tokio::test]
async fn drift_that_is_proved_is_mended_at_once() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let gone = current(&scene, &target).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"api_keys": [gone]})).unwrap();
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "rotated", "{report:#}");
    assert_ne!(current(&scene, &target).await, gone);
    comes_to_peace(&scene, &target).await;
}

#[tokio::test]
async fn a_lost_current_key_gives_way_to_an_earlier_one_that_signs_in() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let old = current(&scene, &target).await;
    scene.rotate_secret(target.primary()).await;
    let gone = current(&scene, &target).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"api_keys": [gone]})).unwrap();
    let before = scene.request_count();
    let report = scene.sweep().await;
    assert_eq!(
        only(&report)["actions"][0]["action"],
        "restore",
        "{report:#}"
    );
    assert_eq!(scene.count_since(before, POST), 0);
    comes_to_peace(&scene, &target).await;
    assert_eq!(current(&scene, &target).await, old);
}

#[tokio::test]
async fn a_deleted_key_that_still_signs_in_is_not_drift() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"deleted_lives": 3600})).unwrap();
    let gone = current(&scene, &target).await;
    emulator.delete(json!({"api_keys": [gone]})).unwrap();
    changes_nothing(&scene, "current key not visible").await;
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_not_drift() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let gone = current(&scene, &target).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"api_keys": [gone]})).unwrap();
    order(
        &scene,
        json!([{"service": "kafka_rest", "every": true, "effect": "drop"}]),
    );
    changes_nothing(&scene, "current key not visible").await;
}

#[tokio::test]
async fn f08_a_deleted_service_account_fails_its_targets_alone_and_deletes_nothing() {
    let (orders, schemas) = (Target::plain("orders"), Target::schema_registry("schemas"));
    let scene = filled(&orders).await;
    scene.add(&schemas).await;
    let emulator = scene.cloud.controls.emulator();
    emulator
        .delete(json!({"service_accounts": [ORDERS]}))
        .unwrap();
    let before = scene.request_count();
    let error = scene.failing_sweep().await;
    assert!(
        error.contains("`orders` failed") && error.contains("`schemas` rotated"),
        "{error}"
    );
    assert_eq!(scene.count_since(before, DELETE), 0);
    let witness = Witness::of(&scene, &[&schemas]);
    assert!(witness.saw_no_failure().await > 0);
}

#[tokio::test]
async fn a_deleted_cluster_fails_its_targets_alone_and_deletes_nothing() {
    let (orders, schemas) = (Target::plain("orders"), Target::schema_registry("schemas"));
    let scene = filled(&orders).await;
    scene.add(&schemas).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"clusters": [KAFKA]})).unwrap();
    let before = scene.request_count();
    let error = scene.failing_sweep().await;
    assert!(
        error.contains("`orders` failed") && error.contains("`schemas` rotated"),
        "{error}"
    );
    for operation in [DELETE, POST] {
        let asked = scene.count_since(before, operation);
        assert!(
            asked <= usize::from(operation == POST),
            "{operation} {asked}"
        );
    }
    let witness = Witness::of(&scene, &[&schemas]);
    assert!(witness.saw_no_failure().await > 0);
}
