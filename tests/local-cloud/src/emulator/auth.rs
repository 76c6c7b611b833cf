//! Who is calling: Basic authentication by an API key, as each gateway knows it at that moment.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use time::{Duration, OffsetDateTime};

use super::{
    Gateway,
    state::{ApiKey, World},
};

/// A key that nobody used while it was new does not begin to flap long afterwards.
const SETTLED: Duration = Duration::hours(1);

/// Why a gateway does not let a caller in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Refused {
    /// No credentials, or none that can be read.
    NoCredentials,
    /// No such key, another secret, or a key of something else.
    Unknown,
    /// A key that is not in sync with this gateway yet.
    NotInSync,
}

/// How often each key came to each gateway while it was flapping.
#[derive(Default)]
pub(super) struct Visits(HashMap<(Gateway, String), u32>);

/// The key that the caller signs in with at `gateway`. `resource` says which resources' keys are taken.
pub(super) fn sign_in<'w>(
    world: &'w World,
    visits: &mut Visits,
    gateway: Gateway,
    headers: &HeaderMap,
    now: OffsetDateTime,
    resource: impl Fn(&str) -> bool,
) -> Result<&'w ApiKey, Refused> {
    let (id, secret) = credentials(headers).ok_or(Refused::NoCredentials)?;
    // Ids are compared exactly here: a user name is no reference.
    let key = world
        .api_keys
        .iter()
        .map(AsRef::as_ref)
        .find(|key| key.meta.id == id)
        .ok_or(Refused::Unknown)?;
    let alive = key
        .deleted
        .as_ref()
        .is_none_or(|deletion| now < deletion.works_until);
    if key.secret != secret || !alive || !resource(&key.resource) {
        return Err(Refused::Unknown);
    }
    if now < key.in_sync_at || visits.flaps(gateway, key, now) {
        return Err(Refused::NotInSync);
    }
    Ok(key)
}

/// Whether the owner of `key` may do anything once signed in.
pub(super) fn may_act(world: &World, key: &ApiKey) -> bool {
    let account = key
        .owner
        .as_deref()
        .and_then(|owner| world.service_account(owner));
    account.is_none_or(|account| account.acls)
}

impl Visits {
    /// Counts one visit of a key in sync; whether it is one of those to be refused: every second, `flapping` times.
    fn flaps(&mut self, gateway: Gateway, key: &ApiKey, now: OffsetDateTime) -> bool {
        if key.flapping == 0 || now > key.in_sync_at + SETTLED {
            return false;
        }
        let visits = self.0.entry((gateway, key.meta.id.clone())).or_default();
        *visits += 1;
        visits.is_multiple_of(2) && *visits / 2 <= key.flapping
    }
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    let decoded = STANDARD
        .decode(encoded.trim())
        .ok()
        .filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{
        Gateway,
        scene::{KAFKA, SCHEMA_REGISTRY, Scene},
    };

    const TOPICS: &str = "/kafka/v3/clusters/lkc-c29js0/topics";
    /// A second, in days.
    const SECOND: f64 = 1.0 / 86_400.0;

    fn state(scene: &Scene, id: &str) -> String {
        let world = scene.emulator.world();
        let keys = world["api_keys"].as_array().unwrap();
        keys.iter().find(|key| key["id"] == id).unwrap()["state"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn a_new_key_is_refused_everywhere_until_it_is_in_sync() {
        let scene = Scene::new();
        scene.emulator.set_sync(json!({"seconds": 100})).unwrap();
        let (kafka, registry, cloud) = (
            scene.make_key(KAFKA),
            scene.make_key(SCHEMA_REGISTRY),
            scene.make_key("cloud"),
        );
        let statuses = || {
            [
                scene
                    .sign_in(Gateway::KafkaRest, TOPICS, &kafka)
                    .status()
                    .as_u16(),
                scene
                    .sign_in(Gateway::SchemaRegistry, "/subjects", &registry)
                    .status()
                    .as_u16(),
                scene
                    .sign_in(Gateway::ControlPlane, "/org/v2/environments", &cloud)
                    .status()
                    .as_u16(),
            ]
        };
        assert_eq!(
            (statuses(), state(&scene, &kafka.0)),
            ([401; 3], "syncing".to_owned())
        );
        assert!(!scene.emulator.may_sign_in(KAFKA, &kafka.0, &kafka.1));
        scene.emulator.age(101.0 * SECOND);
        assert_eq!(
            (statuses(), state(&scene, &kafka.0)),
            ([200; 3], "live".to_owned())
        );
        assert!(scene.emulator.may_sign_in(KAFKA, &kafka.0, &kafka.1));
        assert!(
            !scene
                .emulator
                .may_sign_in(SCHEMA_REGISTRY, &kafka.0, &kafka.1)
        );
    }

    #[test]
    fn a_key_flaps_as_often_as_is_set_and_not_when_it_is_old() {
        let scene = Scene::new();
        scene.emulator.set_sync(json!({"flapping": 2})).unwrap();
        let (key, unused) = (scene.make_key(KAFKA), scene.make_key(KAFKA));
        let visits = |key| {
            [(); 6].map(|()| {
                scene
                    .sign_in(Gateway::KafkaRest, TOPICS, key)
                    .status()
                    .as_u16()
            })
        };
        assert_eq!(visits(&key), [200, 401, 200, 401, 200, 200]);
        scene.emulator.age(1.0);
        assert_eq!(visits(&unused), [200; 6]);
    }

    #[test]
    fn settings_hold_for_keys_made_afterwards() {
        let scene = Scene::new();
        let old = scene.make_key(KAFKA);
        scene
            .emulator
            .set_sync(json!({"seconds": 100, "flapping": 1}))
            .unwrap();
        assert_eq!(
            scene.sign_in(Gateway::KafkaRest, TOPICS, &old).status(),
            200
        );
        assert_eq!(scene.get("/iam/v2/api-keys").0, 200);
    }

    #[test]
    fn a_deleted_key_may_live_on_for_a_while() {
        let scene = Scene::new();
        scene
            .emulator
            .set_sync(json!({"deleted_lives": 10}))
            .unwrap();
        let key = scene.make_key(KAFKA);
        scene.ask(
            "DELETE",
            &format!("/iam/v2/api-keys/{}", key.0),
            json!(null),
        );
        assert_eq!(state(&scene, &key.0), "deleted");
        assert_eq!(
            scene.sign_in(Gateway::KafkaRest, TOPICS, &key).status(),
            200
        );
        assert!(scene.emulator.may_sign_in(KAFKA, &key.0, &key.1));
        scene.emulator.age(11.0 * SECOND);
        assert_eq!(
            scene.sign_in(Gateway::KafkaRest, TOPICS, &key).status(),
            401
        );
        assert!(!scene.emulator.may_sign_in(KAFKA, &key.0, &key.1));
    }
}
