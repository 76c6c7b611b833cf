//! Shared scenes of the tests: a local cloud with targets in it, the hands that move it, and what must hold
//! whatever happens.
//!
//! Everything here is called by tests alone, so what goes wrong is a panic that says what was seen.
#![allow(
    clippy::unwrap_used,
    reason = "a panic here is a failed test, and says where"
)]

pub mod scenes;

pub use scenes::{
    STEPS, Scene,
    ledger::{assert_no_key_is_lost, live_keys, marked_keys},
    peace, report,
    stage::{self, A_WHILE},
    stores::Stores,
    target::Target,
    wait::eventually,
    witness::{CallWitness, Witness},
};
