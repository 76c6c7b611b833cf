//! The one place where an error becomes what Lambda reports.

use std::{error::Error, fmt, future::ready};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::de::IgnoredAny;

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
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Self { kind, message }
    }

    /// Runs a function that cannot work, a setting of it being wrong: every invocation fails with
    /// this. To exit instead would leave the caller without a reason (`Runtime.ExitError`).
    ///
    /// # Errors
    /// As [`lambda_runtime::run`].
    pub async fn answer_every_invocation(self) -> Result<(), lambda_runtime::Error> {
        let answer = |_: LambdaEvent<IgnoredAny>| ready(Err::<(), _>(self.clone()));
        lambda_runtime::run(service_fn(answer)).await
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
    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("target `orders` is not rotated")]
    struct Outer(#[from] Middle);

    #[derive(Debug, Error)]
    #[error("cannot read secret `x`")]
    struct Middle(#[from] Inner);

    #[derive(Debug, Error)]
    #[error("AccessDeniedException")]
    struct Inner;

    #[test]
    fn the_chain_of_causes_is_one_sentence() {
        let failure = Failure::new("SecretUnreadable", &Outer(Middle(Inner)));
        assert_snapshot!(failure, @"SecretUnreadable: target `orders` is not rotated: cannot read secret `x`: AccessDeniedException");
        let diagnostic = Diagnostic::from(failure);
        assert_eq!(diagnostic.error_type, "SecretUnreadable");
        assert_snapshot!(diagnostic.error_message, @"target `orders` is not rotated: cannot read secret `x`: AccessDeniedException");
    }
}
