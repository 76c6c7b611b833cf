//! Keywheel's own Cloud API key, cut off at every write: whatever the secret holds may sign in, so no run locks the
//! next one out.

use serde_json::{Value, json};
use tests::{Scene, Target, Witness, marked_keys};

use crate::{
    crashes::{callback_survives_in, cut, each, effect},
    peace::{A_WHILE, at_peace, comes_to_peace, hits, live, order, rotate_by_hand},
};

const CREATE: (&str, &str) = ("confluent", "POST /iam/v2/api-keys");
const NOTE: (&str, &str) = ("confluent", "PATCH /iam/v2/api-keys/{id}");
const DELETE: (&str, &str) = ("confluent", "DELETE /iam/v2/api-keys/{id}");
const PUT: (&str, &str) = ("secretsmanager", "PutSecretValue");
const MOVE: (&str, &str) = ("secretsmanager", "UpdateSecretVersionStage");

/// The writes of a rotation: each operation and how often it is asked for. The second key is the canary, and the one
/// that is deleted.
const CALLS: [((&str, &str), u64); 5] = [(CREATE, 2), (PUT, 1), (DELETE, 1), (NOTE, 1), (MOVE, 2)];

fn everywhere(function: &str, effects: &[&str]) -> Vec<Value> {
    let calls = CALLS.into_iter();
    let calls = calls.flat_map(|(call, count)| (1..=count).map(move |nth| (call, nth)));
    let effects = |(call, nth)| {
        effects
            .iter()
            .map(move |how| cut(function, call, nth, effect(how)))
    };
    calls.flat_map(effects).collect()
}

/// The seed's key, which a person made, and one that Keywheel made after it.
async fn taken_over() -> (Scene, Target) {
    let scene = Scene::start().await;
    let target = Target::cloud("keywheel");
    scene.put(&target).await;
    rotate_by_hand(&scene, &target).await;
    scene.age(A_WHILE).await;
    (scene, target)
}

/// Names its target on the secret, as for a rotation by Secrets Manager.
async fn tag(scene: &Scene, target: &Target) {
    let tags = json!({"SecretId": target.primary(), "Tags": [{"Key": "keywheel:target", "Value": target.name}]});
    let tagged = scene.cloud.aws.call("secretsmanager.TagResource", &tags);
    tagged.await.unwrap();
}

async fn sweep_survives(faults: Value) {
    let (scene, target) = taken_over().await;
    let before = live(&scene);
    scene.age(31.0).await;
    let witness = Witness::of(&scene, &[&target]);
    order(&scene, faults.clone());
    scene.invoke(json!({})).await;
    assert_eq!(hits(&scene), 1, "{faults}");
    comes_to_peace(&scene, &target).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    assert!(
        !before.contains(&current),
        "nothing was published: {faults}"
    );
    assert_eq!(live(&scene).len(), 2, "{faults}");
    witness.saw_no_failure().await;
}

async fn callback_survives(faults: Value) {
    let (scene, target) = taken_over().await;
    tag(&scene, &target).await;
    callback_survives_in(scene, &target, faults).await;
}

#[tokio::test]
async fn a_sweep_may_die_or_lose_its_answer_at_every_write_and_locks_nobody_out() {
    let ways = ["kill_caller_after", "fail_after"];
    each(everywhere("key-rotation", &ways), sweep_survives).await;
}

#[tokio::test]
async fn a_callback_may_die_before_and_after_every_write_and_locks_nobody_out() {
    let ways = ["kill_caller_before", "kill_caller_after"];
    each(everywhere("secret-rotation", &ways), callback_survives).await;
}

#[tokio::test]
async fn the_retirement_of_the_key_before_may_die_or_lose_its_answer() {
    let ways = [
        "kill_caller_before",
        "kill_caller_after",
        "fail_after",
        "fail_before",
    ];
    let cuts = ways.map(|how| cut("key-rotation", DELETE, 1, effect(how)));
    each(cuts.into(), async |faults: Value| {
        let (scene, target) = taken_over().await;
        for _ in 0..2 {
            rotate_by_hand(&scene, &target).await;
        }
        scene.age(2.0).await;
        let witness = Witness::of(&scene, &[&target]);
        order(&scene, faults.clone());
        scene.invoke(json!({})).await;
        assert_eq!(hits(&scene), 1, "{faults}");
        comes_to_peace(&scene, &target).await;
        assert_eq!(live(&scene).len(), 2, "two generations: {faults}");
        witness.saw_no_failure().await;
    })
    .await;
}

#[tokio::test]
async fn mending_may_die_at_every_write() {
    // AWSCURRENT goes back by one move; the key before a person's own is made anew by all writes.
    let mut cuts = vec![(2, cut("key-rotation", MOVE, 1, effect("kill_caller_after")))];
    let anew = everywhere("key-rotation", &["kill_caller_after"]);
    cuts.extend(anew.into_iter().map(|faults| (1, faults)));
    let cuts = cuts.into_iter().map(|(keys, faults)| json!([keys, faults]));
    each(cuts.collect(), async |scene_and_faults: Value| {
        let (keys, faults) = (&scene_and_faults[0], scene_and_faults[1].clone());
        let (scene, target) = taken_over().await;
        if *keys == 2 {
            rotate_by_hand(&scene, &target).await;
        }
        let lost = scene.stores().await.current_key(target.primary()).unwrap();
        let emulator = scene.cloud.controls.emulator();
        emulator.delete(json!({"api_keys": [lost]})).unwrap();
        order(&scene, faults.clone());
        scene.invoke(json!({})).await;
        assert_eq!(hits(&scene), 1, "{faults}");
        comes_to_peace(&scene, &target).await;
        let current = scene.stores().await.current_key(target.primary()).unwrap();
        assert!(live(&scene).contains(&current), "{faults}");
    })
    .await;
}

#[tokio::test]
async fn refused_by_both_changes_nothing_and_the_next_run_goes_on() {
    let (scene, target) = taken_over().await;
    scene.age(31.0).await;
    let (keys, labels) = (
        marked_keys(&scene),
        scene.stores().await.labels(target.primary()),
    );
    let refused = json!([{"service": "confluent", "operation": "GET /org/v2/environments", "effect": "status",
        "status": 401, "every": true}]);
    order(&scene, refused);
    for event in [
        json!({}),
        json!({"operation": "rotate", "targets": ["keywheel"]}),
    ] {
        let error = scene.invoke(event).await.error.unwrap();
        assert_eq!(error.error_type, "CloudApiKeyRefused", "{}", error.message);
    }
    assert_eq!(marked_keys(&scene), keys);
    assert_eq!(scene.stores().await.labels(target.primary()), labels);
    comes_to_peace(&scene, &target).await;
    at_peace(&scene, &target, "").await;
}

#[tokio::test]
async fn two_sweeps_at_once_make_one_key_and_leave_no_canary() {
    let (scene, target) = taken_over().await;
    scene.age(31.0).await;
    let witness = Witness::of(&scene, &[&target]);
    let (one, other) = tokio::join!(scene.invoke(json!({})), scene.invoke(json!({})));
    drop((one, other));
    comes_to_peace(&scene, &target).await;
    assert_eq!(live(&scene).len(), 2);
    witness.saw_no_failure().await;
}
