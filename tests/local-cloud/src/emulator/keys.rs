//! API keys: `/iam/v2/api-keys`.

use std::sync::Arc;

use http::{StatusCode, header};
use serde_json::{Value, json};

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
        in_sync_at: meta.created_at + call.sync.of_one_key(),
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
    world.api_keys.push(Arc::new(key));
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
        let key = Arc::make_mut(key);
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
mod tests;
