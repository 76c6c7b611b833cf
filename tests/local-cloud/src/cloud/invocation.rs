//! An invocation as a test looks at it.

use serde_json::Value;

use crate::{
    child::Memory,
    player::{FunctionError, Outcome},
};

/// How an invocation by hand ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// What the function answered; null when it failed.
    pub answer: Value,
    /// Its failure.
    pub error: Option<FunctionError>,
    /// What it printed.
    pub logs: String,
    /// Its request id.
    pub request_id: String,
    /// Memory of its process up to its end; none when the process has ended too.
    pub memory: Option<Memory>,
}

impl From<Outcome> for Invocation {
    fn from(outcome: Outcome) -> Self {
        let error = outcome.error();
        // An answer that is no JSON is its own text: Lambda does not look into it either.
        let answer = || {
            serde_json::from_slice(&outcome.payload)
                .unwrap_or_else(|_| String::from_utf8_lossy(&outcome.payload).into())
        };
        Self {
            answer: if error.is_none() {
                answer()
            } else {
                Value::Null
            },
            error,
            logs: outcome.logs,
            request_id: outcome.request_id,
            memory: outcome.memory,
        }
    }
}

/// A shorter secret, as a test may give its keys, is found in texts by chance.
const SHORTEST_SECRET: usize = 8;

/// # Panics
/// Output of the invocation shows one of `secrets`. The panic's text does not.
pub(super) fn assert_discreet(function: &str, outcome: &Outcome, secrets: &[String]) {
    let payload = String::from_utf8_lossy(&outcome.payload);
    for (place, text) in [("payload", &*payload), ("logs", outcome.logs.as_str())] {
        let shown = secrets
            .iter()
            .any(|secret| secret.len() >= SHORTEST_SECRET && text.contains(secret.as_str()));
        assert!(
            !shown,
            "the {place} of `{function}`, request id `{}`, shows an API secret",
            outcome.request_id
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(payload: &'static str, logs: &str) -> Outcome {
        Outcome {
            request_id: "1".to_owned(),
            payload: payload.into(),
            failed: false,
            logs: logs.to_owned(),
            memory: None,
        }
    }

    #[test]
    #[should_panic(expected = "the logs of `key-rotation`, request id `1`, shows an API secret")]
    fn a_secret_in_the_logs_is_a_panic() {
        let outcome = outcome("{}", r#"{"secret":"cflt1234"}"#);
        assert_discreet("key-rotation", &outcome, &["cflt1234".to_owned()]);
    }

    #[test]
    fn an_answer_is_json_or_its_own_text() {
        assert_eq!(
            Invocation::from(outcome("[1]", "")).answer,
            serde_json::json!([1])
        );
        assert_eq!(Invocation::from(outcome("oh", "")).answer, "oh");
    }
}
