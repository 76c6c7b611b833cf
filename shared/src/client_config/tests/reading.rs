//! The key that a secret holds, in every spelling, and what is said when it holds none.

use super::*;

#[test]
fn a_secret_without_the_fields_holds_no_key() {
    for format in Format::ALL {
        for secret in [
            "{}",
            r#"{"bootstrap.servers":"a:9092","schema.registry.url":"u","x":1}"#,
        ] {
            assert!(
                format.read(&document(secret)).unwrap().is_none(),
                "{format}"
            );
        }
    }
}

#[test]
fn the_key_is_read_in_every_spelling_that_clients_read() {
    let jaas = |line: &str| serde_json::json!({ "sasl.jaas.config": line }).to_string();
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
    let secrets = [
        (
            Format::Java,
            jaas(&format!("{module} required username=\"K\" password=\"S\";")),
        ),
        (
            Format::Java,
            jaas(&format!(
                "  {module}\n required\tusername = 'K'\n password = 'S' ; "
            )),
        ),
        (
            Format::Java,
            jaas(&format!("{module} REQUIRED password='S' x='1' username=K;")),
        ),
        (
            Format::Java,
            jaas(
                "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule required username='\\113' password='\\S';",
            ),
        ),
        (
            Format::SchemaRegistryJava,
            r#"{"schema.registry.basic.auth.user.info":"K:S"}"#.to_owned(),
        ),
        (
            Format::SchemaRegistryJavaPrefixed,
            r#"{"basic.auth.user.info":"K:S"}"#.to_owned(),
        ),
        (
            Format::SchemaRegistryJava,
            r#"{"basic.auth.user.info":"K:S","schema.registry.basic.auth.user.info":"K:S"}"#
                .to_owned(),
        ),
        (
            Format::SchemaRegistryPython,
            r#"{"basic.auth.user.info":"K:S"}"#.to_owned(),
        ),
        (
            Format::EventSource,
            r#"{"password":"\u0053","username":"K","x":{"y":[1]}}"#.to_owned(),
        ),
    ];
    for (format, secret) in secrets {
        let read = format.read(&document(&secret)).unwrap().unwrap();
        assert!(
            login::same(&read, &credential("K", "S")),
            "{format}: {secret}"
        );
    }
}

#[test]
fn fields_that_hold_no_key_are_named() {
    let read = |format: Format, secret: &str| format.read(&document(secret)).unwrap_err();
    use Format::{EventSource, Librdkafka, SchemaRegistryJava, SchemaRegistryPython};
    assert_snapshot!(read(Librdkafka, r#"{"sasl.username":"K"}"#), @"field `sasl.password` is missing beside `sasl.username`");
    assert_snapshot!(read(Librdkafka, r#"{"sasl.password":"S"}"#), @"field `sasl.username` is missing beside `sasl.password`");
    assert_snapshot!(read(Librdkafka, r#"{"sasl.username":"K","sasl.password":5}"#), @"field `sasl.password` is not a string");
    assert_snapshot!(read(EventSource, r#"{"username":"a b","password":"S"}"#), @"field `username` does not hold the id of an API key");
    assert_snapshot!(read(EventSource, r#"{"username":"K","password":""}"#), @"field `password` does not hold the secret of an API key");
    assert_snapshot!(read(SchemaRegistryPython, r#"{"basic.auth.user.info":"KS"}"#), @"field `basic.auth.user.info` has no `:` between API key and secret");
    assert_snapshot!(
        read(
            SchemaRegistryJava,
            r#"{"basic.auth.user.info":"K:S","schema.registry.basic.auth.user.info":"K:old"}"#
        ),
        @"fields `basic.auth.user.info` and `schema.registry.basic.auth.user.info` hold different keys"
    );
}

#[test]
fn jaas_lines_that_kafka_refuses_are_refused() {
    let read = |line: &str| {
        let secret = serde_json::json!({ "sasl.jaas.config": line }).to_string();
        match Format::Java.read(&document(&secret)).unwrap_err() {
            ReadError::Jaas { source, .. } => source.to_string(),
            other => panic!("{other}"),
        }
    };
    assert_snapshot!(read("ScramLoginModule required username='K' password='S';"), @"the login module is not `PlainLoginModule`");
    assert_snapshot!(read("PlainLoginModule username='K' password='S';"), @"a control flag such as `required` is expected after the login module");
    assert_snapshot!(read("PlainLoginModule required username='K' password='S'"), @"`;` is missing at the end");
    assert_snapshot!(read("PlainLoginModule required username='K' password='S"), @"a quoted value does not end on its line");
    assert_snapshot!(read("PlainLoginModule required username='K' password='S\n';"), @"a quoted value does not end on its line");
    assert_snapshot!(read("PlainLoginModule required username='K' password=5S;"), @"an option is not of the form name='value'");
    assert_snapshot!(read("PlainLoginModule required username='K';"), @"option `password` is missing");
    assert_snapshot!(read("PlainLoginModule required password='S';"), @"option `username` is missing");
    assert_snapshot!(read("PlainLoginModule required username='K' password='S';;"), @"something follows the `;`");
    assert_snapshot!(
        Format::Java.read(&document(r#"{"sasl.jaas.config":""}"#)).unwrap_err(),
        @"field `sasl.jaas.config` is not a JAAS line of `PlainLoginModule`"
    );
}

#[test]
fn a_target_names_the_format_that_its_cloud_secret_has() {
    let ours = r#"{"api_key":"K","api_secret":"S"}"#;
    let managed = r#"{"apiKey":"K","apiSecret":"S","serviceAccountId":"sa-1"}"#;
    let both = r#"{"api_key":"K","api_secret":"S","apiKey":"K","apiSecret":"S"}"#;
    for (format, secret) in [
        (Format::CloudApiKey, ours),
        (Format::ConfluentCloudApiKey, managed),
    ] {
        let read = format.read(&document(secret)).unwrap().unwrap();
        assert!(login::same(&read, &credential("K", "S")), "{format}");
        let error = format.read(&document(both)).unwrap_err();
        assert_eq!(error, ReadError::TwoCloudApiKeys);
    }
    let read = |format: Format, secret: &str| format.read(&document(secret)).unwrap_err();
    assert_snapshot!(read(Format::CloudApiKey, managed), @"the key is there in format `confluent_cloud_api_key`, which the target does not name");
    assert_snapshot!(read(Format::ConfluentCloudApiKey, ours), @"the key is there in format `cloud_api_key`, which the target does not name");
}

#[test]
fn the_cloud_api_key_is_read_from_either_pair() {
    let read = |text: &str| read_cloud_api_key(&document(text));
    let managed = r#"{"apiKey":"K","apiSecret":"S","serviceAccountId":"sa-1"}"#;
    for secret in [r#"{"api_key":"K","api_secret":"S"}"#, managed] {
        assert!(login::same(&read(secret).unwrap(), &credential("K", "S")));
    }
    assert_snapshot!(read("{}").unwrap_err(), @"no Cloud API key: expected the fields `api_key` and `api_secret`, or `apiKey` and `apiSecret`");
    assert_snapshot!(read(r#"{"api_key":"K"}"#).unwrap_err(), @"field `api_secret` is missing beside `api_key`");
    assert_snapshot!(
        read(r#"{"api_key":"K","api_secret":"S","apiKey":"K","apiSecret":"S"}"#).unwrap_err(),
        @"the Cloud API key is there twice: as `api_key`, `api_secret` and as `apiKey`, `apiSecret`"
    );
}
