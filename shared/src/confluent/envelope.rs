//! The envelopes that an error comes in.

use serde::Deserialize;
use serde_json::Value;

/// What an error's body says: `{"errors": [{"code", "detail"}]}`, the newer
/// `{"error": {"code", "message"}}`, or the data planes' `{"error_code", "message"}`.
/// Both are `None` when the body is none of these.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) code: Option<String>,
    pub(super) detail: Option<String>,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<ErrorObject>,
}

#[derive(Deserialize)]
struct Nested {
    error: ErrorObject,
}

#[derive(Deserialize)]
struct ErrorObject {
    code: Option<Value>,
    error_code: Option<Value>,
    detail: Option<String>,
    message: Option<String>,
    title: Option<String>,
}

impl Envelope {
    pub(super) fn read(body: &[u8]) -> Self {
        let first = serde_json::from_slice::<Errors>(body)
            .map(|all| all.errors.into_iter().next())
            .or_else(|_| serde_json::from_slice::<Nested>(body).map(|one| Some(one.error)))
            .or_else(|_| serde_json::from_slice::<ErrorObject>(body).map(Some));
        let Ok(Some(error)) = first else {
            return Self::default();
        };
        let code = error.code.or(error.error_code).and_then(|code| match code {
            Value::String(code) => Some(code),
            Value::Number(code) => Some(code.to_string()),
            _ => None,
        });
        let said = |text: &String| !text.trim().is_empty();
        Self {
            code: code.filter(said),
            detail: [error.detail, error.message, error.title]
                .into_iter()
                .flatten()
                .find(said),
        }
    }
}
