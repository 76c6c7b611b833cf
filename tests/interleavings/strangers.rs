//! Keys of others: other deployments, other targets, nobody's.

use serde_json::{Value, json};
use tests::{
    Scene, Target, marked_keys,
    scenes::target::{KAFKA, ORDERS},
};

use crate::peace::{A_WHILE, filled, live, only, overfull};

const DELETE: &str = "DELETE /iam/v2/api-keys/{id}";

/// The deployment whose sweep runs next, with targets of its own.
async fn deploy(scene: &Scene, name: &str) {
    let environment = json!({"DEPLOYMENT": name, "TARGETS_PATH": format!("/{name}/targets")});
    let set = scene
        .cloud
        .aws
        .set_function_environment("key-rotation", &environment);
    set.await.unwrap();
}

async fn put(scene: &Scene, deployment: &str, target: &Target) {
    let name = format!("/{deployment}/targets/{}", target.name);
    let text = target.document.to_string();
    scene.cloud.aws.put_parameter(&name, &text).await.unwrap();
}

fn keys_of(scene: &Scene, deployment: &str) -> Vec<String> {
    let keys = marked_keys(scene).into_iter();
    let own = keys.filter(|key| {
        let marker = key["description"].as_str().unwrap();
        marker
            .split(' ')
            .next()
            .unwrap()
            .ends_with(&format!(".{deployment}"))
    });
    own.map(|key| key["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn f43_two_deployments_in_one_organization_never_touch_each_others_keys() {
    let scene = Scene::start().await;
    // The same name, owner and resource: only the deployment tells them apart.
    let target = |side: &str| {
        Target::kafka_under(&format!("/{side}"), "orders").with("/parameters", Value::Null)
    };
    let both = ["blue", "green"];
    for side in both {
        let target = target(side);
        for secret in target.secrets() {
            scene
                .cloud
                .aws
                .create_secret(secret, None, &[])
                .await
                .unwrap();
        }
        put(&scene, side, &target).await;
    }
    for _ in 0..4 {
        for side in both {
            deploy(&scene, side).await;
            let others = keys_of(&scene, both[usize::from(side == "blue")]);
            let report = scene.sweep().await;
            assert_eq!(
                keys_of(&scene, both[usize::from(side == "blue")]),
                others,
                "{report:#}"
            );
        }
        scene.age(33.0).await;
    }
    for side in both {
        assert!((2..=3).contains(&keys_of(&scene, side).len()));
    }
}

#[tokio::test]
async fn invariant_3_a_foreign_key_is_never_deleted() {
    let target = Target::kafka("orders");
    let scene = overfull(&target).await;
    let own = marked_keys(&scene)[0]["description"]
        .as_str()
        .unwrap()
        .to_owned();
    let old = "2026-01-01T00:00:00Z";
    let unpublished = own.split(" published=").next().unwrap();
    // None of these is a marker of ours, however near it comes.
    let strangers = [
        String::new(),
        "API key of the payments team".to_owned(),
        unpublished.replace(".default ", ".green "),
        unpublished.replace("us-east-1", "eu-west-1"),
        unpublished.replace(" run=", " by=hand run="),
        format!("{unpublished} "),
        format!("Copy of {unpublished}"),
        format!("{own} and more"),
    ];
    let keys: Vec<_> = strangers
        .iter()
        .map(|text| json!({"owner": ORDERS, "resource": KAFKA, "description": text, "created_at": old}))
        .collect();
    let added = scene
        .cloud
        .controls
        .emulator()
        .add(json!({"api_keys": keys}))
        .unwrap();
    for _ in 0..3 {
        scene.sweep().await;
        scene.age(2.0).await;
    }
    let world = scene.cloud.controls.emulator().world();
    for stranger in added["api_keys"].as_array().unwrap() {
        let found = world["api_keys"]
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["id"] == stranger["id"]);
        assert_eq!(
            found.unwrap()["state"],
            "live",
            "{}",
            stranger["description"]
        );
    }
}

#[tokio::test]
async fn a_stray_is_reported_and_kept() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let own = marked_keys(&scene)[0]["description"]
        .as_str()
        .unwrap()
        .to_owned();
    let unpublished = own.split(" published=").next().unwrap();
    let strays = [
        own.replace("target=orders", "target=gone"),
        unpublished.replace("target=orders", "target=gone"),
    ];
    let keys = strays.map(|text| {
        json!({"owner": ORDERS, "resource": KAFKA, "description": text,
        "created_at": "2026-01-01T00:00:00Z"})
    });
    scene
        .cloud
        .controls
        .emulator()
        .add(json!({"api_keys": keys}))
        .unwrap();
    scene.age(A_WHILE).await;
    let before = scene.request_count();
    let report = scene.sweep().await;
    assert_eq!(report["strays"].as_array().unwrap().len(), 2, "{report:#}");
    assert_eq!(report["strays"][0]["target"], "gone", "{report:#}");
    assert_eq!(scene.count_since(before, DELETE), 0);
    assert_eq!(live(&scene).len(), 3);
}

#[tokio::test]
async fn keys_of_a_target_whose_parameter_is_gone_stay() {
    let target = Target::plain("orders");
    let scene = overfull(&target).await;
    let deleted = scene.cloud.aws.delete_parameter("/keywheel/targets/orders");
    deleted.await.unwrap();
    scene.sweep().await;
    assert_eq!(live(&scene).len(), 3);
}

#[tokio::test]
async fn f24_a_live_key_that_somebody_put_there_is_followed_and_not_rotated() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let foreign = json!({"api_keys": [{"owner": ORDERS, "resource": KAFKA}]});
    let foreign = scene.cloud.controls.emulator().add(foreign).unwrap();
    let (id, secret) = (
        &foreign["api_keys"][0]["id"],
        &foreign["api_keys"][0]["secret"],
    );
    let jaas = format!(
        "org.apache.kafka.common.security.plain.PlainLoginModule required username='{}' password='{}';",
        id.as_str().unwrap(),
        secret.as_str().unwrap()
    );
    let text = scene.cloud.aws.secret_text(target.primary()).await.unwrap();
    let mut fields: Value = serde_json::from_str(&text).unwrap();
    fields["sasl.jaas.config"] = jaas.into();
    scene
        .cloud
        .aws
        .put_secret_value(target.primary(), &fields.to_string())
        .await
        .unwrap();
    scene.age(40.0).await;
    let report = scene.sweep().await;
    assert_eq!(only(&report)["current"], *id, "{report:#}");
    let warnings = only(&report)["warnings"].to_string();
    assert!(warnings.contains("no marker of this target"), "{report:#}");
    let stores = scene.stores().await;
    for secret in target.secrets() {
        assert_eq!(stores.current_key(secret).as_deref(), id.as_str());
    }
}

#[tokio::test]
async fn invariant_7_no_secret_is_shown_whatever_a_secret_holds() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let good = scene.cloud.aws.secret_text(target.primary()).await.unwrap();
    let broken = [
        good.replace('{', "["),
        good.replace("username=", "user="),
        good[..good.len() / 2].to_owned(),
        format!("\"{}\"", good.replace('"', "\\\"")),
        good.replace("password='", "password='\\n"),
    ];
    // Every invocation is looked through by the local cloud, which knows each secret ever handed out.
    for text in broken {
        scene
            .cloud
            .aws
            .put_secret_value(target.primary(), &text)
            .await
            .unwrap();
        for event in [
            json!({"operation": "plan"}),
            json!({"operation": "plan", "output": "text"}),
        ] {
            scene.invoke(event).await;
        }
        let token = scene.empty_pending_version(target.primary()).await;
        scene.step(target.primary(), &token, "createSecret").await;
        scene
            .cloud
            .aws
            .put_secret_value(target.primary(), &good)
            .await
            .unwrap();
        scene.age(A_WHILE).await;
        scene.invoke(json!({})).await;
    }
    assert!(scene.cloud.invocations().len() > 10);
}

#[tokio::test]
async fn after_an_edit_of_the_owner_a_rotation_by_hand_names_the_strays() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let left = live(&scene);
    let edited = target.clone().with("/owner", json!("sa-7y9xbr"));
    scene.put(&edited).await;
    let rotated = scene
        .ask(json!({"operation": "rotate", "targets": ["orders"]}))
        .await;
    assert_eq!(rotated["counts"]["rotated"], 1, "{rotated:#}");
    let strays = rotated["strays"].as_array().unwrap().iter();
    let strays: Vec<_> = strays.map(|stray| stray["api_key"].as_str()).collect();
    assert_eq!(
        strays,
        left.iter()
            .map(|key| Some(key.as_str()))
            .collect::<Vec<_>>(),
        "{rotated:#}"
    );
}
