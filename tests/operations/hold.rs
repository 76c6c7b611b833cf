//! `hold`: a target is only kept alive.

use serde_json::{Value, json};
use tests::{Scene, Target, marked_keys, report};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

fn hold(target: &Target, until: Value) -> Value {
    json!({"operation": "hold", "targets": [target.name], "until": until, "reason": "audit"})
}

fn in_days(days: i64) -> String {
    let at = OffsetDateTime::now_utc() + Duration::days(days);
    at.format(&Rfc3339).unwrap()
}

async fn overdue(target: &Target) -> Scene {
    let scene = Scene::start().await;
    scene.add(target).await;
    scene.sweep().await;
    scene.age(31.0).await;
    scene
}

#[tokio::test]
async fn a_held_target_is_not_rotated_until_it_is_told_otherwise() {
    let target = Target::with_a_copy("orders");
    let scene = overdue(&target).await;
    let answer = scene.ask(hold(&target, Value::Null)).await;
    assert_eq!(answer["counts"]["on_hold"], 1, "{answer:#}");
    assert_eq!(scene.state("orders").await["hold"]["reason"], "audit");

    let swept = scene.sweep().await;
    let entry = report::of(&swept, "orders");
    assert_eq!(entry["status"], "on_hold", "{swept:#}");
    let summary = entry["summary"].as_str().unwrap();
    assert!(
        summary.starts_with("on hold until told otherwise: audit"),
        "{summary}"
    );
    assert_eq!(marked_keys(&scene).len(), 1);

    scene
        .ask(
            hold(&target, "now".into())
                .as_object()
                .map(without_reason)
                .unwrap(),
        )
        .await;
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
}

fn without_reason(event: &serde_json::Map<String, Value>) -> Value {
    let mut event = event.clone();
    event.remove("reason");
    event.into()
}

#[tokio::test]
async fn a_hold_ends_at_its_time() {
    let target = Target::plain("orders");
    let scene = overdue(&target).await;
    scene.ask(hold(&target, in_days(3).into())).await;
    assert_eq!(scene.sweep().await["counts"]["on_hold"], 1);
    scene.age(3.1).await;
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
}

#[tokio::test]
async fn a_held_target_is_still_repaired_and_its_callback_is_refused() {
    let target = Target::with_a_copy("orders");
    let scene = overdue(&target).await;
    scene.ask(hold(&target, Value::Null)).await;
    let copy = target.secrets()[1];
    scene.cloud.aws.put_secret_value(copy, "{}").await.unwrap();
    let swept = scene.sweep().await;
    assert_eq!(report::actions(&swept, "orders"), ["rewrite"], "{swept:#}");

    let token = scene.begin_rotation(target.primary()).await;
    let done = scene.step(target.primary(), &token, "createSecret").await;
    let error = done.error.unwrap();
    assert_eq!(error.error_type, "OnHold", "{}", error.message);
    assert!(
        error
            .message
            .contains("on hold until told otherwise: audit"),
        "{}",
        error.message
    );

    // Drift: the key is deleted behind our back.
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    scene
        .cloud
        .controls
        .emulator()
        .delete(json!({"api_keys": [current]}))
        .unwrap();
    let swept = scene.sweep().await;
    assert_eq!(report::actions(&swept, "orders")[0], "rotate", "{swept:#}");
    let now = scene.stores().await.current_key(target.primary()).unwrap();
    assert_ne!(now, current);
}

#[tokio::test]
async fn a_dry_run_writes_no_hold_and_a_past_end_is_refused() {
    let target = Target::plain("orders");
    let scene = overdue(&target).await;
    let mut event = hold(&target, Value::Null);
    event["dry_run"] = true.into();
    assert_eq!(scene.ask(event).await["counts"]["on_hold"], 1);
    assert_eq!(scene.state("orders").await, Value::Null);
    let message = scene.refused(hold(&target, in_days(-1).into())).await;
    assert!(
        message.contains("`until`: it lies in the past"),
        "{message}"
    );
    let message = scene
        .refused(json!({"operation": "hold", "targets": ["none"]}))
        .await;
    assert!(message.contains("no target matches `none`"), "{message}");
}

#[tokio::test]
async fn under_a_hold_a_pending_key_takes_the_place_of_a_current_one_that_is_gone() {
    let target = Target::plain("orders");
    let scene = overdue(&target).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"seconds": 600})).unwrap();
    assert_eq!(scene.sweep().await["counts"]["syncing"], 1);
    scene.age(0.01).await;
    scene.ask(hold(&target, Value::Null)).await;
    scene.sweep().await;
    let stores = scene.stores().await;
    let current = stores.current_key(target.primary()).unwrap();
    let pending = stores.pending_key(target.primary()).unwrap();

    emulator.delete(json!({"api_keys": [current]})).unwrap();
    let swept = scene.sweep().await;
    assert_eq!(report::actions(&swept, "orders"), ["resume"], "{swept:#}");
    let now = scene.stores().await.current_key(target.primary()).unwrap();
    assert_eq!(now, pending);
}
