//! What became of a batch, partition by partition: the answer of the function.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    mem,
};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    decode::{Decoder, Formats},
    error::{EventError, RecordError},
    event,
};

/// What Lambda is told. To the event source mapping it means: everything is done.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Always empty: every record is either processed or a dead letter.
    #[serde(rename = "batchItemFailures")]
    pub batch_item_failures: [(); 0],
    /// By `<topic>-<partition>`; a record that does not say where it is from is counted under the
    /// name that its list has in the event.
    pub partitions: BTreeMap<String, Partition>,
}

/// What became of the records of one partition.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// All of them.
    pub records: u64,
    /// The lowest offset; none when no record says its own.
    pub first_offset: Option<u64>,
    /// The highest offset.
    pub last_offset: Option<u64>,
    /// Records written to output topics.
    pub produced: u64,
    /// Records that can never be processed.
    pub dead_letters: u64,
    /// Records that the pipeline left out on purpose.
    pub dropped: u64,
    /// The first dead letter's reason, for the log.
    #[serde(skip)]
    pub first_fault: Option<Fault>,
}

/// A dead letter: where, and why. Nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// None when the record does not say it.
    pub offset: Option<u64>,
    /// Why it can never be processed.
    pub reason: RecordError,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "offset {offset}: {}", self.reason),
            None => write!(f, "an unknown offset: {}", self.reason),
        }
    }
}

/// Decodes every record of `event` and counts (`PIPELINE=none`).
///
/// # Errors
/// `event` is not one of a Kafka event source mapping. A record's fault is a dead letter instead.
pub fn count(event: &RawValue, formats: Formats) -> Result<Answer, EventError> {
    let mut partitions = BTreeMap::<String, Partition>::new();
    let mut decoder = Decoder::new(formats);
    let mut name = String::new();
    for (list, records) in event::read(event)? {
        for record in records {
            let (place, fault) = match &record {
                Ok(record) => (Some(record.place()), decoder.decode(record).err()),
                Err(malformed) => (malformed.place, Some(RecordError::Malformed)),
            };
            name.clear();
            match place {
                // Writing to a string cannot fail.
                Some(place) => _ = write!(name, "{}-{}", place.topic, place.partition),
                None => name.push_str(&list),
            }
            // Not `entry(name)`: that would be an allocation a record.
            let partition = match partitions.get_mut(&name) {
                Some(partition) => partition,
                None => partitions.entry(mem::take(&mut name)).or_default(),
            };
            partition.add(place.map(|place| place.offset), fault);
        }
    }
    Ok(Answer {
        batch_item_failures: [],
        partitions,
    })
}

impl Partition {
    fn add(&mut self, offset: Option<u64>, fault: Option<RecordError>) {
        self.records += 1;
        if let Some(offset) = offset {
            self.first_offset = Some(self.first_offset.map_or(offset, |first| first.min(offset)));
            self.last_offset = self.last_offset.max(Some(offset));
        }
        if let Some(reason) = fault {
            self.dead_letters += 1;
            self.first_fault.get_or_insert(Fault { offset, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::{Value, json};

    use super::*;
    use crate::stream::Format;

    const FORMATS: Formats = Formats {
        key: Format::Bytes,
        value: Format::Json,
    };

    fn counted(event: &Value) -> Result<Answer, EventError> {
        count(&serde_json::value::to_raw_value(event).unwrap(), FORMATS)
    }

    fn good(offset: u64) -> Value {
        json!({"topic": "t", "partition": 0, "offset": offset, "value": "e30="})
    }

    /// JSON in which the names and values of real events are likely.
    fn any_json() -> impl Strategy<Value = Value> {
        let name = prop_oneof![
            prop::sample::select(vec![
                "eventSource",
                "records",
                "operation",
                "topic",
                "partition",
                "offset",
                "timestamp",
                "key",
                "value",
                "headers",
            ])
            .prop_map(str::to_owned),
            any::<String>(),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            prop::sample::select(vec!["aws:kafka", "redrive", "0", "e30="]).prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, move |inner| {
            prop_oneof![
                vec(inner.clone(), 0..8).prop_map(Value::from),
                vec((name.clone(), inner), 0..8)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn a_record_without_a_place_is_counted_under_the_name_of_its_list() {
        let lists = json!({"t-0": [good(5), {}], "odd": [null, good(4)]});
        let answer = counted(&json!({"eventSource": "aws:kafka", "records": lists})).unwrap();
        let counts = |name: &str| {
            let Partition {
                records,
                dead_letters,
                first_offset,
                last_offset,
                ..
            } = answer.partitions[name];
            (records, dead_letters, first_offset, last_offset)
        };
        assert_eq!(counts("t-0"), (3, 1, Some(4), Some(5)));
        assert_eq!(counts("odd"), (1, 1, None, None));
        let fault = answer.partitions["odd"].first_fault.unwrap();
        insta::assert_snapshot!(fault, @"an unknown offset: not an object with `topic`, `partition`, `offset` and the fields of a Kafka record");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_event_is_answered_or_refused(event in any_json(), records in any_json()) {
            let _ = counted(&event);
            let _ = counted(&json!({"eventSource": "aws:kafka", "records": records}));
        }

        #[test]
        fn a_bad_record_is_counted_alone(before in 0..5_u64, after in 0..5_u64, odd in any_json()) {
            let mut list: Vec<Value> = (0..before + after).map(good).collect();
            list.insert(usize::try_from(before).unwrap(), odd);
            let answer = counted(&json!({"eventSource": "aws:kafka", "records": {"t-0": list}}));
            let partitions = answer.unwrap().partitions;
            let sum = |of: fn(&Partition) -> u64| partitions.values().map(of).sum::<u64>();
            prop_assert_eq!(sum(|partition| partition.records), before + after + 1);
            prop_assert!(sum(|partition| partition.dead_letters) <= 1);
            let highest = partitions.get("t-0").and_then(|partition| partition.last_offset);
            prop_assert!(highest >= (before + after).checked_sub(1));
        }
    }
}
