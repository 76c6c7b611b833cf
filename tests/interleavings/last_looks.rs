//! What is looked at once more directly before an act: the world changes between the plan and the act.

use local_cloud::cloud::Invocation;
use serde_json::{Value, json};
use tests::{
    Scene, Target, marked_keys, report,
    scenes::target::{KAFKA, ORDERS},
};

use crate::{
    peace::{
        comes_to_peace, filled, insist, live, only, order, overfull, rotate_by_hand, succeeded,
    },
    races::{asked, edit, late},
};

const LIST: &str = "GET /iam/v2/api-keys";
const POST: &str = "POST /iam/v2/api-keys";
const GET: &str = "GET /iam/v2/api-keys/{id}";
const PATCH: &str = "PATCH /iam/v2/api-keys/{id}";
const DELETE: &str = "DELETE /iam/v2/api-keys/{id}";
const MOVE: &str = "UpdateSecretVersionStage";
const SIGN_IN: &str = "GET /kafka/v3/clusters/{cluster_id}/topics";

/// Two minutes: the setting is one.
const SETTLED: f64 = 2.0 / 1440.0;

async fn take_off_pending(scene: &Scene, secret: &str, version: &str) {
    let body =
        json!({"SecretId": secret, "VersionStage": "AWSPENDING", "RemoveFromVersionId": version});
    let aws = &scene.cloud.aws;
    let taken = aws.call("secretsmanager.UpdateSecretVersionStage", &body);
    taken.await.unwrap();
}

fn change_key(scene: &Scene, key: Value) {
    let emulator = scene.cloud.controls.emulator();
    emulator.add(json!({"api_keys": [key]})).unwrap();
}

fn noted(scene: &Scene) -> usize {
    let published = |key: &&Value| key["description"].as_str().unwrap().contains(" published=");
    marked_keys(scene).iter().filter(published).count()
}

/// A target of which `finishSecret` is interrupted by a discard while a call is answered late.
async fn discarded_during(service: &str, operation: &str) -> (Scene, Target, usize) {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let old = scene.stores().await.current_key(target.primary());
    let token = scene.empty_pending_version(target.primary()).await;
    insist(&scene, target.primary(), &token, "createSecret").await;
    let before = scene.request_count();
    order(&scene, late(service, operation, 1, 1.0));
    let finish = scene.step(target.primary(), &token, "finishSecret");
    let (done, ()) = tokio::join!(finish, async {
        asked(&scene, before, operation, 1).await;
        take_off_pending(&scene, target.primary(), &token).await;
    });
    let error = succeeded("finishSecret", done).unwrap_err();
    assert!(error.contains("moved while API key"), "{error}");
    assert_eq!(scene.stores().await.current_key(target.primary()), old);
    (scene, target, before)
}

#[tokio::test]
async fn nothing_is_noted_on_a_key_that_was_discarded_after_it_signed_in() {
    let (scene, target, before) = discarded_during("confluent", GET).await;
    assert_eq!(scene.count_since(before, PATCH), 0);
    assert_eq!(noted(&scene), 1);
    comes_to_peace(&scene, &target).await;
}

#[tokio::test]
async fn a_key_that_was_discarded_after_its_note_does_not_become_current() {
    let (scene, _, before) = discarded_during("confluent", PATCH).await;
    assert_eq!(scene.count_since(before, PATCH), 1);
}

#[tokio::test]
async fn the_primary_stays_where_it_is_when_a_copy_reads_back_another_key() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let (first, old) = (
        target.secrets()[1].to_owned(),
        scene.stores().await.current_key(target.primary()),
    );
    let text = scene.cloud.aws.secret_text(&first).await.unwrap();
    let token = scene.empty_pending_version(target.primary()).await;
    insist(&scene, target.primary(), &token, "createSecret").await;
    let before = scene.request_count();
    // The first copy is written, the second is being written.
    order(&scene, late("secretsmanager", MOVE, 2, 1.0));
    let finish = scene.step(target.primary(), &token, "finishSecret");
    let (done, ()) = tokio::join!(finish, async {
        asked(&scene, before, MOVE, 2).await;
        scene
            .cloud
            .aws
            .put_secret_value(&first, &text)
            .await
            .unwrap();
    });
    let error = succeeded("finishSecret", done).unwrap_err();
    assert!(error.contains(&first), "{error}");
    assert_eq!(scene.stores().await.current_key(target.primary()), old);
    comes_to_peace(&scene, &target).await;
}

/// A sweep of which a call is answered late; somebody does something meanwhile.
async fn swept_while(
    scene: &Scene,
    (service, operation, nth): (&str, &str, usize),
    something: impl AsyncFnOnce(),
) -> Invocation {
    let before = scene.request_count();
    order(scene, late(service, operation, nth as u64, 1.5));
    let (done, ()) = tokio::join!(scene.invoke(json!({})), async {
        asked(scene, before, operation, nth).await;
        something().await;
    });
    done
}

/// Puts a version under a label of somebody's choice; two minutes go by.
async fn stage(scene: &Scene, secret: &str, text: &str, label: &str) {
    let body = json!({"SecretId": secret, "SecretString": text, "VersionStages": [label],
        "ClientRequestToken": "11111111-2222-4333-8444-555555555555"});
    let put = scene.cloud.aws.call("secretsmanager.PutSecretValue", &body);
    put.await.unwrap();
    scene.age(SETTLED).await;
}

#[tokio::test]
async fn nothing_is_retired_when_a_secret_changed_after_the_plan() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    let before = scene.request_count();
    let hand = async || edit(&scene, target.secrets()[2], "by hand").await;
    let report = swept_while(&scene, ("kafka_rest", SIGN_IN, 1), hand)
        .await
        .answer;
    assert_eq!(scene.count_since(before, DELETE), 0, "{report:#}");
    assert_eq!(live(&scene).len(), 3);
    let warnings = only(&report)["warnings"].to_string();
    assert!(warnings.contains("changed a moment ago"), "{report:#}");
}

#[tokio::test]
async fn nothing_is_retired_that_a_copy_stages_again_after_the_plan() {
    let target = Target::kafka("orders");
    let copy = target.secrets()[1];
    let scene = filled(&target).await;
    let text = scene.cloud.aws.secret_text(copy).await.unwrap();
    for _ in 0..2 {
        rotate_by_hand(&scene, &target).await;
    }
    scene.age(2.0).await;
    let before = scene.request_count();
    let hand = async || stage(&scene, copy, &text, "AWSPENDING").await;
    let done = swept_while(&scene, ("kafka_rest", SIGN_IN, 1), hand).await;
    let error = done.error.unwrap().message;
    assert!(error.contains(copy), "{error}");
    assert_eq!(scene.count_since(before, DELETE), 0);
    assert_eq!(live(&scene).len(), 3);
    // The next plan knows it.
    let report = scene.sweep().await;
    let keys = only(&report)["keys"].to_string();
    assert!(keys.contains("a copy still holds it"), "{report:#}");
}

#[tokio::test]
async fn a_deletion_is_not_confirmed_by_a_listing_without_the_successor() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    let hide = async || change_key(&scene, json!({"id": current, "visible": false}));
    let done = swept_while(&scene, ("confluent", DELETE, 1), hide).await;
    let error = done.error.unwrap().message;
    assert!(error.contains("still listed after its deletion"), "{error}");
}

/// A key of the target that was made long ago and never published.
async fn with_an_orphan(target: &Target) -> (Scene, String, String) {
    let scene = filled(target).await;
    let own = marked_keys(&scene).remove(0);
    let marker = own["description"].as_str().unwrap();
    let marker = marker.split(" published=").next().unwrap().to_owned();
    let known = live(&scene);
    change_key(
        &scene,
        json!({"owner": own["owner"], "resource": own["resource"], "description": marker,
            "created_at": "2026-01-01T00:00:00Z"}),
    );
    let orphan = live(&scene).into_iter().find(|id| !known.contains(id));
    (scene, orphan.unwrap(), marker)
}

#[tokio::test]
async fn an_orphan_that_is_published_after_the_plan_stays() {
    let target = Target::plain("orders");
    let (scene, orphan, marker) = with_an_orphan(&target).await;
    let before = scene.request_count();
    let description = format!("{marker} published=2026-02-01T00:00:00Z");
    let publish = async || change_key(&scene, json!({"id": orphan, "description": description}));
    let second_look = ("secretsmanager", "DescribeSecret", 2);
    let done = swept_while(&scene, second_look, publish).await;
    assert!(done.error.unwrap().message.contains(&orphan));
    assert_eq!(scene.count_since(before, DELETE), 0);
}

#[tokio::test]
async fn an_orphan_that_a_labelled_version_of_the_primary_holds_stays() {
    let target = Target::plain("orders");
    let (scene, orphan, _) = with_an_orphan(&target).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    let text = scene.cloud.aws.secret_text(target.primary()).await.unwrap();
    let before = scene.request_count();
    let text = text.replace(&current, &orphan);
    let hand = async || stage(&scene, target.primary(), &text, "KEPT").await;
    let second_look = ("secretsmanager", "DescribeSecret", 2);
    let done = swept_while(&scene, second_look, hand).await;
    assert!(done.error.unwrap().message.contains(&orphan));
    assert_eq!(scene.count_since(before, DELETE), 0);
}

#[tokio::test]
async fn a_sweep_that_finds_another_pending_key_deletes_its_own_and_goes_on_with_that() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    scene.age(31.0).await;
    let old = live(&scene);
    let before = scene.request_count();
    order(&scene, late("confluent", POST, 1, 2.0));
    let (report, token) = tokio::join!(scene.sweep(), async {
        asked(&scene, before, POST, 1).await;
        let token = scene.empty_pending_version(target.primary()).await;
        insist(&scene, target.primary(), &token, "createSecret").await;
        token
    });
    assert_eq!(scene.count_since(before, POST), 2);
    assert_eq!(scene.count_since(before, DELETE), 1);
    assert_eq!(live(&scene).len(), old.len() + 1);
    let stores = scene.stores().await;
    let current = stores.version(target.primary(), "AWSCURRENT").unwrap();
    assert_eq!(current["id"], token.as_str(), "{report:#}");
    comes_to_peace(&scene, &target).await;
}

#[tokio::test]
async fn a_key_that_was_revoked_is_not_restored() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let old = marked_keys(&scene).remove(0);
    scene.rotate_secret(target.primary()).await;
    let gone = scene.stores().await.current_key(target.primary()).unwrap();
    let revoked = format!(
        "{} revoked=2026-11-01T00:00:00Z",
        old["description"].as_str().unwrap()
    );
    change_key(&scene, json!({"id": old["id"], "description": revoked}));
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"api_keys": [gone]})).unwrap();
    let report = scene.sweep().await;
    // Its revocation waits until the secret has settled.
    assert_eq!(
        report::actions(&report, "orders"),
        ["revoke", "rotate"],
        "{report:#}"
    );
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    assert_ne!(old["id"], current.as_str());
}

#[tokio::test]
async fn one_refusal_of_two_is_not_drift() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"deleted_lives": 3600})).unwrap();
    let gone = scene.stores().await.current_key(target.primary()).unwrap();
    emulator.delete(json!({"api_keys": [gone]})).unwrap();
    order(
        &scene,
        json!([{"service": "kafka_rest", "nth": 1, "effect": "status", "status": 401}]),
    );
    let before = scene.request_count();
    let error = scene.failing_sweep().await;
    assert!(error.contains("current key not visible"), "{error}");
    assert_eq!(scene.count_since(before, POST), 0);
}

#[tokio::test]
async fn a_callback_that_waits_wants_two_rounds_in_a_row() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let emulator = scene.cloud.controls.emulator();
    // Let in, refused, let in, refused, and then let in for good.
    emulator.set_sync(json!({"flapping": 2})).unwrap();
    insist(&scene, target.primary(), &token, "createSecret").await;
    let before = scene.request_count();
    let done = scene.step(target.primary(), &token, "testSecret").await;
    succeeded("testSecret", done).unwrap();
    assert_eq!(scene.count_since(before, SIGN_IN), 6);
}

#[tokio::test]
async fn a_current_key_that_is_younger_than_the_runs_listing_is_looked_for_once_more() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    let text = scene.cloud.aws.secret_text(target.primary()).await.unwrap();
    let before = scene.request_count();
    order(&scene, late("secretsmanager", "DescribeSecret", 1, 1.5));
    let (report, new) = tokio::join!(scene.sweep(), async {
        asked(&scene, before, LIST, 1).await;
        let emulator = scene.cloud.controls.emulator();
        let key = json!({"api_keys": [{"owner": ORDERS, "resource": KAFKA}]});
        let added = emulator.add(key).unwrap();
        let new = added["api_keys"][0]["id"].as_str().unwrap().to_owned();
        let put = scene
            .cloud
            .aws
            .put_secret_value(target.primary(), &text.replace(&current, &new))
            .await;
        put.unwrap();
        new
    });
    assert_eq!(only(&report)["current"], new.as_str(), "{report:#}");
    assert_eq!(only(&report)["status"], "kept", "{report:#}");
    assert_eq!(scene.count_since(before, LIST), 2);
}

#[tokio::test]
async fn nothing_is_retired_that_was_handed_back_after_the_plan() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    let before = scene.request_count();
    let release = async || {
        scene
            .ask(json!({"operation": "release", "targets": ["orders"]}))
            .await;
    };
    let done = swept_while(&scene, ("kafka_rest", SIGN_IN, 1), release).await;
    assert_eq!(scene.count_since(before, DELETE), 0, "{:#}", done.answer);
}
