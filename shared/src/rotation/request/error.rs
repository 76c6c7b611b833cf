//! Why an event is refused.

use thiserror::Error;

use super::Operation;

/// An event that is refused.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// No such operation, or a list of them.
    #[error("operation `{operation}` is not known; known are {}", known())]
    Operation {
        /// As it was written.
        operation: String,
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
    #[error("operation `{operation}` needs {needs}")]
    Lacks {
        /// The operation.
        operation: &'static str,
        /// The field or fields.
        needs: &'static str,
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
    /// A value that cannot be. It is not repeated: it may be an API secret.
    #[error("`{field}`: {reason}")]
    Value {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

fn known() -> String {
    Operation::KNOWN
        .map(|operation| format!("`{operation}`"))
        .join(", ")
}
