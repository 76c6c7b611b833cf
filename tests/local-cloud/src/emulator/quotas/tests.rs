//! What a quota says, and what becomes of a key that is one too many.

use serde_json::json;

use super::super::scene::{ACCOUNT, KAFKA, SCHEMA_REGISTRY, Scene};

const PATH: &str = super::PATH;

#[test]
fn a_quota_says_limit_and_usage_of_its_cluster() {
    let scene = Scene::new();
    scene.make_key(KAFKA);
    let (status, list) = scene.get(&format!(
        "{PATH}?scope=KAFKA_CLUSTER&kafka_cluster={KAFKA}&environment=env-9zz1d"
    ));
    assert_eq!((status, list["data"].as_array().unwrap().len()), (200, 1));
    let quota = &list["data"][0];
    assert_eq!(quota["id"], "kafka.max_api_keys.per_cluster");
    assert_eq!(
        (&quota["applied_limit"], &quota["usage"]),
        (&250.into(), &1.into())
    );
    assert_eq!(quota["kafka_cluster"]["id"], KAFKA);
}

#[test]
fn filters_choose_and_the_scope_is_required() {
    let scene = Scene::new();
    for (query, count) in [
        ("scope=organization", 1),
        ("scope=SERVICE_ACCOUNT", 4),
        (
            "scope=SERVICE_ACCOUNT&id=iam.max_cluster_api_keys.per_service_account",
            2,
        ),
        ("scope=KAFKA_CLUSTER&kafka_cluster=lkc-none", 0),
        ("scope=NETWORK", 0),
    ] {
        let (_, list) = scene.get(&format!("{PATH}?{query}"));
        assert_eq!(list["data"].as_array().unwrap().len(), count, "{query}");
    }
    let (status, refused) = scene.get(PATH);
    assert_eq!(
        (status, &refused["errors"][0]["source"]["parameter"]),
        (400, &"scope".into())
    );
}

#[test]
fn a_key_too_many_is_refused_and_nothing_is_made() {
    for limit in [
        json!({"clusters": [{"id": KAFKA, "max_api_keys": 1}]}),
        json!({"service_accounts": [{"id": ACCOUNT, "max_api_keys": 1}]}),
    ] {
        let scene = Scene::new();
        scene.emulator.add(limit.clone()).unwrap();
        let (id, _) = scene.make_key(KAFKA);
        let body = json!({"spec": {"owner": {"id": ACCOUNT}, "resource": {"id": KAFKA}}});
        let (status, refused) = scene.ask("POST", "/iam/v2/api-keys", body.clone());
        let detail = refused["errors"][0]["detail"].as_str().unwrap();
        assert_eq!(status, 402);
        assert!(detail.ends_with("is currently limited to 1."), "{detail}");
        // A deleted key frees its place.
        scene.ask("DELETE", &format!("/iam/v2/api-keys/{id}"), json!(null));
        assert_eq!(
            scene.ask("POST", "/iam/v2/api-keys", body).0,
            202,
            "{limit}"
        );
    }
}

#[test]
fn the_limit_of_a_kafka_cluster_is_not_that_of_others() {
    let scene = Scene::new();
    scene
        .emulator
        .add(json!({"clusters": [{"id": KAFKA, "max_api_keys": 0}]}))
        .unwrap();
    scene.make_key(SCHEMA_REGISTRY);
}
