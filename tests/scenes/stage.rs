//! How far a target has come when a story begins.

use serde_json::{Value, json};

use super::{Scene, target::Target};

/// Longer than an hour: what a run left half done is nobody's after it.
pub const A_WHILE: f64 = 0.05;

/// The target with its first key, its secrets old enough for every rule.
pub async fn fill(scene: &Scene, target: &Target) {
    scene.add(target).await;
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["rotated"], 1, "{report:#}");
    scene.age(A_WHILE).await;
}

/// The target with n + 1 published keys, of which the oldest may be retired.
pub async fn overfill(scene: &Scene, target: &Target) {
    fill(scene, target).await;
    for _ in 0..target.retain() {
        rotate_by_hand(scene, target).await;
    }
    scene.age(2.0).await;
}

/// A new key whatever the age of the current one.
pub async fn rotate_by_hand(scene: &Scene, target: &Target) -> Value {
    let event = json!({"operation": "rotate", "targets": [target.name], "again": true});
    let report = scene.ask(event).await;
    assert_eq!(report["counts"]["rotated"], 1, "{report:#}");
    report
}
