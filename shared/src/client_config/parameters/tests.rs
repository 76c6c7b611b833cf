#![allow(clippy::unwrap_used)]

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

fn parameters(json: &str) -> ClientParameters {
    serde_json::from_str(json).unwrap()
}

fn listed(parameters: &ClientParameters) -> String {
    let rendered = parameters.render().unwrap();
    let mut lines: Vec<String> = rendered
        .parameters
        .iter()
        .map(|parameter| format!("{} = {}", parameter.name, parameter.value))
        .collect();
    lines.extend(
        rendered
            .warnings
            .iter()
            .map(|warning| format!("! {warning}")),
    );
    lines.join("\n")
}

fn refused(json: &str) -> String {
    parameters(json).render().unwrap_err().to_string()
}

#[test]
fn ten_and_four_by_default() {
    assert_snapshot!(listed(&ClientParameters::default()), @r"
/confluent_cloud_resource/consumer_kafka_client/auto.commit.interval.ms = 1000
/confluent_cloud_resource/consumer_kafka_client/auto.offset.reset = earliest
/confluent_cloud_resource/consumer_kafka_client/basic.auth.credentials.source = USER_INFO
/confluent_cloud_resource/consumer_kafka_client/client.dns.lookup = use_all_dns_ips
/confluent_cloud_resource/consumer_kafka_client/enable.auto.commit = true
/confluent_cloud_resource/consumer_kafka_client/max.poll.interval.ms = 300000
/confluent_cloud_resource/consumer_kafka_client/request.timeout.ms = 60000
/confluent_cloud_resource/consumer_kafka_client/sasl.mechanism = PLAIN
/confluent_cloud_resource/consumer_kafka_client/security.protocol = SASL_SSL
/confluent_cloud_resource/consumer_kafka_client/session.timeout.ms = 90000
/confluent_cloud_resource/producer_kafka_client/acks = all
/confluent_cloud_resource/producer_kafka_client/client.dns.lookup = use_all_dns_ips
/confluent_cloud_resource/producer_kafka_client/sasl.mechanism = PLAIN
/confluent_cloud_resource/producer_kafka_client/security.protocol = SASL_SSL
");
}

#[test]
fn every_parameter_has_a_description_that_parameter_store_takes() {
    let extra = parameters(r#"{"consumer": {"fetch.min.bytes": "1"}}"#);
    for parameter in extra.render().unwrap().parameters {
        let length = parameter.description.chars().count();
        assert!((1..=1024).contains(&length), "{}", parameter.name);
    }
}

#[test]
fn properties_of_the_target_add_and_override() {
    let target = parameters(
        r#"{"prefix": "/confluent_cloud_resource/flink", "auto_offset_reset": "latest",
            "consumer": {"session.timeout.ms": "45000"},
            "producer": {"compression.type": "gzip", "transaction.timeout.ms": "60000"}}"#,
    );
    assert_snapshot!(listed(&target), @r"
/confluent_cloud_resource/flink/consumer_kafka_client/auto.commit.interval.ms = 1000
/confluent_cloud_resource/flink/consumer_kafka_client/auto.offset.reset = latest
/confluent_cloud_resource/flink/consumer_kafka_client/basic.auth.credentials.source = USER_INFO
/confluent_cloud_resource/flink/consumer_kafka_client/client.dns.lookup = use_all_dns_ips
/confluent_cloud_resource/flink/consumer_kafka_client/enable.auto.commit = true
/confluent_cloud_resource/flink/consumer_kafka_client/max.poll.interval.ms = 300000
/confluent_cloud_resource/flink/consumer_kafka_client/request.timeout.ms = 60000
/confluent_cloud_resource/flink/consumer_kafka_client/sasl.mechanism = PLAIN
/confluent_cloud_resource/flink/consumer_kafka_client/security.protocol = SASL_SSL
/confluent_cloud_resource/flink/consumer_kafka_client/session.timeout.ms = 45000
/confluent_cloud_resource/flink/producer_kafka_client/acks = all
/confluent_cloud_resource/flink/producer_kafka_client/client.dns.lookup = use_all_dns_ips
/confluent_cloud_resource/flink/producer_kafka_client/compression.type = gzip
/confluent_cloud_resource/flink/producer_kafka_client/sasl.mechanism = PLAIN
/confluent_cloud_resource/flink/producer_kafka_client/security.protocol = SASL_SSL
/confluent_cloud_resource/flink/producer_kafka_client/transaction.timeout.ms = 60000
");
}

#[test]
fn what_readers_would_not_see_as_it_is_warned_of() {
    let target = parameters(
        r#"{"consumer": {"fetch.max.bytes": "900000000000"}, "producer": {"linger.ms": "1,000"}}"#,
    );
    assert_snapshot!(target.render().unwrap().warnings.join("\n"), @r"
`parameters.consumer` has `fetch.max.bytes` = `900000000000`: readers that parse numbers rewrite it
`/confluent_cloud_resource/consumer_kafka_client` has 11 parameters: readers that fetch one page see 10 of them
`parameters.producer` has `linger.ms` = `1,000`: readers that parse numbers rewrite it
");
}

#[test]
fn what_parameter_store_or_a_reader_cannot_take_is_refused() {
    assert_snapshot!(refused(r#"{"prefix": "confluent"}"#), @"`parameters.prefix` is `confluent`: expected a `/` at the beginning");
    assert_snapshot!(refused(r#"{"prefix": "/confluent/"}"#), @"`parameters.prefix` is `/confluent/`: expected levels of letters, digits, `.`, `-` and `_`, without a `/` at the end");
    assert_snapshot!(refused(r#"{"prefix": "/"}"#), @"`parameters.prefix` is `/`: expected levels of letters, digits, `.`, `-` and `_`, without a `/` at the end");
    assert_snapshot!(refused(r#"{"prefix": "/AWS-things"}"#), @"`parameters.prefix` is `/AWS-things`: Parameter Store keeps names that begin with `aws` or `ssm` to itself");
    assert_snapshot!(refused(&format!(r#"{{"prefix": "{}"}}"#, "/a".repeat(14))), @"`parameters.prefix` is `/a/a/a/a/a/a/a/a/a/a/a/a/a/a`: expected at most 13 levels");
    assert_snapshot!(refused(r#"{"consumer": {"a/b": "x"}}"#), @"`parameters.consumer` has `a/b`: expected a name of letters, digits, `.`, `-` and `_`");
    assert_snapshot!(refused(r#"{"producer": {"": "x"}}"#), @"`parameters.producer` has ``: expected a name of letters, digits, `.`, `-` and `_`");
    assert_snapshot!(refused(r#"{"producer": {"linger.ms": ""}}"#), @"`parameters.producer` has `linger.ms`: its value is empty, which Parameter Store refuses");
    assert_snapshot!(refused(r#"{"producer": {"client.id": "{{ssm:x}}"}}"#), @"`parameters.producer` has `client.id`: its value has `{{`, which Parameter Store refuses");
    assert_snapshot!(refused(r#"{"consumer": {"sasl.jaas.config": "x"}}"#), @"`parameters.consumer` has `sasl.jaas.config`: it belongs to the rotated secret, and readers prefer the parameter");
    assert_snapshot!(refused(r#"{"consumer": {"bootstrap.servers": "x"}}"#), @"`parameters.consumer` has `bootstrap.servers`: it belongs to the rotated secret, and readers prefer the parameter");
    let long = "x".repeat(4097);
    assert_snapshot!(refused(&format!(r#"{{"consumer": {{"client.id": "{long}"}}}}"#)), @"`parameters.consumer` has `client.id`: its value is longer than 4096 characters");
    let deep = format!("/{}", "a".repeat(900));
    assert!(refused(&format!(r#"{{"prefix": "{deep}"}}"#)).ends_with("900 characters"));
    let name = "n".repeat(1000);
    assert!(refused(&format!(r#"{{"consumer": {{"{name}": "x"}}}}"#)).ends_with("1011 characters"));
}

#[test]
fn unknown_fields_of_a_target_are_refused() {
    let error = |json| {
        serde_json::from_str::<ClientParameters>(json)
            .unwrap_err()
            .to_string()
    };
    assert_snapshot!(error(r#"{"consumers": {}}"#), @"unknown field `consumers`, expected one of `prefix`, `auto_offset_reset`, `consumer`, `producer` at line 1 column 12");
    assert_snapshot!(error(r#"{"auto_offset_reset": "none"}"#), @"unknown variant `none`, expected `earliest` or `latest` at line 1 column 28");
    assert_snapshot!(error(r#"{"consumer": {"linger.ms": 5}}"#), @"invalid type: integer `5`, expected a string at line 1 column 28");
}

#[test]
fn values_that_java_rewrites_are_known() {
    for same in [
        "1000",
        "-5",
        "0",
        "2147483647",
        "-2147483648",
        "1.5",
        "0.1",
        "-0.25",
        "0.0",
        "NaN",
        "Infinity",
        "-Infinity",
        "true",
        "PLAIN",
        "all",
        "1.2.3",
        "e3",
        "1e",
        ".",
        "-",
        "0x10",
        "inf",
        "nan",
        "f",
        "10ms",
        "",
        "SASL_SSL",
        "localhost:9092,b:9092",
    ] {
        assert!(!number::is_rewritten(same), "`{same}`");
    }
    for rewritten in [
        "1,000",
        "1e3",
        "2147483648",
        "900000000000",
        "30d",
        "5f",
        "007",
        "+5",
        " 5",
        "1.50",
        "5.",
        ".5",
        "-0",
        "0.00001",
        "1e-3",
        "+Infinity",
        "-NaN",
        "0x1p3",
        "1.0E10",
        "0.123456789012",
        "1,5",
    ] {
        assert!(number::is_rewritten(rewritten), "`{rewritten}`");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn f36_what_is_accepted_is_what_parameter_store_takes(
        prefix in "\\PC{0,12}|(/[a-z]{1,3}){1,15}",
        property in "\\PC{0,12}|[a-z.]{1,9}",
        value in "\\PC{0,20}",
    ) {
        let target = ClientParameters {
            prefix,
            consumer: BTreeMap::from([(property, value)]),
            ..ClientParameters::default()
        };
        if let Ok(rendered) = target.render() {
            prop_assert!((14..=15).contains(&rendered.parameters.len()));
            for parameter in rendered.parameters {
                prop_assert!(parameter.name.starts_with('/'));
                prop_assert!(parameter.name.matches('/').count() <= 15);
                prop_assert!(parameter.name.bytes().all(|b| b.is_ascii_graphic()));
                prop_assert!(!parameter.value.is_empty());
            }
        }
    }
}
