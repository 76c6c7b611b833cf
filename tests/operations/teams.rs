//! Grants: a writer of targets is no administrator.

use serde_json::{Value, json};
use tests::{
    Scene, Target, marked_keys, report,
    scenes::target::{ENVIRONMENT, ORDERS, PAYMENTS},
};

async fn granted(grants: &[(&str, Value)]) -> Scene {
    let scene = Scene::with(&[("GRANTS_PATH", "/keywheel/grants")]).await;
    for (team, grant) in grants {
        let name = format!("/keywheel/grants/{team}");
        let text = grant.to_string();
        scene.cloud.aws.put_parameter(&name, &text).await.unwrap();
    }
    scene
}

fn grant() -> Value {
    json!({"owners": [ORDERS], "environments": [ENVIRONMENT], "kinds": ["kafka"], "secrets": ["/sales/*"]})
}

fn target(name: &str) -> Target {
    Target::kafka_under("/sales/orders", name)
}

#[tokio::test]
async fn what_is_granted_is_done_and_the_rest_is_refused_before_any_call_to_confluent() {
    let broken = json!({"owners": "all"});
    let mut of_payments = grant();
    of_payments["owners"] = json!([PAYMENTS]);
    let scene = granted(&[
        ("sales", grant()),
        ("broken", broken),
        ("payments", of_payments),
    ])
    .await;
    scene.add(&target("sales/orders")).await;
    let elsewhere = target("sales/b").with("/secret/name", json!("/payments/app"));
    let copied = target("sales/c").with(
        "/copies/0/name",
        json!("arn:aws:secretsmanager:us-east-1:999999999999:secret:/sales/x-abcdef"),
    );
    let written = target("sales/d").with("/parameters/prefix", json!("/payments"));
    let own = target("sales/e").with("/parameters/prefix", json!("/keywheel/grants"));
    let owner = target("payments/orders");
    let refused = [
        (
            &elsewhere,
            "field `secret.name`: team `sales` has no grant for `/payments/app`",
        ),
        (
            &copied,
            "field `copies[0].name`: team `sales` has no grant for `arn:aws:",
        ),
        (
            &written,
            "field `parameters.prefix`: team `sales` has no grant for `/payments/",
        ),
        (
            &own,
            "lies below `/keywheel/grants`, which is Keywheel's own",
        ),
        (
            &owner,
            "field `owner`: team `payments` has no grant for `sa-12mgdv`",
        ),
        (
            &target("broken/orders"),
            "the grant of team `broken` cannot be read",
        ),
        (&target("nobody/orders"), "team `nobody` has no grant"),
        (&target("orders"), "a target without a team"),
    ];
    for (target, _) in &refused {
        scene.put(target).await;
    }
    let planned = scene.ask(json!({"operation": "plan"})).await;
    for (target, reason) in &refused {
        let entry = report::of(&planned, &target.name);
        assert_eq!(entry["status"], "refused", "{entry:#}");
        let summary = entry["summary"].as_str().unwrap();
        assert!(summary.contains(reason), "{summary} lacks {reason}");
    }
    let before = scene.request_count();
    let message = scene.failing_sweep().await;
    assert!(
        message.contains("target `sales/orders` rotated: "),
        "{message}"
    );
    assert_eq!(marked_keys(&scene).len(), 1);
    assert_eq!(scene.count_since(before, "GET /iam/v2/api-keys"), 1);
}

#[tokio::test]
async fn a_grant_that_is_taken_away_refuses_the_target_and_deletes_nothing() {
    let scene = granted(&[("sales", grant())]).await;
    let target = target("sales/orders");
    scene.add(&target).await;
    assert_eq!(scene.sweep().await["counts"]["rotated"], 1);
    scene
        .cloud
        .aws
        .delete_parameter("/keywheel/grants/sales")
        .await
        .unwrap();
    scene.age(40.0).await;
    let message = scene.failing_sweep().await;
    assert!(message.contains("team `sales` has no grant"), "{message}");
    assert_eq!(marked_keys(&scene).len(), 1);
    let token = scene.begin_rotation(target.primary()).await;
    let done = scene.step(target.primary(), &token, "createSecret").await;
    assert_eq!(done.error.unwrap().error_type, "TargetRefused");
    assert_eq!(marked_keys(&scene).len(), 1);
}

#[tokio::test]
async fn without_grants_the_sweep_warns_once() {
    let scene = Scene::start().await;
    for name in ["a/x", "b/x"] {
        scene
            .add(&Target::kafka_under(&format!("/{name}"), name))
            .await;
    }
    let swept = scene.sweep().await;
    let warnings = swept["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{swept:#}");
    assert!(
        warnings[0]
            .as_str()
            .unwrap()
            .starts_with("GRANTS_PATH is not set"),
        "{swept:#}"
    );
}
