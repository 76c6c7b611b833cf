//! Hundreds of targets at once.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tests::{
    Scene, Target, marked_keys,
    scenes::target::{ENVIRONMENT, KAFKA, ORDERS},
};

fn numbered(n: usize) -> Target {
    let document = json!({
        "owner": ORDERS,
        "resource": {"id": KAFKA, "environment": ENVIRONMENT},
        "secret": {"name": format!("/team-{}/service-{n}", n % 40), "formats": ["event_source"]},
        "probe": "rest",
    });
    Target {
        name: format!("team-{}/service-{n}", n % 40),
        document,
    }
}

#[tokio::test]
async fn of_four_hundred_adopted_overdue_targets_ten_rotate_at_once_and_later_they_are_spread() {
    let scene = Scene::start().await;
    let room = json!({"clusters": [{"id": KAFKA, "max_api_keys": 2000}],
        "service_accounts": [{"id": ORDERS, "max_api_keys": 2000}]});
    scene.cloud.controls.emulator().add(room).unwrap();
    let targets: Vec<_> = (0..400).map(numbered).collect();
    stream::iter(&targets)
        .for_each_concurrent(16, async |target| {
            scene.add_with_foreign_key(target, 40).await;
        })
        .await;
    let adopted = scene
        .ask(json!({"operation": "adopt", "targets": ["*"]}))
        .await;
    assert_eq!(adopted["counts"]["kept"], 400, "{:#}", adopted["counts"]);
    assert_eq!(marked_keys(&scene).len(), 400);

    let swept = scene.sweep().await;
    assert_eq!(swept["counts"]["rotated"], 10, "{:#}", swept["counts"]);
    assert_eq!(swept["counts"]["failed"], 0, "{:#}", swept["counts"]);

    // All have keys of one day, and yet fall due over three.
    let mut due: BTreeMap<String, usize> = BTreeMap::new();
    for target in swept["targets"].as_array().unwrap() {
        let at = target["next_rotation_date"].as_str().unwrap();
        *due.entry(at[..13].to_owned()).or_default() += 1;
    }
    let most = due.values().max().unwrap();
    assert!(*most < 25 && due.len() > 48, "{due:?}");
    let listed: Vec<&Value> = swept["warnings"].as_array().unwrap().iter().collect();
    assert_eq!(listed.len(), 1, "{listed:?}");

    // The second round of every new key's proof is refused once. Nobody waits for a next run while others have work:
    // the run comes back to its keys when all have had a turn.
    let flapping = json!({"flapping": 1});
    scene.cloud.controls.emulator().set_sync(flapping).unwrap();
    let teams: Vec<_> = (10..24).map(|team| format!("team-{team}/*")).collect();
    let rotated = scene
        .ask(json!({"operation": "rotate", "targets": teams, "again": true}))
        .await;
    let counts = &rotated["counts"];
    assert_eq!(counts["failed"], 0, "{counts:#}");
    assert!(counts["rotated"].as_u64() > Some(0), "{counts:#}");
}
