//! Interleavings that the rules of creation and of compare and swap are made for, forced by late answers.

use serde_json::{Value, json};
use tests::{Scene, Target, Witness, eventually};

use crate::peace::{STEPS, at_peace, comes_to_peace, filled, insist, live, only, order, succeeded};

const MOVE: &str = "UpdateSecretVersionStage";
const POST: &str = "POST /iam/v2/api-keys";

/// Waits until `operation` has been asked for so often.
pub(crate) async fn asked(scene: &Scene, since: usize, operation: &str, times: usize) {
    eventually(operation, async || {
        match scene.count_since(since, operation) {
            count if count >= times => Ok(()),
            count => Err(format!("{count} times, {:?}", scene.errors())),
        }
    })
    .await;
}

/// The text in AWSCURRENT with one more field.
async fn with_a_field(scene: &Scene, secret: &str, value: &str) -> String {
    let text = scene.cloud.aws.secret_text(secret).await.unwrap();
    let mut fields: Value = serde_json::from_str(&text).unwrap();
    fields["note"] = value.into();
    fields.to_string()
}

/// An edit by hand: one more field.
pub(crate) async fn edit(scene: &Scene, secret: &str, value: &str) {
    let text = with_a_field(scene, secret, value).await;
    let put = scene.cloud.aws.put_secret_value(secret, &text).await;
    put.unwrap();
}

/// The field that [`edit`] writes.
async fn note(scene: &Scene, secret: &str) -> Option<String> {
    let text = scene.cloud.aws.secret_text(secret).await.unwrap();
    let fields: Value = serde_json::from_str(&text).unwrap();
    fields["note"].as_str().map(str::to_owned)
}

pub(crate) fn late(service: &str, operation: &str, nth: u64, seconds: f64) -> Value {
    json!([{"service": service, "operation": operation, "nth": nth, "effect": "delay", "seconds": seconds}])
}

#[tokio::test]
async fn f22_of_two_creators_with_one_token_the_loser_deletes_only_its_own() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let old = live(&scene);
    let token = scene.empty_pending_version(target.primary()).await;
    let before = scene.request_count();
    // The one who asks first puts last.
    order(&scene, late("secretsmanager", "PutSecretValue", 1, 2.0));
    let one = || scene.step(target.primary(), &token, "createSecret");
    let (first, second) = tokio::join!(one(), async {
        asked(&scene, before, "PutSecretValue", 1).await;
        one().await
    });
    let answers = [first, second].map(|done| succeeded("createSecret", done).unwrap());
    assert_eq!(scene.count_since(before, POST), 2);
    let pending = scene.stores().await.pending_key(target.primary()).unwrap();
    for answer in &answers {
        assert_eq!(answer["api_key"], pending.as_str());
    }
    let mut expected = [old[0].clone(), pending];
    expected.sort();
    assert_eq!(live(&scene), expected);
}

#[tokio::test]
async fn of_two_sweeps_with_one_token_the_loser_deletes_only_its_own() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    scene.age(31.0).await;
    let before = scene.request_count();
    order(&scene, late("secretsmanager", "PutSecretValue", 1, 3.0));
    tokio::join!(scene.invoke(json!({})), async {
        asked(&scene, before, "PutSecretValue", 1).await;
        scene.invoke(json!({})).await
    });
    assert_eq!(scene.count_since(before, POST), 2);
    assert_eq!(live(&scene).len(), 2);
    comes_to_peace(&scene, &target).await;
    assert_eq!(live(&scene).len(), 2);
}

#[tokio::test]
async fn f02_a_lost_answer_deletes_only_keys_of_its_own_run() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let before = scene.request_count();
    order(&scene, late("secretsmanager", "PutSecretValue", 1, 2.0));
    order(
        &scene,
        json!([{"service": "confluent", "operation": POST, "nth": 2, "effect": "fail_after"}]),
    );
    let one = || scene.step(target.primary(), &token, "createSecret");
    let (first, second) = tokio::join!(one(), async {
        asked(&scene, before, "PutSecretValue", 1).await;
        one().await
    });
    let first = succeeded("first", first).unwrap();
    succeeded("second", second).unwrap_err();
    let pending = scene.stores().await.pending_key(target.primary());
    assert_eq!(first["api_key"].as_str(), pending.as_deref());
    assert!(live(&scene).contains(&pending.unwrap()));
    assert_eq!(live(&scene).len(), 2);
}

#[tokio::test]
async fn while_the_version_is_empty_a_key_of_another_run_is_nobodys_to_delete() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let before = scene.request_count();
    order(&scene, late("secretsmanager", "PutSecretValue", 1, 2.0));
    let callback = scene.step(target.primary(), &token, "createSecret");
    let (done, _) = tokio::join!(callback, async {
        asked(&scene, before, "PutSecretValue", 1).await;
        scene.sweep().await
    });
    let answer = succeeded("createSecret", done).unwrap();
    let key = answer["api_key"].as_str().unwrap().to_owned();
    assert!(live(&scene).contains(&key));
}

#[tokio::test]
async fn a_hand_edit_before_the_publish_stops_it_and_the_next_sweep_starts_again() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    insist(&scene, target.primary(), &token, "createSecret").await;
    let discarded = scene.stores().await.pending_key(target.primary()).unwrap();
    edit(&scene, target.primary(), "by hand").await;
    let before = scene.request_count();
    let done = scene.step(target.primary(), &token, "finishSecret").await;
    let error = succeeded("finishSecret", done).unwrap_err();
    assert!(error.contains("was edited after version"), "{error}");
    assert_eq!(scene.count_since(before, MOVE), 0);

    let report = scene.sweep().await;
    let actions = only(&report)["actions"].as_array().unwrap();
    let actions: Vec<_> = actions
        .iter()
        .map(|a| a["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions[..2], ["discard", "rotate"], "{report:#}");
    comes_to_peace(&scene, &target).await;
    assert_eq!(
        note(&scene, target.primary()).await.as_deref(),
        Some("by hand")
    );
    assert!(
        !live(&scene).contains(&discarded),
        "the discarded key outlived an hour"
    );
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_hand_edit_after_the_publish_began_is_lost_and_reported() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    insist(&scene, target.primary(), &token, "createSecret").await;
    order(
        &scene,
        json!([{"service": "confluent", "operation": "PATCH /iam/v2/api-keys/{id}",
        "effect": "kill_caller_after"}]),
    );
    scene.step(target.primary(), &token, "finishSecret").await;
    edit(&scene, target.primary(), "by hand").await;
    let done = scene.step(target.primary(), &token, "finishSecret").await;
    let answer = succeeded("finishSecret", done).unwrap();
    let warning = answer["warnings"][0].as_str().unwrap_or_default();
    assert!(
        warning.contains("`note`") && warning.contains("are lost"),
        "{answer:#}"
    );
    at_peace(&scene, &target, "").await;
}

#[tokio::test]
async fn a_label_that_moves_during_a_publish_stops_it_before_the_next_write() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    insist(&scene, target.primary(), &token, "createSecret").await;
    let new = scene.stores().await.pending_key(target.primary()).unwrap();
    let before = scene.request_count();
    order(&scene, late("secretsmanager", MOVE, 1, 1.0));
    let finish = scene.step(target.primary(), &token, "finishSecret");
    let (done, ()) = tokio::join!(finish, async {
        asked(&scene, before, MOVE, 1).await;
        edit(&scene, target.primary(), "by hand").await;
    });
    let error = succeeded("finishSecret", done).unwrap_err();
    assert!(error.contains("moved while API key"), "{error}");
    assert_eq!(scene.count_since(before, MOVE), 1, "it wrote on");
    let stores = scene.stores().await;
    assert_ne!(stores.current_key(target.primary()).unwrap(), new);
    assert_eq!(
        note(&scene, target.primary()).await.as_deref(),
        Some("by hand")
    );
    comes_to_peace(&scene, &target).await;
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_discard_during_a_publish_stops_it_before_the_next_write() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    insist(&scene, target.primary(), &token, "createSecret").await;
    let before = scene.request_count();
    order(&scene, late("secretsmanager", MOVE, 1, 1.0));
    let finish = scene.step(target.primary(), &token, "finishSecret");
    let (done, ()) = tokio::join!(finish, async {
        asked(&scene, before, MOVE, 1).await;
        let body = json!({"SecretId": target.primary(), "VersionStage": "AWSPENDING",
            "RemoveFromVersionId": token});
        let aws = &scene.cloud.aws;
        aws.call("secretsmanager.UpdateSecretVersionStage", &body)
            .await
            .unwrap();
    });
    let error = succeeded("finishSecret", done).unwrap_err();
    assert!(error.contains("moved while API key"), "{error}");
    comes_to_peace(&scene, &target).await;
}

/// The copy is edited while a call of its publish is under way.
async fn edited_during(operation: &str) {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let copy = target.secrets()[1].to_owned();
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    insist(&scene, target.primary(), &token, "createSecret").await;
    let before = scene.request_count();
    order(&scene, late("secretsmanager", operation, 1, 1.0));
    let finish = scene.step(target.primary(), &token, "finishSecret");
    let (done, ()) = tokio::join!(finish, async {
        asked(&scene, before, operation, 1).await;
        edit(&scene, &copy, "by hand").await;
    });
    succeeded("finishSecret", done).unwrap();
    assert_eq!(note(&scene, &copy).await.as_deref(), Some("by hand"));
    at_peace(&scene, &target, "").await;
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_copy_edited_between_its_read_and_its_move_keeps_the_edit() {
    edited_during("PutSecretValue").await;
    edited_during(MOVE).await;
}

#[tokio::test]
async fn a_copy_that_somebody_writes_all_the_time_is_given_up_after_three_attempts() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    insist(&scene, target.primary(), &token, "createSecret").await;
    let copy = target.secrets()[1].to_owned();
    let before = scene.request_count();
    order(
        &scene,
        json!([{"service": "secretsmanager", "operation": MOVE, "effect": "delay", "seconds": 1, "every": true}]),
    );
    let finish = scene.step(target.primary(), &token, "finishSecret");
    let (done, ()) = tokio::join!(finish, async {
        for nth in 1..=3 {
            asked(&scene, before, MOVE, nth).await;
            edit(&scene, &copy, &format!("by hand {nth}")).await;
        }
    });
    let error = succeeded("finishSecret", done).unwrap_err();
    assert!(error.contains("moved three times"), "{error}");
    assert_eq!(note(&scene, &copy).await.as_deref(), Some("by hand 3"));
    comes_to_peace(&scene, &target).await;
}

#[tokio::test]
async fn a_label_moved_back_by_hand_is_followed() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let old = scene.stores().await.current_key(target.primary());
    let token = scene.rotate_secret(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    let stores = scene.stores().await;
    let previous = stores.version(target.primary(), "AWSPREVIOUS").unwrap();
    let body = json!({"SecretId": target.primary(), "VersionStage": "AWSCURRENT",
        "MoveToVersionId": previous["id"], "RemoveFromVersionId": token});
    let moved = scene
        .cloud
        .aws
        .call("secretsmanager.UpdateSecretVersionStage", &body);
    moved.await.unwrap();
    let report = scene.sweep().await;
    let stores = scene.stores().await;
    for secret in target.secrets() {
        assert_eq!(stores.current_key(secret), old, "{report:#}");
    }
    comes_to_peace(&scene, &target).await;
    assert_eq!(scene.stores().await.current_key(target.primary()), old);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_token_whose_key_is_gone_is_spent() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    insist(&scene, target.primary(), &token, "createSecret").await;
    let pending = scene.stores().await.pending_key(target.primary()).unwrap();
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"api_keys": [pending]})).unwrap();
    let create = || scene.step(target.primary(), &token, "createSecret");
    let error = succeeded("createSecret", create().await).unwrap_err();
    assert!(error.contains("not visible yet"), "{error}");
    scene.age(0.01).await;
    let before = scene.request_count();
    let error = succeeded("createSecret", create().await).unwrap_err();
    assert!(error.contains("AWSPENDING was taken off it"), "{error}");
    assert_eq!(scene.count_since(before, POST), 0);
    let stores = scene.stores().await;
    assert!(stores.version(target.primary(), "AWSPENDING").is_none());
    for step in &STEPS[1..] {
        let done = scene.step(target.primary(), &token, step).await;
        succeeded(step, done).unwrap_err();
    }
    comes_to_peace(&scene, &target).await;
}
