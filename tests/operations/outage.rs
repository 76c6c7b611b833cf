//! An outage of the control plane is one failure of the run, and no target's.

use serde_json::{Value, json};
use tests::{Scene, Target, marked_keys};

async fn six_targets() -> Scene {
    let scene = Scene::start().await;
    for n in 0..6 {
        let target = Target::kafka_under(&format!("/t{n}"), &format!("t{n}"));
        let owner = if n % 2 == 0 { "sa-12mgdv" } else { "sa-7y9xbr" };
        scene.add(&target.with("/owner", json!(owner))).await;
    }
    scene
}

/// From the second call on: the first one asks whether Keywheel itself may sign in.
fn every(status: u16) -> Value {
    json!([{"service": "confluent", "nth": 2, "every": true, "effect": "status", "status": status}])
}

#[tokio::test]
async fn three_failures_in_a_row_end_the_run_as_one_and_no_pause_grows() {
    for (status, kind) in [(503, "ConfluentUnavailable"), (401, "CloudApiKeyRefused")] {
        let scene = six_targets().await;
        scene.cloud.controls.post_faults(every(status)).unwrap();
        let before = scene.request_count();
        let error = scene.scheduled().await.error.unwrap();
        assert_eq!(error.error_type, kind, "{}", error.message);
        assert!(
            error.message.contains("6 targets wait for the next run"),
            "{}",
            error.message
        );
        assert_eq!(error.message.lines().count(), 1);
        let asked = scene
            .requests_since(before)
            .into_iter()
            .filter(|entry| entry.service == "confluent");
        let most = if status == 401 { 10 } else { 40 };
        assert!(asked.count() <= most);
        assert_eq!(scene.state("t0").await, Value::Null);
        // What needs only AWS was done: the client parameters.
        let stores = scene.stores().await;
        let put = stores
            .parameters()
            .iter()
            .filter(|found| found["name"].as_str().unwrap().starts_with("/t0/"));
        assert_eq!(put.count(), 14);

        scene.cloud.controls.clear_faults();
        assert_eq!(scene.sweep().await["counts"]["rotated"], 6);
        assert_eq!(marked_keys(&scene).len(), 6);
    }
}
