//! The Cloud API key rotates itself: whatever happens, the key in the secret may sign in.

use serde_json::{Value, json};
use tests::{Scene, Target, Witness, marked_keys, report, scenes::target::ADMINISTRATOR};

const CREATE: &str = "POST /iam/v2/api-keys";
const DELETE: &str = "DELETE /iam/v2/api-keys/{id}";
const LIST: &str = "GET /iam/v2/api-keys";
const UPDATE: &str = "PATCH /iam/v2/api-keys/{id}";
const MOVE: &str = "UpdateSecretVersionStage";

/// The target of Keywheel's own key, which a person made. `rotate` by hand takes it over.
async fn taken_over() -> (Scene, Target) {
    let scene = Scene::start().await;
    let target = Target::cloud("keywheel");
    scene.put(&target).await;
    rotate(&scene, &target).await;
    (scene, target)
}

async fn rotate(scene: &Scene, target: &Target) -> Value {
    let event = json!({"operation": "rotate", "targets": [target.name], "again": true});
    let report = scene.ask(event).await;
    assert_eq!(report["counts"]["rotated"], 1, "{report:#}");
    report
}

async fn current(scene: &Scene, target: &Target) -> String {
    scene.stores().await.current_key(target.primary()).unwrap()
}

/// Marked keys that are no canaries.
fn generations(scene: &Scene) -> Vec<String> {
    let keys = marked_keys(scene).into_iter();
    let keys = keys.filter(|key| !is_canary(key));
    keys.map(|key| key["id"].as_str().unwrap().to_owned())
        .collect()
}

fn canaries(scene: &Scene) -> usize {
    marked_keys(scene)
        .iter()
        .filter(|key| is_canary(key))
        .count()
}

fn is_canary(key: &Value) -> bool {
    key["description"].as_str().unwrap().contains(" canary")
}

/// Signed in with the key that the secret held when the run began.
const PROBE: &str = "GET /org/v2/environments";

fn fault(operation: &str, more: &Value) -> Value {
    let mut fault = json!({"service": "confluent", "operation": operation, "effect": "status"});
    let more = more.as_object().unwrap().clone();
    fault.as_object_mut().unwrap().extend(more);
    json!([fault])
}

fn order(scene: &Scene, operation: &str, more: &Value) {
    let faults = fault(operation, more);
    scene.cloud.controls.post_faults(faults).unwrap();
}

fn delete(scene: &Scene, key: &str) {
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"api_keys": [key]})).unwrap();
}

async fn put(scene: &Scene, secret: &str, text: &str) {
    let put = scene.cloud.aws.put_secret_value(secret, text).await;
    put.unwrap();
}

#[tokio::test]
async fn a_new_key_does_keywheels_work_once_before_it_is_published() {
    let (scene, target) = taken_over().await;
    let before = current(&scene, &target).await;
    scene.age(31.0).await;
    let since = scene.request_count();
    scene.sweep().await;
    let asked = scene.requests_since(since).into_iter();
    let asked: Vec<_> = asked
        .map(|entry| entry.operation)
        .filter(|asked| [CREATE, DELETE, UPDATE, MOVE].contains(&asked.as_str()))
        .collect();
    // The key, the canary and its end, the note, AWSCURRENT; then AWSPENDING comes off.
    let expected = [CREATE, CREATE, DELETE, UPDATE, MOVE, MOVE];
    assert_eq!(asked, expected);
    assert_ne!(current(&scene, &target).await, before);
}

#[tokio::test]
async fn a_new_key_that_may_not_do_keywheels_work_is_not_published() {
    let no_right = json!({"nth": 2, "status": 403, "every": true});
    let wrong = json!({"nth": 2, "status": 403});
    for (operation, more, said) in [
        (CREATE, &no_right, "could not create a throw-away key"),
        (
            DELETE,
            &json!({"status": 403}),
            "may not delete the throw-away key",
        ),
        (LIST, &wrong, "may not list its owner's keys"),
    ] {
        let (scene, target) = taken_over().await;
        let before = current(&scene, &target).await;
        scene.age(31.0).await;
        let witness = Witness::of(&scene, &[&target]);
        order(&scene, operation, more);
        let error = scene.failing_sweep().await;
        assert!(error.contains("cannot do Keywheel's work"), "{error}");
        assert!(error.contains(said), "{error}");
        assert_eq!(current(&scene, &target).await, before);
        let pending = scene.stores().await.pending_key(target.primary());
        let notes = marked_keys(&scene);
        let new = notes
            .iter()
            .find(|key| Some(key["id"].as_str().unwrap()) == pending.as_deref());
        let note = new.unwrap()["description"].as_str().unwrap();
        assert!(!note.contains("published"), "{note}");

        scene.cloud.controls.clear_faults();
        let mended = scene.sweep().await;
        assert_eq!(mended["counts"]["published"], 1, "{mended:#}");
        assert_eq!(current(&scene, &target).await, pending.unwrap());
        assert_eq!(canaries(&scene), 0);
        witness.saw_no_failure().await;
    }
}

#[tokio::test]
async fn a_canary_that_was_left_behind_goes_an_hour_later_and_counts_as_no_generation() {
    let (scene, target) = taken_over().await;
    scene.age(31.0).await;
    order(
        &scene,
        CREATE,
        &json!({"nth": 2, "effect": "kill_caller_after"}),
    );
    scene.invoke(json!({})).await;
    scene.cloud.controls.clear_faults();
    assert_eq!(canaries(&scene), 1);
    assert_eq!(scene.sweep().await["counts"]["published"], 1);
    assert_eq!(
        canaries(&scene),
        1,
        "younger than an hour it may be somebody's"
    );
    scene.age(0.05).await;
    let swept = scene.sweep().await;
    assert_eq!(report::actions(&swept, &target.name), ["orphan"]);
    assert_eq!((canaries(&scene), generations(&scene).len()), (0, 2));
}

#[tokio::test]
async fn a_key_that_is_not_in_sync_waits_and_the_old_one_signs_in() {
    let (scene, target) = taken_over().await;
    let before = current(&scene, &target).await;
    scene.age(31.0).await;
    let witness = Witness::of(&scene, &[&target]);
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"seconds": 600})).unwrap();
    let early = scene.sweep().await;
    assert_eq!(early["counts"]["syncing"], 1, "{early:#}");
    assert_eq!(current(&scene, &target).await, before);
    scene.age(0.01).await;
    let late = scene.sweep().await;
    assert_eq!(late["counts"]["published"], 1, "{late:#}");
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn the_callback_rotates_it() {
    let (scene, target) = taken_over().await;
    let before = current(&scene, &target).await;
    let secret = target.primary();
    let arn = scene.stores().await.secret(secret)["arn"].clone();
    let tags = json!({"SecretId": arn, "Tags": [{"Key": "keywheel:target", "Value": target.name}]});
    let tagged = scene.cloud.aws.call("secretsmanager.TagResource", &tags);
    tagged.await.unwrap();
    scene.age(1.0).await;
    let witness = Witness::of(&scene, &[&target]);
    scene.rotate_secret(secret).await;
    assert_eq!(scene.errors(), [""; 0]);
    assert_ne!(current(&scene, &target).await, before);
    assert_eq!((canaries(&scene), generations(&scene).len()), (0, 2));
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn the_other_targets_are_worked_on_first() {
    let scene = Scene::start().await;
    let (cloud, orders) = (Target::cloud("a-cloud"), Target::plain("orders"));
    scene.put(&cloud).await;
    scene.add(&orders).await;
    let event = json!({"operation": "rotate", "targets": ["a-cloud", "orders"], "again": true});
    let report = scene.ask(event).await;
    assert_eq!(report["counts"]["rotated"], 2, "{report:#}");
    let made: Vec<_> = marked_keys(&scene)
        .iter()
        .map(|key| key["resource"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(made, ["lkc-c29js0", "cloud"]);
}

#[tokio::test]
async fn f45_a_current_key_that_is_gone_is_mended_by_the_one_before() {
    let (scene, target) = taken_over().await;
    let orders = Target::plain("orders");
    scene.add(&orders).await;
    let first = current(&scene, &target).await;
    rotate(&scene, &target).await;
    let second = current(&scene, &target).await;
    let since = scene.request_count();
    delete(&scene, &second);
    let done = scene.invoke(json!({})).await;
    let error = done.error.unwrap().message;
    assert!(error.contains("it mends that and nothing else"), "{error}");
    assert_eq!(current(&scene, &target).await, first, "{}", done.logs);
    assert_eq!(scene.count_since(since, CREATE), 0);
    let quiet = scene.sweep().await;
    assert_eq!(quiet["counts"]["failed"], 0, "{quiet:#}");
}

#[tokio::test]
async fn a_secret_without_a_key_is_mended_by_the_one_before() {
    for text in ["{}", "no JSON at all", r#"{"api_key": "half"}"#] {
        let (scene, target) = taken_over().await;
        let first = current(&scene, &target).await;
        put(&scene, target.primary(), text).await;
        let mended = scene.sweep().await;
        assert_eq!(
            report::actions(&mended, &target.name),
            ["restore"],
            "{text}"
        );
        assert_eq!(current(&scene, &target).await, first);
    }
}

#[tokio::test]
async fn a_wrong_secret_beside_the_right_key_is_mended_by_the_one_before() {
    let (scene, target) = taken_over().await;
    let first = current(&scene, &target).await;
    let wrong = json!({"api_key": first, "api_secret": "somebody's typing mistake"});
    put(&scene, target.primary(), &wrong.to_string()).await;
    let mended = scene.sweep().await;
    assert_eq!(report::actions(&mended, &target.name), ["restore"]);
    assert_eq!(current(&scene, &target).await, first);
    assert_eq!(scene.sweep().await["counts"]["kept"], 1);
}

#[tokio::test]
async fn a_key_without_a_marker_mends_by_making_a_new_one() {
    let (scene, target) = taken_over().await;
    delete(&scene, &current(&scene, &target).await);
    // The one before is the person's own: it cannot be restored, and signs in.
    let mended = scene.sweep().await;
    assert_eq!(mended["counts"]["rotated"], 1, "{mended:#}");
    let new = current(&scene, &target).await;
    assert_eq!(generations(&scene), [new]);
}

#[tokio::test]
async fn refused_by_both_a_run_stops_before_its_first_action() {
    let (scene, target) = taken_over().await;
    scene.add(&Target::plain("orders")).await;
    scene.age(31.0).await;
    let since = scene.request_count();
    order(&scene, PROBE, &json!({"status": 401, "every": true}));
    let done = scene.invoke(json!({})).await;
    let error = done.error.unwrap();
    assert_eq!(error.error_type, "CloudApiKeyRefused");
    assert!(
        error.message.contains("nothing was done"),
        "{}",
        error.message
    );
    assert!(!error.message.contains('\n'), "{}", error.message);
    let asked = scene.requests_since(since).into_iter();
    let asked: Vec<_> = asked.map(|entry| entry.operation).collect();
    let expected = ["GetSecretValue", PROBE, PROBE, "GetSecretValue", PROBE];
    assert_eq!(asked, expected);
    assert_eq!(generations(&scene).len(), 1);
    drop(target);
}

#[tokio::test]
async fn a_secret_that_never_held_a_key_is_said_to_hold_none() {
    let scene = Scene::with(&[("CONFLUENT_CLOUD_API_KEY_SECRET_ID", "empty")]).await;
    let made = scene.cloud.aws.create_secret("empty", Some("{}"), &[]);
    made.await.unwrap();
    let error = scene.invoke(json!({})).await.error.unwrap();
    assert_eq!(error.error_type, "CloudApiKeyMissing");
    assert!(
        error
            .message
            .contains("secret `empty` holds no Cloud API key"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn one_refusal_is_no_proof() {
    let (scene, _) = taken_over().await;
    order(&scene, PROBE, &json!({"status": 401}));
    assert_eq!(scene.sweep().await["counts"]["kept"], 1);
}

#[tokio::test]
async fn without_a_target_of_the_secret_nothing_can_be_mended() {
    let (scene, target) = taken_over().await;
    let parameter = format!("/keywheel/targets/{}", target.name);
    scene.cloud.aws.delete_parameter(&parameter).await.unwrap();
    scene.add(&Target::plain("orders")).await;
    delete(&scene, &current(&scene, &target).await);
    let error = scene.failing_sweep().await;
    assert!(
        error.contains("signs in, but no target has this secret"),
        "{error}"
    );
}

#[tokio::test]
async fn a_secret_with_both_pairs_or_another_format_is_refused() {
    let (scene, target) = taken_over().await;
    let text = scene.cloud.aws.secret_text(target.primary()).await.unwrap();
    let pair: Value = serde_json::from_str(&text).unwrap();
    let both = json!({"api_key": pair["api_key"], "api_secret": pair["api_secret"],
        "apiKey": pair["api_key"], "apiSecret": pair["api_secret"]});
    put(&scene, target.primary(), &both.to_string()).await;
    let error = scene.failing_sweep().await;
    assert!(
        error.contains("the Cloud API key is there twice"),
        "{error}"
    );

    let managed = json!({"apiKey": pair["api_key"], "apiSecret": pair["api_secret"], "serviceAccountId": ADMINISTRATOR});
    put(&scene, target.primary(), &managed.to_string()).await;
    let error = scene.failing_sweep().await;
    assert!(
        error.contains("in format `confluent_cloud_api_key`, which the target does not name"),
        "{error}"
    );

    let target = target.with("/secret/formats", json!(["confluent_cloud_api_key"]));
    scene.put(&target).await;
    rotate(&scene, &target).await;
    let text = scene.cloud.aws.secret_text(target.primary()).await.unwrap();
    let fields: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(fields["serviceAccountId"], ADMINISTRATOR);
    assert_eq!(fields.as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn one_key_for_keywheel_and_another_for_terraform() {
    let scene = Scene::start().await;
    let terraform = Target::cloud("terraform").with("/secret/name", "terraform/cloud".into());
    scene.add(&terraform).await;
    let own = scene
        .cloud
        .aws
        .secret_text(Target::cloud("x").primary())
        .await;
    put(&scene, "terraform/cloud", &own.unwrap()).await;
    // Against Keywheel's own secret, which no target has, and against that of another target.
    let event = json!({"operation": "rotate", "targets": ["terraform"], "again": true});
    for holder in ["Keywheel's own secret", "of target `keywheel`"] {
        let since = scene.request_count();
        let error = scene.invoke(event.clone()).await.error.unwrap().message;
        assert!(error.contains("target `terraform` refused"), "{error}");
        assert!(error.contains(holder), "{error}");
        assert_eq!(scene.count_since(since, CREATE), 0);
        scene.put(&Target::cloud("keywheel")).await;
    }
    // A key of its own, which needs no right to make keys: no canary.
    let other = json!({"api_keys": [{"id": "TERRAFORM", "secret": "s", "owner": ADMINISTRATOR, "resource": "cloud"}]});
    scene.cloud.controls.emulator().add(other).unwrap();
    put(
        &scene,
        "terraform/cloud",
        r#"{"api_key": "TERRAFORM", "api_secret": "s"}"#,
    )
    .await;
    let since = scene.request_count();
    let report = scene.ask(event).await;
    assert_eq!(report["counts"]["rotated"], 1, "{report:#}");
    assert_eq!(scene.count_since(since, CREATE), 1);
    assert_eq!(scene.count_since(since, DELETE), 0);
}

#[tokio::test]
async fn the_old_key_is_deleted_by_its_successor_only() {
    let (scene, target) = taken_over().await;
    let target = target.with("/grace_hours", 1.into());
    scene.put(&target).await;
    for _ in 0..2 {
        scene.age(31.0).await;
        rotate(&scene, &target).await;
    }
    scene.age(1.1).await;
    // Refused by a gateway for a while, not gone: the run is signed in with the key before.
    for nth in [1, 2] {
        order(&scene, PROBE, &json!({"status": 401, "nth": nth}));
    }
    let held = current(&scene, &target).await;
    let since = scene.request_count();
    let report = scene.sweep().await;
    let keys = report::of(&report, &target.name)["keys"].to_string();
    assert!(
        keys.contains("a run that is signed in with the current key"),
        "{report:#}"
    );
    assert_eq!(scene.count_since(since, DELETE), 0);
    assert_eq!(current(&scene, &target).await, held);
    scene.cloud.controls.clear_faults();
    assert_eq!(scene.sweep().await["counts"]["retired"], 1);
    assert_eq!(generations(&scene).len(), 2);
}

#[tokio::test]
async fn a_sweep_takes_the_cloud_api_key_through_the_whole_cycle() {
    let (scene, target) = taken_over().await;
    let witness = Witness::of(&scene, &[&target]);
    let mut keys = vec![current(&scene, &target).await];
    for _ in 0..2 {
        scene.age(31.0).await;
        let due = scene.sweep().await;
        assert_eq!(due["counts"]["rotated"], 1, "{due:#}");
        keys.push(current(&scene, &target).await);
    }
    assert_eq!(generations(&scene).len(), 3, "retain + 1");
    scene.age(1.1).await;
    let over = scene.sweep().await;
    assert_eq!(over["counts"]["retired"], 1, "{over:#}");
    let mut left = generations(&scene);
    left.sort();
    keys.remove(0);
    keys.sort();
    assert_eq!(left, keys, "two generations live");
    assert_eq!(canaries(&scene), 0);
    assert_eq!(scene.sweep().await["counts"]["kept"], 1);
    witness.saw_no_failure().await;
}
