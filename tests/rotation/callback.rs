//! Every refusal of the callback, and what is no refusal.

use local_cloud::cloud::Invocation;
use serde_json::{Value, json};
use tests::{Scene, Target, assert_no_key_is_lost, eventually, marked_keys};

const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// A Kafka target whose secrets hold a key, and one more secret that no target names.
async fn begun() -> (Scene, Target) {
    let scene = Scene::start().await;
    let target = Target::kafka("payments/orders");
    scene.add(&target).await;
    scene.sweep().await;
    (scene, target)
}

/// The message of a step that must fail.
fn refusal(done: Invocation) -> String {
    match done.error {
        Some(error) => error.message,
        None => panic!("the step succeeded: {}", done.answer),
    }
}

async fn tag(scene: &Scene, secret: &str, target: &str) {
    let tags = json!([{"Key": "keywheel:target", "Value": target}]);
    let body = json!({"SecretId": secret, "Tags": tags});
    let done = scene.cloud.aws.call("secretsmanager.TagResource", &body);
    done.await.unwrap();
}

async fn untag(scene: &Scene, secret: &str) {
    let body = json!({"SecretId": secret, "TagKeys": ["keywheel:target"]});
    let done = scene.cloud.aws.call("secretsmanager.UntagResource", &body);
    done.await.unwrap();
}

#[tokio::test]
async fn a_secret_whose_rotation_was_switched_off_is_refused() {
    let (scene, target) = begun().await;
    let token = scene.empty_pending_version(target.primary()).await;
    let body = json!({"SecretId": target.primary()});
    let off = scene
        .cloud
        .aws
        .call("secretsmanager.CancelRotateSecret", &body);
    off.await.unwrap();
    // Cancelling takes AWSPENDING off as well; what is asked first is whether rotation is enabled.
    for step in STEPS {
        let refused = refusal(scene.step(target.primary(), &token, step).await);
        let text = format!("rotation is not enabled for secret `{}`", target.primary());
        assert_eq!(refused, text);
    }
    assert_eq!(marked_keys(&scene).len(), 1);
}

#[tokio::test]
async fn f19_a_token_that_is_no_version_or_is_not_pending_is_refused() {
    let (scene, target) = begun().await;
    scene.age(1.0).await;
    let secret = target.primary();
    scene.rotate_secret(secret).await;
    let stores = scene.stores().await;
    let previous = stores.version(secret, "AWSPREVIOUS").unwrap()["id"]
        .as_str()
        .unwrap();
    let stranger = "11111111-2222-4333-8444-555555555555";
    for step in STEPS {
        let unknown = refusal(scene.step(secret, stranger, step).await);
        assert_eq!(
            unknown,
            format!("version `{stranger}` is not a version of secret `{secret}`")
        );
        let former = refusal(scene.step(secret, previous, step).await);
        assert_eq!(
            former,
            format!("version `{previous}` of secret `{secret}` is not staged AWSPENDING")
        );
    }
    assert_eq!(marked_keys(&scene).len(), 2);
}

#[tokio::test]
async fn every_step_of_a_version_that_is_current_already_succeeds_and_does_nothing() {
    let (scene, target) = begun().await;
    scene.age(1.0).await;
    let token = scene.rotate_secret(target.primary()).await;
    let before = scene.stores().await.labels(target.primary());
    for step in STEPS {
        let done = scene.step(target.primary(), &token, step).await;
        assert_eq!(done.error, None, "{step}");
        assert_eq!(done.answer["summary"], "the version is AWSCURRENT already");
    }
    assert_eq!(scene.stores().await.labels(target.primary()), before);
    assert_eq!(marked_keys(&scene).len(), 2);
}

#[tokio::test]
async fn a_secret_without_its_targets_tag_or_with_anothers_is_refused() {
    let (scene, target) = begun().await;
    let other = Target::plain("payments/other");
    scene.add(&other).await;
    let (secret, copy) = (target.primary(), target.secrets()[1]);
    let token = scene.empty_pending_version(secret).await;
    let copy_token = scene.empty_pending_version(copy).await;
    let create =
        async |secret: &str, token: &str| refusal(scene.step(secret, token, STEPS[0]).await);

    let copy_refused = create(copy, &copy_token).await;
    assert_eq!(
        copy_refused,
        format!("secret `{copy}` has no tag `keywheel:target`")
    );
    tag(&scene, copy, &target.name).await;
    let copy_refused = create(copy, &copy_token).await;
    let primary = format!(
        "target `{}` names `{secret}` as its primary secret, not `{copy}`",
        target.name
    );
    assert_eq!(copy_refused, primary);

    untag(&scene, secret).await;
    let untagged = create(secret, &token).await;
    assert_eq!(
        untagged,
        format!("secret `{secret}` has no tag `keywheel:target`")
    );
    tag(&scene, secret, &other.name).await;
    let others = create(secret, &token).await;
    let primary = other.primary();
    assert_eq!(
        others,
        format!(
            "target `{}` names `{primary}` as its primary secret, not `{secret}`",
            other.name
        )
    );
    tag(&scene, secret, "payments/none").await;
    assert_eq!(
        create(secret, &token).await,
        "target `payments/none` does not exist"
    );
    assert_eq!(marked_keys(&scene).len(), 1, "no refusal made a key");
}

#[tokio::test]
async fn an_event_that_is_no_step_is_refused_before_anything_is_asked() {
    let scene = Scene::start().await;
    let step = |name: &str| json!({"SecretId": "x", "ClientRequestToken": "t", "Step": name});
    let table = [
        (
            step("revokeSecret"),
            "unknown variant `revokeSecret`, expected one of `createSecret`",
        ),
        (step(""), "unknown variant ``"),
        (
            json!({"SecretId": "x", "Step": "createSecret"}),
            "missing field `ClientRequestToken`",
        ),
        (
            json!({"ClientRequestToken": "t", "Step": "createSecret"}),
            "missing field `SecretId`",
        ),
        (
            json!({"SecretId": "x", "ClientRequestToken": "t"}),
            "missing field `Step`",
        ),
        (
            json!({"SecretId": "x", "ClientRequestToken": "", "Step": "createSecret"}),
            "must not be empty",
        ),
        (json!([]), "invalid length 0"),
        (Value::Null, "invalid type: null"),
    ];
    let before = scene.request_count();
    for (event, reason) in table {
        let done = scene.cloud.invoke("secret-rotation", &event).await.unwrap();
        let error = done.error.unwrap();
        assert_eq!(error.error_type, "EventRefused");
        let text = "expected a rotation event with `Step`, `SecretId` and `ClientRequestToken`: ";
        assert!(
            error.message.contains(text) && error.message.contains(reason),
            "{}",
            error.message
        );
    }
    assert_eq!(scene.requests_since(before), []);
}

#[tokio::test]
async fn f17_rotate_immediately_false_asks_only_whether_a_rotation_could_work() {
    let (scene, target) = begun().await;
    let before = scene.request_count();
    let body = json!({
        "SecretId": target.primary(),
        "RotationLambdaARN": scene.cloud.function_arn("secret-rotation"),
        "RotationRules": {"ScheduleExpression": "rate(10 days)"},
        "RotateImmediately": false,
    });
    let ended = scene.cloud.invocations().len();
    let asked = scene.cloud.aws.call("secretsmanager.RotateSecret", &body);
    asked.await.unwrap();
    let done = eventually("testSecret ends", async || {
        let ended = scene.cloud.invocations().into_iter().nth(ended);
        ended.ok_or_else(|| "no invocation".to_owned())
    });
    let (_, done) = done.await;
    assert_eq!(done.error, None);
    assert_eq!(done.answer["step"], "testSecret");
    let summary = "nothing is pending; secrets, rights and endpoints are in order";
    assert_eq!(done.answer["summary"], summary);
    assert_eq!(scene.count_since(before, "POST /iam/v2/api-keys"), 0);
    assert_eq!(marked_keys(&scene).len(), 1);
}

#[tokio::test]
async fn an_empty_pending_version_is_refused_by_set_and_finish_and_filled_by_create() {
    let (scene, target) = begun().await;
    let secret = target.primary();
    let token = scene.empty_pending_version(secret).await;
    for step in ["setSecret", "finishSecret"] {
        let refused = refusal(scene.step(secret, &token, step).await);
        assert_eq!(
            refused,
            format!("version `{token}` of secret `{secret}` holds no API key")
        );
    }
    assert_eq!(marked_keys(&scene).len(), 1);
    for step in STEPS {
        let done = scene.step(secret, &token, step).await;
        assert_eq!(done.error, None, "{step}");
    }
    scene.published(secret, &token).await;
    assert_eq!(marked_keys(&scene).len(), 2);
}

#[tokio::test]
async fn f26_the_guides_spelling_fields_to_come_and_a_rotation_token_are_taken_and_the_token_is_never_shown()
 {
    let (scene, target) = begun().await;
    let token = scene.empty_pending_version(target.primary()).await;
    let arn = scene.stores().await.secret(target.primary())["arn"].clone();
    let rotation_token = "c0ffee00-1d2e-4f30-8a4b-5c6d7e8f9012";
    for step in [
        "create_secret",
        "set_secret",
        "test_secret",
        "finish_secret",
    ] {
        let event = json!({"SecretId": arn, "ClientRequestToken": token, "Step": step,
            "RotationToken": rotation_token, "OfALaterYear": {"any": "thing"}});
        let done = scene.cloud.invoke("secret-rotation", &event).await.unwrap();
        assert_eq!(done.error, None, "{step}");
        assert!(
            !done.answer.to_string().contains(rotation_token),
            "{step} answers it"
        );
        assert!(!done.logs.contains(rotation_token), "{step} logs it");
    }
    scene.published(target.primary(), &token).await;
}

#[tokio::test]
async fn a_pending_key_of_another_owner_is_refused_by_set_and_finish() {
    let (scene, target) = begun().await;
    scene.age(1.0).await;
    let secret = target.primary();
    let token = scene.empty_pending_version(secret).await;
    let made = scene.step(secret, &token, "createSecret").await;
    assert_eq!(made.error, None);
    scene
        .put(&target.clone().with("/owner", json!("sa-7y9xbr")))
        .await;
    let before = scene.stores().await.labels(secret);
    for step in ["setSecret", "finishSecret"] {
        let refused = refusal(scene.step(secret, &token, step).await);
        let key = made.answer["api_key"].as_str().unwrap();
        let text =
            format!("API key `{key}` belongs to `sa-12mgdv` and `lkc-c29js0`, not to the target's");
        assert_eq!(refused, text, "{step}");
    }
    assert_eq!(scene.stores().await.labels(secret), before);
}

#[tokio::test]
async fn test_secret_says_when_a_key_is_not_in_sync_and_a_retry_goes_on_from_there() {
    let (scene, target) = begun().await;
    scene.age(1.0).await;
    let settings = json!({"PROBE_ROUND_GAP_SECONDS": "300"});
    let aws = &scene.cloud.aws;
    aws.set_function_environment("secret-rotation", &settings)
        .await
        .unwrap();
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"seconds": 600})).unwrap();
    let secret = target.primary();
    let token = scene.empty_pending_version(secret).await;
    assert_eq!(scene.step(secret, &token, "createSecret").await.error, None);
    // The time-out is given to the invocation as its deadline, which leaves no room for another round.
    let path = "/2015-03-31/functions/secret-rotation/configuration";
    let short = json!({"Timeout": 30});
    let put = aws.rest("lambda", http::Method::PUT, path, &short).await;
    put.unwrap();
    let early = refusal(scene.step(secret, &token, "testSecret").await);
    assert!(
        early.contains("is not in sync with `lkc-c29js0`"),
        "{early}"
    );
    assert!(
        early.ends_with(
            "(401 in round 1); the pending version stays and the next attempt goes on from there"
        ),
        "{early}"
    );

    scene.age(0.01).await;
    let early = refusal(scene.step(secret, &token, "testSecret").await);
    assert!(
        early.contains("in round 1, and no time is left for another"),
        "{early}"
    );
    aws.set_function_environment("secret-rotation", &json!({}))
        .await
        .unwrap();
    for step in STEPS {
        let done = scene.step(secret, &token, step).await;
        assert_eq!(done.error, None, "{step}");
    }
    scene.published(secret, &token).await;
    assert_eq!(marked_keys(&scene).len(), 2, "the key of the first attempt");
    assert_no_key_is_lost(&scene).await;
}

#[tokio::test]
async fn f18_a_value_that_is_not_visible_yet_fails_the_step_and_the_same_key_goes_on() {
    let scene = Scene::start().await;
    let target = Target::plain("orders");
    scene.add(&target).await;
    scene.sweep().await;
    let token = scene.empty_pending_version(target.primary()).await;
    for step in STEPS {
        // A step reads the Cloud API key's value, the one in AWSCURRENT, and then the pending one.
        let stale = json!([{"service": "secretsmanager", "operation": "GetSecretValue", "nth": 3, "every": true, "effect": "stale_read",
            "seconds": 100, "function": "secret-rotation"}]);
        // testSecret takes it for a version that was never filled, so finishSecret does not take its word.
        if ["setSecret", "finishSecret"].contains(&step) {
            scene.cloud.controls.post_faults(stale).unwrap();
            let message = refusal(scene.step(target.primary(), &token, step).await);
            assert!(message.contains(&token), "{step}: {message}");
            scene.cloud.controls.clear_faults();
        }
        let done = scene.step(target.primary(), &token, step).await;
        assert!(done.error.is_none(), "{step}: {:?}", done.error);
    }
    assert_eq!(marked_keys(&scene).len(), 2);
    let current = scene.stores().await;
    let current = current.version(target.primary(), "AWSCURRENT").unwrap();
    assert_eq!(current["id"], token.as_str());
    assert_no_key_is_lost(&scene).await;
}

#[tokio::test]
async fn f27_no_function_calls_another() {
    let (scene, target) = begun().await;
    scene.rotate_secret(target.primary()).await;
    scene.sweep().await;
    let asked = scene.requests_since(0).into_iter();
    let by_functions = asked.filter(|entry| entry.by.is_some());
    let services: std::collections::BTreeSet<_> = by_functions.map(|entry| entry.service).collect();
    assert!(services.contains("secretsmanager"), "{services:?}");
    assert!(!services.contains("lambda"), "{services:?}");
}
