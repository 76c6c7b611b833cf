//! create → sync → publish → retire, with a witness that signs in all the time.

use serde_json::json;
use tests::{Scene, Target, Witness, assert_no_key_is_lost, marked_keys};

#[tokio::test]
async fn a_sweep_takes_both_kinds_through_the_whole_cycle() {
    let scene = Scene::start().await;
    let (kafka, registry) = (
        Target::kafka("payments/orders"),
        Target::schema_registry("payments/schemas"),
    );
    scene.add(&kafka).await;
    scene.add(&registry).await;
    let witness = Witness::of(&scene, &[&kafka, &registry]);

    let report = scene.sweep().await;
    assert_eq!(report["counts"]["rotated"], 2, "{report:#}");
    witness.saw_no_failure().await;
    assert_eq!(marked_keys(&scene).len(), 2);
    assert_no_key_is_lost(&scene).await;
    let _ = json!({});
}
