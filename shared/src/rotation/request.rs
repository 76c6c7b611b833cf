//! What an event asks for, parsed at the door.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::target::TargetName;

/// The sources by which a scheduled event is known.
const SCHEDULERS: [&str; 2] = ["aws.scheduler", "aws.events"];

/// What `key-rotation` is asked to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The operation.
    pub operation: Operation,
    /// The targets it is about; none named = all.
    pub targets: Vec<Pattern>,
    /// Say what would be done and do nothing.
    pub dry_run: bool,
    /// By hand: rotate even what was published under an hour ago.
    pub again: bool,
    /// The form of the answer.
    pub output: Output,
    /// Sent by a scheduler: `MODE` binds it.
    pub scheduled: bool,
}

/// The operations that exist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Operation {
    /// Everything that is due.
    #[default]
    Sweep,
    /// What a sweep would do.
    Plan,
    /// A new key for each named target, now.
    Rotate,
}

impl Operation {
    const ALL: [Self; 3] = [Self::Sweep, Self::Plan, Self::Rotate];

    /// The name in event and report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Plan => "plan",
            Self::Rotate => "rotate",
        }
    }
}

/// The form of the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// The report as JSON.
    #[default]
    Json,
    /// The table that a person reads.
    Text,
}

/// A target's name, or a prefix of names that ends in `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// One target.
    Exact(TargetName),
    /// All that begin so.
    Prefix(String),
}

impl Pattern {
    /// Whether the target of this name is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact.as_str() == name,
            Self::Prefix(prefix) => name.starts_with(prefix),
        }
    }

    fn parse(text: &str) -> Result<Self, RequestError> {
        if let Some(prefix) = text.strip_suffix('*') {
            let plain = !prefix.contains('*');
            return plain
                .then(|| Self::Prefix(prefix.to_owned()))
                .ok_or_else(|| RequestError::Pattern {
                    pattern: text.to_owned(),
                });
        }
        text.parse()
            .map(Self::Exact)
            .map_err(|_| RequestError::Pattern {
                pattern: text.to_owned(),
            })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(name) => name.fmt(f),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

/// An event that is refused.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// No such operation, or a list of them.
    #[error("operation `{operation}` is not known; known are {known}")]
    Operation {
        /// As it was written.
        operation: String,
        /// Those that exist.
        known: String,
    },
    /// A scheduler's event that asks for something else than a sweep.
    #[error("a scheduled event is a sweep, but this one also says operation `{operation}`")]
    Mixed {
        /// As it was written.
        operation: String,
    },
    /// A field that does not exist or has the wrong type.
    #[error("{reason}")]
    Fields {
        /// What is wrong.
        reason: String,
    },
    /// Not what Secrets Manager sends.
    #[error("expected a rotation event with `Step`, `SecretId` and `ClientRequestToken`: {reason}")]
    Step {
        /// What is wrong.
        reason: String,
    },
    /// Not a name, nor a prefix with `*` at its end.
    #[error("`{pattern}` is neither a target's name nor a prefix that ends in `*`")]
    Pattern {
        /// As it was written.
        pattern: String,
    },
    /// Nothing named where something must be.
    #[error("operation `{operation}` needs `targets`, a list that is not empty")]
    NoTargets {
        /// The operation.
        operation: &'static str,
    },
    /// Named, but there is no such target.
    #[error("no target matches `{pattern}`")]
    NoSuchTarget {
        /// As it was written.
        pattern: String,
    },
    /// A field of another operation.
    #[error("`{field}` does not belong to operation `{operation}`")]
    Foreign {
        /// The field.
        field: &'static str,
        /// The operation.
        operation: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    #[serde(default)]
    operation: Option<Value>,
    #[serde(default)]
    targets: Option<Vec<String>>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    again: bool,
    #[serde(default)]
    output: Output,
}

impl Request {
    /// Reads the event of an invocation: `{}`, a scheduler's event, or an operation by hand.
    ///
    /// # Errors
    /// [`RequestError`]; nothing has been done then.
    pub fn parse(event: &Value) -> Result<Self, RequestError> {
        let source = event.get("source").and_then(Value::as_str);
        if source.is_some_and(|source| SCHEDULERS.contains(&source)) {
            return Self::scheduled(event);
        }
        let event = ByHand::deserialize(event).map_err(fields)?;
        let operation = match &event.operation {
            None => Operation::Sweep,
            Some(Value::String(name)) => Operation::ALL
                .into_iter()
                .find(|operation| operation.name() == name)
                .ok_or_else(|| unknown(name.clone()))?,
            Some(other) => return Err(unknown(other.to_string())),
        };
        if event.again && operation != Operation::Rotate {
            return Err(RequestError::Foreign {
                field: "again",
                operation: operation.name(),
            });
        }
        let nothing_named = event
            .targets
            .as_ref()
            .map_or(operation == Operation::Rotate, Vec::is_empty);
        if nothing_named {
            return Err(RequestError::NoTargets {
                operation: operation.name(),
            });
        }
        let targets = event.targets.unwrap_or_default();
        Ok(Self {
            operation,
            targets: targets
                .iter()
                .map(|text| Pattern::parse(text))
                .collect::<Result<_, _>>()?,
            dry_run: event.dry_run,
            again: event.again,
            output: event.output,
            scheduled: false,
        })
    }

    /// EventBridge's rules and its Scheduler send the same envelope; a schedule's own `Input` may
    /// be as short as `{"source": "aws.scheduler"}`.
    fn scheduled(event: &Value) -> Result<Self, RequestError> {
        if let Some(operation) = event.get("operation")
            && operation != "sweep"
        {
            return Err(RequestError::Mixed {
                operation: operation.as_str().unwrap_or("?").to_owned(),
            });
        }
        if event.get("detail-type").is_some() {
            EventBridgeEvent::<Value>::deserialize(event).map_err(fields)?;
        }
        Ok(Self {
            scheduled: true,
            ..Self::default()
        })
    }
}

fn unknown(operation: String) -> RequestError {
    RequestError::Operation {
        operation,
        known: Operation::ALL
            .map(|operation| format!("`{}`", operation.name()))
            .join(", "),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err takes"
)]
fn fields(error: serde_json::Error) -> RequestError {
    RequestError::Fields {
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
