//! The whole cycle of a key, by sweep and by callback, and every refusal on the way: the built functions against the
//! local cloud.

#[path = "rotation/contract.rs"]
mod contract;
#[path = "rotation/cycle.rs"]
mod cycle;
#[path = "rotation/quiet.rs"]
mod quiet;
