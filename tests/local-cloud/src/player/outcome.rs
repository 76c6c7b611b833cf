//! How an invocation ended, in Lambda's words.

use std::{io, os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its request id.
    pub request_id: String,
    /// The answer, or the error as JSON with `errorType` and `errorMessage`.
    pub payload: Bytes,
    /// Whether `payload` is an error (`X-Amz-Function-Error: Unhandled`).
    pub failed: bool,
    /// What the process printed meanwhile, stdout and stderr.
    pub logs: String,
    /// The most memory that its process had resident up to its end, in kB; none when the process has ended too.
    pub peak_rss_kb: Option<u64>,
}

/// A function's own words about its failure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FunctionError {
    /// `errorType`; empty when the error has another form.
    #[serde(rename = "errorType")]
    pub error_type: String,
    /// `errorMessage`; the whole payload when the error has another form.
    #[serde(rename = "errorMessage", default)]
    pub message: String,
}

impl FunctionError {
    /// Reads the payload of an invocation that failed.
    #[must_use]
    pub fn read(payload: &[u8]) -> Self {
        serde_json::from_slice(payload).unwrap_or_else(|_| Self {
            error_type: String::new(),
            message: String::from_utf8_lossy(payload).into_owned(),
        })
    }
}

impl Outcome {
    /// The error, if it failed.
    #[must_use]
    pub fn error(&self) -> Option<FunctionError> {
        self.failed.then(|| FunctionError::read(&self.payload))
    }

    pub(super) fn answered(request_id: &str, payload: Bytes) -> Self {
        Self {
            request_id: request_id.to_owned(),
            payload,
            failed: false,
            logs: String::new(),
            peak_rss_kb: None,
        }
    }

    pub(super) fn failed(request_id: &str, payload: Bytes) -> Self {
        Self {
            failed: true,
            ..Self::answered(request_id, payload)
        }
    }

    pub(super) fn timed_out(request_id: &str, limit: Duration) -> Self {
        let seconds = limit.as_secs_f64();
        let sentence = format!("Task timed out after {seconds:.2} seconds");
        Self::worded(request_id, "Sandbox.Timedout", &sentence)
    }

    pub(super) fn exited(request_id: &str, status: ExitStatus) -> Self {
        let sentence = match (status.code(), status.signal()) {
            (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
            (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
            (None, Some(9)) => "Runtime exited with error: signal: killed".to_owned(),
            (None, signal) => format!("Runtime exited with error: signal: {}", signal.unwrap_or(0)),
        };
        Self::worded(request_id, "Runtime.ExitError", &sentence)
    }

    pub(super) fn not_started(request_id: &str, error: &io::Error) -> Self {
        let sentence = format!("the environment cannot be started: {error}");
        Self::worded(request_id, "Runtime.InvalidEntrypoint", &sentence)
    }

    fn worded(request_id: &str, error_type: &str, sentence: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: {sentence}");
        let payload = json!({"errorType": error_type, "errorMessage": message});
        Self::failed(request_id, payload.to_string().into())
    }
}
