//! An operation by hand: the fields it may have, each belonging to the operations that read it.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Operation, Output, Pattern, Request, RequestError, Revocation, RevokedKeys, Until};

/// The longest reason of a hold, in characters: it stands in every report.
const REASON: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByHand {
    #[serde(default)]
    operation: Option<Value>,
    #[serde(default)]
    targets: Option<Vec<String>>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    output: Output,
    again: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    until: Option<Option<String>>,
    reason: Option<String>,
    secret_prefixes: Option<Vec<String>>,
    #[serde(alias = "api_key")]
    api_keys: Option<OneOrMany>,
    owner: Option<String>,
    unmanaged: Option<bool>,
    delete_first: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// `null` is a value here, and absence is another.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl ByHand {
    pub(super) fn request(mut self) -> Result<Request, RequestError> {
        let operation = match self.operation.take() {
            None => "sweep",
            Some(Value::String(name)) => *Operation::KNOWN
                .iter()
                .find(|known| **known == name)
                .ok_or(RequestError::Operation { operation: name })?,
            Some(other) => {
                let operation = other.to_string();
                return Err(RequestError::Operation { operation });
            }
        };
        let targets = self.targets(operation)?;
        let parsed = match operation {
            "plan" => Operation::Plan,
            "check" => Operation::Check,
            "discover" => Operation::Discover {
                secret_prefixes: prefixes(self.secret_prefixes.take())?,
            },
            "rotate" => Operation::Rotate {
                again: self.again.take().unwrap_or(false),
            },
            "rollback" => Operation::Rollback,
            "retire" => Operation::Retire,
            "hold" => Operation::Hold {
                until: until(self.until.take().flatten())?,
                reason: reason(self.reason.take())?,
            },
            "adopt" => Operation::Adopt,
            "release" => Operation::Release,
            "revoke" => Operation::Revoke(self.revocation()?),
            _ => Operation::Sweep,
        };
        self.nothing_left(operation)?;
        Ok(Request {
            operation: parsed,
            targets,
            dry_run: self.dry_run,
            output: self.output,
            scheduled: false,
        })
    }

    /// Where everything would be too much to mean by saying nothing, targets must be named.
    fn targets(&mut self, operation: &'static str) -> Result<Vec<Pattern>, RequestError> {
        let lacks = RequestError::Lacks {
            operation,
            needs: "`targets`, a list that is not empty",
        };
        match (operation, self.targets.take()) {
            ("discover" | "revoke", Some(_)) => Err(RequestError::Foreign {
                field: "targets",
                operation,
            }),
            ("sweep" | "plan" | "check" | "discover" | "revoke", None) => Ok(Vec::new()),
            (_, None) => Err(lacks),
            (_, Some(targets)) if targets.is_empty() => Err(lacks),
            (_, Some(targets)) => targets.iter().map(|text| Pattern::parse(text)).collect(),
        }
    }

    fn revocation(&mut self) -> Result<Revocation, RequestError> {
        let ids = self.api_keys.take().map(|keys| match keys {
            OneOrMany::One(id) => vec![id],
            OneOrMany::Many(ids) => ids,
        });
        let keys = match (ids, self.owner.take()) {
            (Some(ids), None) if !ids.is_empty() => RevokedKeys::Ids(
                ids.iter()
                    .map(|id| id.parse())
                    .collect::<Result<_, _>>()
                    .map_err(|error| wrong("api_keys", error))?,
            ),
            (None, Some(owner)) => {
                RevokedKeys::OfOwner(owner.parse().map_err(|error| wrong("owner", error))?)
            }
            _ => {
                return Err(RequestError::Lacks {
                    operation: "revoke",
                    needs: "either `api_keys`, a list that is not empty, or `owner`",
                });
            }
        };
        Ok(Revocation {
            keys,
            unmanaged: self.unmanaged.take().unwrap_or(false),
            delete_first: self.delete_first.take().unwrap_or(false),
        })
    }

    /// What the operation has not taken belongs to another.
    fn nothing_left(&self, operation: &'static str) -> Result<(), RequestError> {
        let left = [
            ("again", self.again.is_some()),
            ("until", self.until.is_some()),
            ("reason", self.reason.is_some()),
            ("secret_prefixes", self.secret_prefixes.is_some()),
            ("api_keys", self.api_keys.is_some()),
            ("owner", self.owner.is_some()),
            ("unmanaged", self.unmanaged.is_some()),
            ("delete_first", self.delete_first.is_some()),
        ];
        match left.into_iter().find(|(_, left)| *left) {
            Some((field, _)) => Err(RequestError::Foreign { field, operation }),
            None => Ok(()),
        }
    }
}

fn wrong(field: &'static str, reason: impl ToString) -> RequestError {
    RequestError::Value {
        field,
        reason: reason.to_string(),
    }
}

fn prefixes(prefixes: Option<Vec<String>>) -> Result<Vec<String>, RequestError> {
    let prefixes = prefixes.unwrap_or_default();
    if prefixes.is_empty() || prefixes.iter().any(String::is_empty) {
        return Err(RequestError::Lacks {
            operation: "discover",
            needs: "`secret_prefixes`, a list of beginnings of secrets' names such as `/payments/`",
        });
    }
    Ok(prefixes)
}

fn until(until: Option<String>) -> Result<Until, RequestError> {
    let Some(text) = until else {
        return Ok(Until::ToldOtherwise);
    };
    if text == "now" {
        return Ok(Until::Now);
    }
    OffsetDateTime::parse(&text, &Rfc3339)
        .map(Until::At)
        .map_err(|_| wrong("until", "expected an RFC 3339 time, `now` or null"))
}

fn reason(reason: Option<String>) -> Result<Option<String>, RequestError> {
    let printable = |text: &String| {
        let length = text.chars().count();
        (1..=REASON).contains(&length) && !text.contains(char::is_control)
    };
    match reason {
        Some(text) if !printable(&text) => Err(wrong(
            "reason",
            format!("expected 1 to {REASON} printable characters"),
        )),
        reason => Ok(reason),
    }
}
