//! The local cloud: what tests and demo run against.

pub mod emulator;
