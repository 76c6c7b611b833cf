//! API keys as Confluent answers for them.

use serde_json::{Value, json};

use super::super::scene::{ACCOUNT, ENVIRONMENT, KAFKA, SCHEMA_REGISTRY, Scene};

const PATH: &str = super::PATH;

#[test]
fn a_key_shows_its_secret_once() {
    let scene = Scene::new();
    let body = json!({"spec": {
        "display_name": "orders", "description": "of orders",
        "owner": {"id": "SA-12MGDV", "related": "", "resource_name": ""}, "resource": {"id": KAFKA},
    }});
    let response = scene.ask_for_response("POST", PATH, &body);
    assert_eq!(response.status(), 202);
    let made: Value = serde_json::from_slice(response.body()).unwrap();
    let id = made["id"].as_str().unwrap();
    let location = format!("http://127.0.0.1:8081{PATH}/{id}");
    assert_eq!(response.headers()["location"], location);
    assert_eq!(made["metadata"]["self"], location);
    assert_eq!(made["spec"]["secret"].as_str().unwrap().len(), 64);
    assert_eq!(made["spec"]["owner"]["id"], ACCOUNT);
    assert_eq!(made["spec"]["owner"]["kind"], "ServiceAccount");
    assert_eq!(made["spec"]["resource"]["kind"], "Cluster");

    let (status, read) = scene.get(&format!("{PATH}/{}", id.to_lowercase()));
    assert_eq!(status, 200);
    let mut without_secret = made.clone();
    without_secret["spec"]["secret"] = "".into();
    assert_eq!(read, without_secret);
}

#[test]
fn a_secret_can_be_absent_from_reads_and_unknown_fields_can_appear() {
    let scene = Scene::new();
    let (id, _) = scene.make_key(KAFKA);
    scene
        .emulator
        .set_quirks(json!({"read_secret": "absent", "unknown_fields": true}))
        .unwrap();
    let (_, key) = scene.get(&format!("{PATH}/{id}"));
    assert_eq!(key["spec"].get("secret"), None);
    assert_ne!(key["x_of_a_later_version"], Value::Null);
}

#[test]
fn a_key_is_for_the_resource_that_is_named() {
    let scene = Scene::new();
    for (resource, id, api_version, kind) in [
        (json!({"id": "CLOUD"}), "cloud", "iam/v2", "Cloud"),
        (json!(null), "cloud", "iam/v2", "Cloud"),
        (
            json!({"id": SCHEMA_REGISTRY}),
            SCHEMA_REGISTRY,
            "srcm/v3",
            "SchemaRegistry",
        ),
        (
            json!({"id": KAFKA, "environment": ENVIRONMENT}),
            KAFKA,
            "cmk/v2",
            "Cluster",
        ),
    ] {
        let body = json!({"spec": {"owner": {"id": ACCOUNT}, "resource": resource}});
        let (_, key) = scene.ask("POST", PATH, body);
        let got = &key["spec"]["resource"];
        assert_eq!(
            (&got["id"], &got["api_version"], &got["kind"]),
            (&id.into(), &api_version.into(), &kind.into())
        );
    }
}

#[test]
fn a_wrong_field_is_refused_with_its_place() {
    let scene = Scene::new();
    let owner = json!({"id": ACCOUNT});
    for (body, pointer) in [
        (json!({}), "/spec"),
        (json!([]), ""),
        (json!({"spec": {}}), "/spec/owner"),
        (json!({"spec": {"owner": {}}}), "/spec/owner/id"),
        (
            json!({"spec": {"owner": {"id": "sa-none"}}}),
            "/spec/owner/id",
        ),
        (json!({"spec": {"owner": {"id": 7}}}), "/spec/owner/id"),
        (
            json!({"spec": {"owner": owner, "resource": {"id": "lkc-none"}}}),
            "/spec/resource/id",
        ),
        (
            json!({"spec": {"owner": owner, "resource": {"id": "aws.us-east-1"}}}),
            "/spec/resource/id",
        ),
        (
            json!({"spec": {"owner": owner, "resource": {"id": KAFKA, "environment": "env-x"}}}),
            "/spec/resource/environment",
        ),
        (
            json!({"spec": {"owner": owner, "resources": []}}),
            "/spec/resources",
        ),
        (
            json!({"spec": {"owner": owner, "display_name": 1}}),
            "/spec/display_name",
        ),
        (json!({"spec": {"owner": owner}, "name": "x"}), "/name"),
    ] {
        let (status, answer) = scene.ask("POST", PATH, body.clone());
        assert_eq!(
            (status, &answer["errors"][0]["source"]["pointer"]),
            (400, &pointer.into()),
            "{body}"
        );
    }
    assert_eq!(
        scene.emulator.world()["api_keys"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn listings_filter_exactly_and_an_empty_filter_is_none() {
    let scene = Scene::new();
    scene.make_key(KAFKA);
    scene.make_key(SCHEMA_REGISTRY);
    for (query, count) in [
        ("", 3),
        ("?spec.owner=&spec.resource=&page_size=100", 3),
        ("?spec.owner=sa-12mgdv", 2),
        ("?spec.owner=sa-12mgdv&spec.resource=LKC-C29JS0", 1),
        ("?spec.owner=sa-7y9xbr", 0),
        ("?spec.resource=cloud", 1),
    ] {
        let (status, list) = scene.get(&format!("{PATH}{query}"));
        assert_eq!(
            (status, list["data"].as_array().unwrap().len()),
            (200, count),
            "{query}"
        );
        assert_eq!(list["kind"], "ApiKeyList");
    }
}

#[test]
fn an_update_changes_names_only() {
    let scene = Scene::new();
    let path = format!("{PATH}/{}", scene.make_key(KAFKA).0);
    let (_, before) = scene.get(&path);
    let (status, after) = scene.ask("PATCH", &path, json!({"spec": {"description": "new"}}));
    assert_eq!(
        (
            status,
            &after["spec"]["description"],
            &after["spec"]["secret"]
        ),
        (200, &"new".into(), &"".into())
    );
    assert_eq!(
        after["metadata"]["created_at"],
        before["metadata"]["created_at"]
    );
    assert_ne!(
        after["metadata"]["updated_at"],
        before["metadata"]["updated_at"]
    );
    let (status, refused) = scene.ask("PATCH", &path, json!({"spec": {"owner": {"id": ACCOUNT}}}));
    assert_eq!(
        (status, &refused["errors"][0]["source"]["pointer"]),
        (400, &"/spec/owner".into())
    );
}

#[test]
fn a_deleted_key_is_forbidden_or_missing() {
    let scene = Scene::new();
    let path = format!("{PATH}/{}", scene.make_key(KAFKA).0);
    assert_eq!(scene.ask("DELETE", &path, Value::Null), (204, Value::Null));
    for (quirk, status, code) in [
        (403, 403, "forbidden_access"),
        (404, 404, "api_key_not_found"),
    ] {
        scene.emulator.set_quirks(json!({"gone": quirk})).unwrap();
        for method in ["GET", "DELETE", "PATCH"] {
            let (got, answer) = scene.ask(method, &path, Value::Null);
            assert_eq!(
                (got, &answer["errors"][0]["code"]),
                (status, &code.into()),
                "{method}"
            );
        }
    }
    assert_eq!(scene.get(PATH).1["data"].as_array().unwrap().len(), 1);
}
