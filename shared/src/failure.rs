//! The one place where an error becomes what Lambda reports.

use std::{error::Error, fmt, future::ready};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::de::IgnoredAny;

use crate::{
    http::HttpClientError,
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

    /// Runs a function that cannot work, a setting of it being wrong: every invocation fails with
    /// this. To exit instead would leave the caller without a reason (`Runtime.ExitError`).
    ///
    /// # Errors
    /// As [`lambda_runtime::run`].
    pub async fn answer_every_invocation(self) -> Result<(), lambda_runtime::Error> {
        tracing::error!(
            kind = self.kind,
            "the function cannot work: {}",
            self.message
        );
        let answer = |_: LambdaEvent<IgnoredAny>| ready(Err::<(), _>(self.clone()));
        lambda_runtime::run(service_fn(answer)).await
    }
}

impl From<RotationError> for Failure {
    fn from(error: RotationError) -> Self {
        Self::new(error.kind(), &error)
    }
}

impl From<HttpClientError> for Failure {
    fn from(error: HttpClientError) -> Self {
        Self::new("StartRefused", &error)
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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::rotation::request::RequestError;

    #[test]
    fn the_chain_of_causes_is_one_sentence() {
        let pattern = "*/x".to_owned();
        let failure = Failure::from(RotationError::from(RequestError::NoSuchTarget { pattern }));
        assert_snapshot!(failure, @"EventRefused: the event is refused: no target matches `*/x`");
        let diagnostic = Diagnostic::from(failure);
        assert_eq!(diagnostic.error_type, "EventRefused");
    }
}
