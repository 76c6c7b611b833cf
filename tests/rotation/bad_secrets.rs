//! Secrets that are missing, locked, or hold something else.

use serde_json::{Value, json};
use tests::{Scene, Target, assert_no_key_is_lost, marked_keys, report};

const CREATE: &str = "POST /iam/v2/api-keys";

async fn call(scene: &Scene, action: &str, body: Value) {
    let target = format!("secretsmanager.{action}");
    scene.cloud.aws.call(&target, &body).await.unwrap();
}

async fn begun() -> (Scene, Target) {
    let scene = Scene::start().await;
    let target = Target::kafka("orders");
    scene.add(&target).await;
    scene.sweep().await;
    (scene, target)
}

#[tokio::test]
async fn a_secret_that_is_missing_or_marked_for_deletion_is_refused_before_a_key_is_made() {
    let scene = Scene::start().await;
    let (missing, doomed) = (Target::plain("missing"), Target::kafka("doomed"));
    scene.put(&missing).await;
    scene.add(&doomed).await;
    let copy = doomed.secrets()[2];
    call(
        &scene,
        "DeleteSecret",
        json!({"SecretId": copy, "RecoveryWindowInDays": 7}),
    )
    .await;

    let message = scene.failing_sweep().await;
    let absent = format!(
        "target `missing` refused: secret `{}` does not exist; Keywheel fills secrets and never makes them",
        missing.primary()
    );
    assert!(message.contains(&absent), "{message}");
    let marked = format!(
        "target `doomed` refused: secret `{copy}` cannot be written: it is marked for deletion"
    );
    assert!(message.contains(&marked), "{message}");
    assert_eq!(scene.count_since(0, CREATE), 0);

    call(&scene, "RestoreSecret", json!({"SecretId": copy})).await;
    call(&scene, "CreateSecret", json!({"Name": missing.primary()})).await;
    assert_eq!(scene.sweep().await["counts"]["rotated"], 2);
}

#[tokio::test]
async fn a_secret_that_kms_does_not_open_is_refused_before_a_key_is_made() {
    let (scene, target) = begun().await;
    scene.age(31.0).await;
    let before = scene.request_count();
    // The first value that a sweep reads is the Cloud API key's.
    let fault = json!([{"service": "secretsmanager", "operation": "GetSecretValue", "nth": 2, "every": true,
        "effect": "status", "status": 400, "code": "AccessDeniedException"}]);
    scene.cloud.controls.post_faults(fault).unwrap();
    let message = scene.failing_sweep().await;
    assert!(message.starts_with("target `orders` failed: "), "{message}");
    assert!(
        message.contains("GetSecretValue") && message.contains("AccessDeniedException"),
        "{message}"
    );
    assert_eq!(scene.count_since(before, CREATE), 0);

    scene.cloud.controls.clear_faults();
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
    assert_eq!(marked_keys(&scene).len(), 2);
    assert!(scene.stores().await.current_key(target.primary()).is_some());
}

#[tokio::test]
async fn a_value_that_is_binary_or_no_json_is_refused_by_name_and_kept() {
    let scene = Scene::start().await;
    let (binary, text) = (Target::plain("binary"), Target::plain("text"));
    for target in [&binary, &text] {
        scene.add(target).await;
    }
    call(
        &scene,
        "PutSecretValue",
        json!({"SecretId": binary.primary(), "SecretBinary": "AAEC"}),
    )
    .await;
    call(
        &scene,
        "PutSecretValue",
        json!({"SecretId": text.primary(), "SecretString": "user=me"}),
    )
    .await;

    let message = scene.failing_sweep().await;
    for target in [&binary, &text] {
        let start = format!("target `{}` failed: version `", target.name);
        let name = format!("of secret `{}` cannot be read: ", target.primary());
        let line = message.lines().find(|line| line.starts_with(&start));
        assert!(line.is_some_and(|line| line.contains(&name)), "{message}");
    }
    assert!(!message.contains("user=me"), "the text is not shown");
    assert_eq!(scene.count_since(0, CREATE), 0);
    assert_eq!(scene.stores().await.text(text.primary()), Some("user=me"));
}

#[tokio::test]
async fn an_empty_object_is_filled_and_fields_of_others_are_kept_by_every_rotation() {
    let scene = Scene::start().await;
    let (empty, others) = (Target::plain("empty"), Target::plain("others"));
    for (target, text) in [(&empty, "{}"), (&others, r#"{"note": "ours", "port": 9}"#)] {
        scene.add(target).await;
        scene
            .cloud
            .aws
            .put_secret_value(target.primary(), text)
            .await
            .unwrap();
    }
    for _ in 0..2 {
        let report = scene.sweep().await;
        assert_eq!(report["counts"]["rotated"], 2, "{report:#}");
        let stores = scene.stores().await;
        let text: Value = serde_json::from_str(stores.text(others.primary()).unwrap()).unwrap();
        assert_eq!((&text["note"], &text["port"]), (&json!("ours"), &json!(9)));
        assert!(stores.current_key(others.primary()).is_some());
        assert!(stores.current_key(empty.primary()).is_some());
        scene.age(31.0).await;
    }
    assert_no_key_is_lost(&scene).await;
}

#[tokio::test]
async fn a_copy_with_a_rotation_of_its_own_or_the_primary_as_copy_is_refused() {
    let (scene, target) = begun().await;
    let copy = target.secrets()[1];
    scene.empty_pending_version(copy).await;
    let message = scene.failing_sweep().await;
    let line = format!(
        "target `orders` refused: secret `{copy}` cannot be written: a copy must have no rotation of its own"
    );
    assert_eq!(message, line);

    let arn = scene.stores().await.secret(target.primary())["arn"].clone();
    scene.put(&target.clone().with("/copies/0/name", arn)).await;
    let message = scene.failing_sweep().await;
    assert!(
        message.starts_with("target `orders` refused: "),
        "{message}"
    );
    assert_eq!(marked_keys(&scene).len(), 1);
}

#[tokio::test]
async fn a_cloud_api_key_that_is_refused_missing_or_no_key_stops_everything_with_one_line() {
    let (scene, _) = begun().await;
    let secret = "keywheel/confluent-cloud-api-key";
    let (key, value) = scene.cloud.controls.emulator().cloud_api_key();
    let table = [
        (
            json!({"api_key": key, "api_secret": "cfltwrong"}).to_string(),
            "401",
        ),
        ("{}".to_owned(), "holds no Cloud API key"),
        ("no JSON".to_owned(), "holds no Cloud API key"),
        (
            json!({"api_key": key, "api_secret": value, "apiKey": key, "apiSecret": value})
                .to_string(),
            "holds no Cloud API key",
        ),
    ];
    scene.age(31.0).await;
    let before = scene.request_count();
    for (text, reason) in table {
        scene
            .cloud
            .aws
            .put_secret_value(secret, &text)
            .await
            .unwrap();
        let message = scene.failing_sweep().await;
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(scene.count_since(before, CREATE), 0);
    let text = json!({"apiKey": key, "apiSecret": value, "organizationId": "o"}).to_string();
    scene
        .cloud
        .aws
        .put_secret_value(secret, &text)
        .await
        .unwrap();
    let report = scene.sweep().await;
    assert_eq!(
        report::of(&report, "orders")["status"],
        "rotated",
        "either form is read"
    );
}
