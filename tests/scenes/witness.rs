//! The witness: a client that signs in with whatever AWSCURRENT of each secret says, all the time or after each remote
//! call.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use local_cloud::{control::Controls, door::Onlooker};
use tokio::{sync::watch, task::JoinHandle};

use super::{Scene, stores::Stores, target::Target};

mod judge;

use judge::Judge;
pub use judge::Witnessed;

/// Between two rounds; without it the witness would be most of the servers' work.
const GAP: Duration = Duration::from_millis(20);

/// A witness at work.
#[derive(Debug)]
pub struct Witness {
    stop: watch::Sender<bool>,
    task: JoinHandle<Witnessed>,
}

impl Witness {
    /// Signs in with every secret of these targets from its first key on.
    #[must_use]
    pub fn of(scene: &Scene, targets: &[&Target]) -> Self {
        let mut judge = Judge::of(targets);
        let (stop, mut stopped) = watch::channel(false);
        let controls = scene.cloud.controls.clone();
        let task = tokio::spawn(async move {
            loop {
                // One more round after the order to stop: the end of the story counts too.
                let last = *stopped.borrow();
                let stores = Stores::new(controls.stores().await.unwrap());
                for failure in judge.look(&stores, controls.emulator()) {
                    judge.seen.failures.push(failure);
                }
                if last {
                    return judge.seen;
                }
                // An error is a test that ended without asking.
                let _ended = tokio::time::timeout(GAP, stopped.changed()).await;
            }
        });
        Self { stop, task }
    }

    /// Ends it.
    pub async fn stop(self) -> Witnessed {
        self.stop.send_replace(true);
        self.task.await.unwrap()
    }

    /// Ends it; it must have signed in, and never been refused.
    ///
    /// # Panics
    /// It was.
    pub async fn saw_no_failure(self) -> usize {
        let Witnessed { sign_ins, failures } = self.stop().await;
        assert!(
            failures.is_empty(),
            "{} of {sign_ins} sign-ins failed: {failures:#?}",
            failures.len()
        );
        assert!(sign_ins > 0, "the witness never signed in");
        sign_ins
    }
}

/// A witness that looks after each remote call, before its answer goes out. What a secret holds that is refused when it
/// begins is no failure for as long as the secret holds it.
#[derive(Debug)]
pub struct CallWitness {
    looks: Arc<Mutex<Looks>>,
    onlooker: Onlooker,
}

#[derive(Debug)]
struct Looks {
    judge: Judge,
    stores: Stores,
}

impl CallWitness {
    /// Begins, in the place of any other of this scene.
    pub async fn of(scene: &Scene, target: &Target) -> Self {
        let controls = scene.cloud.controls.clone();
        let onlooker = controls.door().onlooker.clone();
        let stores = scene.stores().await;
        let mut judge = Judge::of(&[target]);
        judge.excuse(&stores, controls.emulator());
        let looks = Arc::new(Mutex::new(Looks { judge, stores }));
        let shared = Arc::clone(&looks);
        onlooker.set(move |call| {
            let call = (call.service.clone(), call.operation.clone());
            look(Arc::clone(&shared), controls.clone(), call)
        });
        Self { looks, onlooker }
    }

    /// Ends it.
    #[must_use]
    pub fn stop(self) -> Witnessed {
        self.onlooker.clear();
        lock(&self.looks).judge.seen.clone()
    }
}

async fn look(
    looks: Arc<Mutex<Looks>>,
    controls: Controls,
    (service, operation): (String, String),
) {
    if may_change_stores(&service, &operation) {
        see(&looks, &controls).await;
    }
    let failures = judged(&looks, &controls);
    if failures.is_empty() {
        return;
    }
    // A person may have written past the door since the stores were read.
    see(&looks, &controls).await;
    for failure in judged(&looks, &controls) {
        let failure = format!("after {service} {operation}: {failure}");
        lock(&looks).judge.seen.failures.push(failure);
    }
}

/// Reading them costs as much as a call: they are read only when they may have changed.
fn may_change_stores(service: &str, operation: &str) -> bool {
    let confluent = ["confluent", "kafka_rest", "schema_registry"].contains(&service);
    let reads = ["Get", "BatchGet", "Describe", "List"];
    !confluent && !reads.iter().any(|verb| operation.starts_with(verb))
}

async fn see(looks: &Mutex<Looks>, controls: &Controls) {
    let stores = Stores::new(controls.stores().await.unwrap());
    lock(looks).stores = stores;
}

fn judged(looks: &Mutex<Looks>, controls: &Controls) -> Vec<String> {
    let mut looks = lock(looks);
    let Looks { judge, stores } = &mut *looks;
    judge.look(stores, controls.emulator())
}

fn lock(looks: &Mutex<Looks>) -> std::sync::MutexGuard<'_, Looks> {
    looks.lock().unwrap_or_else(PoisonError::into_inner)
}
