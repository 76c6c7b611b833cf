//! The contract of the secrets, byte for byte, and what is refused.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use insta::assert_snapshot;
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::*;

mod document;
mod odd;
mod reading;

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
    let all = [kafka(), registry(), Endpoints::Cloud];
    let mut fitting = all.into_iter().filter(|at| format.fits(at.kind()));
    fitting.next().unwrap()
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
fn the_secrets_of_a_cloud_api_key() {
    assert_snapshot!(rendered(Format::CloudApiKey, &key(), &Endpoints::Cloud), @r#"{"api_key":"ABCDEFGH12345678","api_secret":"cfltS3cr+t/0123456789"}"#);
    let managed = document(r#"{"apiKey":"OLD","apiSecret":"old","serviceAccountId":"sa-1"}"#);
    let managed = managed.render(Format::ConfluentCloudApiKey, &key(), &Endpoints::Cloud);
    assert_snapshot!(text(&managed.unwrap()), @r#"{"apiKey":"ABCDEFGH12345678","apiSecret":"cfltS3cr+t/0123456789","serviceAccountId":"sa-1"}"#);
}

#[test]
fn a_cloud_api_key_has_formats_of_its_own() {
    for format in Format::ALL {
        let cloud = matches!(format, Format::CloudApiKey | Format::ConfluentCloudApiKey);
        assert_eq!(format.fits(ResourceKind::Cloud), cloud, "{format}");
        let elsewhere =
            format.fits(ResourceKind::Kafka) || format.fits(ResourceKind::SchemaRegistry);
        assert_ne!(elsewhere, cloud, "{format}");
        assert_eq!(format.render(&key(), &Endpoints::Cloud).is_ok(), cloud);
    }
}

#[test]
fn f35_quotes_and_backslashes_are_escaped_for_jaas_and_for_json() {
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
        id in "[!-,\\-0-9;-~][!-.0-9;-~]{0,39}",
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
    assert_snapshot!(render(Format::EventSource, "s", &Endpoints::Cloud), @"format `event_source` does not fit a resource of kind `cloud`");
}

#[test]
fn every_format_is_known_by_its_name() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
        assert!(format.owned().len() >= 2, "{format}");
    }
    assert_snapshot!("Java".parse::<Format>().unwrap_err(), @"unknown format `Java`, expected one of `java`, `librdkafka`, `schema_registry_java`, `schema_registry_java_prefixed`, `schema_registry_python`, `event_source`, `cloud_api_key`, `confluent_cloud_api_key`");
    assert_snapshot!("flink_compute_pool".parse::<Format>().unwrap_err(), @"format `flink_compute_pool` is not built yet");
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
