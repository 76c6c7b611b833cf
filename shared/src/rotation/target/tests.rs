//! What a target may say, and what each mistake gets.

use serde_json::{Value, json};

use super::*;
use crate::confluent::ResourceKind;

mod odd;

fn valid() -> Value {
    json!({
        "owner": "sa-12mgdv",
        "resource": { "id": "lkc-c29js0", "environment": "env-9zz1d" },
        "secret": { "name": "/p/kafka_cluster/java_client", "formats": ["java"] },
        "copies": [{ "name": "/p/kafka_cluster/python_client", "formats": ["librdkafka"] }],
        "probe": "rest",
    })
}

fn parse(json: &Value) -> Result<Target, TargetError> {
    Target::parse("payments/orders".parse().unwrap(), &json.to_string())
}

#[test]
fn what_is_left_out_has_the_contracts_defaults() {
    let target = parse(&valid()).unwrap();
    assert_eq!((target.day_count, target.retain), (30, 2));
    assert_eq!(target.grace, Duration::hours(24));
    assert_eq!(
        target.key_display_name,
        "API key - {date} - managed by Keywheel"
    );
    assert_eq!(target.parameters.parameters, []);
}

#[test]
fn a_schema_registry_target_needs_no_probe() {
    let mut json = valid();
    json["resource"]["id"] = "lsrc-755ogo".into();
    json["secret"]["formats"] = json!(["schema_registry_java"]);
    json.as_object_mut().unwrap().remove("copies");
    json.as_object_mut().unwrap().remove("probe");
    assert_eq!(parse(&json).unwrap().probe, ProbeKind::Rest);
}

fn cloud() -> Value {
    json!({
        "owner": "u-a83k9b",
        "resource": { "id": "cloud" },
        "secret": { "name": "keywheel/cloud", "formats": ["cloud_api_key"] },
    })
}

#[test]
fn a_cloud_target_is_in_no_environment() {
    let target = parse(&cloud()).unwrap();
    assert_eq!(target.resource.kind(), ResourceKind::Cloud);
    assert_eq!(
        (target.resource.environment, target.probe),
        (None, ProbeKind::Rest)
    );
    let table = [
        (
            "/resource/environment",
            json!("env-1"),
            "field `resource.environment`: `cloud` is in no environment",
        ),
        (
            "/resource/kind",
            json!("Cluster"),
            "field `resource.kind`: `Cluster` does not agree with `cloud`",
        ),
        (
            "/secret/formats",
            json!(["event_source"]),
            "field `secret.formats`: `event_source` does not fit `cloud`",
        ),
        (
            "/probe",
            json!("broker"),
            "field `probe`: `broker` is neither `rest` nor `skip`",
        ),
    ];
    for (pointer, value, text) in table {
        let mut json = cloud();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        json.pointer_mut(parent).unwrap()[field] = value;
        assert_eq!(parse(&json).unwrap_err().to_string(), text);
    }
    let mut json = cloud();
    json["resource"] = json!({ "id": "Cloud", "kind": "Cloud", "api_version": "iam/v2" });
    assert_eq!(parse(&json).unwrap(), parse(&cloud()).unwrap());
    json["resource"]["kind"] = "cloud".into();
    assert_eq!(parse(&json).unwrap(), parse(&cloud()).unwrap());
}

#[test]
fn references_may_be_the_providers_objects() {
    let mut json = valid();
    json["owner"] = json!({ "id": "sa-12mgdv", "api_version": "iam/v2", "kind": "ServiceAccount" });
    json["resource"] = json!({ "id": "lkc-c29js0", "api_version": "cmk/v2", "kind": "Cluster",
        "environment": { "id": "env-9zz1d" } });
    let expected = parse(&valid()).unwrap();
    assert_eq!(parse(&json).unwrap(), expected);
}

#[test]
fn each_mistake_is_refused_with_field_and_reason() {
    let table: [(&str, Value, &str); 30] = [
        (
            "/colour",
            json!("red"),
            "field `colour`: unknown field `colour`, expected one of `owner`, `resource`, `secret`, `copies`, `parameters`, `day_count`, `number_of_api_keys_to_retain`, `grace_hours`, `key_display_name`, `probe`, `labels`, `retire_after_days`, `endpoint`, `region`, `role_arn`, `event_source_mappings`",
        ),
        (
            "/owner",
            json!("pool-1"),
            "field `owner`: expected an id that begins with `sa-` or `u-`, but got `pool-1`",
        ),
        (
            "/owner",
            json!({ "id": "sa-1", "email": "x" }),
            "field `owner.email`: is unknown",
        ),
        (
            "/owner",
            json!(7),
            "field `owner`: must be an id or an object with `id`, `api_version` and `kind`",
        ),
        (
            "/resource/id",
            json!("lksqlc-1"),
            "field `resource.id`: resource kind `ksqlDB` of `lksqlc-1` is not built yet",
        ),
        (
            "/resource/id",
            json!("env-1"),
            "field `resource.id`: expected an id that begins with `lkc-` or `lsrc-`, or is `cloud`, but got `env-1`",
        ),
        (
            "/resource/environment",
            Value::Null,
            "field `resource.environment`: is missing",
        ),
        (
            "/resource/environment",
            json!("lkc-1"),
            "field `resource.environment`: expected an id that begins with `env-`, but got `lkc-1`",
        ),
        (
            "/resource/kind",
            json!("SchemaRegistry"),
            "field `resource.kind`: `SchemaRegistry` does not agree with `lkc-c29js0`",
        ),
        (
            "/resource/api_version",
            json!("srcm/v3"),
            "field `resource.api_version`: `srcm/v3` does not agree with `lkc-c29js0`",
        ),
        (
            "/secret/formats",
            json!([]),
            "field `secret.formats`: must name a format",
        ),
        (
            "/secret/formats",
            json!(["java", "librdkafka"]),
            "field `secret.formats`: more than one format is not built yet",
        ),
        (
            "/secret/formats",
            json!(["schema_registry_java"]),
            "field `secret.formats`: `schema_registry_java` does not fit `lkc-c29js0`",
        ),
        (
            "/secret/name",
            json!(""),
            "field `secret.name`: must be a secret's name or ARN",
        ),
        (
            "/secret/fields",
            json!({ "USER": "{api_key}" }),
            "field `secret.fields`: not built yet",
        ),
        (
            "/copies/0/with",
            json!("audit"),
            "field `copies[0].with`: not built yet",
        ),
        (
            "/copies/0/region",
            json!("eu-west-1"),
            "field `copies[0].region`: not built yet",
        ),
        (
            "/copies/0/name",
            json!("/p/kafka_cluster/java_client"),
            "field `copies[0].name`: `/p/kafka_cluster/java_client` is named twice in this target",
        ),
        (
            "/day_count",
            json!(0),
            "field `day_count`: must be at least 1, got 0",
        ),
        (
            "/day_count",
            json!("30"),
            "field `day_count`: invalid type: string \"30\", expected u32",
        ),
        (
            "/number_of_api_keys_to_retain",
            json!(1),
            "field `number_of_api_keys_to_retain`: must be at least 2, got 1",
        ),
        (
            "/grace_hours",
            json!(0),
            "field `grace_hours`: must be at least 1, got 0",
        ),
        (
            "/day_count",
            json!(36_501),
            "field `day_count`: must be at most 36500, got 36501",
        ),
        (
            "/grace_hours",
            json!(u32::MAX),
            "field `grace_hours`: must be at most 876000, got 4294967295",
        ),
        (
            "/retire_after_days",
            json!(u32::MAX),
            "field `retire_after_days`: must be at most 36500, got 4294967295",
        ),
        (
            "/retire_after_days",
            json!(0),
            "field `retire_after_days`: must be at least 1, got 0",
        ),
        (
            "/event_source_mappings",
            json!([]),
            "field `event_source_mappings`: not built yet",
        ),
        (
            "/probe",
            json!("broker"),
            "field `probe`: `broker`, the default, is not built yet; say `rest`",
        ),
        (
            "/probe",
            Value::Null,
            "field `probe`: `broker`, the default, is not built yet; say `rest`",
        ),
        (
            "/probe",
            json!("ping"),
            "field `probe`: `ping` is neither `rest` nor `skip`",
        ),
    ];
    for (pointer, value, text) in table {
        let mut json = valid();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        json.pointer_mut(parent).unwrap()[field] = value;
        let error = parse(&json).unwrap_err().to_string();
        assert_eq!(error.split(" at line").next().unwrap(), text);
    }
}

#[test]
fn unknown_formats_are_refused_with_those_known() {
    let mut json = valid();
    json["secret"]["formats"] = json!(["jav"]);
    let error = parse(&json).unwrap_err().to_string();
    assert!(
        error.starts_with("field `secret.formats`: ") && error.contains("`librdkafka`"),
        "{error}"
    );
}

#[test]
fn what_is_no_json_is_refused() {
    for json in ["", "owner=sa-1", "[]", "{} {}"] {
        let name = "payments/orders".parse().unwrap();
        assert!(Target::parse(name, json).is_err(), "{json}");
    }
}

#[test]
fn names_are_paths_of_plain_segments() {
    for name in ["payments/orders", "a", "team_1/db-2/x"] {
        assert_eq!(name.parse::<TargetName>().unwrap().to_string(), name);
    }
    for name in ["", "/a", "a/", "a//b", "A", "a b", "ä", &"x".repeat(65)] {
        assert!(name.parse::<TargetName>().is_err(), "{name}");
    }
}

#[test]
fn a_secret_is_the_same_by_name_and_by_arn() {
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:/p/java-client-AbCdEf";
    assert_eq!(bare_name(arn), "/p/java-client");
    assert_eq!(bare_name(arn.trim_end_matches("-AbCdEf")), "/p/java");
    assert_eq!(bare_name("/p/java-client"), "/p/java-client");
}

#[test]
fn the_readmes_target_is_one() {
    let readme = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"));
    let json = readme.split("```json\n").nth(1).unwrap();
    let json: Value = serde_json::from_str(json.split("```").next().unwrap()).unwrap();
    assert_eq!(parse(&json).unwrap().copies.len(), 2);
}
