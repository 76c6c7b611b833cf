//! An answer that says no, whoever gave it.

use std::{fmt, time::Duration};

use super::error::{ErrorKind, by};

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

impl Refusal {
    /// What the refusal means.
    pub(super) fn kind(&self) -> ErrorKind {
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
