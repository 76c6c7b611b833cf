//! Everything twice, at once and cut off: what must hold whatever the order of calls, and whichever call is the last.
#![allow(
    clippy::unwrap_used,
    reason = "a panic here is a failed test, and says where"
)]

#[path = "interleavings/cloud_key.rs"]
mod cloud_key;
#[path = "interleavings/crashes.rs"]
mod crashes;
#[path = "interleavings/evidence.rs"]
mod evidence;
#[path = "interleavings/last_looks.rs"]
mod last_looks;
#[path = "interleavings/limits.rs"]
mod limits;
#[path = "interleavings/peace.rs"]
mod peace;
#[path = "interleavings/races.rs"]
mod races;
#[path = "interleavings/strangers.rs"]
mod strangers;
#[path = "interleavings/syncing.rs"]
mod syncing;
#[path = "interleavings/twice.rs"]
mod twice;
