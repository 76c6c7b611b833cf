//! One flow played once, with a fault or without, and judged.

use std::cell;

use serde_json::json;
use tests::{A_WHILE, CallWitness, Scene, peace};

use crate::{
    call::Call,
    cells::Cell,
    flow::{Ending, Flow, Moment},
    story::Story,
};

/// Sweeps that may be needed until nothing is pending: one mends, one publishes, one is to spare.
const SWEEPS: usize = 3;
/// Longer than a day: what nobody finished is discarded.
const A_DAY_AND_MORE: f64 = 1.1;

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Played {
    /// The calls of the flow itself.
    pub(crate) calls: Vec<Call>,
    /// Whether the call was not made, and nothing was struck.
    pub(crate) missed: bool,
    pub(crate) story: String,
    pub(crate) violations: Vec<String>,
}

impl Played {
    /// What a failed test says of it, if it is one.
    pub(crate) fn violation(&self, name: &str) -> Option<String> {
        let told = || {
            format!(
                "{name}\n  {}\nthe story:\n{}",
                self.violations.join("\n  "),
                self.story
            )
        };
        (!self.violations.is_empty()).then(told)
    }
}

/// Plays `flow` on its stage: the act with its retries, sweeps until quiet, a while later one more, and a day later.
pub(crate) async fn play(scene: &Scene, flow: &Flow, cell: Option<&Cell>) -> Played {
    let (mut story, mut violations) = (Story::default(), Vec::new());
    let before = Moment::of(scene).await;
    let witness = CallWitness::of(scene, &flow.target).await;
    let controls = &scene.cloud.controls;
    let begun = scene.request_count();
    if let Some(cell) = cell {
        controls.post_faults(cell.fault()).unwrap();
    }
    let asked = flow.asked(&before);
    if let Some(intruder) = cell.and_then(Cell::intruder) {
        intruder.comes(scene, flow, &asked, &mut story).await;
    } else {
        let place = cell::Cell::new(0);
        flow.act(scene, &asked, &place, &mut story).await;
    }
    let calls = Call::list(scene.requests_since(begun));
    let missed = controls.faults().iter().any(|fault| fault.hits == 0);
    if missed {
        violations.push("the call was not made, nothing was struck".to_owned());
    }
    controls.clear_faults();
    until_quiet(scene, flow, &mut story).await;

    scene.age(A_WHILE).await;
    story.say("more than an hour goes by");
    violations.extend(sweep(scene, flow, &mut story).await.err());
    violations.extend(peace::unrest(scene, &flow.target).await);
    let ending = Ending {
        target: flow.target.clone(),
        before,
        after: Moment::of(scene).await,
    };
    violations.extend((flow.end)(&ending).err());

    scene.age(A_DAY_AND_MORE).await;
    story.say("more than a day goes by");
    violations.extend(sweep(scene, flow, &mut story).await.err());
    violations.extend(peace::unrest(scene, &flow.target).await);
    violations.extend(peace::pending(&scene.stores().await, &flow.target));
    violations.extend(witness.stop().failures.into_iter().take(3));
    Played {
        calls,
        missed,
        story: story.to_string(),
        violations,
    }
}

/// Sweeps while one fails or leaves a key pending.
async fn until_quiet(scene: &Scene, flow: &Flow, story: &mut Story) {
    let mut failed = false;
    for _ in 0..SWEEPS {
        let pending = peace::pending(&scene.stores().await, &flow.target);
        if !failed && pending.is_empty() {
            return;
        }
        failed = sweep(scene, flow, story).await.is_err();
    }
}

/// One sweep, and how it failed.
async fn sweep(scene: &Scene, flow: &Flow, story: &mut Story) -> Result<(), String> {
    let done = scene.invoke(json!({})).await;
    story.tell("sweep", &done, scene, &flow.target).await;
    match done.error {
        Some(error) => Err(format!(
            "a sweep without any fault failed: {}",
            error.message
        )),
        None => Ok(()),
    }
}
