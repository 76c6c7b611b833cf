//! Answers of Confluent and AWS that are not what was asked for: told with operation and code, and no key is lost.

use serde_json::{Value, json};
use tests::{Scene, Target, Witness, assert_no_key_is_lost, marked_keys};

const LIST: &str = "GET /iam/v2/api-keys";
const CREATE: &str = "POST /iam/v2/api-keys";

fn confluent(operation: &str, more: Value) -> Value {
    fault("confluent", operation, more)
}

fn fault(service: &str, operation: &str, more: Value) -> Value {
    let mut fault =
        json!({"service": service, "operation": operation, "effect": "status", "every": true});
    fault
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!([fault])
}

/// A target that is due, and the witness of its secrets.
async fn due() -> (Scene, Target, Witness) {
    let scene = Scene::start().await;
    let target = Target::kafka("orders");
    scene.add(&target).await;
    scene.sweep().await;
    scene.age(31.0).await;
    let witness = Witness::of(&scene, &[&target]);
    (scene, target, witness)
}

/// Without faults the next sweeps bring the target to where it belongs: one key more, and nothing left over.
async fn recovers(scene: &Scene, target: &Target, witness: Witness) {
    scene.cloud.controls.clear_faults();
    scene.age(0.05).await;
    scene.sweep().await;
    scene.age(0.05).await;
    let quiet = scene.sweep().await;
    assert_eq!(quiet["counts"]["kept"], 1, "{quiet:#}");
    assert_eq!(marked_keys(scene).len(), 2);
    let stores = scene.stores().await;
    let current = stores.current_key(target.primary());
    for secret in target.secrets() {
        assert_eq!(stores.current_key(secret), current, "{secret}");
        assert!(stores.version(secret, "AWSPENDING").is_none(), "{secret}");
    }
    witness.saw_no_failure().await;
    assert_no_key_is_lost(scene).await;
}

#[tokio::test]
async fn a_listing_that_is_html_truncated_or_moved_fails_by_operation_and_nothing_is_made() {
    let (scene, target, witness) = due().await;
    let table = [
        (json!({"status": 200, "body": "html"}), "200"),
        (json!({"body": "truncated"}), "200"),
        (json!({"status": 302}), "a redirect is not followed"),
        (json!({"status": 403}), "403"),
    ];
    let before = scene.request_count();
    for (what, reason) in table {
        scene
            .cloud
            .controls
            .post_faults(confluent(LIST, what))
            .unwrap();
        let message = scene.failing_sweep().await;
        assert!(
            message.starts_with("target `orders` failed: could not list"),
            "{message}"
        );
        assert!(message.contains(reason), "{message}");
        scene.cloud.controls.clear_faults();
    }
    let request_id = message_with_request_id(&scene).await;
    assert!(request_id.contains("request id `"), "{request_id}");
    assert_eq!(scene.count_since(before, CREATE), 0);
    recovers(&scene, &target, witness).await;
}

async fn message_with_request_id(scene: &Scene) -> String {
    let fault = confluent(LIST, json!({"status": 409}));
    scene.cloud.controls.post_faults(fault).unwrap();
    let message = scene.failing_sweep().await;
    scene.cloud.controls.clear_faults();
    message
}

#[tokio::test]
async fn a_key_whose_secret_never_arrived_is_deleted_or_left_to_be_found() {
    for what in [
        json!({"body": "empty"}),
        json!({"body": "truncated"}),
        json!({"status": 502, "body": "html"}),
    ] {
        let (scene, target, witness) = due().await;
        scene
            .cloud
            .controls
            .post_faults(confluent(CREATE, what.clone()))
            .unwrap();
        let before = scene.request_count();
        let message = scene.failing_sweep().await;
        assert!(
            message.contains("could not create an API key of `sa-12mgdv`"),
            "{message}"
        );
        assert_eq!(
            scene.count_since(before, CREATE),
            1,
            "a POST is never repeated: {what}"
        );
        assert_eq!(marked_keys(&scene).len(), 1, "{what}");
        recovers(&scene, &target, witness).await;
    }
}

#[tokio::test]
async fn a_missing_right_is_told_with_code_and_action_and_no_key_is_lost() {
    let rights = [
        ("ssm", "GetParametersByPath"),
        ("secretsmanager", "DescribeSecret"),
        ("secretsmanager", "GetSecretValue"),
        ("secretsmanager", "ListSecretVersionIds"),
        ("secretsmanager", "PutSecretValue"),
        ("secretsmanager", "UpdateSecretVersionStage"),
        // The last, because the rotation itself succeeds.
        ("ssm", "PutParameter"),
    ];
    let (scene, target, witness) = due().await;
    for (service, action) in rights {
        let acks = "/orders/producer_kafka_client/acks";
        scene.cloud.aws.put_parameter(acks, "1").await.unwrap();
        let denied = json!({"status": 400, "code": "AccessDeniedException"});
        scene
            .cloud
            .controls
            .post_faults(fault(service, action, denied))
            .unwrap();
        let message = scene.failing_sweep().await;
        assert!(message.contains(action), "{action}: {message}");
        assert!(
            message.contains("AccessDeniedException"),
            "{action}: {message}"
        );
        scene.cloud.controls.clear_faults();
        assert_no_key_is_lost(&scene).await;
    }
    recovers(&scene, &target, witness).await;
}

#[tokio::test]
async fn f04_a_full_quota_makes_no_key_and_names_what_is_in_the_way() {
    let (scene, target, witness) = due().await;
    let emulator = scene.cloud.controls.emulator();
    emulator
        .add(
            json!({"clusters": [{"id": target.resource(), "max_api_keys": 3}],
        "api_keys": [{"resource": target.resource()}, {"resource": target.resource()}]}),
        )
        .unwrap();
    let before = scene.request_count();
    let message = scene.failing_sweep().await;
    assert!(
        message.contains("no API key was made: 3 of 3 are taken"),
        "{message}"
    );
    assert_eq!(scene.count_since(before, CREATE), 0);
    emulator
        .add(json!({"clusters": [{"id": target.resource(), "max_api_keys": 9}]}))
        .unwrap();
    recovers(&scene, &target, witness).await;
}

/// A creation that Confluent answers with this status: what the sweep says. One was asked for, none was made, nothing
/// is pending.
async fn refused_creation(scene: &Scene, target: &Target, status: u16) -> String {
    let order = confluent(CREATE, json!({"status": status}));
    scene.cloud.controls.post_faults(order).unwrap();
    let before = scene.request_count();
    let message = scene.failing_sweep().await;
    assert_eq!(scene.count_since(before, CREATE), 1, "{message}");
    assert_eq!(marked_keys(scene).len(), 1, "{message}");
    let stores = scene.stores().await;
    assert!(
        stores.version(target.primary(), "AWSPENDING").is_none(),
        "{message}"
    );
    message
}

#[tokio::test]
async fn f05_a_conflict_makes_no_second_key_and_the_next_attempt_reads_the_state_again() {
    let (scene, target, witness) = due().await;
    let message = refused_creation(&scene, &target, 409).await;
    assert!(
        message.contains("no API key was created: could not create an API key of `sa-12mgdv` for `lkc-c29js0`: 409"),
        "{message}"
    );
    recovers(&scene, &target, witness).await;
}

#[tokio::test]
async fn f07_an_administrator_who_may_not_create_is_told_so_and_nothing_is_left_behind() {
    let (scene, target, witness) = due().await;
    let message = refused_creation(&scene, &target, 403).await;
    assert!(
        message.contains("could not create an API key of `sa-12mgdv` for `lkc-c29js0`: 403"),
        "{message}"
    );
    recovers(&scene, &target, witness).await;
}

#[tokio::test]
async fn f09_where_two_keys_are_the_limit_no_key_is_made_and_none_is_deleted_for_it() {
    let (scene, target, witness) = due().await;
    let emulator = scene.cloud.controls.emulator();
    let limit = |keys: u32| json!({"clusters": [{"id": target.resource(), "max_api_keys": keys}]});
    emulator.add(limit(2)).unwrap();
    let before = scene.request_count();
    let message = scene.failing_sweep().await;
    assert!(
        message.starts_with("target `orders` refused: "),
        "{message}"
    );
    assert!(
        message.contains("allows 2 API keys, a rotation of this target needs 3"),
        "{message}"
    );
    for operation in [CREATE, "DELETE /iam/v2/api-keys/{id}"] {
        assert_eq!(scene.count_since(before, operation), 0, "{operation}");
    }
    emulator.add(limit(9)).unwrap();
    recovers(&scene, &target, witness).await;
}

#[tokio::test]
async fn f14_a_resource_that_cannot_be_reached_is_not_a_bad_key() {
    let (scene, target, witness) = due().await;
    let down = json!([{"service": "kafka_rest", "every": true, "effect": "drop"}]);
    scene.cloud.controls.post_faults(down).unwrap();
    for days in [0.0, 2.0] {
        scene.age(days).await;
        let message = scene.failing_sweep().await;
        assert!(
            message.starts_with("target `orders` failed: `lkc-c29js0` cannot be reached"),
            "{message}"
        );
        assert!(message.ends_with("the pending version stays"), "{message}");
        let pending = scene.stores().await.pending_key(target.primary());
        assert!(pending.is_some(), "after {days} days");
    }
    assert_eq!(marked_keys(&scene).len(), 2);
    recovers(&scene, &target, witness).await;
}

#[tokio::test]
async fn wrong_settings_are_refused_all_at_once_with_name_value_and_reason() {
    let scene = Scene::start().await;
    let wrong = json!({"MODE": "maybe", "SETTLE_SECONDS": "0", "DEPLOYMENT": "Not Good",
        "CONFLUENT_CLOUD_URL": "http://confluent.example", "TARGETS_PATH": "targets", "GRANTS_PATH": "grants"});
    for function in ["key-rotation", "secret-rotation"] {
        scene
            .cloud
            .aws
            .set_function_environment(function, &wrong)
            .await
            .unwrap();
        let done = scene.cloud.invoke(function, &json!({})).await.unwrap();
        let error = done.error.unwrap();
        assert_eq!(error.error_type, "SettingsRefused");
        for (name, value) in wrong.as_object().unwrap() {
            assert!(error.message.contains(name), "{name}: {}", error.message);
            let shown = error.message.contains(value.as_str().unwrap());
            assert!(shown, "{name}: {}", error.message);
        }
        // An API secret by mistake in a setting is not printed.
        let (_, secret) = scene.cloud.controls.emulator().cloud_api_key();
        let pasted = json!({"CONFLUENT_CLOUD_API_KEY_SECRET_ID": secret});
        scene
            .cloud
            .aws
            .set_function_environment(function, &pasted)
            .await
            .unwrap();
        let done = scene.cloud.invoke(function, &json!({})).await.unwrap();
        let error = done.error.unwrap();
        assert!(
            error.message.contains("CONFLUENT_CLOUD_API_KEY_SECRET_ID"),
            "{}",
            error.message
        );
    }
}
