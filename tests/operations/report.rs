//! The report's form is stable, and documented as it is.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use tests::{Scene, Target};

/// The example in the function's README.
fn example() -> Value {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/key-rotation/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, after) = readme.split_once("## Answer").unwrap();
    let (_, json) = after.split_once("```json\n").unwrap();
    let (json, _) = json.split_once("```").unwrap();
    serde_json::from_str(json).unwrap()
}

/// What differs from run to run is numbered in the order of its coming; a time is only a time.
fn masked(report: &Value) -> Value {
    let mut text = report.to_string();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let (targets, mut ids) = (report["targets"].as_array().unwrap(), Vec::new());
    for target in targets {
        ids.extend(
            target["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["api_key"].as_str().unwrap().to_owned()),
        );
    }
    for (nth, id) in ids.into_iter().enumerate() {
        names.insert(id, format!("KEY-{nth}"));
    }
    names.insert(
        report["request_id"].as_str().unwrap().to_owned(),
        "REQUEST".to_owned(),
    );
    for (name, mask) in names {
        text = text.replace(&name, &mask);
    }
    without_times(&serde_json::from_str(&text).unwrap())
}

fn without_times(value: &Value) -> Value {
    match value {
        Value::String(text) => text
            .split(' ')
            .map(without_time)
            .collect::<Vec<_>>()
            .join(" ")
            .into(),
        Value::Array(list) => list.iter().map(without_times).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), without_times(value)))
                .collect()
        }
        other => other.clone(),
    }
}

fn without_time(word: &str) -> &str {
    let is_time = word.len() == 20 && word.starts_with("20") && word.ends_with('Z');
    if is_time { "TIME" } else { word }
}

#[tokio::test]
async fn the_report_is_the_example_of_the_readme() {
    let scene = Scene::start().await;
    scene.add(&Target::plain("payments/orders")).await;
    scene.sweep().await;
    scene.age(31.0).await;
    let report = scene.sweep().await;
    let (got, documented) = (masked(&report), masked(&example()));
    assert_eq!(got, documented, "{report:#}");
}
