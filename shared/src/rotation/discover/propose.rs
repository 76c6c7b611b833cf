//! A key that one set of secrets holds, as the JSON of a target. Pure.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    client_config::Format,
    confluent::{ApiKey, OwnerId, Resource, ResourceId, ResourceKind},
    ordered::ordered,
    rotation::{
        callback::TARGET_TAG,
        marker::Marker,
        target::{Target, TargetName},
    },
};

use super::look::{Found, Seen};

/// A target that has no name yet.
#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    owner: OwnerId,
    pub(super) resource: Resource,
    /// The primary first.
    pub(super) secrets: Vec<(&'a Seen, Format)>,
    /// The only name that its secrets allow, or the one that the key has already.
    pub(super) given_name: Option<TargetName>,
    /// What to look at before.
    pub(super) warnings: Vec<String>,
}

/// The target for `key`, or why there can be none.
pub(super) fn draft<'a>(
    found: &'a Found,
    key: &ApiKey,
    marker: Option<&Marker>,
    holders: &[&'a Seen],
) -> Result<Draft<'a>, String> {
    let resource = resource(found, key)?;
    let owner = key.owner.as_deref().unwrap_or_default();
    let owner: OwnerId = owner.parse().map_err(|error| format!("owner: {error}"))?;
    if let Some(marker) = marker {
        if !marker.is_of(&found.deployment) {
            return Err(format!(
                "it carries the marker of another deployment, `{}`",
                marker.deployment
            ));
        }
        if marker.revoked.is_some() {
            return Err("it is being revoked".to_owned());
        }
    }
    let mut secrets = holders
        .iter()
        .map(|seen| Ok((*seen, format(found, key, resource.kind(), seen)?)))
        .collect::<Result<Vec<_>, String>>()?;
    // What Secrets Manager rotates can only be the primary; then the format that stands first in the
    // list of formats, then the name.
    secrets.sort_unstable_by(|(a, one), (b, other)| {
        let first = |seen: &Seen| !seen.listed.rotates;
        (first(a), one, &a.listed.name).cmp(&(first(b), other, &b.listed.name))
    });
    let mut rotating = secrets.iter().filter(|(seen, _)| seen.listed.rotates);
    let mut warnings = Vec::new();
    if let Some((seen, _)) = rotating.next() {
        let name = &seen.listed.name;
        if rotating.next().is_some() {
            return Err("Secrets Manager rotates more than one of its secrets".to_owned());
        }
        warnings.push(format!(
            "Secrets Manager rotates secret `{name}`: make `secret-rotation` its function, or end that"
        ));
    }
    warnings.extend(unread_neighbours(found, &secrets));
    Ok(Draft {
        owner,
        resource,
        given_name: given_name(found, marker, holders)?,
        secrets,
        warnings,
    })
}

fn resource(found: &Found, key: &ApiKey) -> Result<Resource, String> {
    let id = key.resource.as_deref().unwrap_or("cloud");
    let id: ResourceId = id.parse().map_err(|error| format!("resource: {error}"))?;
    if id.kind() == ResourceKind::Cloud {
        return Ok(Resource::cloud());
    }
    match found.clusters.get(&id) {
        Some(environment) => Ok(Resource {
            environment: Some(environment.clone()),
            id,
        }),
        None => Err(format!("no environment has cluster `{id}`")),
    }
}

/// The format that the secret would be written in.
fn format(found: &Found, key: &ApiKey, kind: ResourceKind, seen: &Seen) -> Result<Format, String> {
    let listed = &seen.listed;
    let name = &listed.name;
    if let Some(region) = &listed.primary_region
        && *region != found.deployment.region
    {
        return Err(format!(
            "secret `{name}` is a replica of the one in `{region}`"
        ));
    }
    if let Some(service) = &listed.owning_service {
        return Err(format!(
            "secret `{name}` belongs to the service `{service}`"
        ));
    }
    let others = seen.current.keys.iter().filter(|held| held.id != key.id);
    let others = others.map(|held| &held.id).chain(&seen.current.mentioned);
    if let Some(other) = others.into_iter().next() {
        return Err(format!(
            "secret `{name}` holds API key `{other}` as well, and a secret belongs to one target"
        ));
    }
    let mut held = seen.current.keys.iter().filter(|held| held.id == key.id);
    match held.next().and_then(|held| held.for_kind(kind)) {
        None => Err(format!(
            "secret `{name}` holds it in no format for a key of kind `{kind}`"
        )),
        Some(reading) if reading.kept_beside => Err(format!(
            "secret `{name}` holds it outside the fields of format `{}` as well, where the old key would stay",
            reading.format
        )),
        Some(reading) => Ok(reading.format),
    }
}

/// The tag of a secret allows one name; a marker of ours whose target is gone tells the former one.
fn given_name(
    found: &Found,
    marker: Option<&Marker>,
    holders: &[&Seen],
) -> Result<Option<TargetName>, String> {
    let tags = holders
        .iter()
        .filter_map(|seen| seen.listed.tags.get(TARGET_TAG));
    let tags: BTreeSet<&String> = ordered(tags);
    let taken = |name: &str| found.targets.iter().any(|target| target.name == name);
    match (tags.first(), tags.len()) {
        (Some(tag), 1) if taken(tag) => Err(format!(
            "the tag `{TARGET_TAG}` says target `{tag}`, which has other secrets"
        )),
        (Some(tag), 1) => tag
            .parse()
            .map(Some)
            .map_err(|_| format!("the tag `{TARGET_TAG}` says `{tag}`, which is no target's name")),
        (Some(_), _) => Err(format!(
            "the tags `{TARGET_TAG}` of its secrets name several targets"
        )),
        (None, _) => Ok(marker.map(|marker| marker.target.clone())),
    }
}

/// Who knows what they hold?
fn unread_neighbours(found: &Found, secrets: &[(&Seen, Format)]) -> Option<String> {
    let folder = |seen: &Seen| {
        seen.listed
            .name
            .rsplit_once('/')
            .map(|(it, _)| it.to_owned())
    };
    let folders: BTreeSet<_> = ordered(secrets.iter().filter_map(|(seen, _)| folder(seen)));
    let mut unread = found.secrets.iter().filter(|seen| {
        seen.problem.is_some() && folder(seen).is_some_and(|folder| folders.contains(&folder))
    });
    let first = unread.next()?;
    let name = &first.listed.name;
    let more = match unread.count() {
        0 => String::new(),
        more => format!(" and {more} others beside it"),
    };
    Some(format!(
        "secret `{name}`{more} could not be read, and may hold the key too"
    ))
}

impl Draft<'_> {
    /// The JSON of the target, when a target of this name is read from it.
    pub(super) fn accepted_as(&self, name: &str) -> Result<Value, String> {
        let secret = |(seen, format): &(&Seen, Format)| {
            let name = &seen.listed.name;
            json!({ "name": name, "formats": [format.name()] })
        };
        let mut secrets = self.secrets.iter().map(secret);
        let mut target = json!({
            "owner": self.owner.as_str(),
            "resource": { "id": self.resource.id.as_str() },
            "secret": secrets.next(),
        });
        if let Some(environment) = &self.resource.environment {
            target["resource"]["environment"] = environment.as_str().into();
        }
        let copies: Vec<_> = secrets.collect();
        if !copies.is_empty() {
            target["copies"] = copies.into();
        }
        if self.resource.kind() == ResourceKind::Kafka {
            target["probe"] = "rest".into();
        }
        let parsed = name
            .parse()
            .and_then(|name| Target::parse(name, &target.to_string()));
        parsed.map(|_| target).map_err(|error| error.to_string())
    }
}
