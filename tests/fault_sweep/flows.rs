//! The flows.

use serde_json::{Value, json};
use tests::{Scene, Target, stage};

use crate::flow::{Act, Ending, Flow, Moment};

/// Older than `day_count`.
const DUE: f64 = 31.0;
/// Longer than a key needs to sync, shorter than an hour.
const SOON: f64 = 0.01;

/// Nothing waits for it.
const LONG: &str = "60";
/// Revoke waits for it.
const SHORT: &str = "6";

/// All of them.
pub(crate) fn flows() -> Vec<Flow> {
    vec![
        Flow {
            name: "bootstrap",
            target: Target::with_a_copy("orders").with("/parameters", json!({"prefix": "/orders"})),
            settle: LONG,
            stage: |scene, target| Box::pin(scene.add(target)),
            act: Act::Ask(a_sweep),
            end: Ending::one_new_key,
        },
        Flow {
            name: "callback rotation",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| Box::pin(asked_to_rotate(scene, target)),
            act: Act::Callback,
            end: Ending::one_new_key,
        },
        Flow {
            name: "sweep rotation",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| Box::pin(due(scene, target)),
            act: Act::Ask(a_sweep),
            end: Ending::one_new_key,
        },
        Flow {
            name: "resume",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| Box::pin(pending(scene, target)),
            act: Act::Ask(a_sweep),
            end: |ending| {
                let pending = ending.before.stores.pending_key(ending.target.primary());
                expect("the pending key is current", ending.current().1 == pending)?;
                ending.no_new_key()
            },
        },
        Flow {
            name: "restore",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| Box::pin(current_key_deleted(scene, target)),
            act: Act::Ask(a_sweep),
            end: |ending| {
                let (then, now) = ending.current();
                expect("another key is current", then != now)?;
                ending.no_new_key()
            },
        },
        Flow {
            name: "rewrite",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| Box::pin(copy_put_back(scene, target)),
            act: Act::Ask(a_sweep),
            end: |ending| {
                let (then, now) = ending.current();
                expect("the same key is current", then == now)?;
                ending.no_new_key()
            },
        },
        Flow {
            name: "retirement",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| Box::pin(stage::overfill(scene, target)),
            act: Act::Ask(a_sweep),
            end: |ending| {
                let (then, now) = ending.current();
                expect("the same key is current", then == now)?;
                let (before, after) = (ending.before.live.len(), ending.after.live.len());
                expect("one key went", after + 1 == before)
            },
        },
        Flow {
            name: "rollback",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| Box::pin(rotated(scene, target)),
            act: Act::Ask(|_, target| json!({"operation": "rollback", "targets": [target.name]})),
            end: |ending| {
                let (then, now) = ending.current();
                expect("the former key is current", now.is_some() && then != now)?;
                ending.no_new_key()
            },
        },
        Flow {
            name: "adopt",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| Box::pin(unmarked(scene, target)),
            act: Act::Ask(|_, target| json!({"operation": "adopt", "targets": [target.name]})),
            // Nothing that was marked before is now.
            end: Ending::one_new_key,
        },
        Flow {
            name: "revoke",
            target: Target::with_a_copy("orders"),
            settle: SHORT,
            stage: |scene, target| Box::pin(stage::fill(scene, target)),
            act: Act::Ask(|before, target| {
                let leaked = before.stores.current_key(target.primary());
                json!({"operation": "revoke", "api_keys": [leaked]})
            }),
            end: |ending| {
                let (then, now) = ending.current();
                expect("another key is current", now.is_some() && then != now)?;
                // After a stale read it may be rotated twice.
                let lives = then.is_some_and(|leaked| ending.after.live.contains(&leaked));
                expect("the leaked key is gone", !lives)
            },
        },
        Flow {
            name: "rotation of the Cloud API key",
            target: Target::cloud("keywheel"),
            settle: LONG,
            stage: |scene, target| Box::pin(taken_over(scene, target)),
            act: Act::Ask(a_sweep),
            end: Ending::one_new_key,
        },
    ]
}

/// Those in which others come in between: there is a former key that a person could go back to.
pub(crate) fn doubled() -> Vec<Flow> {
    vec![
        Flow {
            name: "callback rotation",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| {
                Box::pin(async {
                    rotated(scene, target).await;
                    scene.empty_pending_version(target.primary()).await;
                })
            },
            act: Act::Callback,
            end: |_| Ok(()),
        },
        Flow {
            name: "sweep rotation",
            target: Target::with_a_copy("orders"),
            settle: LONG,
            stage: |scene, target| {
                Box::pin(async {
                    rotated(scene, target).await;
                    scene.age(DUE).await;
                })
            },
            act: Act::Ask(a_sweep),
            end: |_| Ok(()),
        },
    ]
}

fn a_sweep(_: &Moment, _: &Target) -> Value {
    json!({})
}

/// An error that says what does not hold.
fn expect(what: &str, holds: bool) -> Result<(), String> {
    holds
        .then_some(())
        .ok_or_else(|| format!("it does not hold that {what}"))
}

async fn due(scene: &Scene, target: &Target) {
    stage::fill(scene, target).await;
    scene.age(DUE).await;
}

async fn asked_to_rotate(scene: &Scene, target: &Target) {
    stage::fill(scene, target).await;
    scene.empty_pending_version(target.primary()).await;
}

/// A rotation whose key was not in sync in its first sweep, and is now.
async fn pending(scene: &Scene, target: &Target) {
    due(scene, target).await;
    let emulator = scene.cloud.controls.emulator();
    emulator.set_sync(json!({"seconds": 600})).unwrap();
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["syncing"], 1, "{report:#}");
    emulator.set_sync(json!({})).unwrap();
    scene.age(SOON).await;
}

async fn rotated(scene: &Scene, target: &Target) {
    stage::fill(scene, target).await;
    stage::rotate_by_hand(scene, target).await;
    scene.age(SOON).await;
}

/// A key that somebody else made: it has no marker.
async fn unmarked(scene: &Scene, target: &Target) {
    stage::fill(scene, target).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    let key = json!({"id": current, "description": "made by hand"});
    let emulator = scene.cloud.controls.emulator();
    emulator.add(json!({"api_keys": [key]})).unwrap();
}

/// The seed's Cloud API key, which a person made, and one that Keywheel made after it and that is due.
async fn taken_over(scene: &Scene, target: &Target) {
    scene.put(target).await;
    stage::rotate_by_hand(scene, target).await;
    scene.age(DUE).await;
}

/// Somebody deleted the current key at Confluent; its predecessor lives.
async fn current_key_deleted(scene: &Scene, target: &Target) {
    rotated(scene, target).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    let emulator = scene.cloud.controls.emulator();
    emulator.delete(json!({"api_keys": [current]})).unwrap();
    scene.age(SOON).await;
}

/// Somebody put the former key back into the copy.
async fn copy_put_back(scene: &Scene, target: &Target) {
    let copy = target.secrets()[1];
    stage::fill(scene, target).await;
    let former = scene.cloud.aws.secret_text(copy).await.unwrap();
    stage::rotate_by_hand(scene, target).await;
    scene
        .cloud
        .aws
        .put_secret_value(copy, &former)
        .await
        .unwrap();
    scene.age(SOON).await;
}
