//! A flow: where it begins, what is done, and what must have come of it.

use std::{cell::Cell, pin::Pin};

use local_cloud::cloud::Invocation;
use serde_json::{Value, json};
use tests::{STEPS, Scene, Stores, Target, live_keys};

use crate::story::Story;

/// Attempts that an operation has: Secrets Manager tries a step so often, and so does a person.
const ATTEMPTS: usize = 3;

/// Sets a scene: everything that was there before.
pub(crate) type Stage = for<'a> fn(&'a Scene, &'a Target) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// One way through the product.
pub(crate) struct Flow {
    /// Unique.
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    /// Seconds of `SETTLE_SECONDS`: longer than any case, but where it is waited for.
    pub(crate) settle: &'static str,
    pub(crate) stage: Stage,
    pub(crate) act: Act,
    /// What must be true when all is quiet, beside what must always be.
    pub(crate) end: fn(&Ending) -> Result<(), String>,
}

/// What is done.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// The four steps for the version that is AWSPENDING.
    Callback,
    /// An event of `key-rotation`.
    Ask(fn(&Moment, &Target) -> Value),
}

/// What there was at one moment.
#[derive(Debug)]
pub(crate) struct Moment {
    pub(crate) stores: Stores,
    /// Ids of the marked keys that live.
    pub(crate) live: Vec<String>,
}

/// The beginning against the end.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) target: Target,
    pub(crate) before: Moment,
    pub(crate) after: Moment,
}

impl Moment {
    pub(crate) async fn of(scene: &Scene) -> Self {
        Self {
            stores: scene.stores().await,
            live: live_keys(scene),
        }
    }
}

impl Flow {
    /// What is asked for, one after the other.
    pub(crate) fn asked(&self, before: &Moment) -> Vec<Asked> {
        match self.act {
            Act::Callback => {
                let secret = before.stores.secret(self.target.primary());
                let pending = before.stores.version(self.target.primary(), "AWSPENDING");
                let event = |step| {
                    json!({
                        "SecretId": secret["arn"],
                        "ClientRequestToken": pending.unwrap()["id"],
                        "Step": step,
                    })
                };
                let steps = STEPS.map(|step| Asked {
                    function: "secret-rotation",
                    what: step.to_owned(),
                    event: event(step),
                });
                steps.into()
            }
            Act::Ask(event) => {
                let event = event(before, &self.target);
                vec![Asked {
                    function: "key-rotation",
                    what: event.to_string(),
                    event,
                }]
            }
        }
    }

    /// Does it; what fails is tried again. `now` is the place of what is asked for.
    pub(crate) async fn act(
        &self,
        scene: &Scene,
        asked: &[Asked],
        now: &Cell<usize>,
        story: &mut Story,
    ) {
        for (place, asked) in asked.iter().enumerate() {
            now.set(place);
            if !self.insist(scene, asked, story).await {
                return;
            }
        }
    }

    async fn insist(&self, scene: &Scene, asked: &Asked, story: &mut Story) -> bool {
        for _ in 0..ATTEMPTS {
            let done = asked.of(scene).await;
            story.tell(&asked.what, &done, scene, &self.target).await;
            if done.error.is_none() {
                return true;
            }
        }
        false
    }
}

/// One event for one function.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    function: &'static str,
    pub(crate) what: String,
    event: Value,
}

impl Asked {
    pub(crate) async fn of(&self, scene: &Scene) -> Invocation {
        scene
            .cloud
            .invoke(self.function, &self.event)
            .await
            .unwrap()
    }
}

impl Ending {
    /// The current key of the primary, then and now.
    pub(crate) fn current(&self) -> (Option<String>, Option<String>) {
        let current = |moment: &Moment| moment.stores.current_key(self.target.primary());
        (current(&self.before), current(&self.after))
    }

    /// Exactly one key more is live, and it is the current one.
    pub(crate) fn one_new_key(&self) -> Result<(), String> {
        let (_, now) = self.current();
        let new: Vec<_> = self
            .after
            .live
            .iter()
            .filter(|key| !self.before.live.contains(key))
            .collect();
        match (new.as_slice(), now) {
            ([new], Some(now))
                if **new == now && self.after.live.len() == self.before.live.len() + 1 =>
            {
                Ok(())
            }
            (new, now) => Err(format!(
                "{new:?} are new and {now:?} is current, of {:?} before and {:?} now",
                self.before.live, self.after.live
            )),
        }
    }

    /// The same keys live.
    pub(crate) fn no_new_key(&self) -> Result<(), String> {
        let (before, after) = (&self.before.live, &self.after.live);
        let same = (before == after).then_some(());
        same.ok_or_else(|| format!("{before:?} lived before and {after:?} now"))
    }
}
