//! Many cases at once: each worker has a thread, a local cloud, and the stage of one flow after the other.

use std::{
    any::Any,
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use local_cloud::control::Saved;
use serde_json::json;
use tests::Scene;
use tokio::runtime::{Builder, Runtime};

use crate::{
    case::{self, Played},
    cells::Cell,
    flow::Flow,
};

/// Cases mostly wait, for a second between two sign-ins above all.
const WORKERS: usize = 16;
/// How many calls there are may depend on how busy the machine is.
const CHANCES: usize = 3;
/// What was saved longer ago is set anew: its dates are as old as that.
const FRESH: Duration = Duration::from_secs(600);

/// A flow's place with what strikes it.
pub(crate) type Job = (usize, Option<Cell>);

/// Plays every job; the answers are in their order.
pub(crate) fn play(flows: &[Flow], jobs: &[Job]) -> Vec<Played> {
    let queues = Queues::of(flows.len(), jobs);
    let played: Mutex<Vec<Option<Played>>> = Mutex::new(jobs.iter().map(|_| None).collect());
    thread::scope(|scope| {
        for nth in 0..WORKERS.min(jobs.len()) {
            let (queues, played) = (&queues, &played);
            scope.spawn(move || {
                let mut worker = Worker::new();
                let mut flow = nth % flows.len();
                while let Some(job) = queues.next(&mut flow) {
                    let done = worker.play(&flows[flow], flow, jobs[job].1.as_ref());
                    played.lock().unwrap_or_else(PoisonError::into_inner)[job] = Some(done);
                }
            });
        }
    });
    let played = played.into_inner().unwrap_or_else(PoisonError::into_inner);
    played.into_iter().map(Option::unwrap).collect()
}

/// The places of the jobs that are left, by flow: a worker stays with a flow as long as it can.
struct Queues(Mutex<Vec<VecDeque<usize>>>);

impl Queues {
    fn of(flows: usize, jobs: &[Job]) -> Self {
        let mut queues = vec![VecDeque::new(); flows];
        for (place, (flow, _)) in jobs.iter().enumerate() {
            queues[*flow].push_back(place);
        }
        Self(Mutex::new(queues))
    }

    /// One of `flow`'s, else of the flow of which most are left.
    fn next(&self, flow: &mut usize) -> Option<usize> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queues[*flow].is_empty() {
            let longest = queues
                .iter()
                .enumerate()
                .max_by_key(|(_, queue)| queue.len());
            *flow = longest.map_or(*flow, |(longest, _)| longest);
        }
        queues[*flow].pop_front()
    }
}

struct Worker {
    runtime: Runtime,
    scene: Option<Scene>,
    /// The stage of the flow at this place.
    saved: Option<(usize, Saved, Instant)>,
}

impl Worker {
    fn new() -> Self {
        Self {
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            scene: None,
            saved: None,
        }
    }

    /// A call that was not made this time, so that nothing was struck, gets a few chances.
    fn play(&mut self, flow: &Flow, place: usize, cell: Option<&Cell>) -> Played {
        let mut played = self.play_once(flow, place, cell);
        for _ in 1..CHANCES {
            if !played.missed {
                break;
            }
            played = self.play_once(flow, place, cell);
        }
        played
    }

    /// A panic is a violation, and ends the local cloud.
    fn play_once(&mut self, flow: &Flow, place: usize, cell: Option<&Cell>) -> Played {
        let played = catch_unwind(AssertUnwindSafe(|| self.try_to_play(flow, place, cell)));
        played.unwrap_or_else(|panic| {
            self.saved = None;
            let ended = catch_unwind(AssertUnwindSafe(|| self.scene = None));
            let violations = [Err(panic), ended].into_iter().filter_map(Result::err);
            Played {
                violations: violations.map(|panic| said(&*panic)).collect(),
                ..Played::default()
            }
        })
    }

    fn try_to_play(&mut self, flow: &Flow, place: usize, cell: Option<&Cell>) -> Played {
        let Self {
            runtime,
            scene,
            saved,
        } = self;
        runtime.block_on(async {
            let scene = match scene {
                Some(scene) => scene,
                None => scene.insert(Scene::start().await),
            };
            let controls = &scene.cloud.controls;
            match saved {
                Some((of, saved, since)) if *of == place && since.elapsed() < FRESH => {
                    controls.restore(saved).await.unwrap();
                }
                _ => {
                    controls.reset().await.unwrap();
                    let settings = json!({"SETTLE_SECONDS": flow.settle});
                    for function in ["key-rotation", "secret-rotation"] {
                        let set = scene
                            .cloud
                            .aws
                            .set_function_environment(function, &settings);
                        set.await.unwrap();
                    }
                    (flow.stage)(scene, &flow.target).await;
                    controls.clear_faults();
                    *saved = Some((place, controls.save().await.unwrap(), Instant::now()));
                }
            }
            case::play(scene, flow, cell).await
        })
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("a panic: {}", text.unwrap_or_default())
}
