//! Who only looks changes nothing; who has nothing to do neither.

use local_cloud::requests::Entry;
use serde_json::{Value, json};
use tests::{Scene, Target, report};

/// What functions asked since then that changes something.
fn writes(scene: &Scene, since: usize) -> Vec<String> {
    let reads = ["Get", "Describe", "List", "GET "];
    let is_write = |entry: &Entry| !reads.iter().any(|read| entry.operation.starts_with(read));
    let asked = scene.requests_since(since).into_iter().filter(is_write);
    asked.map(|entry| entry.operation).collect()
}

fn scheduled() -> Value {
    json!({"version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.scheduler",
        "account": "123456789012", "time": "2026-11-24T06:00:00Z", "region": "us-east-1", "resources": [], "detail": "{}"})
}

#[tokio::test]
async fn a_second_sweep_with_nothing_to_do_writes_nothing() {
    let scene = Scene::start().await;
    let targets = [Target::kafka("orders"), Target::schema_registry("schemas")];
    for target in &targets {
        scene.add(target).await;
    }
    scene.sweep().await;
    let before = scene.request_count();
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["kept"], 2, "{report:#}");
    assert_eq!(writes(&scene, before), [""; 0]);
}

#[tokio::test]
async fn plan_dry_run_and_a_scheduled_sweep_in_plan_mode_say_what_they_would_do_and_write_nothing()
{
    let scene = Scene::with(&[("MODE", "plan")]).await;
    scene.add(&Target::kafka("orders")).await;
    let before = scene.request_count();
    let would = |report: &Value| {
        assert_eq!(report::of(report, "orders")["status"], "kept", "{report:#}");
        let actions = &report::of(report, "orders")["actions"];
        assert_eq!(actions[0]["action"], "bootstrap");
        let all = actions.as_array().unwrap();
        assert!(all.iter().all(|action| action["done"] == false));
    };
    would(&scene.ask(json!({"operation": "plan"})).await);
    would(&scene.ask(json!({"dry_run": true})).await);
    would(&scene.ask(scheduled()).await);
    let rotate = json!({"operation": "rotate", "targets": ["orders"], "dry_run": true});
    would(&scene.ask(rotate).await);
    let text = scene
        .ask(json!({"operation": "plan", "output": "text"}))
        .await;
    let text = text.as_str().unwrap();
    assert!(text.contains("would bootstrap"), "{text}");
    assert_eq!(writes(&scene, before), [""; 0]);

    let by_hand = scene.sweep().await;
    assert_eq!(by_hand["counts"]["rotated"], 1, "MODE binds schedules only");
}

#[tokio::test]
async fn a_scheduled_sweep_in_apply_mode_acts() {
    let scene = Scene::start().await;
    scene.add(&Target::plain("orders")).await;
    assert_eq!(scene.ask(scheduled()).await["counts"]["rotated"], 1);
}

#[tokio::test]
async fn rotate_by_hand_rotates_what_is_named_once_an_hour_unless_told_again() {
    let scene = Scene::start().await;
    for name in ["payments/orders", "billing/orders"] {
        scene.add(&Target::plain(name)).await;
    }
    scene.sweep().await;
    let event = json!({"operation": "rotate", "targets": ["payments/*"]});
    let early = scene.ask(event.clone()).await;
    assert_eq!(early["counts"]["targets"], 1);
    assert_eq!(report::actions(&early, "payments/orders"), ["already"]);
    scene.age(0.05).await;
    let late = scene.ask(event).await;
    assert_eq!(late["counts"]["rotated"], 1, "{late:#}");
    let again = json!({"operation": "rotate", "targets": ["payments/orders"], "again": true});
    let again = scene.ask(again).await;
    assert_eq!(again["counts"]["rotated"], 1, "{again:#}");
}
