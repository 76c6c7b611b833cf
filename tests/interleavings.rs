//! Everything twice, at once and cut off: what must hold whatever the order of calls, and whichever call is the last.

#[path = "interleavings/crashes.rs"]
mod crashes;
#[path = "interleavings/evidence.rs"]
mod evidence;
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
