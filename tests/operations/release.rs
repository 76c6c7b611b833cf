//! `release`: a target is handed back, and nothing published is deleted.

use serde_json::json;
use tests::{Scene, Target, Witness, marked_keys, report};

async fn rotated_twice(target: &Target) -> Scene {
    let scene = Scene::with(&[("SETTLE_SECONDS", "6")]).await;
    scene.add(target).await;
    scene.sweep().await;
    scene.age(31.0).await;
    scene.sweep().await;
    scene.age(0.05).await;
    scene
}

#[tokio::test]
async fn every_marker_comes_off_and_every_key_lives_on() {
    let target = Target::with_a_copy("orders");
    let scene = rotated_twice(&target).await;
    let witness = Witness::of(&scene, &[&target]);
    let dry = json!({"operation": "release", "targets": ["orders"], "dry_run": true});
    let dry = scene.ask(dry).await;
    assert_eq!(
        report::actions(&dry, "orders"),
        ["release", "release"],
        "{dry:#}"
    );
    assert_eq!(marked_keys(&scene).len(), 2);

    let entry = scene.by_hand("release", &target).await;
    let warnings = entry["warnings"].to_string();
    assert!(
        warnings.contains("remove parameter `/keywheel/targets/orders`"),
        "{entry:#}"
    );
    assert_eq!(entry["keys"].as_array().unwrap().len(), 2);
    assert_eq!(marked_keys(&scene).len(), 0);
    scene.age(40.0).await;
    let swept = scene.sweep().await;
    assert_eq!(report::of(&swept, "orders")["status"], "kept", "{swept:#}");
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_pending_key_that_was_never_published_goes() {
    let target = Target::plain("orders");
    let scene = rotated_twice(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let done = scene.step(target.primary(), &token, "createSecret").await;
    assert!(done.error.is_none(), "{:?}", done.error);
    let pending = scene.stores().await.pending_key(target.primary()).unwrap();
    let entry = scene.by_hand("release", &target).await;
    assert_eq!(
        report_actions(&entry),
        ["discard", "release", "release"],
        "{entry:#}"
    );
    assert_eq!(scene.stores().await.pending_key(target.primary()), None);
    let world = scene.cloud.controls.emulator().world();
    let keys = world["api_keys"].as_array().unwrap();
    let lives = |id: &str| {
        keys.iter()
            .any(|key| key["id"] == id && key["state"] != "deleted")
    };
    assert!(!lives(&pending), "{entry:#}");
    assert!(lives(
        &scene.stores().await.current_key(target.primary()).unwrap()
    ));
}

fn report_actions(entry: &serde_json::Value) -> Vec<&str> {
    let actions = entry["actions"].as_array().unwrap().iter();
    actions
        .map(|action| action["action"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_target_whose_publish_has_begun_keeps_its_markers_until_that_is_done() {
    let target = Target::with_a_copy("orders");
    let scene = rotated_twice(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    scene.step(target.primary(), &token, "createSecret").await;
    let dies = json!([{"service": "secretsmanager", "operation": "UpdateSecretVersionStage",
        "effect": "kill_caller_after", "function": "secret-rotation"}]);
    scene.cloud.controls.post_faults(dies).unwrap();
    scene.step(target.primary(), &token, "finishSecret").await;
    scene.cloud.controls.clear_faults();
    let refuses =
        json!([{"service": "kafka_rest", "every": true, "effect": "status", "status": 401}]);
    scene.cloud.controls.post_faults(refuses).unwrap();

    let entry = scene.by_hand("release", &target).await;
    assert_eq!(entry["status"], "syncing", "{entry:#}");
    let warnings = entry["warnings"].to_string();
    assert!(warnings.contains("it is not handed back"), "{entry:#}");
    assert_eq!(marked_keys(&scene).len(), 3);

    scene.cloud.controls.clear_faults();
    let entry = scene.by_hand("release", &target).await;
    let warnings = entry["warnings"].to_string();
    assert!(warnings.contains("remove parameter"), "{entry:#}");
    assert_eq!(marked_keys(&scene).len(), 0);
    let stores = scene.stores().await;
    let [primary, copy] = [0, 1].map(|nth| stores.current_key(target.secrets()[nth]));
    assert_eq!(primary, copy);
}
