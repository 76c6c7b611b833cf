//! What can go wrong between us and Confluent Cloud, told without payloads.

use std::{fmt, time::Duration};

use thiserror::Error;

use super::{address::AddressError, ids::ResourceId};

/// A failed operation. Its text holds ids, Confluent's own sentence and the request id;
/// never a body, a header or a secret.
#[derive(Debug, Error)]
pub enum ConfluentError {
    /// Confluent (or something before it) answered with a status of 400 or more.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Sending credentials where an answer points to would give them away.
    #[error(
        "could not {operation}: a redirect ({status}) is not followed{}",
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
    /// A successful status with an answer that is not the documented one.
    #[error(
        "could not {operation}: {what} (in an answer with {status}{})",
        id(request_id)
    )]
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
    /// The resource exists and has no endpoints yet, or never will.
    #[error("`{resource}` is not provisioned yet (phase `{phase}`)")]
    NotProvisioned {
        /// The resource.
        resource: ResourceId,
        /// `PROVISIONING`, `FAILED` or what Confluent says.
        phase: String,
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

/// An answer with a status of 400 or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked.
    pub operation: String,
    /// The HTTP status.
    pub status: u16,
    /// Confluent's code, such as `forbidden_access`.
    pub code: Option<String>,
    /// Confluent's sentence, cut when long. Without code and sentence the answer was not Confluent's.
    pub detail: Option<String>,
    /// `X-Request-Id`: what Confluent's support asks for.
    pub request_id: Option<String>,
    /// How long Confluent asked to wait.
    pub retry_after: Option<Duration>,
    /// Whether the answer says that our own credential is bad.
    pub invalid_api_key: bool,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: {}", self.operation, self.status)?;
        if let Some(code) = &self.code {
            write!(f, " `{code}`")?;
        }
        match &self.detail {
            Some(detail) => write!(f, ": {detail}")?,
            None if self.code.is_none() => f.write_str(" without an error of Confluent's")?,
            None => {}
        }
        f.write_str(&by(&self.request_id))
    }
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
    /// 429.
    RateLimited,
    /// 5xx, a time-out or a broken connection.
    Unavailable,
    /// Any other 4xx: Confluent does not accept what was asked.
    Rejected,
    /// A redirect, or an answer that is not the documented one.
    UnexpectedAnswer,
    /// The invocation's own time is over.
    OutOfTime,
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
            Self::Redirected { .. } | Self::UnexpectedAnswer { .. } => ErrorKind::UnexpectedAnswer,
            Self::NotProvisioned { .. }
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
            Self::OutOfTime { .. } => true,
            _ => false,
        }
    }

    /// Whether a read may succeed when it is repeated.
    pub(super) fn passing(&self) -> bool {
        match self {
            Self::Refused(refusal) => match refusal.status {
                429 => true,
                501 => false,
                status => status >= 500,
            },
            Self::NoAnswer { timed_out, .. } => !timed_out,
            _ => false,
        }
    }
}

impl Refusal {
    fn kind(&self) -> ErrorKind {
        let over_quota = |detail: &String| detail.contains("is currently limited to");
        match self.status {
            401 => ErrorKind::Unauthorized,
            403 if self.invalid_api_key => ErrorKind::Unauthorized,
            402 => ErrorKind::Quota,
            429 => ErrorKind::RateLimited,
            500.. => ErrorKind::Unavailable,
            _ if self.detail.as_ref().is_some_and(over_quota) => ErrorKind::Quota,
            403 => ErrorKind::Forbidden,
            404 => ErrorKind::NotFound,
            _ => ErrorKind::Rejected,
        }
    }

    /// Whether a read or delete by id says that the thing is gone: 404, or Confluent's own 403
    /// that does not name the API key (so its Terraform provider reads them). A 403 of a proxy
    /// says nothing; a 403 may also mean that we lack the right, so this alone proves nothing.
    pub(super) fn says_gone(&self) -> bool {
        let confluents = self.code.is_some() || self.detail.is_some();
        self.status == 404 || (self.kind() == ErrorKind::Forbidden && confluents)
    }
}

/// `text` fit for one line of a log: no control characters, at most `longest` characters.
pub(super) fn printable(text: &str, longest: usize) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(longest + 1)
        .collect();
    if let Some((cut, _)) = line.char_indices().nth(longest) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

fn by(request_id: &Option<String>) -> String {
    match request_id {
        Some(id) => format!(" (request id `{id}`)"),
        None => String::new(),
    }
}

fn id(request_id: &Option<String>) -> String {
    match request_id {
        Some(id) => format!(", request id `{id}`"),
        None => String::new(),
    }
}
