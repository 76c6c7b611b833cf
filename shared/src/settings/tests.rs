#![allow(clippy::unwrap_used)]

use base64::{Engine, engine::general_purpose::STANDARD};
use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

const SECRET_ID: (&str, &str) = ("CONFLUENT_CLOUD_API_KEY_SECRET_ID", "keywheel/cloud");

fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from_variables(&|name| value(variables, name))
}

/// The later of two values, so that a test can override.
fn value(variables: &[(&str, &str)], name: &str) -> Option<String> {
    let found = variables.iter().rev().find(|(known, _)| *known == name);
    found.map(|(_, value)| (*value).to_owned())
}

fn refused(name: &str, value: &str) -> String {
    read(&[SECRET_ID, (name, value)]).unwrap_err().to_string()
}

#[test]
fn without_a_stored_key_an_identity_pool_is_enough() {
    let sts = ("CONFLUENT_AUTH", "sts");
    let pool = ("CONFLUENT_IDENTITY_POOL_ID", "pool-a1B2");
    let settings = read(&[sts, pool]).unwrap();
    let meant = ConfluentAuth::Sts {
        identity_pool: "pool-a1b2".parse().unwrap(),
        audience: "https://confluent.cloud/oidc".to_owned(),
    };
    assert_eq!(settings.confluent_auth, meant);
    let other = ("CONFLUENT_IDENTITY_AUDIENCE", "urn:ours");
    let settings = read(&[sts, pool, other]).unwrap();
    assert_ne!(settings.confluent_auth, meant);
    assert_snapshot!(read(&[sts]).unwrap_err(), @"setting `CONFLUENT_IDENTITY_POOL_ID` is required: the identity pool that `CONFLUENT_AUTH=sts` signs in by, `pool-…`");
    assert_snapshot!(read(&[sts, ("CONFLUENT_IDENTITY_POOL_ID", "op-1")]).unwrap_err(), @"setting `CONFLUENT_IDENTITY_POOL_ID` is `op-1`: expected an id that begins with `pool-`, but got `op-1`");
    assert_snapshot!(read(&[("CONFLUENT_AUTH", "oauth"), SECRET_ID]).unwrap_err(), @"setting `CONFLUENT_AUTH` is `oauth`: expected `api_key` or `sts`");
}

#[test]
fn the_defaults() {
    assert_eq!(
        read(&[SECRET_ID]).unwrap(),
        Settings {
            targets_path: "/keywheel/targets".to_owned(),
            grants_path: None,
            state_path: "/keywheel/state".to_owned(),
            deployment: "default".to_owned(),
            mode: Mode::Plan,
            confluent_cloud_url: "https://api.confluent.cloud".parse().unwrap(),
            confluent_auth: ConfluentAuth::ApiKey {
                secret_id: "keywheel/cloud".to_owned(),
            },
            probe_round_gap: Duration::from_secs(10),
            settle: Duration::from_secs(60),
            max_rotations_per_sweep: 10,
            max_retirements_per_sweep: 10,
            event_bus: Some("default".to_owned()),
            notice: Duration::from_secs(72 * 3600),
            ca_bundle: Vec::new(),
        }
    );
}

#[test]
fn every_setting_is_read() {
    let bundle = Certificates::file();
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:keywheel/cloud-AbCdEf";
    let settings = read(&[
        ("TARGETS_PATH", "/team_a/targets.1"),
        ("DEPLOYMENT", "blue-2"),
        ("MODE", "apply"),
        ("CONFLUENT_CLOUD_URL", "http://127.0.0.1:8080"),
        ("CONFLUENT_CLOUD_API_KEY_SECRET_ID", arn),
        ("CONFLUENT_AUTH", "api_key"),
        ("PROBE_ROUND_GAP_SECONDS", "1"),
        ("SETTLE_SECONDS", "6"),
        ("MAX_ROTATIONS_PER_SWEEP", "0"),
        ("MAX_RETIREMENTS_PER_SWEEP", "3"),
        ("EVENT_BUS", "none"),
        ("NOTICE_HOURS", "1"),
        ("CA_BUNDLE_FILE", &bundle.path),
        ("GRANTS_PATH", "/team_a/grants"),
        ("STATE_PATH", "/team_a/state"),
    ]);
    assert_eq!(
        settings.unwrap(),
        Settings {
            targets_path: "/team_a/targets.1".to_owned(),
            grants_path: Some("/team_a/grants".to_owned()),
            state_path: "/team_a/state".to_owned(),
            deployment: "blue-2".to_owned(),
            mode: Mode::Apply,
            confluent_cloud_url: "http://127.0.0.1:8080".parse().unwrap(),
            confluent_auth: ConfluentAuth::ApiKey {
                secret_id: arn.to_owned(),
            },
            probe_round_gap: Duration::from_secs(1),
            settle: Duration::from_secs(6),
            max_rotations_per_sweep: 0,
            max_retirements_per_sweep: 3,
            event_bus: None,
            notice: Duration::from_secs(3600),
            ca_bundle: vec![webpki_root_certs::TLS_SERVER_ROOT_CERTS[0].clone()],
        }
    );
}

#[test]
fn an_empty_variable_is_not_set() {
    let empty = ["MODE", "CA_BUNDLE_FILE", "GRANTS_PATH"].map(|name| (name, ""));
    assert!(read(&[&[SECRET_ID][..], &empty].concat()).is_ok());
}

#[test]
fn every_wrong_setting_is_in_the_one_error() {
    let error = read(&[
        ("MODE", "aply"),
        ("DEPLOYMENT", "Blue"),
        ("SETTLE_SECONDS", "1m"),
    ]);
    assert_snapshot!(error.unwrap_err(), @"setting `DEPLOYMENT` is `Blue`: expected 1 to 16 of `a` to `z`, `0` to `9` and `-`; setting `MODE` is `aply`: expected `plan` or `apply`; setting `CONFLUENT_CLOUD_API_KEY_SECRET_ID` is required: name or ARN of the secret that holds the Cloud API key; setting `SETTLE_SECONDS` is `1m`: expected whole seconds from 1 to 3600");
}

#[test]
fn wrong_values_are_named_with_their_reason() {
    assert_snapshot!(refused("TARGETS_PATH", "keywheel"), @"setting `TARGETS_PATH` is `keywheel`: expected a path such as `/keywheel/targets`, without a slash at its end");
    assert_snapshot!(refused("TARGETS_PATH", "/keywheel/"), @"setting `TARGETS_PATH` is `/keywheel/`: expected a path such as `/keywheel/targets`, without a slash at its end");
    assert_snapshot!(refused("DEPLOYMENT", "a-name-that-is-too-long"), @"setting `DEPLOYMENT` is `a-name-that-is-too-long`: expected 1 to 16 of `a` to `z`, `0` to `9` and `-`");
    assert_snapshot!(refused("CONFLUENT_CLOUD_URL", "api.confluent.cloud"), @"setting `CONFLUENT_CLOUD_URL` is `api.confluent.cloud`: expected a URL such as `https://api.confluent.cloud`");
    assert_snapshot!(refused("CONFLUENT_CLOUD_URL", "http://api.confluent.cloud"), @"setting `CONFLUENT_CLOUD_URL` is `http://api.confluent.cloud`: expected `https` (plain `http` only to a loopback address), but got `http` to `api.confluent.cloud`");
    assert_snapshot!(refused("CONFLUENT_CLOUD_URL", "http://user:pa55word@example.com"), @"setting `CONFLUENT_CLOUD_URL` has a value that is not shown here: expected `https` (plain `http` only to a loopback address), but got `http` to `example.com`");
    assert_snapshot!(refused("CONFLUENT_AUTH", "oauth"), @"setting `CONFLUENT_AUTH` is `oauth`: expected `api_key` or `sts`");
    assert_snapshot!(refused("GRANTS_PATH", "/keywheel/targets/grants"), @"setting `GRANTS_PATH` is `/keywheel/targets/grants`: it overlaps with `TARGETS_PATH`");
    assert_snapshot!(refused("STATE_PATH", "/keywheel"), @"setting `STATE_PATH` is `/keywheel`: it overlaps with `TARGETS_PATH`");
    assert_snapshot!(refused("KEY_USAGE_TABLE", "usage"), @"setting `KEY_USAGE_TABLE` is `usage`: not built yet, leave it out");
    assert_snapshot!(refused("PROBE_ROUND_GAP_SECONDS", "0"), @"setting `PROBE_ROUND_GAP_SECONDS` is `0`: expected whole seconds from 1 to 300");
    assert_snapshot!(refused("PROBE_ROUND_GAP_SECONDS", "+5"), @"setting `PROBE_ROUND_GAP_SECONDS` is `+5`: expected whole seconds from 1 to 300");
    assert_snapshot!(refused("SETTLE_SECONDS", "99999999999999999999"), @"setting `SETTLE_SECONDS` is `99999999999999999999`: expected whole seconds from 1 to 3600");
    assert_snapshot!(refused("MAX_ROTATIONS_PER_SWEEP", "-1"), @"setting `MAX_ROTATIONS_PER_SWEEP` is `-1`: expected a whole number from 0");
    assert_snapshot!(refused("MAX_RETIREMENTS_PER_SWEEP", "4294967296"), @"setting `MAX_RETIREMENTS_PER_SWEEP` is `4294967296`: expected a whole number from 0");
    assert_snapshot!(refused("MODE", &"x\n".repeat(80)), @r"setting `MODE` is `x\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx`: expected `plan` or `apply`");
}

#[test]
fn an_event_bus_is_a_name_an_arn_or_none() {
    let arn = "arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/team/keys";
    for bus in ["default", "team.keys-1_a/b", arn] {
        let settings = read(&[SECRET_ID, ("EVENT_BUS", bus)]).unwrap();
        assert_eq!(settings.event_bus.as_deref(), Some(bus));
    }
    for wrong in [
        "two words",
        "arn:aws:events:us-east-1:123456789012:rule/keys",
        "arn:aws:sqs:us-east-1:123456789012:event-bus/keys",
        "arn:aws:events:us-east-1:1234:event-bus/keys",
        "arn:aws:events:us-east-1:123456789012:event-bus/",
    ] {
        assert!(
            refused("EVENT_BUS", wrong).contains("the name or ARN of"),
            "{wrong}"
        );
    }
    assert_snapshot!(refused("EVENT_BUS", "my bus"), @"setting `EVENT_BUS` is `my bus`: expected `none`, or the name or ARN of an event bus of EventBridge");
    assert_snapshot!(refused("NOTICE_HOURS", "3d"), @"setting `NOTICE_HOURS` is `3d`: expected whole hours from 0 to 8760");
}

#[test]
fn a_secret_in_a_setting_is_refused_and_not_printed() {
    let name = SECRET_ID.0;
    let new = format!("cflt{}", "s".repeat(60));
    let old = "aB3+/".repeat(13)[..64].to_owned();
    let pasted = format!(r#"{{"api_key":"K","api_secret":"{new}"}}"#);
    for secret in [&new, &old, &format!("KEY:{old}"), &pasted] {
        for setting in [name, "MODE", "CA_BUNDLE_FILE", "TARGETS_PATH"] {
            let told = refused(setting, secret);
            assert!(!told.contains("ssss") && !told.contains("aB3"), "{told}");
        }
    }
    assert_snapshot!(refused(name, &new), @"setting `CONFLUENT_CLOUD_API_KEY_SECRET_ID` has a value that is not shown here: it looks like an API secret, expected the name or ARN of the secret that holds it");
    assert_snapshot!(refused(name, "KEY:S3CR3T"), @"setting `CONFLUENT_CLOUD_API_KEY_SECRET_ID` has a value that is not shown here: expected the name or ARN of a secret in Secrets Manager");
    assert_snapshot!(refused(name, "arn:aws:s3:::bucket"), @"setting `CONFLUENT_CLOUD_API_KEY_SECRET_ID` has a value that is not shown here: expected the name or ARN of a secret in Secrets Manager");
    assert_snapshot!(refused("MODE", &new), @"setting `MODE` has a value that is not shown here: expected `plan` or `apply`");
}

#[test]
fn a_ca_bundle_must_be_usable() {
    assert_snapshot!(refused("CA_BUNDLE_FILE", "/no/such/file"), @"setting `CA_BUNDLE_FILE` is `/no/such/file`: cannot read the file: No such file or directory (os error 2)");
    assert_snapshot!(
        refused("CA_BUNDLE_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .replace(env!("CARGO_MANIFEST_DIR"), "…"),
        @"setting `CA_BUNDLE_FILE` is `…/Cargo.toml`: the file holds no certificate in PEM"
    );
    let broken =
        Certificates::with("-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n");
    assert_snapshot!(refused("CA_BUNDLE_FILE", &broken.path).replace(&broken.path, "…"), @"setting `CA_BUNDLE_FILE` is `…`: the file holds a certificate that cannot be read");
}

/// A file that is removed when the test ends.
struct Certificates {
    path: String,
}

impl Certificates {
    fn file() -> Self {
        let der = STANDARD.encode(&webpki_root_certs::TLS_SERVER_ROOT_CERTS[0]);
        Self::with(&format!(
            "-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n"
        ))
    }

    fn with(text: &str) -> Self {
        let name = format!("keywheel-{}.pem", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name).to_str().unwrap().to_owned();
        fs::write(&path, text).unwrap();
        Self { path }
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[test]
fn the_stream_processor_decodes_and_counts() {
    let read =
        |variables: &[(&str, &str)]| StreamSettings::from_variables(&|name| value(variables, name));
    let defaults = StreamSettings {
        key_format: RecordFormat::Bytes,
        value_format: RecordFormat::Json,
    };
    assert_eq!(read(&[]), Ok(defaults));
    let set = [
        ("PIPELINE", "none"),
        ("KEY_FORMAT", "string"),
        ("VALUE_FORMAT", "bytes"),
        ("KEY_FRAMING", "none"),
    ];
    assert_eq!(
        read(&set),
        Ok(StreamSettings {
            key_format: RecordFormat::String,
            value_format: RecordFormat::Bytes,
        })
    );
    let refused = |name, value| read(&[(name, value)]).unwrap_err();
    assert_snapshot!(refused("PIPELINE", "echo"), @"setting `PIPELINE` is `echo`: this pipeline is not built yet, expected `none`");
    assert_snapshot!(refused("PIPELINE", "ech"), @"setting `PIPELINE` is `ech`: expected `none`");
    assert_snapshot!(refused("VALUE_FORMAT", "avro"), @"setting `VALUE_FORMAT` is `avro`: this format is not built yet, expected `bytes`, `string` or `json`");
    assert_snapshot!(refused("KEY_FORMAT", "xml"), @"setting `KEY_FORMAT` is `xml`: expected `bytes`, `string` or `json`");
    assert_snapshot!(refused("VALUE_FRAMING", "confluent"), @"setting `VALUE_FRAMING` is `confluent`: this framing is not built yet, expected `none`");
    assert_snapshot!(refused("KEY_FRAMING", "x"), @"setting `KEY_FRAMING` is `x`: expected `none`");
}

#[test]
fn account_and_region_come_from_the_functions_arn() {
    let arn = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:key-rotation";
    for arn in [arn.to_owned(), format!("{arn}:live")] {
        assert_eq!(
            arn.parse(),
            Ok(FunctionArn {
                account: "123456789012".to_owned(),
                region: "us-gov-west-1".to_owned(),
                function: "key-rotation".to_owned(),
            })
        );
    }
    for arn in [
        "",
        "key-rotation",
        "arn:aws:lambda:us-east-1:12345678901:function:f",
        "arn:aws:lambda::123456789012:function:f",
        "arn:aws:lambda:us-east-1:123456789012:function:",
        "arn:aws:sqs:us-east-1:123456789012:function:f",
        "arn:aws:lambda:us-east-1:123456789012:layer:f",
    ] {
        assert!(arn.parse::<FunctionArn>().is_err(), "{arn}");
    }
    assert_snapshot!("x".parse::<FunctionArn>().unwrap_err(), @"expected the ARN of a Lambda function, but got `x`");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_value_makes_the_door_panic(value in "\\PC{0,80}") {
        for name in ["TARGETS_PATH", "MODE", "CONFLUENT_CLOUD_URL", "SETTLE_SECONDS", SECRET_ID.0] {
            if let Err(error) = read(&[SECRET_ID, (name, &value)]) {
                prop_assert!(error.to_string().contains(name));
            }
        }
        let _ = value.parse::<FunctionArn>();
    }
}
