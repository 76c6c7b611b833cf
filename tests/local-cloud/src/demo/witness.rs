//! The witness: signs in all the time with whatever AWSCURRENT of each secret says, as a program would, and counts.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use local_cloud::{control::Controls, http_client};
use serde_json::Value;
use tokio::{
    sync::Mutex,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use super::{
    credentials::{self, Credentials},
    recording::Recording,
};

/// From one round of sign-ins to the next.
const ROUND: Duration = Duration::from_millis(100);

/// A secret that the witness reads, and where its key opens a door.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    /// The secret's name.
    pub(super) secret: String,
    /// The address that asks for a sign-in.
    pub(super) door: String,
    /// Whether it is the primary secret of its target.
    pub(super) primary: bool,
}

/// What the witness says in the end.
#[derive(Debug)]
pub(super) struct Testimony {
    /// All sign-ins.
    pub(super) sign_ins: usize,
    /// Those that did not go through.
    pub(super) failures: usize,
    /// The first failure.
    pub(super) first_failure: Option<String>,
    /// What it saw.
    pub(super) recording: Recording,
}

/// A witness at work; it stops when dropped.
#[derive(Debug)]
pub(super) struct Witness {
    notes: Arc<Mutex<Notes>>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Notes {
    testimony: Testimony,
    /// Secrets that have held a key: before that there is no program that reads them.
    known: BTreeSet<String>,
    /// Secrets not looked at.
    away: BTreeSet<String>,
}

impl Witness {
    /// Begins to sign in.
    pub(super) fn begin(controls: Controls, watched: Vec<Watched>) -> Self {
        let notes = Arc::new(Mutex::new(Notes {
            testimony: Testimony {
                sign_ins: 0,
                failures: 0,
                first_failure: None,
                recording: Recording::begin(),
            },
            known: BTreeSet::new(),
            away: BTreeSet::new(),
        }));
        let of_task = notes.clone();
        let task = tokio::spawn(async move {
            let mut rounds = interval(ROUND);
            rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                rounds.tick().await;
                of_task.lock().await.round(&controls, &watched).await;
            }
        });
        Self { notes, task }
    }

    /// Looks away from a secret that the demo itself is about to break.
    pub(super) async fn look_away(&self, secret: &str) {
        self.notes.lock().await.away.insert(secret.to_owned());
    }

    /// Looks at the secret again.
    pub(super) async fn look_again(&self, secret: &str) {
        self.notes.lock().await.away.remove(secret);
    }

    /// Notes on the time axis what happens now.
    pub(super) async fn mark(&self, what: &str) {
        self.notes.lock().await.testimony.recording.mark(what);
    }

    /// Sign-ins and failures so far.
    pub(super) async fn so_far(&self) -> (usize, usize) {
        let notes = self.notes.lock().await;
        (notes.testimony.sign_ins, notes.testimony.failures)
    }

    /// Ends the work.
    pub(super) async fn testify(self) -> Testimony {
        let mut notes = self.notes.lock().await;
        self.task.abort();
        let nothing = Testimony {
            sign_ins: 0,
            failures: 0,
            first_failure: None,
            recording: Recording::begin(),
        };
        std::mem::replace(&mut notes.testimony, nothing)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Notes {
    /// One sign-in a secret, and a look at the keys.
    async fn round(&mut self, controls: &Controls, watched: &[Watched]) {
        let (before, failed_before) = (self.testimony.sign_ins, self.testimony.failures);
        let stores = match controls.stores().await {
            Ok(stores) => stores,
            Err(error) => return self.count(Err(format!("the secrets cannot be read: {error}"))),
        };
        let mut current = BTreeSet::new();
        for each in watched {
            let held = current_text(&stores, &each.secret).and_then(credentials::read);
            if let (Some(held), true) = (&held, each.primary) {
                current.insert(held.key.clone());
            }
            if self.away.contains(&each.secret) {
                continue;
            }
            match held {
                Some(held) => {
                    self.known.insert(each.secret.clone());
                    let result = sign_in(&each.door, &held).await;
                    self.count(result.map_err(|why| format!("`{}`: {why}", each.secret)));
                }
                None if self.known.contains(&each.secret) => {
                    self.count(Err(format!("`{}` holds no key", each.secret)));
                }
                None => {}
            }
        }
        let failed = self.testimony.failures - failed_before;
        let passed = self.testimony.sign_ins - before - failed;
        let world = controls.emulator().world();
        let recording = &mut self.testimony.recording;
        recording.look(&world, &current, (passed, failed));
    }

    fn count(&mut self, result: Result<(), String>) {
        self.testimony.sign_ins += 1;
        if let Err(why) = result {
            self.testimony.failures += 1;
            self.testimony.first_failure.get_or_insert(why);
        }
    }
}

/// The text of the version in AWSCURRENT.
pub(super) fn current_text<'a>(stores: &'a Value, secret: &str) -> Option<&'a str> {
    staged(stores, secret, "AWSCURRENT")?["text"].as_str()
}

/// The version that carries `label`.
pub(super) fn staged<'a>(stores: &'a Value, secret: &str, label: &str) -> Option<&'a Value> {
    let mut secrets = stores["secrets"].as_array()?.iter();
    let found = secrets.find(|each| each["name"] == secret)?;
    let mut versions = found["versions"].as_array()?.iter();
    versions.find(|version| {
        let labels = version["labels"].as_array();
        labels.is_some_and(|labels| labels.iter().any(|each| each == label))
    })
}

/// Asks at `door`; anything but 200 is a refusal.
pub(super) async fn sign_in(door: &str, with: &Credentials) -> Result<(), String> {
    let request = Request::get(door)
        .header("authorization", with.basic())
        .body(Bytes::new())
        .map_err(|error| error.to_string())?;
    let answer = http_client::send(request)
        .await
        .map_err(|error| error.to_string())?;
    match answer.status().as_u16() {
        200 => Ok(()),
        status => Err(format!("API key `{}` was refused ({status})", with.key)),
    }
}
