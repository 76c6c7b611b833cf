//! A target: one credential to keep fresh, parsed from its parameter's JSON.

mod json;

use std::{collections::BTreeMap, fmt, str::FromStr};

use thiserror::Error;
use time::Duration;

use serde::Serialize;

use crate::{
    client_config::{Format, RenderedParameters},
    confluent::{ApiKey, OwnerId, Resource},
};

use self::json::Raw;

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

const SECONDS_A_DAY: u64 = 86_400;

/// The life of a target's keys, in days.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Life {
    /// At least.
    pub shortest: f64,
    /// At most.
    pub longest: f64,
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
    /// A superseded key goes this long after its supersession even within those that stay.
    pub retire_after: Option<Duration>,
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

    /// How much earlier than after `day_count` days a key falls due: up to a tenth of them, by the
    /// target's name, so that keys made on one day do not fall due on one day.
    #[must_use]
    pub fn brought_forward(&self) -> Duration {
        let spread = u64::from(self.day_count) * SECONDS_A_DAY / 10;
        // FNV-1a: stable between releases, which the hasher of the standard library is not.
        let hash = self
            .name
            .as_str()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        // The low bits alone depend on the last bytes most.
        let hash = hash ^ (hash >> 32);
        Duration::seconds(i64::try_from(hash % spread.max(1)).unwrap_or(0))
    }

    /// The age at which a key falls due.
    #[must_use]
    pub fn due_after(&self) -> Duration {
        Duration::days(i64::from(self.day_count)) - self.brought_forward()
    }

    /// How long a key lives, from its making to its retirement, while rotations come when they are
    /// due: at least until it is superseded and the grace is over, at most until it is beyond those
    /// that stay, or `retire_after_days` are over.
    #[must_use]
    pub fn key_life(&self) -> Life {
        let days = |life: Duration| (life.as_seconds_f64() / 8640.0).round() / 10.0;
        let day_count = Duration::days(i64::from(self.day_count));
        let stays = i32::try_from(self.retain).unwrap_or(i32::MAX);
        let kept = day_count.saturating_mul(stays).saturating_add(self.grace);
        let longest = match self.retire_after {
            Some(after) => kept.min(day_count + after.max(self.grace)),
            None => kept,
        };
        Life {
            shortest: days(self.due_after() + self.grace),
            longest: days(longest),
        }
    }

    /// With `probe: skip` a published key counts as working after this long without a word.
    pub(super) fn works_unseen_after(&self) -> Duration {
        Duration::days(i64::from(self.day_count)) / 2
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
        let no_json = |error: &serde_json::Error| refused(".", format!("no JSON object: {error}"));
        let raw: Raw = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            if error.inner().is_data() {
                refused(error.path().to_string(), error.inner().to_string())
            } else {
                no_json(error.inner())
            }
        })?;
        reader.end().map_err(|error| no_json(&error))?;
        raw.check(name)
    }
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

#[cfg(test)]
mod tests;
