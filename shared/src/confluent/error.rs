//! What can go wrong between us and Confluent Cloud, told without payloads.

use thiserror::Error;

use super::{
    address::AddressError,
    ids::{ApiKeyId, ResourceId},
    refusal::Refusal,
};

/// A failed operation. Its text holds ids, Confluent's own sentence and the request id;
/// never a body, a header or a secret.
#[derive(Debug, Error)]
pub enum ConfluentError {
    /// Confluent (or something before it) answered with a status of 400 or more.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Sending credentials where an answer points to would give them away.
    #[error(
        "could not {operation}: {status}, and a redirect is not followed{}",
        by(request_id)
    )]
    Redirected {
        /// What was asked.
        operation: String,
        /// 300 to 399.
        status: u16,
        /// `X-Request-Id`.
        request_id: Option<String>,
    },
    /// No answer, or only a part of one.
    #[error("could not {operation}: {what}")]
    NoAnswer {
        /// What was asked.
        operation: String,
        /// Whether the connection failed, was lost, or took too long.
        what: &'static str,
        /// Whether the request may have reached Confluent.
        sent: bool,
        /// Whether it was given up as too slow.
        timed_out: bool,
        /// What the HTTP library said.
        #[source]
        source: reqwest::Error,
    },
    /// The invocation's time was over before the request was sent.
    #[error("could not {operation}: the deadline of the invocation has passed")]
    OutOfTime {
        /// What was asked.
        operation: String,
    },
    /// Three operations in a row failed, so this one was not sent.
    #[error("could not {operation}: not asked, because three calls in a row failed")]
    GivenUp {
        /// What was to be asked.
        operation: String,
        /// What the failures were.
        kind: ErrorKind,
    },
    /// What made the call right was seen too long ago when its turn came; it was not sent.
    #[error("could not {operation}: the rate limit left no turn for it in time")]
    NoTurn {
        /// What was asked.
        operation: String,
    },
    /// A run that deletes what it signs in with locks itself out.
    #[error(
        "API key `{api_key}` is not deleted: this run is signed in with it, and leaves it to the next"
    )]
    OwnKey {
        /// The key.
        api_key: ApiKeyId,
    },
    /// A successful status with an answer that is not the documented one.
    #[error("could not {operation}: {status}, but {what}{}", by(request_id))]
    UnexpectedAnswer {
        /// What was asked.
        operation: String,
        /// 200 to 299.
        status: u16,
        /// `X-Request-Id`.
        request_id: Option<String>,
        /// What is wrong with the answer.
        what: String,
    },
    /// The resource is being made, or could not be made.
    #[error("`{resource}` is not provisioned yet (phase `{phase}`)")]
    NotProvisioned {
        /// The resource.
        resource: ResourceId,
        /// `PROVISIONING` or `FAILED`.
        phase: String,
    },
    /// The resource names no address for clients.
    #[error("`{resource}` has no endpoints")]
    WithoutEndpoints {
        /// The resource.
        resource: ResourceId,
    },
    /// Which of several private access points is right depends on where the clients run.
    #[error("`{resource}` has several access points and none is `PUBLIC`: {names}")]
    SeveralAccessPoints {
        /// The resource.
        resource: ResourceId,
        /// Their ids in backticks, in order.
        names: String,
    },
    /// The endpoint is one that credentials must not be sent to.
    #[error("the endpoint of `{resource}` cannot be used")]
    UnusableEndpoint {
        /// The resource.
        resource: ResourceId,
        /// Why.
        #[source]
        source: AddressError,
    },
}

/// What a failure means to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Our own credential is not accepted: 401, or 403 that names the API key.
    Unauthorized,
    /// Our credential may not do this, or the thing is gone: Confluent says 403 for both.
    Forbidden,
    /// 404.
    NotFound,
    /// A service quota is used up.
    Quota,
    /// 429, or no turn before the next one.
    RateLimited,
    /// 5xx, a time-out or a broken connection.
    Unavailable,
    /// Any other 4xx: Confluent does not accept what was asked.
    Rejected,
    /// A redirect, or an answer that is not the documented one.
    UnexpectedAnswer,
    /// The invocation's own time is over.
    OutOfTime,
    /// It was about the very key that we sign in with.
    OwnKey,
    /// The resource has no endpoint that could be used.
    NoEndpoint,
}

impl ConfluentError {
    /// What the failure means.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(refusal) => refusal.kind(),
            Self::NoAnswer { .. } => ErrorKind::Unavailable,
            Self::OutOfTime { .. } => ErrorKind::OutOfTime,
            Self::GivenUp { kind, .. } => *kind,
            Self::NoTurn { .. } => ErrorKind::RateLimited,
            Self::OwnKey { .. } => ErrorKind::OwnKey,
            Self::Redirected { .. } | Self::UnexpectedAnswer { .. } => ErrorKind::UnexpectedAnswer,
            Self::NotProvisioned { .. }
            | Self::WithoutEndpoints { .. }
            | Self::SeveralAccessPoints { .. }
            | Self::UnusableEndpoint { .. } => ErrorKind::NoEndpoint,
        }
    }

    /// Whether Confluent certainly did not do what was asked. Everything else may have happened.
    #[must_use]
    pub fn certainly_not_done(&self) -> bool {
        match self {
            // 408 and 499 are said about requests that were already on their way.
            Self::Refused(refusal) => {
                (400..500).contains(&refusal.status) && ![408, 499].contains(&refusal.status)
            }
            Self::NoAnswer { sent, .. } => !sent,
            Self::OutOfTime { .. }
            | Self::NoTurn { .. }
            | Self::GivenUp { .. }
            | Self::OwnKey { .. } => true,
            _ => false,
        }
    }

    /// Whether a read may succeed when it is repeated. One that took too long had its time, and the
    /// client has repeated one that the rate limit refused.
    pub(super) fn passing(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.status >= 500 && refusal.status != 501,
            Self::NoAnswer { timed_out, .. } => !timed_out,
            _ => false,
        }
    }
}

/// The end of a sentence about an answer.
pub(super) fn by(request_id: &Option<String>) -> String {
    match request_id {
        Some(id) => format!(" (request id `{id}`)"),
        None => String::new(),
    }
}
