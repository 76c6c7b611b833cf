//! The stream processor: a batch of Kafka records from a Lambda event source mapping, record by
//! record, to what became of each partition. One record's fault is never another's.

pub mod batch;
pub mod decode;
pub mod error;
pub mod event;
pub mod lenient;

#[cfg(test)]
mod samples;

pub use batch::{Answer, count};
pub use decode::{Format, Formats};
pub use error::{EventError, RecordError};
