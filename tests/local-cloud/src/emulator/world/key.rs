//! Adding API keys to the world.

use std::sync::Arc;

use serde_json::{Value, json};
use time::Duration;

use super::super::{
    fields::{Fields, Wrong},
    keys, references, secret,
    state::{ApiKey, Deletion, Endpoints, World},
};
use super::{
    Context,
    add::{meta, position_or_push, set},
};

/// How long a key given as `syncing` stays so when `/sync` has set no time that would keep it there.
const SYNCING: Duration = Duration::hours(1);

/// Adds or changes a key. Without more said it is live, belongs to the first service account and is for the first
/// Kafka cluster.
pub(super) fn add(
    world: &mut World,
    context: &Context<'_>,
    mut fields: Fields,
) -> Result<Value, Wrong> {
    let id = id(&mut fields)?;
    let known = id.as_deref().and_then(|id| world.api_key(id)).cloned();
    let owner = owner(world, &mut fields, known.as_ref())?;
    let resource = resource(world, &mut fields, known.as_ref())?;
    let secret = fields.text("secret")?;
    let (display_name, description) = (fields.text("display_name")?, fields.text("description")?);
    let visible = fields.flag("visible")?;
    let state = fields.choice("state", &["live", "syncing", "deleted"])?;
    let meta = meta(
        world,
        context,
        &mut fields,
        Some(id.unwrap_or_else(secret::api_key_id)),
        "",
    )?;
    fields.done()?;

    let at = position_or_push(
        &mut world.api_keys,
        |key| key.meta.is(&meta.id),
        || {
            Arc::new(ApiKey {
                secret: secret::api_secret(),
                owner: None,
                resource: String::new(),
                display_name: String::new(),
                description: String::new(),
                in_sync_at: meta.created_at,
                flapping: 0,
                deleted: None,
                visible: true,
                meta: meta.clone(),
            })
        },
    );
    let key = Arc::make_mut(&mut world.api_keys[at]);
    (key.meta, key.owner, key.resource) = (meta, owner, resource);
    set(&mut key.secret, secret);
    set(&mut key.display_name, display_name);
    set(&mut key.description, description);
    set(&mut key.visible, visible);
    if let Some(state) = state {
        put_into(key, state, context);
    }
    Ok(super::api_key(key, context.now))
}

/// Makes `{"id", "secret"}` the Cloud API key that the local cloud shows as its own.
pub(super) fn set_cloud(
    world: &mut World,
    context: &Context<'_>,
    mut fields: Fields,
) -> Result<Value, Wrong> {
    let id = id(&mut fields)?.ok_or_else(|| fields.wrong("id", "is required"))?;
    let secret = fields
        .text("secret")?
        .ok_or_else(|| fields.wrong("secret", "is required"))?;
    let pointer = fields.pointer().to_owned();
    fields.done()?;
    let mut key = json!({"id": id, "secret": secret, "resource": references::CLOUD});
    if world.api_key(&id).is_none() {
        key["owner"] = world
            .api_key(&world.cloud_api_key)
            .and_then(|key| key.owner.clone())
            .into();
    }
    add(world, context, Fields::of(&pointer, key)?)?;
    world.cloud_api_key.clone_from(&id);
    Ok(json!({"id": id, "secret": secret}))
}

fn put_into(key: &mut ApiKey, state: &str, context: &Context<'_>) {
    let now = context.now;
    // One that is deleted already stays so as it is.
    let deleted = key.deleted.take();
    match state {
        "syncing" => {
            let by_setting = key.meta.created_at + Duration::seconds_f64(context.sync.seconds);
            key.in_sync_at = if by_setting > now {
                by_setting
            } else {
                now + SYNCING
            };
            key.flapping = context.sync.flapping;
        }
        "deleted" => {
            let works_until = context.works_until();
            key.deleted = deleted.or(Some(Deletion { works_until }));
        }
        _ => (key.in_sync_at, key.flapping) = (key.in_sync_at.min(now), 0),
    }
}

/// A key id: what can be a user name in Basic authentication and a path segment.
fn id(fields: &mut Fields) -> Result<Option<String>, Wrong> {
    let id = fields.text("id")?;
    match &id {
        Some(id)
            if id.is_empty()
                || !id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
        {
            Err(fields.wrong("id", format!("expected letters and digits, but got `{id}`")))
        }
        _ => Ok(id),
    }
}

/// The owner that is given (null: one of Confluent's own keys), else the key's own, else the first service account.
fn owner(
    world: &World,
    fields: &mut Fields,
    known: Option<&ApiKey>,
) -> Result<Option<String>, Wrong> {
    if fields.is_null("owner") {
        fields.ignore(&["owner"]);
        return Ok(None);
    }
    match (fields.text("owner")?, known) {
        (Some(user), _) if user.starts_with("u-") => Ok(Some(user)),
        (Some(id), _) => world.owner(&id).map(Some).ok_or_else(|| {
            fields.wrong(
                "owner",
                format!("there is no service account or user `{id}`"),
            )
        }),
        (None, Some(known)) => Ok(known.owner.clone()),
        (None, None) => {
            let first = world
                .service_accounts
                .first()
                .map(|account| account.meta.id.clone());
            first
                .map(Some)
                .ok_or_else(|| fields.wrong("owner", "there is no service account to be the owner"))
        }
    }
}

/// The resource that is given, else the key's own, else the first Kafka cluster.
fn resource(world: &World, fields: &mut Fields, known: Option<&ApiKey>) -> Result<String, Wrong> {
    match (fields.text("resource")?, known) {
        (Some(id), _) if id.eq_ignore_ascii_case(references::CLOUD) => {
            Ok(references::CLOUD.to_owned())
        }
        (Some(id), _) => {
            let found = world.cluster(&id).map(|cluster| cluster.meta.id.clone());
            found.ok_or_else(|| fields.wrong("resource", keys::unknown_resource(&id)))
        }
        (None, Some(known)) => Ok(known.resource.clone()),
        (None, None) => {
            let kafka = world
                .clusters
                .iter()
                .find(|cluster| matches!(cluster.endpoints, Endpoints::Kafka { .. }));
            let first = kafka.map(|cluster| cluster.meta.id.clone());
            first.ok_or_else(|| {
                fields.wrong("resource", "there is no Kafka cluster to be the resource")
            })
        }
    }
}
