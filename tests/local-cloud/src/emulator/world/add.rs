//! Adding to the world, and changing what is there: an entry whose id exists takes the fields that are given.

use serde_json::{Map, Value, json};

use super::super::{
    fields::{Fields, Wrong},
    seed::PUBLIC,
    state::{Cluster, Endpoints, Environment, Meta, ServiceAccount, World},
};
use super::{Context, key};

type Add = fn(&mut World, &Context<'_>, Fields) -> Result<Value, Wrong>;

/// Adds `given` (the shape of [`super::show`], where an entry may also be an id, or an object with more than that
/// shape shows) and answers what was added. On an error the caller must drop `world`.
pub(in super::super) fn add(
    world: &mut World,
    context: &Context<'_>,
    given: Value,
) -> Result<Value, Wrong> {
    let mut given = Fields::of("", given)?;
    let mut added = Map::new();
    if let Some(organization) = given
        .text("organization")?
        .filter(|id| *id != world.organization)
    {
        let reason = format!(
            "the organization is `{}` and cannot be `{organization}`",
            world.organization
        );
        return Err(given.wrong("organization", reason));
    }
    let parts: [(&str, Add); 4] = [
        ("environments", environment),
        ("service_accounts", service_account),
        ("clusters", cluster),
        ("api_keys", key::add),
    ];
    for (part, add) in parts {
        let Some(entries) = given.list(part)? else {
            continue;
        };
        let mut made = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            made.push(add(world, context, entry_fields(part, index, entry)?)?);
        }
        added.insert(part.to_owned(), made.into());
    }
    if let Some(fields) = given.object("cloud_api_key")? {
        added.insert(
            "cloud_api_key".to_owned(),
            key::set_cloud(world, context, fields)?,
        );
    }
    given.done()?;
    Ok(added.into())
}

/// The fields of one entry of a list; a string is an id.
pub(super) fn entry_fields(part: &str, index: usize, entry: Value) -> Result<Fields, Wrong> {
    let entry = if entry.is_string() {
        json!({"id": entry})
    } else {
        entry
    };
    Fields::of(&format!("/{part}/{index}"), entry)
}

fn environment(
    world: &mut World,
    context: &Context<'_>,
    mut fields: Fields,
) -> Result<Value, Wrong> {
    let id = id(&mut fields, "env-")?;
    let display_name = fields.text("display_name")?;
    let meta = meta(world, context, &mut fields, id, "env-")?;
    fields.done()?;
    let at = position_or_push(
        &mut world.environments,
        |it| it.meta.is(&meta.id),
        || Environment {
            display_name: meta.id.clone(),
            meta: meta.clone(),
        },
    );
    let environment = &mut world.environments[at];
    environment.meta = meta;
    set(&mut environment.display_name, display_name);
    Ok(environment.meta.id.as_str().into())
}

fn service_account(
    world: &mut World,
    context: &Context<'_>,
    mut fields: Fields,
) -> Result<Value, Wrong> {
    let id = id(&mut fields, "sa-")?;
    let (display_name, description) = (fields.text("display_name")?, fields.text("description")?);
    let (acls, max_api_keys) = (fields.flag("acls")?, fields.count("max_api_keys")?);
    let meta = meta(world, context, &mut fields, id, "sa-")?;
    fields.done()?;
    let at = position_or_push(
        &mut world.service_accounts,
        |it| it.meta.is(&meta.id),
        || ServiceAccount {
            display_name: meta.id.clone(),
            description: String::new(),
            acls: true,
            max_api_keys: None,
            meta: meta.clone(),
        },
    );
    let account = &mut world.service_accounts[at];
    account.meta = meta;
    set(&mut account.display_name, display_name);
    set(&mut account.description, description);
    set(&mut account.acls, acls);
    account.max_api_keys = max_api_keys.or(account.max_api_keys);
    Ok(account.meta.id.as_str().into())
}

fn cluster(world: &mut World, context: &Context<'_>, mut fields: Fields) -> Result<Value, Wrong> {
    let id = fields.text("id")?;
    let prefix = prefix(&mut fields, id.as_deref())?;
    let environment = environment_of(world, &mut fields, id.as_deref())?;
    let (display_name, max_api_keys) =
        (fields.text("display_name")?, fields.count("max_api_keys")?);
    let phase = fields.choice("phase", &["PROVISIONING", "PROVISIONED", "FAILED"])?;
    let access_points = access_points(&mut fields)?;
    let meta = meta(world, context, &mut fields, id, prefix)?;
    let endpoints = endpoints(world, context, &mut fields, &meta)?;
    fields.done()?;
    let at = position_or_push(
        &mut world.clusters,
        |it| it.meta.is(&meta.id),
        || Cluster {
            environment: environment.clone(),
            display_name: meta.id.clone(),
            endpoints: endpoints.clone(),
            access_points: vec![PUBLIC.to_owned()],
            phase: "PROVISIONED".to_owned(),
            max_api_keys: None,
            meta: meta.clone(),
        },
    );
    let cluster = &mut world.clusters[at];
    *cluster = Cluster {
        meta,
        environment,
        endpoints,
        ..cluster.clone()
    };
    set(&mut cluster.display_name, display_name);
    set(&mut cluster.phase, phase.map(str::to_owned));
    set(&mut cluster.access_points, access_points);
    cluster.max_api_keys = max_api_keys.or(cluster.max_api_keys);
    Ok(super::cluster(cluster))
}

/// The prefix of the cluster's kind, which `kind` and `id` say alike. Without either it is Kafka.
fn prefix(fields: &mut Fields, id: Option<&str>) -> Result<&'static str, Wrong> {
    let prefixes = [("kafka", "lkc-"), ("schema_registry", "lsrc-")];
    let kind = fields.text("kind")?;
    let by_kind = match &kind {
        None => None,
        Some(kind) => Some(
            prefixes
                .iter()
                .find(|(known, _)| known == kind)
                .ok_or_else(|| {
                    fields.wrong(
                        "kind",
                        format!("clusters of the kind `{kind}` are not built yet"),
                    )
                })?,
        ),
    };
    let by_id = match id {
        None => None,
        Some(id) => Some(
            prefixes
                .iter()
                .find(|(_, prefix)| is_id(id, prefix))
                .ok_or_else(|| {
                    fields.wrong(
                        "id",
                        format!(
                            "`{id}` is none of `lkc-…`, `lsrc-…`; other kinds are not built yet"
                        ),
                    )
                })?,
        ),
    };
    match (by_kind, by_id) {
        (Some((kind, prefix)), Some((_, other))) if prefix != other => Err(fields.wrong(
            "kind",
            format!(
                "`{kind}` does not agree with the id `{}`",
                id.unwrap_or_default()
            ),
        )),
        (Some((_, prefix)), _) | (None, Some((_, prefix))) => Ok(prefix),
        (None, None) => Ok("lkc-"),
    }
}

/// The environment that is given, else the cluster's own, else the first.
fn environment_of(world: &World, fields: &mut Fields, id: Option<&str>) -> Result<String, Wrong> {
    if let Some(given) = fields.text("environment")? {
        let found = world
            .environment(&given)
            .map(|environment| environment.meta.id.clone());
        return found.ok_or_else(|| {
            fields.wrong("environment", format!("there is no environment `{given}`"))
        });
    }
    let own = id
        .and_then(|id| world.cluster(id))
        .map(|cluster| cluster.environment.clone());
    let first = || {
        world
            .environments
            .first()
            .map(|environment| environment.meta.id.clone())
    };
    own.or_else(first)
        .ok_or_else(|| fields.wrong("environment", "there is no environment at all"))
}

/// What is given, else what the cluster has, else this emulator. Kafka clusters share its addresses; Schema Registry
/// clusters after the first stand under a path of their own.
fn endpoints(
    world: &World,
    context: &Context<'_>,
    fields: &mut Fields,
    meta: &Meta,
) -> Result<Endpoints, Wrong> {
    let own = world
        .cluster(&meta.id)
        .map(|cluster| cluster.endpoints.clone());
    let addresses = context.addresses;
    let default = own.unwrap_or_else(|| match meta.id.starts_with("lkc-") {
        true => Endpoints::Kafka { bootstrap: addresses.kafka_bootstrap.clone(), rest: addresses.kafka_rest.clone() },
        false => {
            let root = &addresses.schema_registry;
            let taken = |cluster: &Cluster| matches!(&cluster.endpoints, Endpoints::SchemaRegistry { http } if http == root);
            let further = world.clusters.iter().any(taken);
            Endpoints::SchemaRegistry { http: if further { format!("{root}/{}", meta.id) } else { root.clone() } }
        }
    });
    let Some(mut given) = fields.object("endpoints")? else {
        return Ok(default);
    };
    let endpoints = match default {
        Endpoints::Kafka { bootstrap, rest } => Endpoints::Kafka {
            bootstrap: given.text("bootstrap")?.unwrap_or(bootstrap),
            rest: given.text("rest")?.unwrap_or(rest),
        },
        Endpoints::SchemaRegistry { http } => Endpoints::SchemaRegistry {
            http: given.text("http")?.unwrap_or(http),
        },
    };
    given.done()?;
    Ok(endpoints)
}

fn access_points(fields: &mut Fields) -> Result<Option<Vec<String>>, Wrong> {
    let Some(given) = fields.list("access_points")? else {
        return Ok(None);
    };
    let ids: Option<Vec<_>> = given
        .iter()
        .map(|id| id.as_str().map(str::to_owned))
        .collect();
    ids.map(Some)
        .ok_or_else(|| fields.wrong("access_points", "expected a list of ids"))
}

/// The id that is given; it must begin with `prefix`.
fn id(fields: &mut Fields, prefix: &str) -> Result<Option<String>, Wrong> {
    let id = fields.text("id")?;
    match &id {
        Some(id) if !is_id(id, prefix) => Err(fields.wrong(
            "id",
            format!("expected an id that begins with `{prefix}`, but got `{id}`"),
        )),
        _ => Ok(id),
    }
}

fn is_id(id: &str, prefix: &str) -> bool {
    let rest = id.strip_prefix(prefix);
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

/// Number, id and times: those of the object that has the id, else new ones. `created_at` may lie in the past.
pub(super) fn meta(
    world: &mut World,
    context: &Context<'_>,
    fields: &mut Fields,
    id: Option<String>,
    prefix: &str,
) -> Result<Meta, Wrong> {
    let known = id.as_deref().and_then(|id| world.meta(id).cloned());
    let created_at = fields.time("created_at")?;
    let mut meta =
        known.unwrap_or_else(|| world.next(id, prefix, created_at.unwrap_or(context.now)));
    set(&mut meta.created_at, created_at);
    Ok(meta)
}

/// Where the entry is that `which` names; a new one at the end when there is none.
pub(super) fn position_or_push<T>(
    entries: &mut Vec<T>,
    which: impl FnMut(&T) -> bool,
    new: impl FnOnce() -> T,
) -> usize {
    entries.iter().position(which).unwrap_or_else(|| {
        entries.push(new());
        entries.len() - 1
    })
}

pub(super) fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *field = given;
    }
}
