//! `check`: every problem with its remedy, and nothing done.

use serde_json::{Value, json};
use tests::{Scene, Target, report};

fn kinds(entry: &Value) -> Vec<&str> {
    let problems = entry["problems"].as_array().into_iter().flatten();
    problems
        .map(|problem| problem["kind"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn every_problem_is_told_with_its_remedy_and_nothing_is_done() {
    let scene = Scene::start().await;
    let fine = Target::with_a_copy("fine");
    scene.add(&fine).await;
    scene.sweep().await;
    scene
        .add_with_foreign_key(&Target::plain("foreign"), 3)
        .await;
    // Two problems at once: a secret that is not there, and one that is no JSON object.
    let missing = Target::with_a_copy("missing");
    scene
        .cloud
        .aws
        .create_secret(missing.secrets()[1], Some("hunter2"), &[])
        .await
        .unwrap();
    scene.put(&missing).await;
    let nowhere = Target::plain("nowhere").with("/resource/id", json!("lkc-000000"));
    scene.add(&nowhere).await;
    scene.put_text("broken", "{").await;
    // A key of a target that is no more.
    let gone = Target::plain("gone").with("/owner", json!("sa-7y9xbr"));
    scene.add(&gone).await;
    scene
        .ask(json!({"operation": "rotate", "targets": ["gone"]}))
        .await;
    scene
        .cloud
        .aws
        .delete_parameter("/keywheel/targets/gone")
        .await
        .unwrap();

    let before = scene.request_count();
    let checked = scene.ask(json!({"operation": "check"})).await;
    let writes = ["POST", "PATCH", "DELETE", "Put", "Update", "Delete", "Tag"];
    let writes = scene.requests_since(before).into_iter().filter(|entry| {
        writes
            .iter()
            .any(|write| entry.operation.starts_with(write))
    });
    assert_eq!(
        writes.map(|entry| entry.operation).collect::<Vec<_>>(),
        [""; 0]
    );

    let of = |name: &str| report::of(&checked, name);
    assert_eq!(
        (&of("fine")["status"], &of("fine")["summary"]),
        (&json!("kept"), &json!("in order"))
    );
    assert_eq!(kinds(of("foreign")), ["ApiKeyUnmarked"]);
    assert_eq!(kinds(of("missing")), ["SecretMissing", "SecretUnreadable"]);
    assert_eq!(kinds(of("nowhere")), ["ConfluentForbidden"]);
    assert_eq!(kinds(of("broken")), ["TargetRefused"]);
    assert_eq!(of("missing")["status"], "refused");
    for entry in checked["targets"].as_array().unwrap() {
        for problem in entry["problems"].as_array().into_iter().flatten() {
            assert!(
                problem["remedy"].as_str().unwrap().len() > 20,
                "{problem:#}"
            );
        }
    }
    assert_eq!(checked["strays"][0]["target"], "gone", "{checked:#}");

    let text = scene
        .ask(json!({"operation": "check", "output": "text"}))
        .await;
    let text = text.as_str().unwrap();
    assert!(
        text.contains("remedy: make the secret with Terraform"),
        "{text}"
    );
    assert!(text.contains("stray: API key"), "{text}");
}

#[tokio::test]
async fn a_missing_right_is_a_problem_and_no_failure_of_the_invocation() {
    let scene = Scene::start().await;
    scene.add(&Target::plain("orders")).await;
    let denied = json!([
        {"service": "confluent", "operation": "GET /iam/v2/api-keys", "every": true, "effect": "status", "status": 403},
        {"service": "secretsmanager", "operation": "DescribeSecret", "every": true, "effect": "status", "status": 400,
            "code": "AccessDeniedException"},
    ]);
    scene.cloud.controls.post_faults(denied).unwrap();
    let checked = scene
        .ask(json!({"operation": "check", "targets": ["orders"]}))
        .await;
    let entry = report::of(&checked, "orders");
    assert_eq!(
        kinds(entry),
        ["SecretsManagerFailed", "ConfluentForbidden"],
        "{entry:#}"
    );
    let remedy = entry["problems"][1]["remedy"].as_str().unwrap();
    assert!(remedy.contains("ResourceOwner"), "{remedy}");
    assert!(
        checked["warnings"]
            .to_string()
            .contains("strays were not looked for"),
        "{checked:#}"
    );
}
