//! The text of a secret as a whole.

use super::*;

#[test]
fn the_fields_of_others_stay_as_they_are() {
    let before = document(
        r#"{ "z": 12345678901234567890123.0, "a": {"b": [1,  2]}, "sasl.jaas.config": "old",
             "schema.registry.url": "kept by a Kafka format", "n": null, "s": "\u00e4" }"#,
    );
    let after = before.render(Format::Java, &key(), &kafka()).unwrap();
    assert_snapshot!(text(&after), @r#"{"a":{"b": [1,  2]},"bootstrap.servers":"pkc-1.us-east-1.aws.confluent.cloud:9092","n":null,"s":"\u00e4","sasl.jaas.config":"org.apache.kafka.common.security.plain.PlainLoginModule required username='ABCDEFGH12345678' password='cfltS3cr+t/0123456789';","schema.registry.url":"kept by a Kafka format","z":12345678901234567890123.0}"#);
    assert!(
        before
            .differing_foreign_fields(&after, Format::Java)
            .is_empty()
    );
    assert_snapshot!(
        format!("{:?}", after.differing_foreign_fields(&document(r#"{"z":1,"new":1}"#), Format::Java)),
        @r#"["a", "n", "new", "s", "schema.registry.url", "z"]"#
    );
}

#[test]
fn only_one_spelling_of_the_registry_fields_survives() {
    let both = document(
        r#"{"basic.auth.user.info":"OLD:S","schema.registry.basic.auth.user.info":"OLD:S","x":"y"}"#,
    );
    let bare = both
        .render(Format::SchemaRegistryJava, &key(), &registry())
        .unwrap();
    assert_snapshot!(text(&bare), @r#"{"basic.auth.credentials.source":"USER_INFO","basic.auth.user.info":"ABCDEFGH12345678:cfltS3cr+t/0123456789","schema.registry.url":"https://psrc-1.us-east-1.aws.confluent.cloud","x":"y"}"#);
    let prefixed = bare
        .render(Format::SchemaRegistryJavaPrefixed, &key(), &registry())
        .unwrap();
    assert_snapshot!(text(&prefixed), @r#"{"schema.registry.basic.auth.credentials.source":"USER_INFO","schema.registry.basic.auth.user.info":"ABCDEFGH12345678:cfltS3cr+t/0123456789","schema.registry.url":"https://psrc-1.us-east-1.aws.confluent.cloud","x":"y"}"#);
}

#[test]
fn texts_that_are_no_object_are_named_without_their_content() {
    let parse = |text: &str| Document::parse(&text.into()).unwrap_err();
    assert_snapshot!(parse(" \n"), @"the text is empty");
    assert_snapshot!(parse("cfltSECRET"), @"the text is not JSON (line 1, column 1)");
    assert_snapshot!(parse("{\"a\":\n1,}"), @"the text is not JSON (line 2, column 3)");
    assert_snapshot!(parse(r#"{"a":"\ud800"}x"#), @"the text is not JSON (line 1, column 15)");
    assert_snapshot!(parse(r#"["S"]"#), @"expected a JSON object, but the text is an array");
    assert_snapshot!(parse(r#""S""#), @"expected a JSON object, but the text is a string");
    assert_snapshot!(parse("true"), @"expected a JSON object, but the text is a boolean");
    assert_snapshot!(parse("null"), @"expected a JSON object, but the text is null");
    assert_snapshot!(parse("-1"), @"expected a JSON object, but the text is a number");
    assert_snapshot!(parse(r#"{"a":1,"\u0061":2}"#), @"field `a` is there twice");
}

#[test]
fn an_empty_document_is_braces() {
    assert_eq!(document(" { } "), Document::empty());
    assert_eq!(text(&Document::empty()), "{}");
    assert_eq!(document("{}"), Document::empty());
    assert_ne!(document(r#"{"a":1}"#), document(r#"{"b":1}"#));
    assert_snapshot!(format!("{:?}", document(r#"{"a":"S3CR3T"}"#)), @r#"{"a"}"#);
}
