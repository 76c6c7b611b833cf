//! What can be wrong with an event, and what with one record. No text of either is ever kept:
//! the sources of these errors (`serde_json` quotes what it read) are dropped on purpose.

use std::fmt;

use thiserror::Error;

/// Why an event is refused as a whole: the invocation fails and nothing of it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EventError {
    /// It does not come from a Kafka event source mapping.
    #[error(
        "expected the event of a Kafka event source mapping, with `eventSource` `aws:kafka`, `aws:SelfManagedKafka` or `SelfManagedKafka`"
    )]
    NotKafka,
    /// It says that it comes from Kafka, but the records are not where they should be.
    #[error("expected `records` of the Kafka event to be an object of lists")]
    NoRecords,
    /// `{"operation": "redrive"}` is an event of a later version.
    #[error("operation `redrive` is not built yet")]
    RedriveNotBuiltYet,
}

impl EventError {
    /// A stable name, for alarms.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotKafka => "NotAKafkaEvent",
            Self::NoRecords => "UnreadableKafkaEvent",
            Self::RedriveNotBuiltYet => "NotBuiltYet",
        }
    }
}

/// Why a record can never be processed: it is a dead letter, and its neighbours go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordError {
    /// A field is missing, twice there, or not what it should be.
    #[error("not an object with `topic`, `partition`, `offset` and the fields of a Kafka record")]
    Malformed,
    /// A headers list of another shape, or a byte out of range.
    #[error("`headers` is not a list of names with bytes from -128 to 255")]
    Headers,
    /// A bad character, bad length or missing padding.
    #[error("`{part}` is not base64")]
    Base64 {
        /// Where.
        part: Part,
    },
    /// The format says text, and the bytes are not.
    #[error("`{part}` is not UTF-8")]
    NotUtf8 {
        /// Where.
        part: Part,
    },
    /// The format says JSON, and the bytes are not.
    #[error("`{part}` is not JSON")]
    NotJson {
        /// Where.
        part: Part,
    },
}

/// The two parts of a record that have a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `key`.
    Key,
    /// `value`.
    Value,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Value => "value",
        })
    }
}
