//! Every step twice, and two at once: one new key comes of it.

use serde_json::json;
use tests::{Scene, Target, Witness};

use crate::peace::{STEPS, at_peace, comes_to_peace, filled, insist, live, succeeded};

#[tokio::test]
async fn invariant_6_each_step_may_be_repeated() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    for step in STEPS {
        for _ in 0..2 {
            let done = scene.step(target.primary(), &token, step).await;
            succeeded(step, done).unwrap();
        }
    }
    witness.saw_no_failure().await;
    assert_eq!(live(&scene).len(), 2);
    at_peace(&scene, &target, "").await;
}

#[tokio::test]
async fn invariant_6_two_of_each_step_may_run_at_once() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    for step in STEPS {
        let one = || scene.step(target.primary(), &token, step);
        let (first, second) = tokio::join!(one(), one());
        let ends = [succeeded(step, first), succeeded(step, second)];
        assert!(ends.iter().any(Result::is_ok), "{ends:?}");
        insist(&scene, target.primary(), &token, step).await;
    }
    witness.saw_no_failure().await;
    assert_eq!(live(&scene).len(), 2);
    comes_to_peace(&scene, &target).await;
}

#[tokio::test]
async fn every_later_step_after_the_publish_succeeds_at_once() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.rotate_secret(target.primary()).await;
    let before = scene.request_count();
    for step in STEPS {
        let done = scene.step(target.primary(), &token, step).await;
        succeeded(step, done).unwrap();
    }
    let asked = scene.requests_since(before);
    let writes = ["POST", "PATCH", "DELETE", "Put", "UpdateSecret"];
    let written = asked
        .iter()
        .find(|entry| writes.iter().any(|verb| entry.operation.starts_with(verb)));
    assert_eq!(written, None);
}

#[tokio::test]
async fn two_sweeps_at_once_make_one_key() {
    let target = Target::kafka("orders");
    let scene = Scene::start().await;
    scene.add(&target).await;
    let witness = Witness::of(&scene, &[&target]);
    let sweep = || scene.invoke(json!({}));
    tokio::join!(sweep(), sweep());
    comes_to_peace(&scene, &target).await;
    assert_eq!(live(&scene).len(), 1);
    scene.age(31.0).await;
    tokio::join!(sweep(), sweep());
    comes_to_peace(&scene, &target).await;
    assert_eq!(live(&scene).len(), 2);
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_sweep_during_a_callback_leaves_one_new_key() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    scene.age(31.0).await;
    let witness = Witness::of(&scene, &[&target]);
    let token = scene.empty_pending_version(target.primary()).await;
    for step in STEPS {
        let callback = scene.step(target.primary(), &token, step);
        let (_, done) = tokio::join!(callback, scene.invoke(json!({})));
        // The sweep may find a key pending and publish it first; it never makes one of its own.
        assert!(live(&scene).len() <= 2, "{:#}", done.answer);
    }
    comes_to_peace(&scene, &target).await;
    assert_eq!(live(&scene).len(), 2);
    witness.saw_no_failure().await;
}
