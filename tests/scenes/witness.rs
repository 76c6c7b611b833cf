//! The witness: a client that signs in all the time with whatever AWSCURRENT of each secret says.

use std::{collections::BTreeSet, time::Duration};

use local_cloud::control::Controls;
use tokio::{sync::watch, task::JoinHandle};

use super::{Scene, login, stores::Stores, target::Target};

/// Between two rounds; without it the witness would be most of the servers' work.
const GAP: Duration = Duration::from_millis(20);

/// A witness at work.
#[derive(Debug)]
pub struct Witness {
    stop: watch::Sender<bool>,
    task: JoinHandle<Witnessed>,
}

/// What it saw.
#[derive(Debug, Clone, Default)]
pub struct Witnessed {
    /// How often it signed in, or tried to.
    pub sign_ins: usize,
    /// A sentence for each that was refused.
    pub failures: Vec<String>,
}

impl Witness {
    /// Signs in with every secret of these targets from its first key on.
    #[must_use]
    pub fn of(scene: &Scene, targets: &[&Target]) -> Self {
        let watched: Vec<_> = targets
            .iter()
            .flat_map(|target| {
                let resource = target.resource().to_owned();
                let names = target.secrets().into_iter();
                names.map(move |name| (name.to_owned(), resource.clone()))
            })
            .collect();
        let (stop, mut stopped) = watch::channel(false);
        let controls = scene.cloud.controls.clone();
        let task = tokio::spawn(async move {
            let (mut seen, mut begun) = (Witnessed::default(), BTreeSet::new());
            loop {
                // One more round after the order to stop: the end of the story counts too.
                let last = *stopped.borrow();
                round(&controls, &watched, &mut begun, &mut seen).await;
                if last {
                    return seen;
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

async fn round(
    controls: &Controls,
    watched: &[(String, String)],
    begun: &mut BTreeSet<String>,
    seen: &mut Witnessed,
) {
    let stores = Stores::new(controls.stores().await.unwrap());
    for (name, resource) in watched {
        match stores.text(name).and_then(login::read) {
            // A client that reads now signs in now; no key is deleted without a grace.
            Some((key, secret)) => {
                begun.insert(name.clone());
                seen.sign_ins += 1;
                if !controls.emulator().may_sign_in(resource, &key, &secret) {
                    let failure = format!("`{key}` of `{name}` at `{resource}`");
                    seen.failures.push(failure);
                }
            }
            None if begun.contains(name) => {
                seen.sign_ins += 1;
                seen.failures
                    .push(format!("`{name}` holds no key any more"));
            }
            None => {}
        }
    }
}
