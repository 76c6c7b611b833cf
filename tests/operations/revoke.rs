//! `revoke`: a leaked key stops working, and nobody who reads the secrets notices.

use serde_json::{Value, json};
use tests::{Scene, Target, Witness, eventually, marked_keys, report};

const PATCH: &str = "PATCH /iam/v2/api-keys/{id}";
const SETTINGS: [(&str, &str); 1] = [("SETTLE_SECONDS", "6")];

async fn filled(target: &Target) -> (Scene, String) {
    let scene = Scene::with(&SETTINGS).await;
    scene.add(target).await;
    scene.sweep().await;
    let key = scene.stores().await.current_key(target.primary()).unwrap();
    scene.age(0.05).await;
    (scene, key)
}

fn lives(scene: &Scene, id: &str) -> bool {
    let world = scene.cloud.controls.emulator().world();
    let mut keys = world["api_keys"].as_array().unwrap().iter();
    keys.any(|key| key["id"] == id && key["state"] != "deleted")
}

/// Waits until `operation` has been asked for so often.
async fn asked(scene: &Scene, since: usize, operation: &str, times: usize) {
    eventually(operation, async || {
        match scene.count_since(since, operation) {
            count if count >= times => Ok(()),
            count => Err(format!("{count} times")),
        }
    })
    .await;
}

/// AWSCURRENT goes back by hand.
async fn move_back(scene: &Scene, secret: &str) {
    let stores = scene.stores().await;
    let id = |label| stores.version(secret, label).unwrap()["id"].clone();
    let back = json!({
        "SecretId": secret, "VersionStage": "AWSCURRENT",
        "MoveToVersionId": id("AWSPREVIOUS"), "RemoveFromVersionId": id("AWSCURRENT"),
    });
    let aws = &scene.cloud.aws;
    aws.call("secretsmanager.UpdateSecretVersionStage", &back)
        .await
        .unwrap();
}

/// A first key, superseded by a second.
async fn superseded(target: &Target) -> (Scene, String, String) {
    let (scene, first) = filled(target).await;
    scene.age(31.0).await;
    scene.sweep().await;
    let second = scene.stores().await.current_key(target.primary()).unwrap();
    (scene, first, second)
}

/// The only key of its target, without room for a successor.
async fn goes_once_the_outage_is_accepted(scene: &Scene, key: &str) -> Value {
    let mut event = json!({"operation": "revoke", "api_keys": [key]});
    let message = scene.refused(event.clone()).await;
    assert!(message.contains("`\"delete_first\": true`"), "{message}");
    assert!(lives(scene, key));
    event["delete_first"] = true.into();
    let answer = scene.ask(event).await;
    assert!(!lives(scene, key), "{answer:#}");
    answer
}

#[tokio::test]
async fn f49_a_current_key_is_replaced_everywhere_first_and_then_refused() {
    let target = Target::with_a_copy("orders");
    let (scene, leaked) = filled(&target).await;
    let witness = Witness::of(&scene, &[&target]);
    let event = json!({"operation": "revoke", "api_keys": [leaked]});
    let mut dry = event.clone();
    dry["dry_run"] = true.into();
    let answer = scene.ask(dry).await;
    assert_eq!(
        report::of(&answer, "orders")["summary"],
        format!("would revoke API key `{leaked}`")
    );
    assert_eq!(marked_keys(&scene).len(), 1);

    let answer = scene.ask(event.clone()).await;
    let entry = report::of(&answer, "orders");
    assert_eq!(entry["status"], "rotated", "{answer:#}");
    let summary = entry["summary"].as_str().unwrap();
    assert!(
        summary.contains("is refused at `lkc-c29js0` since 20"),
        "{summary}"
    );
    for secret in target.secrets() {
        assert!(summary.contains(secret), "{summary}");
        let current = scene.stores().await.current_key(secret).unwrap();
        assert_ne!(current, leaked);
    }
    assert!(!lives(&scene, &leaked));
    assert_eq!(marked_keys(&scene).len(), 1);
    witness.saw_no_failure().await;
    let events = scene.cloud.controls.events().await.unwrap();
    let told = events.iter().rev().take(2).map(|told| &told["event"]);
    let told: Vec<_> = told
        .map(|event| {
            (
                &event["detail-type"],
                &event["detail"]["api_key"],
                event["resources"].as_array().unwrap().len(),
            )
        })
        .collect();
    let (retired, published) = (json!("API Key Retired"), json!("API Key Published"));
    let secrets = target.secrets().len();
    assert_eq!(told[0], (&retired, &json!(leaked), secrets));
    assert_eq!(told[1], (&published, &entry["current"], secrets));

    // Again: it is gone.
    let answer = scene.ask(event).await;
    assert!(
        answer["warnings"][0].as_str().unwrap().contains("is gone"),
        "{answer:#}"
    );
}

#[tokio::test]
async fn a_superseded_and_a_pending_key_go_without_a_rotation() {
    let target = Target::plain("orders");
    let (scene, superseded) = filled(&target).await;
    scene.age(31.0).await;
    scene.sweep().await;
    scene.age(0.05).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    let token = scene.empty_pending_version(target.primary()).await;
    scene.step(target.primary(), &token, "createSecret").await;
    let pending = scene.stores().await.pending_key(target.primary()).unwrap();
    let witness = Witness::of(&scene, &[&target]);
    let event = json!({"operation": "revoke", "api_keys": [superseded, pending]});
    let answer = scene.ask(event).await;
    assert_eq!(
        report::of(&answer, "orders")["status"],
        "kept",
        "{answer:#}"
    );
    assert!(
        !lives(&scene, &superseded) && !lives(&scene, &pending),
        "{answer:#}"
    );
    let stores = scene.stores().await;
    assert_eq!(stores.current_key(target.primary()), Some(current));
    assert_eq!(stores.pending_key(target.primary()), None);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn f40_a_revoked_key_is_not_called_so_before_it_is_refused() {
    let target = Target::plain("orders");
    let (scene, superseded) = filled(&target).await;
    let text = scene.cloud.aws.secret_text(target.primary()).await.unwrap();
    let (_, secret) = tests::scenes::login::read(&text).unwrap();
    scene.age(31.0).await;
    scene.sweep().await;
    scene.age(0.05).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"deleted_lives": 3})).unwrap();
    let event = json!({"operation": "revoke", "api_keys": [superseded]});
    let answer = scene.ask(event).await;
    let summary = report::of(&answer, "orders")["summary"].as_str().unwrap();
    assert!(
        summary.contains("is refused at `lkc-c29js0` since 20"),
        "{summary}"
    );
    assert!(!emulator.may_sign_in(target.resource(), &superseded, &secret));
    assert_eq!(marked_keys(&scene).len(), 1);
}

#[tokio::test]
async fn a_key_that_only_a_copy_holds_is_rewritten_there() {
    let target = Target::with_a_copy("orders");
    let (scene, first) = filled(&target).await;
    let copy = target.secrets()[1];
    let old = scene.cloud.aws.secret_text(copy).await.unwrap();
    scene.age(31.0).await;
    scene.sweep().await;
    scene.cloud.aws.put_secret_value(copy, &old).await.unwrap();
    scene.age(0.05).await;
    let witness = Witness::of(&scene, &[&target]);
    let answer = scene
        .ask(json!({"operation": "revoke", "api_key": first}))
        .await;
    let summary = report::of(&answer, "orders")["summary"].as_str().unwrap();
    assert!(summary.contains(&format!("changed: `{copy}`")), "{summary}");
    assert!(!lives(&scene, &first));
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_revocation_that_died_is_finished_by_the_next_sweeps() {
    let target = Target::with_a_copy("orders");
    let (scene, leaked) = filled(&target).await;
    let witness = Witness::of(&scene, &[&target]);
    let dies = json!([{"service": "confluent", "operation": "PATCH /iam/v2/api-keys/{id}", "effect": "kill_caller_after"}]);
    scene.cloud.controls.post_faults(dies).unwrap();
    let done = scene
        .invoke(json!({"operation": "revoke", "api_keys": [leaked]}))
        .await;
    assert!(done.error.is_some());
    scene.cloud.controls.clear_faults();
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(scene.sweep().await);
        scene.age(0.05).await;
    }
    assert!(!lives(&scene, &leaked), "{told:#?}");
    assert_eq!(marked_keys(&scene).len(), 1, "{told:#?}");
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_key_of_nobody_needs_unmanaged_and_an_owner_means_all_of_its_keys() {
    let target = Target::with_a_copy("orders");
    let (scene, current) = filled(&target).await;
    let (nobodys, _) = scene.foreign_key(&target, 3);
    let event = json!({"operation": "revoke", "api_keys": [nobodys]});
    let message = scene.refused(event.clone()).await;
    assert!(message.contains("`\"unmanaged\": true`"), "{message}");
    assert!(lives(&scene, &nobodys));

    let mut event = json!({"operation": "revoke", "owner": "sa-12mgdv"});
    let message = scene.refused(event.clone()).await;
    assert!(message.contains(&nobodys), "{message}");
    assert!(!lives(&scene, &current) && lives(&scene, &nobodys));
    event["unmanaged"] = true.into();
    scene.ask(event).await;
    assert!(!lives(&scene, &nobodys));
    assert_eq!(marked_keys(&scene).len(), 1);
}

#[tokio::test]
async fn the_key_that_keywheel_itself_signs_in_with_is_never_nobodys() {
    let scene = Scene::with(&SETTINGS).await;
    let (own, _) = scene.cloud.controls.emulator().cloud_api_key();
    let message = scene
        .refused(json!({"operation": "revoke", "api_keys": [own], "unmanaged": true}))
        .await;
    assert!(
        message.contains("is the one that Keywheel signs in with"),
        "{message}"
    );
    assert!(lives(&scene, &own));
}

#[tokio::test]
async fn at_full_quota_the_oldest_superseded_key_makes_room_or_the_outage_must_be_accepted() {
    let target = Target::plain("orders");
    let (scene, first) = filled(&target).await;
    let full = |most: u64| json!({"clusters": [{"id": "lkc-c29js0", "max_api_keys": most}]});
    // One key and no room.
    scene.cloud.controls.emulator().add(full(3)).unwrap();
    scene.foreign_key(&target, 1);
    scene.foreign_key(&target, 1);
    let answer = goes_once_the_outage_is_accepted(&scene, &first).await;
    assert_eq!(
        report::of(&answer, "orders")["status"],
        "rotated",
        "{answer:#}"
    );
    assert!(!lives(&scene, &first));

    // With a superseded key there is room after all.
    scene.cloud.controls.emulator().add(full(4)).unwrap();
    scene.age(31.0).await;
    scene.sweep().await;
    scene.age(0.05).await;
    let witness = Witness::of(&scene, &[&target]);
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    let answer = scene
        .ask(json!({"operation": "revoke", "api_keys": [current]}))
        .await;
    assert_eq!(
        report::of(&answer, "orders")["status"],
        "rotated",
        "{answer:#}"
    );
    assert_eq!(marked_keys(&scene).len(), 1);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_foreign_key_in_a_secret_of_a_target_is_replaced_when_it_is_said() {
    let target = Target::with_a_copy("orders");
    let scene = Scene::with(&SETTINGS).await;
    let foreign = scene.add_with_foreign_key(&target, 3).await;
    scene.age(0.05).await;
    let witness = Witness::of(&scene, &[&target]);
    let mut event: Value = json!({"operation": "revoke", "api_keys": [foreign]});
    let message = scene.refused(event.clone()).await;
    assert!(message.contains("unmanaged"), "{message}");
    event["unmanaged"] = true.into();
    let answer = scene.ask(event).await;
    assert_eq!(
        report::of(&answer, "orders")["status"],
        "rotated",
        "{answer:#}"
    );
    assert!(!lives(&scene, &foreign));
    witness.saw_no_failure().await;
}

/// AWSCURRENT goes back to what was to make room, while the run waits for the secrets to settle.
#[tokio::test]
async fn a_key_that_became_current_during_the_wait_makes_no_room() {
    let target = Target::plain("orders");
    let (scene, first, second) = superseded(&target).await;
    let full = json!({"clusters": [{"id": "lkc-c29js0", "max_api_keys": 3}]});
    scene.cloud.controls.emulator().add(full).unwrap();
    scene.foreign_key(&target, 1);
    let witness = Witness::of(&scene, &[&target]);
    let before = scene.request_count();
    let event = json!({"operation": "revoke", "api_keys": [second]});
    let (done, ()) = tokio::join!(scene.invoke(event), async {
        asked(&scene, before, PATCH, 1).await;
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        move_back(&scene, target.primary()).await;
    });
    assert!(done.error.is_none(), "{done:?}");
    assert!(lives(&scene, &first) && !lives(&scene, &second), "{done:?}");
    let current = scene.stores().await.current_key(target.primary());
    assert_eq!(current, Some(first));
    witness.saw_no_failure().await;
}

async fn with_a_pending_key(target: &Target) -> (Scene, String, String) {
    let (scene, current) = filled(target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    scene.step(target.primary(), &token, "createSecret").await;
    let pending = scene.stores().await.pending_key(target.primary()).unwrap();
    (scene, current, pending)
}

#[tokio::test]
async fn all_keys_of_an_owner_are_revoked_while_a_rotation_is_under_way() {
    let target = Target::plain("orders");
    let (scene, current, pending) = with_a_pending_key(&target).await;
    let witness = Witness::of(&scene, &[&target]);
    let answer = scene
        .ask(json!({"operation": "revoke", "owner": "sa-12mgdv"}))
        .await;
    assert!(
        !lives(&scene, &current) && !lives(&scene, &pending),
        "{answer:#}"
    );
    // What replaces the current key waits for nothing that is revoked itself.
    let first = &report::of(&answer, "orders")["actions"][0]["api_key"];
    assert_eq!(first, &json!(pending), "{answer:#}");
    assert_eq!(marked_keys(&scene).len(), 1, "{answer:#}");
    witness.saw_no_failure().await;
}

/// A run that died noted both.
#[tokio::test]
async fn a_successor_never_follows_a_pending_key_that_is_revoked_itself() {
    let target = Target::plain("orders");
    let (scene, current, pending) = with_a_pending_key(&target).await;
    let dies = json!([{"service": "confluent", "operation": "PATCH /iam/v2/api-keys/{id}", "effect": "kill_caller_after"}]);
    scene.cloud.controls.post_faults(dies).unwrap();
    let done = scene
        .invoke(json!({"operation": "revoke", "api_keys": [pending]}))
        .await;
    assert!(done.error.is_some());
    scene.cloud.controls.clear_faults();
    let witness = Witness::of(&scene, &[&target]);
    let answer = scene
        .ask(json!({"operation": "revoke", "api_keys": [current]}))
        .await;
    assert_eq!(
        report::of(&answer, "orders")["status"],
        "rotated",
        "{answer:#}"
    );
    assert!(!lives(&scene, &current), "{answer:#}");
    let now = scene.stores().await.current_key(target.primary()).unwrap();
    assert_ne!(now, pending);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_key_that_a_secret_of_a_refused_target_holds_is_not_nobodys() {
    let target = Target::plain("orders");
    let scene = Scene::with(&SETTINGS).await;
    let held = scene.add_with_foreign_key(&target, 3).await;
    let (nobodys, _) = scene.foreign_key(&target, 3);
    scene
        .put(&target.clone().with("/day_count", json!("soon")))
        .await;
    let mut event = json!({"operation": "revoke", "api_keys": [held, nobodys], "unmanaged": true});
    let message = scene.refused(event.clone()).await;
    assert!(
        message.contains(&format!("API key `{held}` is of target `orders`")),
        "{message}"
    );
    assert!(lives(&scene, &held) && !lives(&scene, &nobodys));
    event["delete_first"] = true.into();
    scene.ask(event).await;
    assert!(!lives(&scene, &held));
}

/// Only the creation itself says so: no preflight asks for the quota of an owner's keys for clusters.
#[tokio::test]
async fn where_the_owners_quota_refuses_the_successor_the_superseded_key_makes_room() {
    let target = Target::plain("orders");
    let (scene, first, second) = superseded(&target).await;
    scene.age(0.05).await;
    let full = |most: u64| json!({"service_accounts": [{"id": "sa-12mgdv", "max_api_keys": most}]});
    scene.cloud.controls.emulator().add(full(2)).unwrap();
    let witness = Witness::of(&scene, &[&target]);
    let answer = scene
        .ask(json!({"operation": "revoke", "api_keys": [second]}))
        .await;
    assert!(
        !lives(&scene, &first) && !lives(&scene, &second),
        "{answer:#}"
    );
    witness.saw_no_failure().await;

    // Now one key and no room; who rotates is told what could be retired.
    scene.cloud.controls.emulator().add(full(1)).unwrap();
    let message = scene
        .refused(json!({"operation": "rotate", "targets": ["orders"], "again": true}))
        .await;
    assert!(
        message.contains("no superseded key of this target could be retired"),
        "{message}"
    );
    let third = scene.stores().await.current_key(target.primary()).unwrap();
    goes_once_the_outage_is_accepted(&scene, &third).await;
}

#[tokio::test]
async fn a_listing_without_the_key_in_awscurrent_is_no_proof_of_a_revocation() {
    let target = Target::plain("orders");
    let (scene, first, second) = superseded(&target).await;
    scene.age(0.05).await;
    let hidden = json!({"api_keys": [{"id": second, "visible": false}]});
    scene.cloud.controls.emulator().add(hidden).unwrap();
    let message = scene
        .refused(json!({"operation": "revoke", "api_keys": [first]}))
        .await;
    assert!(
        message.contains(&format!("current key not visible: API key `{second}`")),
        "{message}"
    );
}

/// AWSCURRENT goes back to the revoked key after the run saw that everything has settled.
#[tokio::test]
async fn all_secrets_are_read_once_more_before_a_revoked_key_is_deleted() {
    let target = Target::plain("orders");
    let (scene, first, _) = superseded(&target).await;
    scene.age(0.05).await;
    let late = json!([{"service": "secretsmanager", "operation": "DescribeSecret", "nth": 2,
        "effect": "delay", "seconds": 1.5}]);
    scene.cloud.controls.post_faults(late).unwrap();
    let witness = Witness::of(&scene, &[&target]);
    let before = scene.request_count();
    let event = json!({"operation": "revoke", "api_keys": [first]});
    let (message, ()) = tokio::join!(scene.refused(event), async {
        asked(&scene, before, "DescribeSecret", 2).await;
        move_back(&scene, target.primary()).await;
    });
    assert!(
        message.contains(&format!("still holds API key `{first}`")),
        "{message}"
    );
    assert!(lives(&scene, &first));
    witness.saw_no_failure().await;
}

/// A publish that was under way writes its note over that of the revocation.
#[tokio::test]
async fn a_lost_note_on_a_pending_key_is_written_again_when_the_secret_has_settled() {
    let target = Target::plain("orders");
    let (scene, _, pending) = with_a_pending_key(&target).await;
    let mut keys = marked_keys(&scene).into_iter();
    let description =
        keys.find(|key| key["id"] == pending.as_str()).unwrap()["description"].clone();
    let before = scene.request_count();
    let event = json!({"operation": "revoke", "api_keys": [pending]});
    let (answer, ()) = tokio::join!(scene.ask(event), async {
        asked(&scene, before, "UpdateSecretVersionStage", 1).await;
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        let over = json!({"api_keys": [{"id": pending, "description": description}]});
        scene.cloud.controls.emulator().add(over).unwrap();
    });
    assert_eq!(scene.count_since(before, PATCH), 2, "{answer:#}");
    assert!(!lives(&scene, &pending), "{answer:#}");
}

async fn delete_for_good(scene: &Scene, secret: &str) {
    let body = json!({"SecretId": secret, "ForceDeleteWithoutRecovery": true});
    let aws = &scene.cloud.aws;
    aws.call("secretsmanager.DeleteSecret", &body)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_secret_that_does_not_exist_holds_no_key() {
    let target = Target::plain("orders");
    let (scene, _) = filled(&target).await;
    // Same owner, same resource; its secret was never made.
    scene.put(&Target::plain("other")).await;
    let (nobodys, _) = scene.foreign_key(&target, 3);
    scene
        .ask(json!({"operation": "revoke", "api_keys": [nobodys], "unmanaged": true}))
        .await;
    assert!(!lives(&scene, &nobodys));
}

#[tokio::test]
async fn a_key_whose_target_lacks_a_copy_is_noted_and_goes_when_the_outage_is_accepted() {
    let target = Target::with_a_copy("orders");
    let (scene, leaked) = filled(&target).await;
    let copy = target.secrets()[1];
    delete_for_good(&scene, copy).await;
    let mut event = json!({"operation": "revoke", "api_keys": [leaked]});
    let message = scene.refused(event.clone()).await;
    assert!(
        message.contains(&format!("secret `{copy}` does not exist")),
        "{message}"
    );
    assert!(message.contains("`\"delete_first\": true`"), "{message}");
    let description = marked_keys(&scene)[0]["description"].to_string();
    assert!(description.contains(" revoked="), "{description}");
    event["delete_first"] = true.into();
    scene.ask(event).await;
    assert!(!lives(&scene, &leaked));
}
