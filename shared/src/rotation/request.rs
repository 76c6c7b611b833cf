//! What an event asks for, parsed at the door.

mod by_hand;
mod error;
mod pattern;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::confluent::{ApiKeyId, OwnerId};

use self::by_hand::ByHand;
pub use self::{error::RequestError, pattern::Pattern};

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
    /// The form of the answer.
    pub output: Output,
    /// Sent by a scheduler: `MODE` binds it.
    pub scheduled: bool,
}

/// The operations that exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Operation {
    /// Everything that is due.
    #[default]
    Sweep,
    /// What a sweep would do.
    Plan,
    /// Whether everything is in order: configuration, rights, endpoints, quota, secrets, strays.
    Check,
    /// What could be a target: every key of the organization against the secrets below some prefixes.
    Discover {
        /// Beginnings of the names of secrets.
        secret_prefixes: Vec<String>,
    },
    /// A new key for each named target, now.
    Rotate {
        /// Even where the newest key was published under an hour ago.
        again: bool,
    },
    /// The former key becomes current again, and the target is held.
    Rollback,
    /// Superseded keys whose grace is over go now, all of them.
    Retire,
    /// Nothing but repairs until told otherwise.
    Hold {
        /// When the hold ends.
        until: Until,
        /// For the reports.
        reason: Option<String>,
    },
    /// The current key, made by another, becomes ours.
    Adopt,
    /// The target is handed back: its keys become foreign, none of those published is deleted.
    Release,
    /// Leaked keys stop working.
    Revoke(Revocation),
}

/// When a hold ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At once: there is none any more.
    Now,
    /// At a time.
    At(OffsetDateTime),
    /// When somebody says so.
    ToldOtherwise,
}

/// Which keys are to be revoked, and what may be done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The keys.
    pub keys: RevokedKeys,
    /// Keys that no target holds, too.
    pub unmanaged: bool,
    /// At full quota, delete before the successor is made: an outage.
    pub delete_first: bool,
}

/// The keys that are to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevokedKeys {
    /// These.
    Ids(Vec<ApiKeyId>),
    /// All that this owner has when the operation begins.
    OfOwner(OwnerId),
}

impl Operation {
    /// The names of those that exist.
    const KNOWN: [&str; 11] = [
        "sweep", "plan", "check", "discover", "rotate", "rollback", "retire", "hold", "adopt",
        "release", "revoke",
    ];

    /// The name in event and report.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Plan => "plan",
            Self::Check => "check",
            Self::Discover { .. } => "discover",
            Self::Rotate { .. } => "rotate",
            Self::Rollback => "rollback",
            Self::Retire => "retire",
            Self::Hold { .. } => "hold",
            Self::Adopt => "adopt",
            Self::Release => "release",
            Self::Revoke(_) => "revoke",
        }
    }

    /// Whether it never changes anything.
    #[must_use]
    pub fn only_looks(&self) -> bool {
        matches!(self, Self::Plan | Self::Check | Self::Discover { .. })
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
        ByHand::deserialize(event).map_err(fields)?.request()
    }

    /// Whether target `name` is meant.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        let mut patterns = self.targets.iter();
        self.targets.is_empty() || patterns.any(|pattern| pattern.matches(name))
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
