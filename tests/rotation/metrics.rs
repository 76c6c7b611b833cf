//! The line of metrics that each run leaves in its log, judged by the rules of the embedded metric format.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Scene, Target};
use time::OffsetDateTime;

const NAMES: [&str; 11] = [
    "targets",
    "rotated",
    "retired",
    "kept",
    "failed",
    "overdue",
    "orphans",
    "strays",
    "oldest_key_age_days",
    "pending_sync",
    "rate_limited",
];

/// The units that CloudWatch knows, as far as they are used.
const UNITS: [&str; 2] = ["Count", "None"];

/// The one line of an invocation's log that CloudWatch makes metrics of.
fn line(logs: &str) -> Value {
    let lines: Vec<Value> = logs
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line.get("_aws").is_some())
        .collect();
    let [line] = &lines[..] else {
        panic!("{} lines with `_aws`: {logs}", lines.len())
    };
    line.clone()
}

fn names(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// What the specification asks of a document.
fn assert_valid(line: &Value) {
    let about = &line["_aws"];
    assert_eq!(
        names(about),
        BTreeSet::from(["CloudWatchMetrics", "Timestamp"])
    );
    let now = OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let timestamp = about["Timestamp"].as_i64().unwrap();
    assert!(
        (now - 120_000..=now + 1000).contains(&timestamp),
        "milliseconds: {timestamp}"
    );
    for directive in about["CloudWatchMetrics"].as_array().unwrap() {
        let members = BTreeSet::from(["Dimensions", "Metrics", "Namespace"]);
        assert_eq!(names(directive), members);
        let namespace = directive["Namespace"].as_str().unwrap();
        assert!((1..=1024).contains(&namespace.len()));
        for set in directive["Dimensions"].as_array().unwrap() {
            let set = set.as_array().unwrap();
            assert!(set.len() <= 30);
            for name in set {
                let value = line[name.as_str().unwrap()].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()), "{name} at the root");
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!(metrics.len() <= 100);
        for metric in metrics {
            assert_eq!(names(metric), BTreeSet::from(["Name", "Unit"]));
            assert!(UNITS.contains(&metric["Unit"].as_str().unwrap()));
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_number(), "{name} at the root");
        }
    }
}

/// The values of a line by name, all of them.
fn values(line: &Value) -> Value {
    NAMES
        .iter()
        .map(|name| ((*name).to_owned(), line[name].clone()))
        .collect()
}

#[tokio::test]
async fn each_run_leaves_one_line_of_metrics() {
    let scene = Scene::start().await;
    scene.add(&Target::plain("payments/orders")).await;
    let done = scene.invoke(json!({})).await;
    let first = line(&done.logs);
    assert_valid(&first);
    let directive = &first["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "Keywheel");
    assert_eq!(
        directive["Dimensions"],
        json!([["deployment", "operation"]])
    );
    let defined = directive["Metrics"].as_array().unwrap().iter();
    let defined: Vec<_> = defined
        .map(|metric| metric["Name"].as_str().unwrap())
        .collect();
    assert_eq!(defined, NAMES);
    assert_eq!(first["deployment"], "default");
    assert_eq!(first["operation"], "sweep");
    assert_eq!(first["request_id"], done.request_id);
    assert_eq!(
        values(&first),
        json!({"targets": 1, "rotated": 1, "retired": 0, "kept": 0, "failed": 0, "overdue": 0, "orphans": 0,
            "strays": 0, "oldest_key_age_days": 0.0, "pending_sync": 0, "rate_limited": 0})
    );

    // Overdue, and no rotation may begin: by its date; a target that is refused: once it is again.
    scene.age(31.0).await;
    scene.put_text("broken", "{}").await;
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"seconds": 600})).unwrap();
    let waiting = line(&scene.invoke(json!({})).await.logs);
    assert_valid(&waiting);
    assert_eq!(
        values(&waiting),
        json!({"targets": 2, "rotated": 0, "retired": 0, "kept": 0, "failed": 1, "overdue": 1, "orphans": 0,
            "strays": 0, "oldest_key_age_days": 31.0, "pending_sync": 1, "rate_limited": 0})
    );
    let again = line(&scene.invoke(json!({})).await.logs);
    assert_eq!(
        (&again["failed"], &again["overdue"]),
        (&json!(1), &json!(2))
    );

    let limit = json!({"per_second": 2, "burst": 1, "headers": false});
    emulator.set_rate(limit).unwrap();
    let limited = line(&scene.invoke(json!({})).await.logs);
    assert!(limited["rate_limited"].as_u64() > Some(0), "{limited}");

    let plan = line(&scene.invoke(json!({"operation": "plan"})).await.logs);
    assert_valid(&plan);
    assert_eq!(plan["operation"], "plan");
}
