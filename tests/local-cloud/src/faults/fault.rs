//! One fault as it is posted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::requests::Caller;

/// A service that faults can be ordered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Service {
    Confluent,
    #[serde(rename = "secretsmanager")]
    SecretsManager,
    Ssm,
    #[serde(rename = "dynamodb")]
    DynamoDb,
    Events,
    Lambda,
    Sts,
    KafkaRest,
    SchemaRegistry,
}

impl Service {
    /// The name in the request log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Confluent => "confluent",
            Self::SecretsManager => "secretsmanager",
            Self::Ssm => "ssm",
            Self::DynamoDb => "dynamodb",
            Self::Events => "events",
            Self::Lambda => "lambda",
            Self::Sts => "sts",
            Self::KafkaRest => "kafka_rest",
            Self::SchemaRegistry => "schema_registry",
        }
    }
}

/// What happens to the call that is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Read whole, nothing done, the connection closed without an answer.
    FailBefore,
    /// Done, then closed without an answer.
    FailAfter,
    /// Closed before the body is read.
    Drop,
    /// Answered `seconds` later.
    Delay,
    /// Nothing done; answered with `status`. Without `status` but with a `body` of `truncated` or `empty` it *is* done,
    /// and its real answer is spoilt.
    Status,
    /// The answer of `seconds` ago.
    StaleRead,
    /// Nothing done; the caller's process is killed.
    KillCallerBefore,
    /// Done; then the caller's process is killed.
    KillCallerAfter,
}

/// The form of an answer of effect [`Effect::Status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The service's own error form.
    Json,
    /// A page such as a gateway's.
    Html,
    /// The first half of the answer, as if it were whole.
    Truncated,
    /// No body.
    Empty,
}

/// A fault that is ordered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Whose calls.
    pub service: Service,
    /// Which operation; none is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Which matching call after the posting, from 1.
    #[serde(default = "first")]
    pub nth: u64,
    /// Whether every later matching call is struck too.
    #[serde(default)]
    pub every: bool,
    /// What happens.
    pub effect: Effect,
    /// HTTP status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Error code in the service's own form; a fitting one by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Form of the answer; [`Body::Json`] by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// `Retry-After` of the answer, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// How late, or how old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Only calls that invocations of this function make.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
}

fn first() -> u64 {
    1
}

impl Fault {
    /// `seconds`, zero when there are none.
    #[must_use]
    pub fn span(&self) -> Duration {
        let seconds = self.seconds.unwrap_or_default();
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    /// Whether the real answer is spoilt instead of an error made up.
    #[must_use]
    pub fn spoils_the_real_answer(&self) -> bool {
        self.status.is_none() && matches!(self.body, Some(Body::Truncated | Body::Empty))
    }

    pub(super) fn matches(&self, service: &str, operation: &str, by: Option<&Caller>) -> bool {
        self.service.name() == service
            && self.operation.as_ref().is_none_or(|own| own == operation)
            && self
                .function
                .as_ref()
                .is_none_or(|own| by.is_some_and(|caller| caller.function == *own))
    }

    /// What the types cannot say: values and fields that do not go together.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.nth == 0 {
            return Err("`nth` is at least 1".to_owned());
        }
        match self.effect {
            Effect::Delay if self.seconds.is_none() => {
                return Err("effect `delay` needs `seconds`".to_owned());
            }
            Effect::StaleRead if self.seconds.is_none() => {
                return Err("effect `stale_read` needs `seconds`".to_owned());
            }
            Effect::Status if self.status.is_none() && !self.spoils_the_real_answer() => {
                return Err("effect `status` needs `status`".to_owned());
            }
            _ => {}
        }
        let only_status = [
            ("status", self.status.is_some()),
            ("code", self.code.is_some()),
            ("body", self.body.is_some()),
            ("retry_after", self.retry_after.is_some()),
        ];
        if let Some((field, _)) = only_status.iter().find(|(_, given)| *given)
            && self.effect != Effect::Status
        {
            return Err(format!("`{field}` belongs to effect `status`"));
        }
        match (self.status, self.seconds) {
            (Some(status), _) if !(200..=599).contains(&status) => {
                Err(format!("`status` is a final HTTP status, but got {status}"))
            }
            (_, Some(seconds)) if Duration::try_from_secs_f64(seconds).is_err() => {
                Err(format!("`seconds` is a span, but got {seconds}"))
            }
            _ => Ok(()),
        }
    }
}
