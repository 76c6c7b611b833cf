//! What everything must come to once nobody disturbs it any more.

use local_cloud::cloud::Invocation;
use serde_json::{Value, json};
use tests::{Scene, Target, assert_no_key_is_lost, marked_keys};

/// The steps in Secrets Manager's order.
pub(crate) const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// Longer than an hour: what a run left half done is nobody's after it.
pub(crate) const A_WHILE: f64 = 0.05;

/// Sweeps that may be needed until nothing is pending: one mends, one publishes, one is to spare.
const SWEEPS: usize = 3;

/// A target after its first sweep, its secrets old enough for every rule.
pub(crate) async fn filled(target: &Target) -> Scene {
    filled_with(target, &[]).await
}

/// The same with settings.
pub(crate) async fn filled_with(target: &Target, settings: &[(&str, &str)]) -> Scene {
    let scene = Scene::with(settings).await;
    scene.add(target).await;
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["rotated"], 1, "{report:#}");
    scene.age(A_WHILE).await;
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

/// Ids of the marked keys that live.
pub(crate) fn live(scene: &Scene) -> Vec<String> {
    let ids = marked_keys(scene).into_iter();
    let mut ids: Vec<_> = ids
        .map(|key| key["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
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
    let stores = scene.stores().await;
    let primary = target.primary();
    let labels = stores.labels(primary);
    let pending = stores.version(primary, "AWSPENDING");
    assert!(pending.is_none(), "still pending: {labels}\n{story}");
    let current = stores.current_key(primary);
    assert!(current.is_some(), "no current key: {labels}\n{story}");
    for secret in target.secrets() {
        assert_eq!(stores.current_key(secret), current, "{secret}\n{story}");
    }
    let keys = marked_keys(scene);
    let retain = target.document["number_of_api_keys_to_retain"].as_u64();
    let most = usize::try_from(retain.unwrap_or(2)).unwrap() + 1;
    assert!(keys.len() <= most, "{} live keys\n{story}", keys.len());
    for key in &keys {
        let description = key["description"].as_str().unwrap();
        assert!(
            description.contains(" published="),
            "orphan {}: {description}\n{story}",
            key["id"]
        );
    }
    assert_no_key_is_lost(scene).await;
}

/// A target with n + 1 published keys, of which the oldest may be retired.
pub(crate) async fn overfull(target: &Target) -> Scene {
    overfull_with(target, &[]).await
}

/// The same with settings.
pub(crate) async fn overfull_with(target: &Target, settings: &[(&str, &str)]) -> Scene {
    let scene = filled_with(target, settings).await;
    let retain = target.document["number_of_api_keys_to_retain"].as_u64();
    for _ in 0..retain.unwrap_or(2) {
        rotate_by_hand(&scene, target).await;
    }
    scene.age(2.0).await;
    scene
}

/// A new key whatever the age of the current one.
pub(crate) async fn rotate_by_hand(scene: &Scene, target: &Target) -> Value {
    let event = json!({"operation": "rotate", "targets": [target.name], "again": true});
    let report = scene.ask(event).await;
    assert_eq!(report["counts"]["rotated"], 1, "{report:#}");
    report
}
