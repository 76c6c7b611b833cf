//! The world as the control URL shows it.

mod add;
mod key;
mod remove;

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

pub(super) use add::add;
pub(super) use remove::remove;

use super::{
    Addresses,
    settings::Sync,
    state::{ApiKey, Cluster, Endpoints, World, now, rfc_3339},
};

/// What changes of the world depend on besides the world.
pub(super) struct Context<'a> {
    pub(super) addresses: &'a Addresses,
    pub(super) sync: Sync,
    pub(super) now: OffsetDateTime,
}

impl Context<'_> {
    /// Until when a key that is deleted now goes on working.
    fn works_until(&self) -> OffsetDateTime {
        self.now + Duration::seconds_f64(self.sync.deleted_lives)
    }
}

/// All of it.
pub(super) fn show(world: &World) -> Value {
    let now = now();
    let cloud_api_key = world.api_key(&world.cloud_api_key);
    json!({
        "organization": world.organization,
        "environments": world.environments.iter().map(|it| it.meta.id.as_str()).collect::<Vec<_>>(),
        "clusters": world.clusters.iter().map(cluster).collect::<Vec<_>>(),
        "service_accounts": world.service_accounts.iter().map(|it| it.meta.id.as_str()).collect::<Vec<_>>(),
        "cloud_api_key": cloud_api_key.map(|key| json!({"id": key.meta.id, "secret": key.secret})),
        "api_keys": world.api_keys.iter().map(|key| api_key(key, now)).collect::<Vec<_>>(),
    })
}

pub(super) fn cluster(cluster: &Cluster) -> Value {
    let endpoints = match &cluster.endpoints {
        Endpoints::Kafka { bootstrap, rest } => json!({"bootstrap": bootstrap, "rest": rest}),
        Endpoints::SchemaRegistry { http } => json!({"http": http}),
    };
    json!({
        "id": cluster.meta.id,
        "kind": cluster.endpoints.kind(),
        "environment": cluster.environment,
        "endpoints": endpoints,
    })
}

pub(super) fn api_key(key: &ApiKey, now: OffsetDateTime) -> Value {
    json!({
        "id": key.meta.id,
        "secret": key.secret,
        "owner": key.owner,
        "resource": key.resource,
        "state": key.state(now),
        "created_at": rfc_3339(key.meta.created_at),
        "display_name": key.display_name,
        "description": key.description,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::scene::{ACCOUNT, ENVIRONMENT, KAFKA, SCHEMA_REGISTRY, Scene};

    #[test]
    fn the_seed_is_one_of_each_two_accounts_and_the_cloud_key() {
        let scene = Scene::new();
        let (id, secret) = scene.emulator.cloud_api_key();
        let world = scene.emulator.world();
        assert_eq!(world["environments"], json!([ENVIRONMENT]));
        assert_eq!(world["service_accounts"], json!([ACCOUNT, "sa-7y9xbr"]));
        assert_eq!(world["cloud_api_key"], json!({"id": id, "secret": secret}));
        assert_eq!(
            world["clusters"],
            json!([
                {"id": KAFKA, "kind": "kafka", "environment": ENVIRONMENT,
                 "endpoints": {"bootstrap": "localhost:9094", "rest": "http://127.0.0.1:8082"}},
                {"id": SCHEMA_REGISTRY, "kind": "schema_registry", "environment": ENVIRONMENT,
                 "endpoints": {"http": "http://127.0.0.1:8083"}},
            ])
        );
        let keys = world["api_keys"].as_array().unwrap();
        assert_eq!(
            (
                keys.len(),
                &keys[0]["id"],
                &keys[0]["resource"],
                &keys[0]["state"]
            ),
            (1, &id.into(), &"cloud".into(), &"live".into())
        );
    }

    #[test]
    fn what_is_shown_can_be_given_back() {
        let scene = Scene::new();
        scene.make_key(KAFKA);
        let world = scene.emulator.world();
        let mut added = scene.emulator.add(world.clone()).unwrap();
        added["organization"] = world["organization"].clone();
        assert_eq!(added, world);
        assert_eq!(scene.emulator.world(), world);
    }

    #[test]
    fn an_entry_is_an_id_an_object_or_nothing_yet() {
        let scene = Scene::new();
        let added = scene.emulator.add(json!({
            "environments": ["env-2", {}],
            "clusters": ["lkc-2", {"kind": "schema_registry", "environment": "env-2"}, {}],
            "service_accounts": [{}, {"id": "sa-9", "acls": false}],
            "api_keys": [{}, "KEY1", {"id": "KEY2", "secret": "s", "owner": "sa-9", "resource": "lkc-2",
                "created_at": "2026-01-02T03:04:05Z", "display_name": "n", "description": "d"}],
        })).unwrap();
        assert_eq!(added["environments"][0], "env-2");
        let kinds: Vec<_> = added["clusters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cluster| &cluster["kind"])
            .collect();
        assert_eq!(kinds, ["kafka", "schema_registry", "kafka"]);
        assert_eq!(added["api_keys"][1]["id"], "KEY1");
        assert_eq!(
            added["api_keys"][2],
            json!({
                "id": "KEY2", "secret": "s", "owner": "sa-9", "resource": "lkc-2", "state": "live",
                "created_at": "2026-01-02T03:04:05Z", "display_name": "n", "description": "d",
            })
        );
        let world = scene.emulator.world();
        for (part, count) in [
            ("environments", 3),
            ("clusters", 5),
            ("service_accounts", 4),
            ("api_keys", 4),
        ] {
            assert_eq!(world[part].as_array().unwrap().len(), count, "{part}");
        }
        assert!(scene.emulator.handed_out().contains(&"s".to_owned()));
    }

    #[test]
    fn a_refusal_names_field_and_value_and_adds_nothing() {
        let scene = Scene::new();
        let before = scene.emulator.world();
        for (given, text) in [
            (json!([]), "``: expected an object, but got `[]`"),
            (json!({"topics": []}), "`/topics`: unknown field"),
            (
                json!({"environments": ["env-2", "lkc-2"]}),
                "`/environments/1/id`: expected an id that begins with `env-`, but got `lkc-2`",
            ),
            (
                json!({"service_accounts": [{"acl": true}]}),
                "`/service_accounts/0/acl`: unknown field",
            ),
            (
                json!({"clusters": ["lksqlc-1"]}),
                "`/clusters/0/id`: `lksqlc-1` is none of `lkc-…`, `lsrc-…`; other kinds are not built yet",
            ),
            (
                json!({"clusters": [{"kind": "ksqldb"}]}),
                "`/clusters/0/kind`: clusters of the kind `ksqldb` are not built yet",
            ),
            (
                json!({"clusters": [{"id": "lkc-2", "kind": "schema_registry"}]}),
                "`/clusters/0/kind`: `schema_registry` does not agree with the id `lkc-2`",
            ),
            (
                json!({"clusters": [{"environment": "env-none"}]}),
                "`/clusters/0/environment`: there is no environment `env-none`",
            ),
            (
                json!({"api_keys": [{"resource": "lksqlc-1"}]}),
                "`/api_keys/0/resource`: keys of the kind ksqlDB ('lksqlc-1') are not built yet",
            ),
            (
                json!({"api_keys": [{"owner": "sa-none"}]}),
                "`/api_keys/0/owner`: there is no service account or user `sa-none`",
            ),
            (
                json!({"api_keys": [{"state": "dead"}]}),
                "`/api_keys/0/state`: expected one of `live`, `syncing`, `deleted`, but got `\"dead\"`",
            ),
            (
                json!({"api_keys": [{"id": "a:b"}]}),
                "`/api_keys/0/id`: expected letters and digits, but got `a:b`",
            ),
        ] {
            assert_eq!(scene.emulator.add(given).unwrap_err(), text);
        }
        for (given, text) in [
            (
                json!({"clusters": ["lkc-none"]}),
                "`/clusters/0/id`: there is no `lkc-none` to delete",
            ),
            (
                json!({"organization": "x"}),
                "`/organization`: unknown field",
            ),
        ] {
            assert_eq!(scene.emulator.delete(given).unwrap_err(), text);
        }
        assert_eq!(scene.emulator.world(), before);
    }

    #[test]
    fn deleting_takes_what_hangs_on_it() {
        for (what, states) in [
            (
                json!({"environments": [ENVIRONMENT]}),
                ["deleted", "deleted", "live"],
            ),
            (
                json!({"clusters": [{"id": KAFKA, "kind": "kafka"}]}),
                ["deleted", "live", "live"],
            ),
            (
                json!({"service_accounts": [ACCOUNT]}),
                ["deleted", "deleted", "deleted"],
            ),
        ] {
            let scene = Scene::new();
            let keys = [KAFKA, SCHEMA_REGISTRY, "cloud"].map(|resource| scene.make_key(resource).0);
            scene.emulator.delete(what.clone()).unwrap();
            let world = scene.emulator.world();
            let state = |id: &String| {
                let mut keys = world["api_keys"].as_array().unwrap().iter();
                keys.find(|key| key["id"] == **id).unwrap()["state"].clone()
            };
            assert_eq!(keys.each_ref().map(state), states, "{what}");
        }
    }

    #[test]
    fn states_can_be_given() {
        let scene = Scene::new();
        let keys = json!([{"id": "A", "state": "syncing"}, {"id": "B", "state": "deleted"}, {"id": "C", "visible": false}]);
        scene.emulator.add(json!({"api_keys": keys})).unwrap();
        let states: Vec<_> = scene.emulator.world()["api_keys"].as_array().unwrap()[1..]
            .iter()
            .map(|key| key["state"].clone())
            .collect();
        assert_eq!(states, ["syncing", "deleted", "live"]);
        assert_eq!(
            ["A", "B", "C"].map(|id| scene.get(&format!("/iam/v2/api-keys/{id}")).0),
            [200, 403, 403]
        );
        let (_, list) = scene.get(&format!("/iam/v2/api-keys?spec.owner={ACCOUNT}"));
        assert_eq!(
            (
                list["data"].as_array().unwrap().len(),
                &list["data"][0]["id"]
            ),
            (1, &"A".into())
        );
    }

    #[test]
    fn a_key_of_confluents_own_has_no_owner() {
        let scene = Scene::new();
        scene
            .emulator
            .add(json!({"api_keys": [{"id": "X", "owner": null}]}))
            .unwrap();
        let (status, key) = scene.get("/iam/v2/api-keys/X");
        assert_eq!((status, key["spec"].get("owner")), (200, None));
    }

    #[test]
    fn another_cloud_key_can_be_the_one() {
        let scene = Scene::new();
        let key = json!({"id": "NEW", "secret": "new"});
        scene.emulator.add(json!({"cloud_api_key": key})).unwrap();
        assert_eq!(scene.emulator.world()["cloud_api_key"], key);
        assert!(scene.emulator.may_sign_in("cloud", "NEW", "new"));
    }

    #[test]
    fn age_moves_times_of_objects_and_in_descriptions() {
        let scene = Scene::new();
        let note = "published=2026-03-02T00:00:00Z";
        let given = json!({"created_at": "2026-03-01T12:00:00Z", "display_name": note, "description": note});
        let added = scene.emulator.add(json!({"api_keys": [given]})).unwrap();
        scene.emulator.age(0.5);
        let world = scene.emulator.world();
        let key = &world["api_keys"][1];
        assert_eq!(
            (&key["id"], &key["display_name"]),
            (&added["api_keys"][0]["id"], &note.into())
        );
        assert_eq!(key["created_at"], "2026-03-01T00:00:00Z");
        assert_eq!(key["description"], "published=2026-03-01T12:00:00Z");
    }

    #[test]
    fn reset_brings_the_seed_back_and_forgets_no_secret() {
        let scene = Scene::new();
        let (_, secret) = scene.make_key(KAFKA);
        scene.emulator.set_sync(json!({"seconds": 100})).unwrap();
        scene.emulator.reset();
        let world = scene.emulator.world();
        assert_eq!(
            world["cloud_api_key"]["id"],
            scene.emulator.cloud_api_key().0
        );
        assert_eq!(world["api_keys"].as_array().unwrap().len(), 1);
        assert!(scene.emulator.handed_out().contains(&secret));
        let key = scene.make_key(KAFKA);
        assert!(scene.emulator.may_sign_in(KAFKA, &key.0, &key.1));
        assert_ne!(Value::from(key.1), Value::from(secret));
    }
}
