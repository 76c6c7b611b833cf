//! The one place where an error becomes what Lambda reports.

use std::{error::Error, fmt};

use lambda_runtime::Diagnostic;

use crate::{
    rotation::{RotationError, error::chain},
    settings::SettingsError,
};

/// A failed invocation: a kind that alarms match, and the whole chain of causes as one sentence.
/// Errors name ids and never hold a secret, so neither does this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable, in the form of `ConfluentUnavailable`.
    pub kind: &'static str,
    /// From the outermost error to its first cause, joined by `: `.
    pub message: String,
}

impl Failure {
    /// The failure that `error` and its sources tell of.
    #[must_use]
    pub fn new(kind: &'static str, error: &dyn Error) -> Self {
        Self {
            kind,
            message: chain(error),
        }
    }

    /// A failure at start. Lambda shows only that the process ended, so the log says why.
    #[must_use]
    pub fn stops(error: impl Into<Self>) -> Self {
        let failure = error.into();
        tracing::error!(
            kind = failure.kind,
            "the function does not start: {}",
            failure.message
        );
        failure
    }
}

impl From<RotationError> for Failure {
    fn from(error: RotationError) -> Self {
        Self::new(error.kind(), &error)
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::new("SettingsRefused", &error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl Error for Failure {}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self {
            error_type: failure.kind.to_owned(),
            error_message: failure.message,
        }
    }
}
