//! API keys: `/iam/v2/api-keys`.

use http::{StatusCode, header};
use serde_json::{Value, json};
use time::Duration;

use super::{
    answer::Answer,
    call::Call,
    errors::Refusal,
    fields::{Fields, Wrong},
    paging, quotas, references, secret,
    state::{ApiKey, World},
};

const PATH: &str = "/iam/v2/api-keys";

/// Fields of an API key that a request may carry and that change nothing.
const READ_ONLY: [&str; 4] = ["api_version", "kind", "id", "metadata"];
/// The same of a reference. Confluent's own clients send them, partly as `""`.
const REFERENCE_READ_ONLY: [&str; 4] = ["related", "resource_name", "api_version", "kind"];

pub(super) fn list(world: &World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(
        &["spec.owner", "spec.resource", "page_size", "page_token"],
        &[],
    )?;
    let owner = call.query.filter("spec.owner");
    let resource = call.query.filter("spec.resource");
    let shown = world.live_keys().filter(|key| {
        let is_of = |filter: Option<&str>, id: Option<&str>| {
            filter.is_none_or(|wanted| id.is_some_and(|id| id.eq_ignore_ascii_case(wanted)))
        };
        key.visible && is_of(owner, key.owner.as_deref()) && is_of(resource, Some(&key.resource))
    });
    let rows = shown
        .map(|key| (key.meta.number, read(world, call, key)))
        .collect();
    paging::list(call, ("iam/v2", "ApiKeyList"), rows, 100)
}

pub(super) fn get(world: &World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&[], &[])?;
    let key = find(world, call)?;
    Ok(Answer::json(StatusCode::OK, &read(world, call, key)))
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&[], &[])?;
    let mut body = call.fields()?;
    body.ignore(&READ_ONLY);
    let mut spec = body
        .object("spec")?
        .ok_or_else(|| body.wrong("spec", "is required"))?;
    body.done()?;
    spec.ignore(&["secret", "expires_at"]);
    let display_name = spec.text("display_name")?.unwrap_or_default();
    let description = spec.text("description")?.unwrap_or_default();
    let owner = owner(world, &mut spec)?;
    let resource = resource(world, &mut spec)?;
    spec.done()?;
    quotas::admit(world, &owner, &resource)?;

    let meta = world.next(Some(secret::api_key_id()), "", call.now);
    let key = ApiKey {
        in_sync_at: meta.created_at + Duration::seconds_f64(call.sync.seconds),
        flapping: call.sync.flapping,
        meta,
        secret: secret::api_secret(),
        owner: Some(owner),
        resource,
        display_name,
        description,
        deleted: None,
        visible: true,
    };
    let mut body = read(world, call, &key);
    body["spec"]["secret"] = key.secret.as_str().into();
    let location = format!("{}{PATH}/{}", call.addresses.control_plane, key.meta.id);
    world.api_keys.push(key);
    Ok(Answer::json(StatusCode::ACCEPTED, &body).with(header::LOCATION, &location))
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&[], &[])?;
    let id = find(world, call)?.meta.id.clone();
    let mut body = call.fields()?;
    body.ignore(&READ_ONLY);
    let spec = body.object("spec")?;
    body.done()?;
    let (mut display_name, mut description) = (None, None);
    if let Some(mut spec) = spec {
        spec.ignore(&["secret", "expires_at"]);
        (display_name, description) = (spec.text("display_name")?, spec.text("description")?);
        spec.done()?;
    }
    if let Some(key) = world.api_keys.iter_mut().find(|key| key.meta.id == id) {
        key.meta.updated_at = call.now;
        key.display_name = display_name.unwrap_or_else(|| std::mem::take(&mut key.display_name));
        key.description = description.unwrap_or_else(|| std::mem::take(&mut key.description));
    }
    let key = find(world, call)?;
    Ok(Answer::json(StatusCode::OK, &read(world, call, key)))
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Result<Answer, Refusal> {
    call.query.allow(&[], &[])?;
    let id = find(world, call)?.meta.id.clone();
    world.delete_api_keys(call.works_until(), |key| key.meta.id == id);
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The key that the path names. What is deleted, never was or may not be seen gets the same answer.
fn find<'w>(world: &'w World, call: &Call<'_>) -> Result<&'w ApiKey, Refusal> {
    let key = world
        .api_key(&call.id)
        .filter(|key| key.visible && key.deleted.is_none());
    key.ok_or_else(|| match call.quirks.gone_is_forbidden {
        true => Refusal::forbidden(),
        false => Refusal::not_found(
            "api_key_not_found",
            format!("The API Key (id={}) does not exist", call.id),
        ),
    })
}

/// The key as GET shows it: without its secret.
fn read(world: &World, call: &Call<'_>, key: &ApiKey) -> Value {
    let name = references::api_key_name(world, key);
    let mut spec = json!({
        "display_name": key.display_name,
        "description": key.description,
        "resource": references::resource(world, call.addresses, &key.resource),
    });
    if let Some(owner) = &key.owner {
        spec["owner"] = references::owner(world, call.addresses, owner);
    }
    if call.quirks.empty_secret {
        spec["secret"] = "".into();
    }
    let mut body = json!({
        "api_version": "iam/v2",
        "kind": "ApiKey",
        "id": key.meta.id,
        "metadata": references::metadata(call.addresses, PATH, &name, &key.meta),
        "spec": spec,
    });
    if call.quirks.unknown_fields {
        body["x_of_a_later_version"] = json!({"any": ["thing"]});
    }
    body
}

fn owner(world: &World, spec: &mut Fields) -> Result<String, Wrong> {
    let mut owner = spec
        .object("owner")?
        .ok_or_else(|| spec.wrong("owner", "is required"))?;
    owner.ignore(&REFERENCE_READ_ONLY);
    let id = owner
        .text("id")?
        .ok_or_else(|| owner.wrong("id", "is required"))?;
    let found = world.owner(&id);
    let owner_id = found
        .ok_or_else(|| owner.wrong("id", format!("there is no service account or user '{id}'")))?;
    owner.done()?;
    Ok(owner_id)
}

/// What the key is for: `cloud` when `resource` is absent, null or says so.
fn resource(world: &World, spec: &mut Fields) -> Result<String, Wrong> {
    if spec.is_null("resource") {
        spec.ignore(&["resource"]);
    }
    let Some(mut resource) = spec.object("resource")? else {
        return Ok(references::CLOUD.to_owned());
    };
    resource.ignore(&REFERENCE_READ_ONLY);
    let id = resource
        .text("id")?
        .ok_or_else(|| resource.wrong("id", "is required"))?;
    let environment = resource.text("environment")?;
    let found = if id.eq_ignore_ascii_case(references::CLOUD) {
        references::CLOUD.to_owned()
    } else {
        let cluster = world
            .cluster(&id)
            .ok_or_else(|| resource.wrong("id", unknown_resource(&id)))?;
        if let Some(environment) =
            environment.filter(|given| !given.eq_ignore_ascii_case(&cluster.environment))
        {
            let reason = format!("'{id}' is not in the environment '{environment}'");
            return Err(resource.wrong("environment", reason));
        }
        cluster.meta.id.clone()
    };
    resource.done()?;
    Ok(found)
}

/// Why `id` is no resource of keys, which also tells the kinds apart that the emulator does not serve yet.
pub(super) fn unknown_resource(id: &str) -> String {
    let lower = id.to_ascii_lowercase();
    let kind = match lower.as_str() {
        "tableflow" => "Tableflow",
        "global" => "Global",
        _ if lower.starts_with("lksqlc-") => "ksqlDB",
        _ if ["aws.", "gcp.", "azure.", "env-"]
            .iter()
            .any(|prefix| lower.starts_with(prefix)) =>
        {
            "Flink"
        }
        _ => return format!("there is no resource '{id}'"),
    };
    format!("keys of the kind {kind} ('{id}') are not built yet")
}

#[cfg(test)]
mod tests {
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
        let (status, refused) =
            scene.ask("PATCH", &path, json!({"spec": {"owner": {"id": ACCOUNT}}}));
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
}
