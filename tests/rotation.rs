//! The whole cycle of a key, by sweep and by callback, and every refusal on the way: the built functions against the
//! local cloud.

#[path = "rotation/cycle.rs"]
mod cycle;
