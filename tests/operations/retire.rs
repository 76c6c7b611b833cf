//! `retire` by hand, and `retire_after_days`.

use serde_json::json;
use tests::{Scene, Target, Witness, marked_keys, report};

/// A target with so many published keys, the newest current.
async fn with_keys(target: &Target, keys: usize) -> Scene {
    let scene = Scene::start().await;
    scene.add(target).await;
    scene.sweep().await;
    let again = json!({"operation": "rotate", "targets": [target.name], "again": true});
    for _ in 1..keys {
        scene.ask(again.clone()).await;
    }
    assert_eq!(marked_keys(&scene).len(), keys);
    scene
}

#[tokio::test]
async fn by_hand_every_key_past_its_grace_goes_and_none_before() {
    // Five that stay while they are made, two afterwards.
    let target = Target::with_a_copy("orders").with("/number_of_api_keys_to_retain", json!(5));
    let scene = with_keys(&target, 5).await;
    let target = target.with("/number_of_api_keys_to_retain", json!(2));
    scene.put(&target).await;
    let entry = scene.by_hand("retire", &target).await;
    assert_eq!(entry["actions"], json!([]), "{entry:#}");
    scene.age(1.1).await;
    let witness = Witness::of(&scene, &[&target]);
    let dry = json!({"operation": "retire", "targets": ["orders"], "dry_run": true});
    let dry = scene.ask(dry).await;
    assert_eq!(
        report::actions(&dry, "orders"),
        ["retire", "retire", "retire"],
        "{dry:#}"
    );
    assert_eq!(marked_keys(&scene).len(), 5);
    let entry = scene.by_hand("retire", &target).await;
    assert_eq!(entry["status"], "retired", "{entry:#}");
    assert_eq!(marked_keys(&scene).len(), 2);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn with_retire_after_days_a_superseded_key_goes_although_it_is_among_the_newest() {
    let target = Target::plain("orders").with("/retire_after_days", json!(7));
    let scene = with_keys(&target, 2).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    scene.age(6.9).await;
    let swept = scene.sweep().await;
    let kept = &report::of(&swept, "orders")["keys"][0];
    let why = kept["kept_because"].as_str().unwrap();
    assert!(why.starts_with("one of the 2 newest, until "), "{swept:#}");
    assert_eq!(
        report::of(&swept, "orders")["key_life_days"]["longest"],
        37.0
    );
    scene.age(0.2).await;
    let swept = scene.sweep().await;
    assert_eq!(swept["counts"]["retired"], 1, "{swept:#}");
    let left = marked_keys(&scene);
    assert_eq!((left.len(), &left[0]["id"]), (1, &json!(current)));
}
