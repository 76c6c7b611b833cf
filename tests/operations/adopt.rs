//! `adopt`: a key that another tool made becomes ours.

use serde_json::json;
use tests::{Scene, Target, Witness, marked_keys, report};

const POST: &str = "POST /iam/v2/api-keys";

#[tokio::test]
async fn an_adopted_key_stays_current_and_is_rotated_when_it_is_due() {
    let target = Target::with_a_copy("orders");
    let scene = Scene::start().await;
    let key = scene.add_with_foreign_key(&target, 40).await;
    let witness = Witness::of(&scene, &[&target]);
    let swept = scene.sweep().await;
    let warning = report::of(&swept, "orders")["warnings"][0].to_string();
    assert!(
        warning.contains("`adopt` or `rotate` it by hand"),
        "{warning}"
    );

    let before = scene.request_count();
    let entry = scene.by_hand("adopt", &target).await;
    assert_eq!(scene.count_since(before, POST), 0);
    assert_eq!(entry["actions"][0]["action"], "adopt", "{entry:#}");
    assert_eq!(entry["actions"][0]["done"], true, "{entry:#}");
    assert!(
        entry["terraform"]
            .as_str()
            .unwrap()
            .contains("destroy = false"),
        "{entry:#}"
    );
    let marked = marked_keys(&scene);
    assert_eq!(marked[0]["id"], key.as_str());
    let current = scene
        .stores()
        .await
        .version(target.primary(), "AWSCURRENT")
        .unwrap()["id"]
        .clone();
    let description = marked[0]["description"].as_str().unwrap();
    assert!(
        description.contains(&format!("token={}", current.as_str().unwrap())),
        "{description}"
    );
    assert!(description.contains(" published="), "{description}");

    // Again: nothing to do.
    let entry = scene.by_hand("adopt", &target).await;
    assert_eq!(entry["actions"][0]["action"], "already", "{entry:#}");

    let swept = scene.sweep().await;
    assert_eq!(swept["counts"]["rotated"], 1, "{swept:#}");
    // The adopted key is kept, and may be rolled back to.
    let entry = scene.by_hand("rollback", &target).await;
    assert_eq!(entry["current"], key.as_str(), "{entry:#}");
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn what_cannot_be_adopted_is_refused_and_not_touched() {
    let scene = Scene::start().await;
    let (orders, empty) = (Target::plain("orders"), Target::plain("empty"));
    scene.add_with_foreign_key(&orders, 1).await;
    scene.add(&empty).await;
    // The same key in a secret of another target.
    let other = Target::plain("other");
    let text = scene.cloud.aws.secret_text(orders.primary()).await.unwrap();
    scene
        .cloud
        .aws
        .create_secret(other.primary(), Some(&text), &[])
        .await
        .unwrap();
    scene.put(&other).await;
    // A key that another deployment made.
    let marked = Target::plain("marked");
    let id = scene.add_with_foreign_key(&marked, 1).await;
    let description = "keywheel/123456789012.eu-west-1.default target=marked token=t run=12345678";
    let change = json!({"api_keys": [{"id": id, "description": description}]});
    scene.cloud.controls.emulator().add(change).unwrap();

    for (target, reason) in [
        ("orders", "is held by a secret of target `other` as well"),
        ("empty", "holds no API key in AWSCURRENT"),
        ("marked", "carries a marker"),
    ] {
        let message = scene
            .refused(json!({"operation": "adopt", "targets": [target]}))
            .await;
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(marked_keys(&scene).len(), 1);
    assert_eq!(marked_keys(&scene)[0]["description"], description);
}

#[tokio::test]
async fn a_stray_of_this_deployment_may_be_adopted_and_a_dry_run_writes_nothing() {
    let target = Target::plain("orders");
    let scene = Scene::start().await;
    scene.add(&target).await;
    scene.sweep().await;
    scene
        .cloud
        .aws
        .delete_parameter("/keywheel/targets/orders")
        .await
        .unwrap();
    let mut renamed = Target::plain("orders");
    renamed.name = "sales/orders".to_owned();
    scene.put(&renamed).await;
    let before = marked_keys(&scene);
    let dry = json!({"operation": "adopt", "targets": ["sales/orders"], "dry_run": true});
    // The secret's tag still names the old target.
    let answer = scene.ask(dry.clone()).await;
    let summary = report::of(&answer, "sales/orders")["summary"].to_string();
    assert!(summary.contains("names target `orders`"), "{summary}");
    scene
        .cloud
        .aws
        .call(
            "secretsmanager.TagResource",
            &json!({"SecretId": renamed.primary(),
        "Tags": [{"Key": "keywheel:target", "Value": "sales/orders"}]}),
        )
        .await
        .unwrap();
    let answer = scene.ask(dry).await;
    assert_eq!(
        report::actions(&answer, "sales/orders"),
        ["adopt"],
        "{answer:#}"
    );
    assert_eq!(marked_keys(&scene), before);
    scene.by_hand("adopt", &renamed).await;
    let description = marked_keys(&scene)[0]["description"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(description.contains("target=sales/orders"), "{description}");
}
