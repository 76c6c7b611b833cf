//! Deleting from the world.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::super::{
    fields::{Fields, Wrong},
    state::World,
};
use super::{Context, add::entry_fields};

type Remove = fn(&mut World, &str, OffsetDateTime) -> Option<Value>;

/// Deletes the entries that `given` names by their ids (the shape of [`super::show`]; of an object only the id counts)
/// with all that hangs on them, and answers what it named. On an error the caller must drop `world`.
pub(in super::super) fn remove(
    world: &mut World,
    context: &Context<'_>,
    given: Value,
) -> Result<Value, Wrong> {
    let mut given = Fields::of("", given)?;
    let mut removed = Map::new();
    let parts: [(&str, Remove); 4] = [
        ("api_keys", api_key),
        ("clusters", cluster),
        ("service_accounts", service_account),
        ("environments", environment),
    ];
    for (part, remove) in parts {
        let Some(entries) = given.list(part)? else {
            continue;
        };
        let mut gone = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let mut fields = entry_fields(part, index, entry)?;
            let id = fields
                .text("id")?
                .ok_or_else(|| fields.wrong("id", "is required"))?;
            let entry = remove(world, &id, context.works_until());
            gone.push(
                entry.ok_or_else(|| fields.wrong("id", format!("there is no `{id}` to delete")))?,
            );
        }
        removed.insert(part.to_owned(), gone.into());
    }
    given.done()?;
    Ok(removed.into())
}

fn api_key(world: &mut World, id: &str, works_until: OffsetDateTime) -> Option<Value> {
    let id = world
        .live_keys()
        .find(|key| key.meta.is(id))?
        .meta
        .id
        .clone();
    world.delete_api_keys(works_until, |key| key.meta.id == id);
    world
        .api_key(&id)
        .map(|key| super::api_key(key, works_until))
}

fn cluster(world: &mut World, id: &str, works_until: OffsetDateTime) -> Option<Value> {
    let shown = super::cluster(world.cluster(id)?);
    world.delete_cluster(id, works_until);
    Some(shown)
}

fn service_account(world: &mut World, id: &str, works_until: OffsetDateTime) -> Option<Value> {
    let id = world.service_account(id)?.meta.id.clone();
    world.delete_service_account(&id, works_until);
    Some(id.into())
}

fn environment(world: &mut World, id: &str, works_until: OffsetDateTime) -> Option<Value> {
    let id = world.environment(id)?.meta.id.clone();
    world.delete_environment(&id, works_until);
    Some(id.into())
}
