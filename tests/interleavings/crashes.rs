//! What a process that died, a lost or a spoilt answer leaves behind, and who clears it away. That every call may be cut
//! off is shown by the fault sweep.

use std::sync::Arc;

use serde_json::{Value, json};
use tests::{Scene, Target, Witness, eventually, marked_keys};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, LocalSet},
};

use crate::peace::{
    A_WHILE, STEPS, comes_to_peace, filled, hits, insist, live, order, rotate_by_hand, succeeded,
};

const CREATE: (&str, &str) = ("confluent", "POST /iam/v2/api-keys");
const NOTE: (&str, &str) = ("confluent", "PATCH /iam/v2/api-keys/{id}");
const DELETE: (&str, &str) = ("confluent", "DELETE /iam/v2/api-keys/{id}");
const PUT: (&str, &str) = ("secretsmanager", "PutSecretValue");
const MOVE: (&str, &str) = ("secretsmanager", "UpdateSecretVersionStage");

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

async fn callback_survives(faults: Value) {
    let target = Target::with_a_copy("orders");
    callback_survives_in(filled(&target).await, &target, faults).await;
}

/// The callback with the faults, each step tried again as Secrets Manager would.
pub(crate) async fn callback_survives_in(scene: Scene, target: &Target, faults: Value) {
    let before = live(&scene);
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[target]);
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
    comes_to_peace(&scene, target).await;
    assert_eq!(live(&scene).len(), 2, "{faults}");
    witness.saw_no_failure().await;
}

#[tokio::test]
async fn a_refusal_or_half_an_answer_loses_no_key() {
    let spoilt = ["truncated", "empty"].map(|body| json!({"effect": "status", "body": body}));
    let spoilt = spoilt.map(|how| cut("secret-rotation", CREATE, 1, how));
    let refused = [(CREATE, 400), (PUT, 400), (NOTE, 403)].map(|(call, status)| {
        let how = json!({"effect": "status", "status": status});
        cut("secret-rotation", call, 1, how)
    });
    each([&spoilt[..], &refused].concat(), callback_survives).await;
}

#[tokio::test]
async fn f03_an_answer_without_the_secret_is_a_key_that_goes_at_once() {
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
async fn f01_the_next_attempt_deletes_what_the_one_that_died_has_made() {
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
async fn f39_an_orphan_may_outlive_a_lost_deletion_and_goes_with_the_next_sweep() {
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

#[tokio::test]
async fn f28_what_a_run_that_died_after_the_promotion_left_undone_is_the_sweeps() {
    let target = Target::plain("orders");
    let scene = filled(&target).await;
    rotate_by_hand(&scene, &target).await;
    scene.age(A_WHILE).await;
    let token = scene.empty_pending_version(target.primary()).await;
    let witness = Witness::of(&scene, &[&target]);
    let dies = cut("secret-rotation", MOVE, 1, effect("kill_caller_after"));
    for step in STEPS {
        if step == "finishSecret" {
            order(&scene, dies.clone());
        }
        scene.step(target.primary(), &token, step).await;
    }
    assert_eq!(hits(&scene), 1);
    let promoted = scene.stores().await;
    let promoted = promoted.version(target.primary(), "AWSCURRENT").unwrap();
    assert_eq!(promoted["id"], token.as_str());
    // The step again is a success, and does not clean up.
    let done = scene.step(target.primary(), &token, "finishSecret").await;
    assert!(done.error.is_none(), "{:?}", done.error);
    assert_eq!(live(&scene).len(), 3);
    scene.age(2.0).await;
    let report = scene.sweep().await;
    assert_eq!(report["counts"]["retired"], 1, "{report:#}");
    comes_to_peace(&scene, &target).await;
    witness.saw_no_failure().await;
}
