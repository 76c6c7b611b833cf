//! What everything must come to once nobody disturbs it any more.

use local_cloud::cloud::Invocation;
use serde_json::{Value, json};
pub(crate) use tests::{A_WHILE, STEPS, live_keys as live, stage::rotate_by_hand};
use tests::{Scene, Target, assert_no_key_is_lost, peace, stage};

/// Sweeps that may be needed until nothing is pending: one mends, one publishes, one is to spare.
const SWEEPS: usize = 3;

/// A target after its first sweep, its secrets old enough for every rule.
pub(crate) async fn filled(target: &Target) -> Scene {
    filled_with(target, &[]).await
}

/// The same with settings.
pub(crate) async fn filled_with(target: &Target, settings: &[(&str, &str)]) -> Scene {
    let scene = Scene::with(settings).await;
    stage::fill(&scene, target).await;
    scene
}

/// The faults of a list, each for one function if it says so.
pub(crate) fn order(scene: &Scene, faults: Value) {
    scene.cloud.controls.post_faults(faults).unwrap();
}

/// How often the faults struck.
pub(crate) fn hits(scene: &Scene) -> u64 {
    scene.cloud.controls.faults().iter().map(|f| f.hits).sum()
}

/// A step's answer, or its error with the step's name.
pub(crate) fn succeeded(step: &str, done: Invocation) -> Result<Value, String> {
    match done.error {
        Some(error) => Err(format!("{step}: {}", error.message)),
        None => Ok(done.answer),
    }
}

/// The same step until it succeeds, three times at most.
pub(crate) async fn insist(scene: &Scene, secret: &str, token: &str, step: &str) {
    let mut last = String::new();
    for _ in 0..3 {
        match succeeded(step, scene.step(secret, token, step).await) {
            Ok(_) => return,
            Err(error) => last = error,
        }
    }
    panic!("three times {last}");
}

/// A report's only target.
pub(crate) fn only(report: &Value) -> &Value {
    assert_eq!(report["targets"].as_array().unwrap().len(), 1, "{report:#}");
    &report["targets"][0]
}

/// Sweeps until nothing is pending; an hour later one more. Then nobody holds half a thing: no orphan, at most
/// n + 1 keys, one key in every secret, nothing pending.
pub(crate) async fn comes_to_peace(scene: &Scene, target: &Target) {
    scene.cloud.controls.clear_faults();
    let primary = target.primary();
    let mut last = Value::Null;
    for _ in 0..SWEEPS {
        let done = scene.invoke(json!({})).await;
        assert!(done.error.is_none(), "{:?}\n{}", done.error, done.logs);
        last = done.answer;
        let busy = ["rotated", "published", "syncing"];
        let busy = busy.iter().any(|word| only(&last)["status"] == **word);
        if !busy
            && scene
                .stores()
                .await
                .version(primary, "AWSPENDING")
                .is_none()
        {
            break;
        }
    }
    scene.age(A_WHILE).await;
    let report = scene.sweep().await;
    at_peace(scene, target, &format!("{last:#}\n{report:#}")).await;
}

/// What holds when no run is under way and the last one is an hour ago.
pub(crate) async fn at_peace(scene: &Scene, target: &Target, story: &str) {
    let unrest = peace::unrest(scene, target).await;
    assert!(unrest.is_empty(), "{unrest:#?}\n{story}");
    let pending = peace::pending(&scene.stores().await, target);
    assert!(pending.is_empty(), "{pending:#?}\n{story}");
    assert_no_key_is_lost(scene).await;
}

/// A target with n + 1 published keys, of which the oldest may be retired.
pub(crate) async fn overfull(target: &Target) -> Scene {
    overfull_with(target, &[]).await
}

/// The same with settings.
pub(crate) async fn overfull_with(target: &Target, settings: &[(&str, &str)]) -> Scene {
    let scene = Scene::with(settings).await;
    stage::overfill(&scene, target).await;
    scene
}
