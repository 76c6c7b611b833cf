//! Every sample event, and the answer that it gets.

use std::{collections::BTreeSet, fs};

use insta::assert_snapshot;
use serde_json::value::RawValue;

use super::{Format, Formats, count};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../events/stream-processor/",
            $name,
            ".json"
        ))
    };
}

/// The answer under the default settings, one line a partition and its first fault.
fn answer(event: &str) -> String {
    answer_in(event, Format::Bytes, Format::Json)
}

fn answer_in(event: &str, key: Format, value: Format) -> String {
    let event: &RawValue = serde_json::from_str(event).unwrap();
    let answer = count(event, Formats { key, value }).unwrap();
    let lines = answer.partitions.iter().map(|(name, partition)| {
        let counts = serde_json::to_string(partition).unwrap();
        let fault = partition.first_fault.map(|fault| format!("  {fault}\n"));
        format!("{name} {counts}\n{}", fault.unwrap_or_default())
    });
    lines.collect()
}

#[test]
fn a_whole_answer_as_lambda_gets_it() {
    let formats = Formats {
        key: Format::Bytes,
        value: Format::Json,
    };
    let whole = |event: &str| {
        let answer = count(serde_json::from_str(event).unwrap(), formats).unwrap();
        serde_json::to_string(&answer).unwrap()
    };
    assert_snapshot!(whole(sample!("msk")), @r#"{"batchItemFailures":[],"partitions":{"airline.skyone-0":{"records":3,"first_offset":15,"last_offset":17,"produced":0,"dead_letters":0,"dropped":0}}}"#);
    assert_snapshot!(whole(sample!("empty-records")), @r#"{"batchItemFailures":[],"partitions":{}}"#);
}

#[test]
fn every_source_is_read() {
    assert_snapshot!(answer(sample!("msk")), @r#"airline.skyone-0 {"records":3,"first_offset":15,"last_offset":17,"produced":0,"dead_letters":0,"dropped":0}"#);
    assert_snapshot!(answer(sample!("self-managed")), @r#"airline.skyone-0 {"records":1,"first_offset":15,"last_offset":15,"produced":0,"dead_letters":0,"dropped":0}"#);
    assert_snapshot!(answer(sample!("self-managed-old-spelling")), @r#"airline.skyone-0 {"records":1,"first_offset":15,"last_offset":15,"produced":0,"dead_letters":0,"dropped":0}"#);
}

#[test]
fn a_record_without_key_or_value_is_no_fault() {
    assert_snapshot!(answer(sample!("tombstones")), @r#"airline.skyone-0 {"records":5,"first_offset":15,"last_offset":19,"produced":0,"dead_letters":0,"dropped":0}"#);
}

#[test]
fn headers_out_of_range_or_not_bytes_are_dead_letters_and_the_others_are_read() {
    assert_snapshot!(answer(sample!("odd-headers")), @r#"
    airline.skyone-0 {"records":7,"first_offset":15,"last_offset":21,"produced":0,"dead_letters":3,"dropped":0}
      offset 19: `headers` is not a list of names with bytes from -128 to 255
    "#);
}

#[test]
fn a_partition_may_be_a_string() {
    assert_snapshot!(answer(sample!("partition-as-string")), @r#"mytopic-0 {"records":1,"first_offset":15,"last_offset":15,"produced":0,"dead_letters":0,"dropped":0}"#);
}

#[test]
fn topic_and_partition_come_from_the_record_whatever_its_list_is_called() {
    assert_snapshot!(answer(sample!("several-topics")), @r#"
    airline-sunset-2 {"records":2,"first_offset":7,"last_offset":8,"produced":0,"dead_letters":0,"dropped":0}
    airline.skyone-0 {"records":1,"first_offset":15,"last_offset":15,"produced":0,"dead_letters":0,"dropped":0}
    airline.skyone-1 {"records":2,"first_offset":40,"last_offset":41,"produced":0,"dead_letters":0,"dropped":0}
    "#);
}

#[test]
fn a_bad_record_among_good_ones_is_counted_alone() {
    assert_snapshot!(answer(sample!("bad-base64")), @r#"
    airline.skyone-0 {"records":3,"first_offset":15,"last_offset":17,"produced":0,"dead_letters":1,"dropped":0}
      offset 16: `value` is not base64
    "#);
    assert_snapshot!(answer(sample!("not-json")), @r#"
    airline.skyone-0 {"records":4,"first_offset":15,"last_offset":18,"produced":0,"dead_letters":3,"dropped":0}
      offset 16: `value` is not JSON
    "#);
}

#[test]
fn a_record_may_have_no_timestamp() {
    assert_snapshot!(answer(sample!("no-timestamp")), @r#"airline.skyone-0 {"records":1,"first_offset":15,"last_offset":15,"produced":0,"dead_letters":0,"dropped":0}"#);
}

#[test]
fn a_byte_order_mark_before_json_is_dropped() {
    let event = sample!("byte-order-mark");
    assert_snapshot!(answer_in(event, Format::Json, Format::Json), @r#"airline.skyone-0 {"records":1,"first_offset":15,"last_offset":15,"produced":0,"dead_letters":0,"dropped":0}"#);
}

#[test]
fn the_sample_of_the_aws_documentation_is_text_and_not_json() {
    let event = sample!("aws-sample");
    assert_snapshot!(answer_in(event, Format::Bytes, Format::String), @r#"mytopic-0 {"records":1,"first_offset":15,"last_offset":15,"produced":0,"dead_letters":0,"dropped":0}"#);
    assert_snapshot!(answer(event), @r#"
    mytopic-0 {"records":1,"first_offset":15,"last_offset":15,"produced":0,"dead_letters":1,"dropped":0}
      offset 15: `value` is not JSON
    "#);
}

#[test]
fn every_sample_is_read_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/stream-processor");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let unread: Vec<_> = files
        .iter()
        .filter(|name| !include_str!("samples.rs").contains(&format!("sample!(\"{name}\")")))
        .collect();
    assert!(unread.is_empty(), "{unread:?}");
}
