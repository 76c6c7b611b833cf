//! What the witness saw over time: where each key stood, and whether sign-ins went through.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use serde_json::Value;

/// Where a key stands in the cycle, seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Refused by its resource so far, or not published yet.
    Made,
    /// In AWSCURRENT of a primary secret.
    Current,
    /// It was current before.
    Superseded,
    /// Deleted.
    Gone,
}

/// One look.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Seconds since the recording began.
    pub(super) at: f64,
    /// By API key, those that there ever were.
    pub(super) phases: BTreeMap<String, Phase>,
    /// Sign-ins that went through.
    pub(super) passed: usize,
    /// Sign-ins that did not.
    pub(super) failed: usize,
}

/// A key as it is called in the picture.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Its id.
    pub(super) key: String,
    /// The cluster it is for.
    pub(super) resource: String,
}

/// All looks of an act.
#[derive(Debug)]
pub(super) struct Recording {
    began: Instant,
    /// In the order of time.
    pub(super) samples: Vec<Sample>,
    /// In the order of creation.
    pub(super) rows: Vec<Row>,
    /// Seconds since the recording began, and what happened then.
    pub(super) marks: Vec<(f64, String)>,
    published: BTreeSet<String>,
}

impl Recording {
    pub(super) fn begin() -> Self {
        Self {
            began: Instant::now(),
            samples: Vec::new(),
            rows: Vec::new(),
            marks: Vec::new(),
            published: BTreeSet::new(),
        }
    }

    /// How many keys were in AWSCURRENT of a primary.
    pub(super) fn published(&self) -> usize {
        self.published.len()
    }

    /// How many keys were deleted.
    pub(super) fn deleted(&self) -> usize {
        let last = self.samples.last().map(|sample| sample.phases.values());
        last.map_or(0, |phases| {
            phases.filter(|phase| **phase == Phase::Gone).count()
        })
    }

    /// Notes on the time axis what happens now.
    pub(super) fn mark(&mut self, what: &str) {
        let at = self.began.elapsed().as_secs_f64();
        self.marks.push((at, what.to_owned()));
    }

    /// Adds a look at `world`, while `current` keys were in AWSCURRENT of a primary.
    pub(super) fn look(
        &mut self,
        world: &Value,
        current: &BTreeSet<String>,
        (passed, failed): (usize, usize),
    ) {
        self.published.extend(current.iter().cloned());
        let mut phases = BTreeMap::new();
        for key in world["api_keys"].as_array().into_iter().flatten() {
            let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
            let (id, resource) = (text("id"), text("resource"));
            if resource == "cloud" {
                continue;
            }
            if self.rows.iter().all(|row| row.key != id) {
                let key = id.clone();
                self.rows.push(Row { key, resource });
            }
            let phase = if key["state"] == "deleted" {
                Phase::Gone
            } else if current.contains(&id) {
                Phase::Current
            } else if self.published.contains(&id) {
                Phase::Superseded
            } else {
                Phase::Made
            };
            phases.insert(id, phase);
        }
        self.samples.push(Sample {
            at: self.began.elapsed().as_secs_f64(),
            phases,
            passed,
            failed,
        });
    }
}
