//! The organization that is swept: a hundred service accounts with a key each for ten clusters.

use serde_json::{Value, json};

pub(crate) const TARGETS: usize = ACCOUNTS * CLUSTERS;
const ACCOUNTS: usize = 100;
const CLUSTERS: usize = 10;
/// The others are Kafka's.
const SCHEMA_REGISTRIES: usize = 2;
/// The environment of the seed.
const ENVIRONMENT: &str = "env-9zz1d";
/// An Enterprise cluster's: three generations of a hundred keys are more than a Standard cluster takes.
const MAX_API_KEYS: u32 = 2500;

/// One target: its name, its only secret and its parameter.
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) document: Value,
}

/// What there is at Confluent, in the shape of the control URL's `POST /world`.
pub(crate) fn world() -> Value {
    let accounts: Vec<_> = (0..ACCOUNTS).map(account).collect();
    let clusters = (0..CLUSTERS).map(|nth| {
        let mut cluster = json!({"id": cluster(nth), "environment": ENVIRONMENT});
        if !is_schema_registry(nth) {
            cluster["max_api_keys"] = MAX_API_KEYS.into();
        }
        cluster
    });
    json!({"service_accounts": accounts, "clusters": clusters.collect::<Vec<_>>()})
}

pub(crate) fn targets() -> impl Iterator<Item = Target> {
    let each = (0..ACCOUNTS).flat_map(|owner| (0..CLUSTERS).map(move |nth| (owner, nth)));
    each.map(|(owner, nth)| {
        let name = format!("team-{owner}/{}", cluster(nth));
        let secret = format!("/team-{owner}/{}", cluster(nth));
        let format = match is_schema_registry(nth) {
            true => "schema_registry_java",
            false => "java",
        };
        let document = json!({
            "owner": account(owner),
            "resource": {"id": cluster(nth), "environment": ENVIRONMENT},
            "secret": {"name": secret, "formats": [format]},
            "probe": "rest",
        });
        Target {
            name,
            secret,
            document,
        }
    })
}

fn account(nth: usize) -> String {
    format!("sa-team{nth}")
}

fn cluster(nth: usize) -> String {
    match is_schema_registry(nth) {
        true => format!("lsrc-bench{nth}"),
        false => format!("lkc-bench{nth}"),
    }
}

fn is_schema_registry(nth: usize) -> bool {
    nth >= CLUSTERS - SCHEMA_REGISTRIES
}
