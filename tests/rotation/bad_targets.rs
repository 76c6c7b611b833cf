//! Targets that are wrong: each is refused by name with field and reason, and keeps no other from its turn.

use serde_json::{Value, json};
use tests::{Scene, Target, assert_no_key_is_lost, marked_keys, report};

/// What a wrong target is called, what is wrong with it, and what it gets.
fn wrong() -> Vec<(&'static str, Target, &'static str)> {
    let kafka = Target::kafka;
    vec![
        (
            "unknown-field",
            kafka("a").with("/colour", json!("red")),
            "field `colour`: unknown field `colour`",
        ),
        (
            "unknown-kind",
            kafka("b").with("/resource/kind", json!("Topic")),
            "field `resource.kind`: `Topic`",
        ),
        (
            "kind-of-later",
            kafka("c").with("/resource/id", json!("lksqlc-1")),
            "field `resource.id`: resource kind `ksqlDB` of `lksqlc-1` is not built yet",
        ),
        (
            "bad-owner",
            kafka("d").with("/owner", json!("pool-1")),
            "field `owner`: expected an id that begins with `sa-` or `u-`, but got `pool-1`",
        ),
        (
            "bad-resource",
            kafka("e").with("/resource/id", json!("env-1")),
            "field `resource.id`: expected an id that begins with `lkc-` or `lsrc-`, or is `cloud`, but got `env-1`",
        ),
        (
            "bad-environment",
            kafka("f").with("/resource/environment", json!("lkc-1")),
            "field `resource.environment`: expected an id that begins with `env-`, but got `lkc-1`",
        ),
        (
            "day-count-0",
            kafka("g").with("/day_count", json!(0)),
            "field `day_count`: must be at least 1, got 0",
        ),
        (
            "retain-1",
            kafka("h").with("/number_of_api_keys_to_retain", json!(1)),
            "field `number_of_api_keys_to_retain`: must be at least 2, got 1",
        ),
        (
            "unknown-format",
            kafka("i").with("/secret/formats", json!(["jav"])),
            "field `secret.formats`: ",
        ),
        (
            "two-formats",
            kafka("j").with("/secret/formats", json!(["java", "librdkafka"])),
            "field `secret.formats`: more than one format is not built yet",
        ),
        (
            "of-later",
            kafka("k").with("/event_source_mappings", json!([])),
            "field `event_source_mappings`: not built yet",
        ),
        (
            "broker",
            kafka("l").with("/probe", json!("broker")),
            "field `probe`: `broker`, the default, is not built yet; say `rest`",
        ),
    ]
}

#[tokio::test]
async fn each_wrong_target_is_refused_by_name_and_the_others_go_on() {
    let scene = Scene::start().await;
    let good = Target::kafka("payments/good");
    scene.add(&good).await;
    let table = wrong();
    for (name, target, _) in &table {
        scene.put_text(name, &target.document.to_string()).await;
    }
    scene.put_text("no-json", "owner=sa-1").await;
    scene
        .put_text("Not-A-Name", &good.document.to_string())
        .await;

    let failed = scene.invoke(json!({})).await;
    let message = failed.error.unwrap().message;
    let lines: Vec<_> = message.lines().collect();
    assert_eq!(lines.len(), table.len() + 3, "one line a target: {message}");
    let done = format!("target `{}` rotated: ", good.name);
    assert!(lines[table.len() + 2].starts_with(&done), "{message}");
    for (name, _, reason) in &table {
        let start = format!("target `{name}` refused: the target is refused: {reason}");
        assert!(
            lines.iter().any(|line| line.starts_with(&start)),
            "{start}\n{message}"
        );
    }
    for name in ["no-json", "Not-A-Name"] {
        let start = format!("target `{name}` refused: ");
        assert!(
            lines.iter().any(|line| line.starts_with(&start)),
            "{start}\n{message}"
        );
    }
    assert!(
        failed.logs.contains("target `payments/good` rotated"),
        "the report is logged first: {}",
        failed.logs
    );
    let key = scene.stores().await.current_key(good.primary());
    assert_eq!(marked_keys(&scene).len(), 1);
    assert_eq!(key.as_deref(), marked_keys(&scene)[0]["id"].as_str());

    let plan = scene.ask(json!({"operation": "plan"})).await;
    assert_eq!(
        plan["counts"]["refused"],
        table.len() + 2,
        "a plan answers: {plan:#}"
    );
    assert_eq!(report::of(&plan, "retain-1")["status"], "refused");
}

#[tokio::test]
async fn two_targets_that_name_one_secret_are_both_refused_and_it_is_not_touched() {
    let scene = Scene::start().await;
    let (one, good) = (Target::kafka("one"), Target::plain("good"));
    scene.add(&one).await;
    scene.add(&good).await;
    let copy = one.secrets()[1];
    let by_arn = scene.stores().await.secret(copy)["arn"].clone();
    let two = Target::plain("two")
        .with("/secret/name", by_arn)
        .with("/secret/formats", json!(["librdkafka"]));
    scene.put(&two).await;

    let message = scene.failing_sweep().await;
    for (name, secret) in [("one", copy), ("two", two.primary())] {
        let line =
            format!("target `{name}` refused: secret `{secret}` is named by targets `one`, `two`");
        assert!(message.contains(&line), "{line}\n{message}");
    }
    assert_eq!(marked_keys(&scene).len(), 1, "of the third target");
    let untouched = scene.stores().await;
    assert!(
        one.secrets()
            .iter()
            .all(|secret| untouched.versions(secret).is_empty())
    );
}

#[tokio::test]
async fn an_edited_target_is_refused_until_it_is_rotated_by_hand() {
    let scene = Scene::start().await;
    let target = Target::kafka("orders");
    scene.add(&target).await;
    scene.sweep().await;
    scene
        .put(&target.clone().with("/owner", json!("sa-7y9xbr")))
        .await;
    let before = scene.stores().await.current_key(target.primary());
    let message = scene.failing_sweep().await;
    assert!(
        message.starts_with("target `orders` refused: API key `"),
        "{message}"
    );
    assert!(
        message.contains("the target or the secret was edited"),
        "{message}"
    );
    assert_eq!(scene.stores().await.current_key(target.primary()), before);

    let event = json!({"operation": "rotate", "targets": ["orders"]});
    let rotated = scene.ask(event).await;
    assert_eq!(rotated["counts"]["rotated"], 1, "{rotated:#}");
    let current = scene.stores().await.current_key(target.primary());
    let owner =
        |key: &Value| key["id"].as_str() == current.as_deref() && key["owner"] == "sa-7y9xbr";
    assert!(marked_keys(&scene).iter().any(owner));
    assert_no_key_is_lost(&scene).await;
}

#[tokio::test]
async fn an_event_that_asks_for_what_there_is_not_is_refused_with_what_there_is() {
    let scene = Scene::start().await;
    let table = [
        (
            json!({"operation": "destroy"}),
            "operation `destroy` is not known; known are `sweep`, `plan`, `check`, `discover`, `rotate`, `rollback`, `retire`, `hold`, `adopt`, `release`, `revoke`",
        ),
        (
            json!({"operation": ["plan", "rotate"]}),
            "is not known; known are `sweep`, `plan`, `check`, `discover`, `rotate`, `rollback`, `retire`, `hold`, `adopt`, `release`, `revoke`",
        ),
        (
            json!({"operation": "rotate"}),
            "operation `rotate` needs `targets`, a list that is not empty",
        ),
        (
            json!({"operation": "rotate", "targets": ["none"]}),
            "no target matches `none`",
        ),
        (
            json!({"source": "aws.scheduler", "operation": "rotate"}),
            "a scheduled event is a sweep",
        ),
        (json!({"Step": "createSecret"}), "unknown field `Step`"),
        (json!({"dry_run": "yes"}), "invalid type"),
    ];
    for (event, reason) in table {
        let error = scene.invoke(event).await.error.unwrap();
        assert_eq!(error.error_type, "EventRefused");
        assert!(error.message.contains(reason), "{}", error.message);
    }
    assert_eq!(marked_keys(&scene).len(), 0);
}

#[tokio::test]
async fn a_wrong_environment_is_refused_whoever_else_names_the_cluster() {
    let scene = Scene::start().await;
    scene.add(&Target::plain("a-good")).await;
    scene
        .add(&Target::plain("wrong").with("/resource/environment", "env-other".into()))
        .await;
    for _ in 0..2 {
        let message = scene.failing_sweep().await;
        assert!(message.starts_with("target `wrong` failed"), "{message}");
        assert!(!message.contains("`a-good` failed"), "{message}");
    }
    assert_eq!(marked_keys(&scene).len(), 1);
}

#[tokio::test]
async fn an_owner_whose_keys_cannot_be_listed_is_asked_for_once_a_run() {
    let scene = Scene::start().await;
    for name in ["one", "two", "three"] {
        scene.add(&Target::plain(name)).await;
    }
    let list = "GET /iam/v2/api-keys";
    let fault = json!([{"service": "confluent", "operation": list, "every": true, "effect": "status", "status": 409}]);
    scene.cloud.controls.post_faults(fault).unwrap();
    let before = scene.request_count();
    let message = scene.failing_sweep().await;
    assert_eq!(message.lines().count(), 3, "{message}");
    assert_eq!(scene.count_since(before, list), 1);
}

#[tokio::test]
async fn f47_a_secret_whose_tag_names_another_target_is_left_alone() {
    let scene = Scene::start().await;
    let (good, thief) = (Target::plain("good"), Target::plain("thief"));
    scene.add(&good).await;
    let thief = thief.with("/secret/name", good.primary().into());
    scene.put(&thief).await;
    let remove = "/keywheel/targets/good";
    let body = json!({"Name": remove});
    let aws = &scene.cloud.aws;
    aws.call("ssm.DeleteParameter", &body).await.unwrap();
    let message = scene.failing_sweep().await;
    assert!(
        message.contains("its tag `keywheel:target` names target `good`"),
        "{message}"
    );
    assert!(marked_keys(&scene).is_empty());
}

#[tokio::test]
async fn no_target_at_all_is_said() {
    let scene = Scene::start().await;
    let report = scene.sweep().await;
    assert_eq!(
        report["warnings"],
        json!(["there is no target below `/keywheel/targets`"])
    );
}
