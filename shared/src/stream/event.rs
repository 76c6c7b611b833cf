//! The event of a Kafka event source mapping, borrowed from its text and read as leniently as its
//! senders differ (the service, its documentation's samples, emulators, people).
//!
//! A good event is read in one pass. Only when that fails is it read again record by record, so
//! that a malformed record is found and stays alone.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    error::EventError,
    lenient::{Pairs, Text, integer},
};

/// The spellings of `eventSource`: MSK, self-managed in AWS's samples, self-managed in AWS's
/// documentation.
const SOURCES: [&str; 3] = ["aws:kafka", "aws:SelfManagedKafka", "SelfManagedKafka"];

/// The records of an event in its order: lists with the name each has there. The name only groups:
/// topic and partition are the record's own (public samples name lists as they like).
pub type Lists<'a> = Vec<(Cow<'a, str>, Vec<Result<Record<'a>, Malformed<'a>>>)>;

/// A record as the event has it; nothing is decoded yet. Like all types that hold a record's data
/// it has no `Debug`, so that no log can print it.
#[derive(Deserialize)]
pub struct Record<'a> {
    /// The topic it was read from.
    #[serde(borrow)]
    pub topic: Cow<'a, str>,
    /// Also read from a string.
    #[serde(deserialize_with = "integer")]
    pub partition: u32,
    /// Also read from a string.
    #[serde(deserialize_with = "integer")]
    pub offset: u64,
    /// Milliseconds since the epoch; -1, as in Kafka, when the record has none.
    #[serde(default = "no_timestamp", deserialize_with = "integer")]
    pub timestamp: i64,
    /// Base64; none when null or missing.
    #[serde(borrow, default)]
    pub key: Option<Text<'a>>,
    /// Base64; none when null or missing: a tombstone.
    #[serde(borrow, default)]
    pub value: Option<Text<'a>>,
    /// Unread: a fault in it is this record's alone.
    #[serde(borrow, default)]
    pub headers: Option<&'a RawValue>,
}

/// A record with a field missing, twice there or of another type. Its place may still be known.
pub struct Malformed<'a> {
    /// Where it was read from, if that much can be read.
    pub place: Option<Place<'a>>,
}

impl Record<'_> {
    /// Where it was read from.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place {
            topic: &self.topic,
            partition: self.partition,
            offset: self.offset,
        }
    }
}

/// Where a record was read from.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Place<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    #[serde(deserialize_with = "integer")]
    pub partition: u32,
    /// The offset.
    #[serde(deserialize_with = "integer")]
    pub offset: u64,
}

/// The records of `event`. Unknown fields are ignored.
///
/// # Errors
/// The event is not one of a Kafka event source mapping, or its `records` is no object of lists.
/// What is wrong with a single record is in its place in the list.
pub fn read(event: &RawValue) -> Result<Lists<'_>, EventError> {
    if let Ok(event) = serde_json::from_str::<Envelope<'_, Named<'_, Record<'_>>>>(event.get()) {
        return Ok(event.records()?.lists(Ok));
    }
    let event: Envelope<'_, &RawValue> =
        serde_json::from_str(event.get()).map_err(|_| EventError::NotKafka)?;
    let records: Named<'_, &RawValue> =
        serde_json::from_str(event.records()?.get()).map_err(|_| EventError::NoRecords)?;
    Ok(records.lists(record))
}

fn record(text: &RawValue) -> Result<Record<'_>, Malformed<'_>> {
    serde_json::from_str(text.get()).map_err(|_| Malformed {
        place: serde_json::from_str(text.get()).ok(),
    })
}

type Named<'a, R> = Pairs<'a, Option<Vec<R>>>;

impl<'a, R> Named<'a, R> {
    fn lists(self, read: impl Fn(R) -> Result<Record<'a>, Malformed<'a>>) -> Lists<'a> {
        let list = |(name, list): (Text<'a>, Option<Vec<R>>)| {
            (name.0, list.into_iter().flatten().map(&read).collect())
        };
        self.0.into_iter().map(list).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "R: Deserialize<'de>"))]
struct Envelope<'a, R> {
    #[serde(borrow, default)]
    event_source: Option<Text<'a>>,
    #[serde(borrow, default)]
    operation: Option<Text<'a>>,
    #[serde(default = "Option::default")]
    records: Option<R>,
}

impl<R> Envelope<'_, R> {
    fn records(self) -> Result<R, EventError> {
        match (self.event_source, self.operation) {
            (Some(source), _) if SOURCES.contains(&&*source.0) => {
                self.records.ok_or(EventError::NoRecords)
            }
            (_, Some(operation)) if operation.0 == "redrive" => Err(EventError::RedriveNotBuiltYet),
            _ => Err(EventError::NotKafka),
        }
    }
}

fn no_timestamp() -> i64 {
    -1
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    const GOOD: &str = r#"{"topic":"t","partition":0,"offset":1,"value":"e30="}"#;

    fn refusal(event: &str) -> String {
        match read(serde_json::from_str(event).unwrap()) {
            Ok(_) => "read".to_owned(),
            Err(error) => format!("{}: {error}", error.kind()),
        }
    }

    /// What is read of a list of `GOOD`, `record`, `GOOD`: the middle one.
    fn middle(record: &str) -> String {
        let event = format!(
            r#"{{"eventSource":"aws:kafka","records":{{"list":[{GOOD},{record},{GOOD}]}}}}"#
        );
        let mut lists = read(serde_json::from_str(&event).unwrap()).unwrap();
        let (name, mut list) = lists.pop().unwrap();
        assert_eq!((name.as_ref(), list.len()), ("list", 3));
        assert!(list[0].is_ok() && list[2].is_ok(), "{record}");
        match list.swap_remove(1) {
            Ok(record) => format!("{:?} at {}", record.place(), record.timestamp),
            Err(Malformed { place }) => format!("malformed, {place:?}"),
        }
    }

    #[test]
    fn what_is_no_kafka_event_is_refused_and_told_what_was_expected() {
        assert_snapshot!(refusal("{}"), @"NotAKafkaEvent: expected the event of a Kafka event source mapping, with `eventSource` `aws:kafka`, `aws:SelfManagedKafka` or `SelfManagedKafka`");
        for event in [
            "null",
            "5",
            r#""text""#,
            "[]",
            r#"{"eventSource":"aws:sqs","records":{}}"#,
            r#"{"eventSource":5,"records":{}}"#,
            r#"{"records":{}}"#,
            r#"{"Records":[]}"#,
            r#"{"operation":"sweep"}"#,
        ] {
            assert_eq!(refusal(event), refusal("{}"), "{event}");
        }
        assert_snapshot!(refusal(r#"{"operation":"redrive","from":1}"#), @"NotBuiltYet: operation `redrive` is not built yet");
    }

    #[test]
    fn records_that_are_not_lists_are_refused() {
        assert_snapshot!(refusal(r#"{"eventSource":"aws:kafka"}"#), @"UnreadableKafkaEvent: expected `records` of the Kafka event to be an object of lists");
        for records in ["null", "[]", "5", r#"{"list":{}}"#, r#"{"list":"text"}"#] {
            let event = format!(r#"{{"eventSource":"aws:kafka","records":{records}}}"#);
            let event: &RawValue = serde_json::from_str(&event).unwrap();
            assert_eq!(read(event).err(), Some(EventError::NoRecords), "{records}");
        }
    }

    #[test]
    fn lists_may_be_empty_null_or_of_one_name() {
        let event = format!(
            r#"{{"eventSource":"aws:kafka","records":{{"a":[],"b":null,"a":[{GOOD}],"a":[{GOOD}]}}}}"#
        );
        let lists = read(serde_json::from_str(&event).unwrap()).unwrap();
        let sizes: Vec<_> = lists
            .iter()
            .map(|(name, list)| (&**name, list.len()))
            .collect();
        assert_eq!(sizes, [("a", 0), ("b", 0), ("a", 1), ("a", 1)]);
    }

    #[test]
    fn a_record_is_read_leniently() {
        let read = [
            r#"{"topic":"t","partition":7,"offset":9}"#,
            r#"{"topic":"t","partition":"7","offset":"9","timestamp":"1545084650987"}"#,
            r#"{"topic":"a\u002db","partition":7,"offset":9,"timestamp":-1,"new":[{}]}"#,
            r#"{"topic":"t","partition":4294967295,"offset":9223372036854775807}"#,
            r#"{"topic":"t","partition":7,"offset":9,"key":null,"value":"","headers":5}"#,
        ];
        assert_snapshot!(read.map(middle).join("\n"), @r#"
    Place { topic: "t", partition: 7, offset: 9 } at -1
    Place { topic: "t", partition: 7, offset: 9 } at 1545084650987
    Place { topic: "a-b", partition: 7, offset: 9 } at -1
    Place { topic: "t", partition: 4294967295, offset: 9223372036854775807 } at -1
    Place { topic: "t", partition: 7, offset: 9 } at -1
    "#);
    }

    #[test]
    fn what_has_no_escapes_is_not_copied() {
        let event = format!(r#"{{"eventSource":"aws:kafka","records":{{"list":[{GOOD}]}}}}"#);
        let lists = read(serde_json::from_str(&event).unwrap()).unwrap();
        let record = lists[0].1[0].as_ref().ok().unwrap();
        assert!(matches!(lists[0].0, Cow::Borrowed(_)));
        assert!(matches!(record.topic, Cow::Borrowed(_)));
        assert!(matches!(record.value, Some(Text(Cow::Borrowed(_)))));
    }

    #[test]
    fn a_malformed_record_is_alone_and_keeps_its_place_if_that_can_be_read() {
        let placed = [
            r#"{"topic":"t","partition":7,"offset":9,"value":5}"#,
            r#"{"topic":"t","partition":7,"offset":9,"value":"YQ==","value":"Yg=="}"#,
            r#"{"topic":"t","partition":7,"offset":9,"value":"\ud800"}"#,
            r#"{"topic":"t","partition":7,"offset":9,"timestamp":"now"}"#,
            r#"{"topic":"t","partition":7,"offset":9,"key":{"a":[1]}}"#,
        ];
        for record in placed {
            assert_eq!(middle(record), middle(placed[0]), "{record}");
        }
        assert_snapshot!(middle(placed[0]), @r#"malformed, Some(Place { topic: "t", partition: 7, offset: 9 })"#);
        for record in [
            "null",
            "5",
            "1e999",
            r#""\ud800""#,
            "[]",
            "{}",
            r#"{"\ud800":1}"#,
            r#"{"partition":7,"offset":9}"#,
            r#"{"topic":5,"partition":7,"offset":9}"#,
            r#"{"topic":"t","partition":-1,"offset":9}"#,
            r#"{"topic":"t","partition":"x","offset":9}"#,
            r#"{"topic":"t","partition":7,"offset":-1}"#,
            r#"{"topic":"t","partition":7,"offset":9.5}"#,
            r#"{"topic":"t","partition":7,"offset":9223372036854775808}"#,
            r#"{"topic":"t","partition":7,"offset":9,"offset":9}"#,
        ] {
            assert_eq!(middle(record), "malformed, None", "{record}");
        }
    }
}
