//! Shared scenes of the tests.
