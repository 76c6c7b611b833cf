//! Reading a report of `key-rotation`.

use serde_json::Value;

/// The entry of a target.
///
/// # Panics
/// There is none.
#[must_use]
pub fn of<'a>(report: &'a Value, target: &str) -> &'a Value {
    let mut entries = report["targets"].as_array().into_iter().flatten();
    let found = entries.find(|entry| entry["target"] == target);
    found.unwrap_or_else(|| panic!("no target `{target}` in {report:#}"))
}

/// The names of a target's actions, in their order.
#[must_use]
pub fn actions<'a>(report: &'a Value, target: &str) -> Vec<&'a str> {
    let actions = of(report, target)["actions"].as_array();
    let actions = actions.into_iter().flatten();
    actions
        .filter_map(|action| action["action"].as_str())
        .collect()
}
