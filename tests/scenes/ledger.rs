//! What Confluent holds against what the secrets hold: no key is lost, whatever happened.

use std::collections::BTreeSet;

use serde_json::Value;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Scene, login};

/// A key that no version holds may be this old before a sweep deletes it.
const LOSERS_LIVE: Duration = Duration::hours(1);

/// The keys at Confluent that carry a marker and live, `syncing` or not, in the shape of `GET /world`.
#[must_use]
pub fn marked_keys(scene: &Scene) -> Vec<Value> {
    let world = scene.cloud.controls.emulator().world();
    let keys = world["api_keys"].as_array().cloned().unwrap_or_default();
    let marked = |key: &Value| {
        let description = key["description"].as_str().unwrap_or_default();
        description.starts_with("keywheel/") && key["state"] != "deleted"
    };
    keys.into_iter().filter(marked).collect()
}

/// Their ids, sorted.
#[must_use]
pub fn live_keys(scene: &Scene) -> Vec<String> {
    let keys = marked_keys(scene).into_iter();
    let mut ids: Vec<_> = keys
        .map(|key| key["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

/// Every marked key is held by a version of a secret, or published and in its grace, or a loser younger than an hour.
///
/// # Panics
/// One is not, by its id and age.
pub async fn assert_no_key_is_lost(scene: &Scene) {
    let stores = scene.stores().await;
    let held: BTreeSet<String> = stores
        .secrets()
        .iter()
        .flat_map(|secret| secret["versions"].as_array().into_iter().flatten())
        .filter_map(|version| login::read(version["text"].as_str()?))
        .map(|(key, _)| key)
        .collect();
    for key in marked_keys(scene) {
        let id = key["id"].as_str().unwrap();
        let published = key["description"].as_str().unwrap().contains(" published=");
        let age = age(&key);
        assert!(
            held.contains(id) || published || age < LOSERS_LIVE,
            "API key `{id}`, {age} old, is held by nobody: {}",
            key["description"]
        );
    }
}

fn age(key: &Value) -> Duration {
    let created_at = key["created_at"].as_str().unwrap();
    OffsetDateTime::now_utc() - OffsetDateTime::parse(created_at, &Rfc3339).unwrap()
}
