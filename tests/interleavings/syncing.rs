//! A key that is not known everywhere yet.

use http::Method;
use serde_json::{Value, json};
use tests::{Scene, Target, Witness, eventually, marked_keys};

use crate::peace::{at_peace, comes_to_peace, filled, insist, only, order, succeeded};

/// Six minutes: a 403 counts after five.
const SIX_MINUTES: f64 = 6.0 / 1440.0;

fn sync(scene: &Scene, given: Value) {
    scene.cloud.controls.emulator().set_sync(given).unwrap();
}

async fn all_live(scene: &Scene) {
    eventually("every key is live", async || {
        let keys = marked_keys(scene);
        let states: Vec<_> = keys.iter().map(|key| key["state"].clone()).collect();
        if states.iter().all(|state| state == "live") {
            Ok(())
        } else {
            Err(format!("{states:?}"))
        }
    })
    .await;
}

#[tokio::test]
async fn f10_a_sweep_leaves_a_syncing_key_and_the_next_one_publishes_it() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    scene.age(31.0).await;
    sync(&scene, json!({"seconds": 3}));
    let witness = Witness::of(&scene, &[&target]);
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "syncing", "{report:#}");
    let pending = scene.stores().await.pending_key(target.primary()).unwrap();
    all_live(&scene).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "published", "{report:#}");
    assert_eq!(only(&report)["current"], pending.as_str());
    at_peace(&scene, &target, "").await;
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn f11_a_gateway_that_flaps_passes_no_round_until_it_has_settled() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    scene.age(31.0).await;
    // Let in, refused, let in, refused: one success is no proof.
    sync(&scene, json!({"flapping": 2}));
    let witness = Witness::of(&scene, &[&target]);
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "syncing", "{report:#}");
    comes_to_peace(&scene, &target).await;
    assert_eq!(marked_keys(&scene).len(), 2);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn test_secret_waits_until_the_key_signs_in() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    sync(&scene, json!({"seconds": 3, "flapping": 1}));
    insist(&scene, target.primary(), &token, "createSecret").await;
    let done = scene.step(target.primary(), &token, "testSecret").await;
    succeeded("testSecret", done).unwrap();
    all_live(&scene).await;
}

#[tokio::test]
async fn invariant_1_a_key_that_does_not_sign_in_is_never_published() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let old = scene.stores().await.current_key(target.primary());
    let token = scene.empty_pending_version(target.primary()).await;
    sync(&scene, json!({"seconds": 86_400}));
    insist(&scene, target.primary(), &token, "createSecret").await;
    let pending = scene.stores().await.pending_key(target.primary());
    let path = "/2015-03-31/functions/secret-rotation/configuration";
    let shorter = json!({"Timeout": 5});
    let aws = &scene.cloud.aws;
    aws.rest("lambda", Method::PUT, path, &shorter)
        .await
        .unwrap();
    let witness = Witness::of(&scene, &[&target]);
    for step in ["testSecret", "finishSecret"] {
        let done = scene.step(target.primary(), &token, step).await;
        let error = succeeded(step, done).unwrap_err();
        assert!(error.contains("is not in sync with"), "{error}");
        assert!(error.contains("the pending version stays"), "{error}");
    }
    for _ in 0..2 {
        let report = scene.sweep().await;
        assert_eq!(only(&report)["status"], "syncing", "{report:#}");
    }
    // An orphan by its age, were it not pending.
    scene.age(0.2).await;
    scene.sweep().await;
    let stores = scene.stores().await;
    assert_eq!(stores.pending_key(target.primary()), pending);
    for secret in target.secrets() {
        assert_eq!(stores.current_key(secret), old);
    }
    let notes = marked_keys(&scene);
    let noted = |key: &&Value| key["description"].as_str().unwrap().contains(" published=");
    assert_eq!(notes.iter().filter(noted).count(), 1);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn f20_a_pending_key_that_does_not_sign_in_for_a_day_is_given_up() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    scene.age(31.0).await;
    order(
        &scene,
        json!([{"service": "kafka_rest", "every": true, "effect": "status", "status": 401}]),
    );
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "syncing", "{report:#}");
    let pending = scene.stores().await.pending_key(target.primary()).unwrap();
    scene.age(1.1).await;
    let report = scene.sweep().await;
    assert_eq!(
        only(&report)["actions"][0]["action"],
        "discard",
        "{report:#}"
    );
    comes_to_peace(&scene, &target).await;
    assert_ne!(
        scene.stores().await.current_key(target.primary()).unwrap(),
        pending
    );
}

#[tokio::test]
async fn f12_a_key_that_is_allowed_nothing_is_published_five_minutes_after_it_was_made() {
    let target = Target::kafka("orders").with("/owner", "sa-nothing".into());
    let scene = Scene::start().await;
    let emulator = scene.cloud.controls.emulator();
    let account = json!({"service_accounts": [{"id": "sa-nothing", "acls": false}]});
    emulator.add(account).unwrap();
    scene.add(&target).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "syncing", "{report:#}");
    scene.age(SIX_MINUTES).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "published", "{report:#}");
    let warnings = only(&report)["warnings"].to_string();
    assert!(
        warnings.contains("signs in, is allowed nothing"),
        "{warnings}"
    );
    // Its successor is compared with it.
    scene.age(31.0).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "syncing", "{report:#}");
    scene.age(SIX_MINUTES).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "published", "{report:#}");
}

#[tokio::test]
async fn a_403_for_everybody_tells_nothing_and_fails_after_an_hour() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    scene.age(31.0).await;
    order(
        &scene,
        json!([{"service": "kafka_rest", "every": true, "effect": "status", "status": 403}]),
    );
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "syncing", "{report:#}");
    scene.age(SIX_MINUTES).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "syncing", "{report:#}");
    scene.age(0.05).await;
    let error = scene.failing_sweep().await;
    assert!(error.contains("the probe cannot tell"), "{error}");
    comes_to_peace(&scene, &target).await;
}

/// Sixteen minutes: without a probe a key counts after fifteen.
const SIXTEEN_MINUTES: f64 = 16.0 / 1440.0;

#[tokio::test]
async fn without_a_probe_a_key_counts_by_its_age_alone() {
    let target = Target::plain("orders").with("/probe", "skip".into());
    let scene = Scene::start().await;
    scene.add(&target).await;
    for generation in 1..=3 {
        for wait in [0.0, 14.0 / 1440.0] {
            scene.age(wait).await;
            let report = scene.sweep().await;
            assert_eq!(only(&report)["status"], "syncing", "{report:#}");
        }
        scene.age(SIXTEEN_MINUTES).await;
        let report = scene.sweep().await;
        assert_eq!(only(&report)["status"], "published", "{report:#}");
        let warnings = only(&report)["warnings"].to_string();
        assert!(warnings.contains("published by its age"), "{report:#}");
        assert_eq!(marked_keys(&scene).len(), generation);
        if generation < 3 {
            scene.age(31.0).await;
        }
    }
    // The grace is over, but whether the successor works is known after half of `day_count`.
    scene.age(14.0).await;
    let report = scene.sweep().await;
    let keys = only(&report)["keys"].to_string();
    assert!(keys.contains("`probe` is `skip`"), "{report:#}");
    assert_eq!(marked_keys(&scene).len(), 3);
    scene.age(2.0).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["status"], "retired", "{report:#}");
}
