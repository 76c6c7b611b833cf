//! A target's JSON: what is written there, checked field by field.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::Value;
use time::Duration;

use crate::{
    client_config::{ClientParameters, Format, FormatError, RenderedParameters},
    confluent::{EnvironmentId, IdError, OwnerId, Resource, ResourceKind},
};

use super::{ProbeKind, SecretSpec, Target, TargetError, TargetName, refused};

/// A hundred years: beyond it a span means "never", and dates come to an end.
const MOST_DAYS: u32 = 36_500;

/// The JSON as it is written. What is promised but not built yet is known by name, so that it is
/// refused as such.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    owner: Value,
    resource: RawResource,
    secret: RawSecret,
    #[serde(default)]
    copies: Vec<RawSecret>,
    parameters: Option<ClientParameters>,
    #[serde(default = "thirty")]
    day_count: u32,
    #[serde(default = "two")]
    number_of_api_keys_to_retain: usize,
    #[serde(default = "twenty_four")]
    grace_hours: u32,
    #[serde(default = "display_name")]
    key_display_name: String,
    probe: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    retire_after_days: Option<u32>,
    endpoint: Option<Value>,
    region: Option<Value>,
    role_arn: Option<Value>,
    event_source_mappings: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResource {
    id: String,
    kind: Option<String>,
    api_version: Option<String>,
    environment: Option<Value>,
    endpoint: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSecret {
    name: String,
    formats: Option<Vec<String>>,
    fields: Option<Value>,
    with: Option<Value>,
    region: Option<Value>,
    role_arn: Option<Value>,
}

fn thirty() -> u32 {
    30
}

fn two() -> usize {
    2
}

fn twenty_four() -> u32 {
    24
}

fn display_name() -> String {
    "API key - {date} - managed by Keywheel".to_owned()
}

impl Raw {
    pub(super) fn check(self, name: TargetName) -> Result<Target, TargetError> {
        not_built_yet(&[
            ("endpoint", &self.endpoint),
            ("region", &self.region),
            ("role_arn", &self.role_arn),
            ("event_source_mappings", &self.event_source_mappings),
        ])?;
        let owner = id("owner", &self.owner)?;
        let owner = owner.parse::<OwnerId>();
        let owner = owner.map_err(|error| refused("owner", error.to_string()))?;
        let resource = self.resource.check()?;
        let secret = self.secret.check("secret", &resource)?;
        let copies = self.copies.into_iter().enumerate();
        let copies = copies
            .map(|(n, copy)| copy.check(&format!("copies[{n}]"), &resource))
            .collect::<Result<Vec<_>, _>>()?;
        within("day_count", MOST_DAYS, self.day_count)?;
        within("grace_hours", MOST_DAYS * 24, self.grace_hours)?;
        if let Some(days) = self.retire_after_days {
            within("retire_after_days", MOST_DAYS, days)?;
        }
        at_least(
            "number_of_api_keys_to_retain",
            2,
            self.number_of_api_keys_to_retain,
        )?;
        if self.key_display_name.is_empty()
            || self.key_display_name.len() > 200
            || self.key_display_name.contains(char::is_control)
        {
            return Err(refused(
                "key_display_name",
                "must be 1 to 200 printable characters",
            ));
        }
        let parameters = match self.parameters {
            Some(parameters) => parameters
                .render()
                .map_err(|error| refused("parameters", error.to_string()))?,
            None => RenderedParameters::default(),
        };
        let target = Target {
            probe: probe(self.probe.as_deref(), &resource)?,
            name,
            owner,
            resource,
            secret,
            copies,
            parameters,
            day_count: self.day_count,
            retain: self.number_of_api_keys_to_retain,
            grace: Duration::hours(i64::from(self.grace_hours)),
            retire_after: self
                .retire_after_days
                .map(|days| Duration::days(i64::from(days))),
            key_display_name: self.key_display_name,
            labels: self.labels,
        };
        target.check_secrets_differ()?;
        Ok(target)
    }
}

impl RawResource {
    fn check(self) -> Result<Resource, TargetError> {
        not_built_yet(&[("resource.endpoint", &self.endpoint)])?;
        // The kind's own error comes first: only Kafka and Schema Registry have an environment.
        let kind = ResourceKind::of(&self.id);
        let kind = kind.map_err(|error| refused("resource.id", error.to_string()))?;
        let environment = environment(kind, self.environment.as_ref())?;
        let id = self.id.parse();
        let resource = Resource {
            id: id.map_err(|error: IdError| refused("resource.id", error.to_string()))?,
            environment,
        };
        let (kinds, api) = match kind {
            ResourceKind::Kafka => (&["Cluster", "kafka"][..], "cmk/"),
            ResourceKind::SchemaRegistry => (
                &["SchemaRegistry", "schema_registry", "Cluster"][..],
                "srcm/",
            ),
            ResourceKind::Cloud => (&["Cloud", "cloud"][..], "iam/"),
        };
        if let Some(kind) = self.kind
            && !kinds.contains(&kind.as_str())
        {
            return Err(refused(
                "resource.kind",
                format!("`{kind}` does not agree with `{}`", self.id),
            ));
        }
        match self.api_version {
            Some(version) if !version.starts_with(api) => Err(refused(
                "resource.api_version",
                format!("`{version}` does not agree with `{}`", self.id),
            )),
            _ => Ok(resource),
        }
    }
}

/// What belongs to the organization is in no environment; clusters are looked up by theirs.
fn environment(
    kind: ResourceKind,
    environment: Option<&Value>,
) -> Result<Option<EnvironmentId>, TargetError> {
    const FIELD: &str = "resource.environment";
    match (kind, environment) {
        (ResourceKind::Cloud, None) => Ok(None),
        (ResourceKind::Cloud, Some(_)) => Err(refused(FIELD, "`cloud` is in no environment")),
        (_, None) => Err(refused(FIELD, "is missing")),
        (_, Some(environment)) => id(FIELD, environment)?
            .parse()
            .map(Some)
            .map_err(|error: IdError| refused(FIELD, error.to_string())),
    }
}

impl RawSecret {
    fn check(self, field: &str, resource: &Resource) -> Result<SecretSpec, TargetError> {
        let path = |name: &str| format!("{field}.{name}");
        not_built_yet(&[
            (&path("fields"), &self.fields),
            (&path("with"), &self.with),
            (&path("region"), &self.region),
            (&path("role_arn"), &self.role_arn),
        ])?;
        if self.name.is_empty() || self.name.contains(char::is_whitespace) {
            return Err(refused(path("name"), "must be a secret's name or ARN"));
        }
        let formats = path("formats");
        let format = match self.formats.as_deref() {
            Some([format]) => format,
            Some([]) => return Err(refused(formats, "must name a format")),
            Some(_) => return Err(refused(formats, "more than one format is not built yet")),
            None => return Err(refused(formats, "is missing")),
        };
        let format: Format = format
            .parse()
            .map_err(|error: FormatError| refused(&formats, error.to_string()))?;
        if !format.fits(resource.kind()) {
            return Err(refused(
                formats,
                format!("`{}` does not fit `{}`", format.name(), resource.id),
            ));
        }
        Ok(SecretSpec {
            name: self.name,
            format,
        })
    }
}

fn probe(probe: Option<&str>, resource: &Resource) -> Result<ProbeKind, TargetError> {
    use ResourceKind::{Cloud, Kafka, SchemaRegistry};
    match (probe, resource.kind()) {
        (Some("rest"), _) | (None, SchemaRegistry | Cloud) => Ok(ProbeKind::Rest),
        (Some("skip"), _) => Ok(ProbeKind::Skip),
        (Some("broker") | None, Kafka) => Err(refused(
            "probe",
            "`broker`, the default, is not built yet; say `rest`",
        )),
        (Some(other), _) => Err(refused(
            "probe",
            format!("`{other}` is neither `rest` nor `skip`"),
        )),
    }
}

/// An id, bare or as the object that the Terraform provider exports.
fn id(field: &str, value: &Value) -> Result<String, TargetError> {
    match value {
        Value::String(id) => Ok(id.clone()),
        Value::Object(object) => {
            if let Some(other) = object
                .keys()
                .find(|key| !["id", "api_version", "kind"].contains(&key.as_str()))
            {
                return Err(refused(format!("{field}.{other}"), "is unknown"));
            }
            match object.get("id").and_then(Value::as_str) {
                Some(id) => Ok(id.to_owned()),
                None => Err(refused(format!("{field}.id"), "must be a string")),
            }
        }
        _ => Err(refused(
            field,
            "must be an id or an object with `id`, `api_version` and `kind`",
        )),
    }
}

fn at_least<T: PartialOrd + fmt::Display>(
    field: &str,
    least: T,
    got: T,
) -> Result<(), TargetError> {
    if got < least {
        return Err(refused(
            field,
            format!("must be at least {least}, got {got}"),
        ));
    }
    Ok(())
}

/// A span that a date can be moved by.
fn within(field: &str, most: u32, got: u32) -> Result<(), TargetError> {
    at_least(field, 1, got)?;
    if got > most {
        return Err(refused(field, format!("must be at most {most}, got {got}")));
    }
    Ok(())
}

fn not_built_yet(fields: &[(&str, &Option<Value>)]) -> Result<(), TargetError> {
    match fields.iter().find(|(_, value)| value.is_some()) {
        Some((field, _)) => Err(refused(*field, "not built yet")),
        None => Ok(()),
    }
}
