//! What is told of a case: each invocation's end, and where the labels were then.

use std::fmt;

use local_cloud::cloud::Invocation;
use serde_json::Value;
use tests::{Scene, Target, live_keys};

/// Told from the beginning.
#[derive(Debug, Default)]
pub(crate) struct Story(Vec<String>);

impl Story {
    /// Adds one invocation.
    pub(crate) async fn tell(
        &mut self,
        what: &str,
        done: &Invocation,
        scene: &Scene,
        target: &Target,
    ) {
        let end = match &done.error {
            Some(error) => format!("failed: {}", error.message),
            None => summary(&done.answer),
        };
        let stores = scene.stores().await;
        let labels = target.secrets().into_iter();
        let labels: String = labels
            .map(|secret| format!("\n    {secret}: {}", stores.labels(secret)))
            .collect();
        let live = live_keys(scene).join(", ");
        self.0
            .push(format!("{what}: {end}{labels}\n    live: {live}"));
    }

    /// Adds what happened between invocations.
    pub(crate) fn say(&mut self, what: &str) {
        self.0.push(what.to_owned());
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// The sentences of a report, or that of a step.
fn summary(answer: &Value) -> String {
    let Some(targets) = answer["targets"].as_array() else {
        return answer["summary"].as_str().unwrap_or_default().to_owned();
    };
    let targets = targets.iter().map(|target| {
        let actions = target["actions"].as_array().into_iter().flatten();
        let actions: Vec<_> = actions
            .map(|action| {
                format!(
                    "{} {} done={}",
                    action["action"], action["api_key"], action["done"]
                )
            })
            .collect();
        format!(
            "{} {} {} {}",
            target["status"],
            target["summary"],
            actions.join(", "),
            target["warnings"]
        )
    });
    targets.collect::<Vec<_>>().join("; ")
}
