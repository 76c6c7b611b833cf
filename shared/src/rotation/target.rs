//! A target: one credential to keep fresh, parsed from its parameter's JSON.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use time::Duration;

use crate::{
    client_config::{ClientParameters, Format, FormatError, RenderedParameters},
    confluent::{ApiKey, EnvironmentId, IdError, OwnerId, Resource, ResourceKind},
};

use super::error::RotationError;

/// A target's name: its parameter's path below `TARGETS_PATH`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetName(String);

impl FromStr for TargetName {
    type Err = TargetError;

    fn from_str(name: &str) -> Result<Self, TargetError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        let well_formed = name
            .split('/')
            .all(|segment| !segment.is_empty() && segment.chars().all(allowed));
        if !well_formed || name.len() > 64 {
            return Err(refused(
                "name",
                format!(
                    "`{name}` is not made of segments of `a-z`, `0-9`, `_` and `-`, 64 characters in all"
                ),
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

impl TargetName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A target's JSON that is refused, with the field and the reason.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("field `{field}`: {reason}")]
pub struct TargetError {
    /// The field, as a path.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

fn refused(field: impl Into<String>, reason: impl Into<String>) -> TargetError {
    TargetError {
        field: field.into(),
        reason: reason.into(),
    }
}

/// One secret of a target and the format it is written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSpec {
    /// Name or ARN.
    pub name: String,
    /// The one format of its text.
    pub format: Format,
}

impl SecretSpec {
    /// The bare name, whether it was given as a name or as an ARN: what tells two secrets apart.
    #[must_use]
    pub fn bare_name(&self) -> &str {
        bare_name(&self.name)
    }
}

/// The secret's name in a name or an ARN. A full ARN ends with `-` and six characters of AWS's own.
#[must_use]
pub fn bare_name(secret: &str) -> &str {
    let Some((_, name)) = secret
        .starts_with("arn:")
        .then(|| secret.split_once(":secret:"))
        .flatten()
    else {
        return secret;
    };
    match name.rsplit_once('-') {
        Some((bare, suffix)) if suffix.len() == 6 => bare,
        _ => name,
    }
}

/// How a new key is known to be in sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeKind {
    /// It signs in at the resource's HTTP gateway.
    Rest,
    /// The function cannot reach the resource: by its age alone.
    Skip,
}

/// One credential to keep fresh.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Its path below `TARGETS_PATH`.
    pub name: TargetName,
    /// Whose key it is.
    pub owner: OwnerId,
    /// What the key opens.
    pub resource: Resource,
    /// The secret that decides which key is current.
    pub secret: SecretSpec,
    /// Secrets that follow the primary.
    pub copies: Vec<SecretSpec>,
    /// The client parameters kept in Parameter Store; none without `parameters`.
    pub parameters: RenderedParameters,
    /// A key is rotated at this age.
    pub day_count: u32,
    /// Published keys that stay, the current one included.
    pub retain: usize,
    /// A superseded key lives at least this long after a publish.
    pub grace: Duration,
    /// The new key's display name, `{date}` a placeholder.
    pub key_display_name: String,
    /// How sync is proved.
    pub probe: ProbeKind,
    /// Words of the platform team, handed on.
    pub labels: BTreeMap<String, String>,
}

impl Target {
    /// The primary and the copies.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretSpec> {
        std::iter::once(&self.secret).chain(&self.copies)
    }

    /// Whether a key has the target's owner and resource.
    #[must_use]
    pub fn owns(&self, key: &ApiKey) -> bool {
        key.belongs_to(&self.owner, &self.resource.id)
    }

    /// The same as an error.
    ///
    /// # Errors
    /// [`RotationError::Mismatch`].
    pub(super) fn check_owns(&self, key: &ApiKey) -> Result<(), RotationError> {
        if self.owns(key) {
            return Ok(());
        }
        Err(RotationError::Mismatch {
            api_key: key.id.clone(),
            owner: key.owner.clone().unwrap_or_default(),
            resource: key.resource.clone().unwrap_or_default(),
        })
    }

    /// Reads a target's parameter.
    ///
    /// # Errors
    /// [`TargetError`] for the first field that is wrong.
    pub fn parse(name: TargetName, json: &str) -> Result<Self, TargetError> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let raw: Raw = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| refused(error.path().to_string(), error.inner().to_string()))?;
        reader
            .end()
            .map_err(|error| refused(".", error.to_string()))?;
        raw.check(name)
    }
}

/// The JSON as it is written. What is promised but not built yet is known by name, so that it is
/// refused as such.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
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
    retire_after_days: Option<Value>,
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
    fn check(self, name: TargetName) -> Result<Target, TargetError> {
        not_built_yet(&[
            ("retire_after_days", &self.retire_after_days),
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
        at_least("day_count", 1, self.day_count)?;
        at_least("grace_hours", 1, self.grace_hours)?;
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
            key_display_name: self.key_display_name,
            labels: self.labels,
        };
        target.check_secrets_differ()?;
        Ok(target)
    }
}

impl Target {
    fn check_secrets_differ(&self) -> Result<(), TargetError> {
        let names: Vec<_> = self.secrets().map(SecretSpec::bare_name).collect();
        match (1..names.len()).find(|&n| names[..n].contains(&names[n])) {
            Some(n) => Err(refused(
                format!("copies[{}].name", n - 1),
                format!("`{}` is named twice in this target", names[n]),
            )),
            None => Ok(()),
        }
    }
}

impl RawResource {
    fn check(self) -> Result<Resource, TargetError> {
        not_built_yet(&[("resource.endpoint", &self.endpoint)])?;
        let Some(environment) = &self.environment else {
            // The kind's own error comes first: only Kafka and Schema Registry need one.
            ResourceKind::of(&self.id)
                .map_err(|error| refused("resource.id", error.to_string()))?;
            return Err(refused("resource.environment", "is missing"));
        };
        let environment = id("resource.environment", environment)?
            .parse::<EnvironmentId>()
            .map_err(|error| refused("resource.environment", error.to_string()))?;
        let id = self.id.parse();
        let resource = Resource {
            id: id.map_err(|error: IdError| refused("resource.id", error.to_string()))?,
            environment,
        };
        let (kinds, api) = match resource.kind() {
            ResourceKind::Kafka => (["Cluster", "kafka"], "cmk/"),
            ResourceKind::SchemaRegistry => (["SchemaRegistry", "schema_registry"], "srcm/"),
        };
        if let Some(kind) = self.kind
            && !kinds.contains(&kind.as_str())
            && kind != "Cluster"
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
    use ResourceKind::{Kafka, SchemaRegistry};
    match (probe, resource.kind()) {
        (Some("rest"), _) | (None, SchemaRegistry) => Ok(ProbeKind::Rest),
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

fn not_built_yet(fields: &[(&str, &Option<Value>)]) -> Result<(), TargetError> {
    match fields.iter().find(|(_, value)| value.is_some()) {
        Some((field, _)) => Err(refused(*field, "not built yet")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
