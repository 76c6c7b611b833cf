//! create → sync → publish → retire, with a witness that signs in all the time.

use serde_json::json;
use tests::{Scene, Target, Witness, assert_no_key_is_lost, marked_keys, report};

fn targets() -> (Target, Target) {
    let kafka = Target::kafka("payments/orders");
    (kafka, Target::schema_registry("payments/schemas"))
}

/// Both targets with their first keys published.
async fn begun() -> (Scene, Target, Target) {
    let scene = Scene::start().await;
    let (kafka, registry) = targets();
    scene.add(&kafka).await;
    scene.add(&registry).await;
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["rotated"], 2, "{report:#}");
    (scene, kafka, registry)
}

/// Every secret of the target holds the same key; its id.
async fn agreed_key(scene: &Scene, target: &Target) -> String {
    let stores = scene.stores().await;
    let key = stores.current_key(target.primary()).unwrap();
    for secret in target.secrets() {
        assert_eq!(stores.current_key(secret).as_ref(), Some(&key), "{secret}");
    }
    key
}

#[tokio::test]
async fn a_sweep_takes_both_kinds_through_the_whole_cycle() {
    let scene = Scene::start().await;
    let (kafka, registry) = targets();
    scene.add(&kafka).await;
    scene.add(&registry).await;
    let witness = Witness::of(&scene, &[&kafka, &registry]);

    let begun = scene.sweep().await;
    assert_eq!(report::actions(&begun, &kafka.name)[0], "bootstrap");
    let first = agreed_key(&scene, &kafka).await;

    scene.age(31.0).await;
    let due = scene.sweep().await;
    assert_eq!(due["counts"]["rotated"], 2, "{due:#}");
    let second = agreed_key(&scene, &kafka).await;
    assert_ne!(second, first);
    assert_eq!(report::of(&due, &kafka.name)["current"], *second);

    scene.age(31.0).await;
    assert_eq!(scene.sweep().await["counts"]["rotated"], 2);
    assert_eq!(marked_keys(&scene).len(), 6, "retain + 1 of each");

    let in_grace = scene.sweep().await;
    assert_eq!(in_grace["counts"]["kept"], 2, "{in_grace:#}");
    let keys = report::of(&in_grace, &kafka.name)["keys"].to_string();
    assert!(keys.contains("grace of 24 h"), "{keys}");

    scene.age(1.1).await;
    let over = scene.sweep().await;
    assert_eq!(over["counts"]["retired"], 2, "{over:#}");
    let left = marked_keys(&scene);
    assert_eq!(left.len(), 4);
    assert!(
        left.iter().all(|key| key["id"] != *first),
        "{first} is the oldest"
    );
    agreed_key(&scene, &registry).await;
    witness.saw_no_failure().await;
    assert_no_key_is_lost(&scene).await;
}

#[tokio::test]
async fn f37_a_key_that_is_not_in_sync_waits_for_the_next_sweep() {
    let (scene, kafka, registry) = begun().await;
    let before = agreed_key(&scene, &kafka).await;
    let witness = Witness::of(&scene, &[&kafka, &registry]);
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"seconds": 600})).unwrap();

    scene.age(31.0).await;
    let early = scene.sweep().await;
    assert_eq!(early["counts"]["syncing"], 2, "{early:#}");
    assert_eq!(agreed_key(&scene, &kafka).await, before);
    let pending = scene.stores().await.pending_key(kafka.primary()).unwrap();
    assert_eq!(scene.sweep().await["counts"]["syncing"], 2);

    scene.age(0.01).await;
    let late = scene.sweep().await;
    assert_eq!(late["counts"]["published"], 2, "{late:#}");
    assert_eq!(agreed_key(&scene, &kafka).await, pending);
    assert_eq!(marked_keys(&scene).len(), 4, "no second key was made");
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn the_callback_rotates_both_kinds_and_waits_for_sync() {
    let (scene, kafka, registry) = begun().await;
    let emulator = scene.cloud.controls.emulator();
    emulator
        .set_sync(json!({"seconds": 3, "flapping": 1}))
        .unwrap();
    let witness = Witness::of(&scene, &[&kafka, &registry]);
    for target in [&kafka, &registry] {
        let before = agreed_key(&scene, target).await;
        scene.age(1.0).await;
        let token = scene.rotate_secret(target.primary()).await;
        assert_ne!(agreed_key(&scene, target).await, before);
        let stores = scene.stores().await;
        let labels = &stores.version(target.primary(), "AWSCURRENT").unwrap()["labels"];
        assert_eq!(labels, &json!(["AWSCURRENT"]), "of version {token}");
    }
    assert_eq!(scene.errors(), [""; 0]);
    witness.saw_no_failure().await;
    assert_eq!(marked_keys(&scene).len(), 4);
    assert_no_key_is_lost(&scene).await;
}

#[tokio::test]
async fn f23_the_callback_fills_an_empty_secret() {
    let scene = Scene::start().await;
    let (kafka, _) = targets();
    scene.add(&kafka).await;
    scene.rotate_secret(kafka.primary()).await;
    agreed_key(&scene, &kafka).await;
    assert_eq!(marked_keys(&scene).len(), 1);
}

#[tokio::test]
async fn f34_a_drifted_copy_is_repaired_and_nothing_else() {
    let (scene, kafka, _) = begun().await;
    let copy = kafka.secrets()[1];
    let text = scene.stores().await.text(copy).unwrap().to_owned();
    let drifted = text.replace("localhost", "elsewhere");
    scene
        .cloud
        .aws
        .put_secret_value(copy, &drifted)
        .await
        .unwrap();

    let mended = scene.sweep().await;
    assert_eq!(report::actions(&mended, &kafka.name), ["rewrite"]);
    assert_eq!(scene.stores().await.text(copy), Some(&*text));
    assert_eq!(marked_keys(&scene).len(), 2);
}

#[tokio::test]
async fn an_overwritten_current_version_is_restored_and_no_key_is_made() {
    let (scene, kafka, registry) = begun().await;
    for (target, text) in [(&kafka, r#"{"oh": "no"}"#), (&registry, "no JSON at all")] {
        let key = agreed_key(&scene, target).await;
        let aws = &scene.cloud.aws;
        let foreign = aws.put_secret_value(target.primary(), text).await.unwrap();

        let before = scene.request_count();
        let restored = scene.sweep().await;
        assert_eq!(
            report::actions(&restored, &target.name),
            ["restore"],
            "{restored:#}"
        );
        assert_eq!(agreed_key(&scene, target).await, key);
        assert_eq!(scene.count_since(before, "POST /iam/v2/api-keys"), 0);
        let labels = scene.stores().await.labels(target.primary());
        assert!(
            labels.contains(&foreign),
            "the foreign version stays: {labels}"
        );
    }
}

#[tokio::test]
async fn a_current_key_that_was_deleted_by_hand_is_replaced() {
    let (scene, kafka, _) = begun().await;
    let lost = agreed_key(&scene, &kafka).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"api_keys": [lost]})).unwrap();
    let report = scene.sweep().await;
    assert_eq!(
        report::of(&report, &kafka.name)["status"],
        "rotated",
        "{report:#}"
    );
    assert_ne!(agreed_key(&scene, &kafka).await, lost);
}

#[tokio::test]
async fn an_orphan_is_deleted_when_it_is_an_hour_old_and_a_foreign_key_never() {
    let (scene, kafka, _) = begun().await;
    let account = scene.cloud.aws.id();
    let marker = format!(
        "keywheel/{account}.us-east-1.default target={} token=5b0a6d3e-6b0f-5a55-9a3f-0a7b2a1c9d10 run=a1b2c3d4",
        kafka.name
    );
    let foreign = format!("{marker} and more");
    let keys = json!({"api_keys": [{"description": marker}, {"description": foreign}, {}]});
    scene.cloud.controls.emulator().add(keys).unwrap();
    assert_eq!(marked_keys(&scene).len(), 4);

    assert_eq!(report::actions(&scene.sweep().await, &kafka.name), [""; 0]);
    scene.age(0.05).await;
    let cleaned = scene.sweep().await;
    assert_eq!(report::actions(&cleaned, &kafka.name), ["orphan"]);
    let left = marked_keys(&scene);
    assert!(left.iter().all(|key| key["description"] != marker));
    assert!(left.iter().any(|key| key["description"] == foreign));
}
