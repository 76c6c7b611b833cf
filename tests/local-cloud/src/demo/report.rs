//! What a sweep answered, in a line a target.

use serde_json::Value;

use super::narrator::{Ink, short};

/// What became of a target: `syncing`, `published`, …
pub(super) fn status<'a>(report: &'a Value, target: &str) -> &'a str {
    let found = entry(report, target).and_then(|entry| entry["status"].as_str());
    found.unwrap_or("absent")
}

/// Whether the sweep carried out `action` at a target.
pub(super) fn did(report: &Value, target: &str, action: &str) -> bool {
    let actions = entry(report, target).and_then(|entry| entry["actions"].as_array());
    let mut actions = actions.into_iter().flatten();
    actions.any(|each| each["action"] == action && each["done"] == true)
}

/// The sweep in a few words: which targets still wait for their key.
pub(super) fn headline(report: &Value) -> String {
    let targets = report["targets"].as_array().into_iter().flatten();
    let syncing = targets
        .filter(|entry| still_syncing(entry))
        .filter_map(|entry| entry["target"].as_str());
    let syncing: Vec<_> = syncing.collect();
    if syncing.is_empty() {
        "sweep".to_owned()
    } else {
        format!("sweep: not in sync yet: {}", syncing.join(", "))
    }
}

/// Nothing was done but to look again.
fn still_syncing(entry: &Value) -> bool {
    let actions = entry["actions"].as_array().into_iter().flatten();
    entry["status"] == "syncing"
        && actions
            .into_iter()
            .all(|action| action["action"] == "resume")
}

/// A line for each target at which anything was done.
pub(super) fn lines(report: &Value) -> Vec<(Ink, String)> {
    let targets = report["targets"].as_array().into_iter().flatten();
    targets
        .filter(|entry| !still_syncing(entry))
        .filter_map(line)
        .collect()
}

fn entry<'a>(report: &'a Value, target: &str) -> Option<&'a Value> {
    let mut targets = report["targets"].as_array()?.iter();
    targets.find(|entry| entry["target"] == target)
}

fn line(entry: &Value) -> Option<(Ink, String)> {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let (target, status) = (text("target"), text("status"));
    let mut words = Vec::new();
    let mut parameters = 0;
    for action in entry["actions"].as_array()? {
        if action["action"] == "put_parameter" {
            parameters += 1;
        } else {
            words.push(phrase(action));
        }
    }
    if parameters > 0 {
        words.push(format!("{parameters} client parameters written"));
    }
    let ink = match status {
        "syncing" => Ink::Yellow,
        "refused" | "failed" | "not_reached" => Ink::Red,
        _ => Ink::Green,
    };
    // `kept` is all else: the actions say more.
    let status = if status == "kept" { "" } else { status };
    let head = format!("{target} {status}");
    (!words.is_empty()).then(|| (ink, format!("{}: {}", head.trim_end(), words.join("; "))))
}

fn phrase(action: &Value) -> String {
    let name = action["action"].as_str().unwrap_or_default();
    let subject = match (action["api_key"].as_str(), action["secret"].as_str()) {
        (Some(key), _) => format!(" {}", short(key)),
        (None, Some(secret)) => format!(" {secret}"),
        (None, None) => String::new(),
    };
    let reason = action["reason"].as_str().unwrap_or_default();
    format!("{name}{subject} ({reason})")
}
