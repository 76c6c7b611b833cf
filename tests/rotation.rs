//! The whole cycle of a key, by sweep and by callback, and every refusal on the way: the built functions against the
//! local cloud.
#![allow(
    clippy::unwrap_used,
    reason = "a panic here is a failed test, and says where"
)]

#[path = "rotation/audit.rs"]
mod audit;
#[path = "rotation/bad_answers.rs"]
mod bad_answers;
#[path = "rotation/bad_secrets.rs"]
mod bad_secrets;
#[path = "rotation/bad_targets.rs"]
mod bad_targets;
#[path = "rotation/callback.rs"]
mod callback;
#[path = "rotation/cloud_key.rs"]
mod cloud_key;
#[path = "rotation/contract.rs"]
mod contract;
#[path = "rotation/cycle.rs"]
mod cycle;
#[path = "rotation/events.rs"]
mod events;
#[path = "rotation/figures.rs"]
mod figures;
#[path = "rotation/keyless.rs"]
mod keyless;
#[path = "rotation/metrics.rs"]
mod metrics;
#[path = "rotation/quiet.rs"]
mod quiet;
#[path = "rotation/samples.rs"]
mod samples;
