//! A process dies, or an answer is lost, at every remote call of a rotation: a few attempts later it is as if nothing
//! had happened.

use std::sync::Arc;

use serde_json::{Value, json};
use tests::{Scene, Target, Witness, eventually, marked_keys};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, LocalSet},
};

use crate::peace::{
    A_WHILE, STEPS, comes_to_peace, filled, hits, insist, live, order, overfull, succeeded,
};

const CREATE: (&str, &str) = ("confluent", "POST /iam/v2/api-keys");
const NOTE: (&str, &str) = ("confluent", "PATCH /iam/v2/api-keys/{id}");
const DELETE: (&str, &str) = ("confluent", "DELETE /iam/v2/api-keys/{id}");
const PUT: (&str, &str) = ("secretsmanager", "PutSecretValue");
const MOVE: (&str, &str) = ("secretsmanager", "UpdateSecretVersionStage");

/// The writes of a rotation with one copy: each operation and how often it is asked for.
const CALLS: [((&str, &str), u64); 4] = [(CREATE, 1), (PUT, 2), (NOTE, 1), (MOVE, 3)];

/// Scenes at once: each is a process or two.
const AT_ONCE: usize = 6;

pub(crate) fn cut(
    function: &str,
    (service, operation): (&str, &str),
    nth: u64,
    how: Value,
) -> Value {
    let mut fault =
        json!({"service": service, "operation": operation, "nth": nth, "function": function});
    for (name, value) in how.as_object().unwrap() {
        fault[name] = value.clone();
    }
    json!([fault])
}

pub(crate) fn effect(effect: &str) -> Value {
    json!({"effect": effect})
}

/// Every write of a rotation, cut off in every one of these ways.
fn everywhere(function: &str, effects: &[&str]) -> Vec<Value> {
    let mut cuts = Vec::new();
    for (call, count) in CALLS {
        for nth in 1..=count {
            let effects = effects.iter();
            cuts.extend(effects.map(|how| cut(function, call, nth, effect(how))));
        }
    }
    cuts
}

/// A Kafka key in a primary and one copy.
fn with_a_copy() -> Target {
    let target = Target::kafka("orders").with("/parameters", Value::Null);
    let copy = target.document["copies"][0].clone();
    target.with("/copies", json!([copy]))
}

/// Each cut in a scene of its own, some at once; the first panic is the test's.
pub(crate) async fn each<F: Future<Output = ()> + 'static>(
    cuts: Vec<Value>,
    survive: impl Fn(Value) -> F,
) {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let scenes = cuts.into_iter().map(|faults| {
        let (permits, survive) = (Arc::clone(&permits), survive(faults));
        async move {
            let _permit = permits.acquire_owned().await;
            survive.await;
        }
    });
    let local = LocalSet::new();
    let mut scenes: JoinSet<()> = scenes.fold(JoinSet::new(), |mut set, scene| {
        set.spawn_local_on(scene, &local);
        set
    });
    local
        .run_until(async {
            while let Some(ended) = scenes.join_next().await {
                ended.unwrap();
            }
        })
        .await;
}

/// The callback with the faults, each step tried again as Secrets Manager would.
async fn callback_survives(faults: Value) {
    let target = with_a_copy();
    let scene = filled(&target).await;
    let before = live(&scene);
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    order(&scene, faults.clone());
    for step in STEPS {
        insist(&scene, target.primary(), &token, step).await;
    }
    assert_eq!(hits(&scene), 1, "{faults}");
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    assert!(
        !before.contains(&current),
        "nothing was published: {faults}"
    );
    comes_to_peace(&scene, &target).await;
    assert_eq!(live(&scene).len(), 2, "{faults}");
    witness.saw_no_failure().await;
}

/// A sweep with the faults, then sweeps without.
async fn sweep_survives(faults: Value) {
    let target = with_a_copy();
    let scene = filled(&target).await;
    let before = live(&scene);
    scene.age(31.0).await;
    let witness = Witness::of(&scene, &[&target]);
    order(&scene, faults.clone());
    scene.invoke(json!({})).await;
    assert_eq!(hits(&scene), 1, "{faults}");
    comes_to_peace(&scene, &target).await;
    let current = scene.stores().await.current_key(target.primary()).unwrap();
    assert!(
        !before.contains(&current),
        "nothing was published: {faults}"
    );
    assert_eq!(live(&scene).len(), 2, "{faults}");
    witness.saw_no_failure().await;
}

/// The first sweep with the faults, then sweeps without.
async fn bootstrap_survives(faults: Value) {
    let target = with_a_copy();
    let scene = Scene::start().await;
    scene.add(&target).await;
    let witness = Witness::of(&scene, &[&target]);
    order(&scene, faults.clone());
    scene.invoke(json!({})).await;
    assert_eq!(hits(&scene), 1, "{faults}");
    comes_to_peace(&scene, &target).await;
    assert_eq!(live(&scene).len(), 1, "{faults}");
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn invariant_6_a_callback_may_die_before_and_after_every_write() {
    let ways = ["kill_caller_before", "kill_caller_after"];
    each(everywhere("secret-rotation", &ways), callback_survives).await;
}

#[tokio::test]
async fn invariant_6_a_sweep_may_die_after_every_write() {
    each(
        everywhere("key-rotation", &["kill_caller_after"]),
        sweep_survives,
    )
    .await;
}

#[tokio::test]
async fn invariant_6_a_first_sweep_may_die_after_every_put_and_move() {
    // Two empty objects and two keys are put; the copy and the primary are moved, and AWSPENDING taken off.
    let puts = (1..=4).map(|nth| (PUT, nth));
    let cuts = puts.chain((1..=3).map(|nth| (MOVE, nth)));
    let cuts = cuts.map(|(call, nth)| cut("key-rotation", call, nth, effect("kill_caller_after")));
    each(cuts.collect(), bootstrap_survives).await;
}

#[tokio::test]
async fn no_lost_answer_loses_a_key() {
    let mut cuts = everywhere("secret-rotation", &["fail_after"]);
    for body in ["truncated", "empty"] {
        let how = json!({"effect": "status", "body": body});
        cuts.push(cut("secret-rotation", CREATE, 1, how));
    }
    for (call, status) in [
        (CREATE, 400),
        (CREATE, 500),
        (PUT, 400),
        (NOTE, 403),
        (NOTE, 500),
    ] {
        let how = json!({"effect": "status", "status": status});
        cuts.push(cut("secret-rotation", call, 1, how));
    }
    for how in ["fail_before", "drop"] {
        cuts.push(cut("secret-rotation", CREATE, 1, effect(how)));
    }
    each(cuts, callback_survives).await;
}

#[tokio::test]
async fn an_answer_without_the_secret_is_a_key_that_goes_at_once() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let before = live(&scene);
    let token = scene.empty_pending_version(target.primary()).await;
    let how = json!({"effect": "status", "body": "truncated"});
    order(&scene, cut("secret-rotation", CREATE, 1, how));
    let done = scene.step(target.primary(), &token, "createSecret").await;
    let error = succeeded("createSecret", done).unwrap_err();
    assert!(error.contains("whose secret is lost"), "{error}");
    assert_eq!(live(&scene), before);
}

#[tokio::test]
async fn a_refused_put_deletes_the_key_that_it_was_for() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let before = live(&scene);
    let token = scene.empty_pending_version(target.primary()).await;
    let how = json!({"effect": "status", "status": 400, "code": "EncryptionFailure"});
    order(&scene, cut("secret-rotation", PUT, 1, how));
    let done = scene.step(target.primary(), &token, "createSecret").await;
    let error = succeeded("createSecret", done).unwrap_err();
    assert!(error.contains("EncryptionFailure"), "{error}");
    assert_eq!(live(&scene), before);
}

#[tokio::test]
async fn the_next_attempt_deletes_what_the_one_that_died_has_made() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let dies = cut("secret-rotation", CREATE, 1, effect("kill_caller_after"));
    order(&scene, dies);
    scene.step(target.primary(), &token, "createSecret").await;
    assert_eq!(live(&scene).len(), 2);
    let lost = live(&scene);
    insist(&scene, target.primary(), &token, "createSecret").await;
    let pending = scene.stores().await.pending_key(target.primary());
    assert!(!lost.contains(&pending.unwrap()));
    assert_eq!(
        live(&scene).len(),
        2,
        "the winner is decided: the other one goes"
    );
}

#[tokio::test]
async fn an_unknown_put_deletes_nothing() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let mut how = effect("fail_after");
    how["every"] = true.into();
    order(&scene, cut("secret-rotation", PUT, 1, how));
    let done = scene.step(target.primary(), &token, "createSecret").await;
    let error = succeeded("createSecret", done).unwrap_err();
    assert!(error.contains("PutSecretValue"), "{error}");
    assert_eq!(live(&scene).len(), 2);
    scene.cloud.controls.clear_faults();
    let before = scene.request_count();
    insist(&scene, target.primary(), &token, "createSecret").await;
    assert_eq!(scene.count_since(before, CREATE.1), 0);
}

#[tokio::test]
async fn invariant_4_a_key_whose_secret_died_with_its_process_goes_in_the_first_sweep_after_an_hour()
 {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let before = live(&scene);
    let token = scene.empty_pending_version(target.primary()).await;
    order(
        &scene,
        cut("secret-rotation", CREATE, 1, effect("kill_caller_after")),
    );
    scene.step(target.primary(), &token, "createSecret").await;
    assert_eq!(live(&scene).len(), 2);

    scene.sweep().await;
    assert_eq!(
        live(&scene).len(),
        2,
        "younger than an hour it may be somebody's"
    );
    scene.age(A_WHILE).await;
    let report = scene.sweep().await;
    assert_eq!(live(&scene), before, "{report:#}");
}

#[tokio::test]
async fn a_retirement_may_die_or_lose_its_answer() {
    let ways = [
        "kill_caller_before",
        "kill_caller_after",
        "fail_after",
        "fail_before",
    ];
    let cuts = ways.map(|how| cut("key-rotation", DELETE, 1, effect(how)));
    each(cuts.into(), async |faults: Value| {
        let target = Target::kafka("orders");
        let scene = overfull(&target).await;
        let witness = Witness::of(&scene, &[&target]);
        order(&scene, faults.clone());
        scene.invoke(json!({})).await;
        assert_eq!(hits(&scene), 1, "{faults}");
        comes_to_peace(&scene, &target).await;
        assert_eq!(live(&scene).len(), 2, "{faults}");
        witness.saw_no_failure().await;
    })
    .await;
}

#[tokio::test]
async fn an_orphan_may_outlive_a_lost_deletion_and_goes_with_the_next_sweep() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    let before = live(&scene);
    let mut how = effect("fail_before");
    how["every"] = true.into();
    let lost = cut("key-rotation", CREATE, 1, effect("kill_caller_after"));
    scene.age(31.0).await;
    order(&scene, lost);
    scene.invoke(json!({})).await;
    scene.age(A_WHILE).await;
    order(&scene, cut("key-rotation", DELETE, 1, how));
    scene.invoke(json!({})).await;
    comes_to_peace(&scene, &target).await;
    assert_eq!(live(&scene).len(), before.len() + 1);
}

#[tokio::test]
async fn a_publish_that_died_goes_forward_in_the_next_sweep() {
    let target = Target::kafka("orders");
    let scene = filled(&target).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    order(
        &scene,
        cut("secret-rotation", MOVE, 2, effect("kill_caller_after")),
    );
    for step in STEPS {
        scene.step(target.primary(), &token, step).await;
    }
    let stores = scene.stores().await;
    let (old, new) = (
        stores.current_key(target.primary()).unwrap(),
        stores.pending_key(target.primary()).unwrap(),
    );
    let held = |name| stores.current_key(name).unwrap();
    let copies: Vec<_> = target.secrets()[1..].iter().copied().map(held).collect();
    assert_eq!(copies, [new.clone(), new.clone(), old]);
    // Two days later a third key could be retired, were no publish under way.
    scene.age(2.0).await;
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["published"], 1, "{report:#}");
    eventually("all copies agree", async || {
        let stores = scene.stores().await;
        let all = target
            .secrets()
            .into_iter()
            .all(|name| stores.current_key(name).as_ref() == Some(&new));
        if all {
            Ok(())
        } else {
            Err(stores.labels(target.primary()))
        }
    })
    .await;
    assert_eq!(marked_keys(&scene).len(), 2);
    witness.saw_no_failure().await;
}
