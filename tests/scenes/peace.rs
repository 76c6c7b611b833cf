//! What everything must come to once nobody disturbs it any more.

use serde_json::Value;

use super::{Scene, ledger::marked_keys, login, stores::Stores, target::Target};

/// What must hold of the target and does not, when no run is under way and the last one is an hour ago: nobody holds
/// half a thing, no orphan, at most n + 1 keys, one key in every secret, nothing pending.
pub async fn unrest(scene: &Scene, target: &Target) -> Vec<String> {
    let stores = scene.stores().await;
    let keys = marked_keys(scene);
    let mut unrest = secrets(&stores, target);
    if keys.len() > target.retain() + 1 {
        unrest.push(format!("{} live keys", keys.len()));
    }
    unrest.extend(keys.iter().filter_map(orphan));
    unrest
}

fn secrets(stores: &Stores, target: &Target) -> Vec<String> {
    let mut unrest = Vec::new();
    let current = stores.current_key(target.primary());
    if current.is_none() {
        unrest.push("no current key".to_owned());
    }
    for secret in target.secrets() {
        let labels = stores.labels(secret);
        let held = stores.current_key(secret);
        if held != current {
            unrest.push(format!("`{secret}` holds {held:?}, not {current:?}"));
        }
        let pending = stores.version(secret, "AWSPENDING");
        if pending.is_some_and(|version| version["text"].is_string()) {
            unrest.push(format!("still pending in `{secret}`: {labels}"));
        }
    }
    unrest
}

fn orphan(key: &Value) -> Option<String> {
    let description = key["description"].as_str().unwrap();
    let orphan = !description.contains(" published=");
    orphan.then(|| format!("orphan {}: {description}", key["id"]))
}

/// Where AWSPENDING still is, a version that holds nothing included.
#[must_use]
pub fn pending(stores: &Stores, target: &Target) -> Vec<String> {
    let secrets = target.secrets().into_iter();
    let staged = secrets.filter_map(|secret| {
        let version = stores.version(secret, "AWSPENDING")?;
        let key = version["text"].as_str().and_then(login::read);
        let key = key.map_or("nothing".to_owned(), |(key, _)| format!("`{key}`"));
        Some(format!(
            "AWSPENDING of `{secret}` is on {}, which holds {key}",
            version["id"]
        ))
    });
    staged.collect()
}
