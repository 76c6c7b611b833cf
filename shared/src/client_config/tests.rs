//! The contract of the secrets, byte for byte, and what is refused.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use insta::assert_snapshot;
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::*;

fn credential(id: &str, secret: &str) -> Credential {
    Credential {
        id: id.parse().unwrap(),
        secret: secret.into(),
    }
}

fn key() -> Credential {
    credential("ABCDEFGH12345678", "cfltS3cr+t/0123456789")
}

fn kafka() -> Endpoints {
    Endpoints::Kafka {
        bootstrap_servers: "pkc-1.us-east-1.aws.confluent.cloud:9092".to_owned(),
        rest: "https://pkc-1.us-east-1.aws.confluent.cloud:443"
            .parse()
            .unwrap(),
    }
}

fn registry() -> Endpoints {
    Endpoints::SchemaRegistry {
        url: "https://psrc-1.us-east-1.aws.confluent.cloud".to_owned(),
    }
}

fn endpoints(format: Format) -> Endpoints {
    if format.fits(ResourceKind::Kafka) {
        kafka()
    } else {
        registry()
    }
}

fn document(text: &str) -> Document {
    Document::parse(&text.into()).unwrap()
}

fn text(document: &Document) -> String {
    document.to_text().expose_secret().to_owned()
}

fn rendered(format: Format, credential: &Credential, endpoints: &Endpoints) -> String {
    text(
        &Document::empty()
            .render(format, credential, endpoints)
            .unwrap(),
    )
}

#[test]
fn the_secrets_of_a_kafka_cluster() {
    assert_snapshot!(rendered(Format::Java, &key(), &kafka()), @r#"{"bootstrap.servers":"pkc-1.us-east-1.aws.confluent.cloud:9092","sasl.jaas.config":"org.apache.kafka.common.security.plain.PlainLoginModule required username='ABCDEFGH12345678' password='cfltS3cr+t/0123456789';"}"#);
    assert_snapshot!(rendered(Format::Librdkafka, &key(), &kafka()), @r#"{"bootstrap.servers":"pkc-1.us-east-1.aws.confluent.cloud:9092","sasl.password":"cfltS3cr+t/0123456789","sasl.username":"ABCDEFGH12345678"}"#);
    assert_snapshot!(rendered(Format::EventSource, &key(), &kafka()), @r#"{"password":"cfltS3cr+t/0123456789","username":"ABCDEFGH12345678"}"#);
}

#[test]
fn the_secrets_of_a_schema_registry() {
    assert_snapshot!(rendered(Format::SchemaRegistryJava, &key(), &registry()), @r#"{"basic.auth.credentials.source":"USER_INFO","basic.auth.user.info":"ABCDEFGH12345678:cfltS3cr+t/0123456789","schema.registry.url":"https://psrc-1.us-east-1.aws.confluent.cloud"}"#);
    assert_snapshot!(rendered(Format::SchemaRegistryJavaPrefixed, &key(), &registry()), @r#"{"schema.registry.basic.auth.credentials.source":"USER_INFO","schema.registry.basic.auth.user.info":"ABCDEFGH12345678:cfltS3cr+t/0123456789","schema.registry.url":"https://psrc-1.us-east-1.aws.confluent.cloud"}"#);
    assert_snapshot!(rendered(Format::SchemaRegistryPython, &key(), &registry()), @r#"{"basic.auth.user.info":"ABCDEFGH12345678:cfltS3cr+t/0123456789","url":"https://psrc-1.us-east-1.aws.confluent.cloud"}"#);
    assert_snapshot!(rendered(Format::EventSource, &key(), &registry()), @r#"{"password":"cfltS3cr+t/0123456789","username":"ABCDEFGH12345678"}"#);
}

#[test]
fn quotes_and_backslashes_are_escaped_for_jaas_and_for_json() {
    let nasty = credential(r#"K'"\"#, r#"S'"\;=$"#);
    assert_snapshot!(rendered(Format::Java, &nasty, &kafka()), @r#"{"bootstrap.servers":"pkc-1.us-east-1.aws.confluent.cloud:9092","sasl.jaas.config":"org.apache.kafka.common.security.plain.PlainLoginModule required username='K\\'\"\\\\' password='S\\'\"\\\\;=$';"}"#);
    assert_snapshot!(rendered(Format::Librdkafka, &nasty, &kafka()), @r#"{"bootstrap.servers":"pkc-1.us-east-1.aws.confluent.cloud:9092","sasl.password":"S'\"\\;=$","sasl.username":"K'\"\\"}"#);
}

/// What a cluster's answer may hold beside the usual: several servers.
#[test]
fn bootstrap_servers_are_kept_as_a_list() {
    let endpoints = Endpoints::Kafka {
        bootstrap_servers: "a:9092,b:9092".to_owned(),
        rest: "https://a".parse().unwrap(),
    };
    let secret = rendered(Format::Librdkafka, &key(), &endpoints);
    assert!(
        secret.contains(r#""bootstrap.servers":"a:9092,b:9092""#),
        "{secret}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_rendered_is_read(
        id in "[!-.0-9;-~]{1,40}",
        secret in r#"[^\x00-\x1f\x7f-\x9f ][^\x00-\x1f\x7f-\x9f]{0,80}"#,
        foreign in "[^\x00-\x1f]{0,20}",
    ) {
        let key = credential(&id, &secret);
        for format in Format::ALL {
            let before = document(&serde_json::json!({ "of.others": foreign }).to_string());
            let after = before.render(format, &key, &endpoints(format)).unwrap();
            let again = Document::parse(&after.to_text()).unwrap();
            let read = format.read(&again).unwrap().unwrap();
            prop_assert!(login::same(&read, &key), "{format}");
            prop_assert_eq!(&again, &after);
            prop_assert_eq!(&again.foreign_fields(format), &before);
        }
    }

    /// Whatever stands in a secret, reading it is an answer, and never one with a value in it.
    #[test]
    fn nothing_panics_or_tells(line in "\\PC{0,60}", mark in "[A-Z]{20}") {
        let value = format!("{line}{mark}");
        for format in Format::ALL {
            for field in format.owned() {
                let secret = document(&serde_json::json!({ *field: value }).to_string());
                if let Err(error) = format.read(&secret) {
                    let told = format!("{error:?} {error}");
                    prop_assert!(!told.contains(&mark), "{}", told);
                }
            }
        }
        if let Err(error) = Document::parse(&value.as_str().into()) {
            let told = format!("{error:?} {error}");
            prop_assert!(!told.contains(&mark), "{}", told);
        }
    }
}

#[test]
fn logins_that_a_format_cannot_hold_are_refused() {
    let render = |format: Format, secret: &str, endpoints: &Endpoints| {
        format
            .render(&credential("KEY", secret), endpoints)
            .unwrap_err()
    };
    assert_snapshot!(render(Format::Java, "", &kafka()), @"the secret of API key `KEY` is empty");
    assert_snapshot!(render(Format::SchemaRegistryPython, "a\nb", &registry()), @"the secret of API key `KEY` has a control character, which no format can hold");
    assert_snapshot!(render(Format::Librdkafka, " a", &kafka()), @"the secret of API key `KEY` begins with a space, which `librdkafka` would drop");
    assert_snapshot!(render(Format::Java, "s", &registry()), @"format `java` does not fit a resource of kind `schema_registry`");
    assert_snapshot!(render(Format::SchemaRegistryJava, "s", &kafka()), @"format `schema_registry_java` does not fit a resource of kind `kafka`");
}

#[test]
fn every_format_is_known_by_its_name() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
        assert!(format.owned().len() >= 2, "{format}");
    }
    assert_snapshot!("Java".parse::<Format>().unwrap_err(), @"unknown format `Java`, expected one of `java`, `librdkafka`, `schema_registry_java`, `schema_registry_java_prefixed`, `schema_registry_python`, `event_source`");
    assert_snapshot!("flink_compute_pool".parse::<Format>().unwrap_err(), @"format `flink_compute_pool` is not built yet");
}

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
    assert!(document(" { } ").is_empty());
    assert_eq!(text(&Document::empty()), "{}");
    assert_eq!(document("{}"), Document::empty());
    assert_ne!(document(r#"{"a":1}"#), document(r#"{"b":1}"#));
    assert_snapshot!(format!("{:?}", document(r#"{"a":"S3CR3T"}"#)), @r#"{"a"}"#);
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

#[test]
fn no_debug_output_shows_a_secret() {
    let fields = Format::Java.render(&key(), &kafka()).unwrap();
    let _: &SecretString = &fields[0].1;
    let secret = Document::empty()
        .render(Format::Java, &key(), &kafka())
        .unwrap();
    assert!(!format!("{fields:?} {secret:?} {:?}", secret.to_text()).contains("cflt"));
}
