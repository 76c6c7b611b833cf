//! Reading answers: capped, lenient in what Confluent may add, exact in what we need.

use std::time::Duration;

use reqwest::{
    Response,
    header::{HeaderMap, RETRY_AFTER},
};
use serde::de::DeserializeOwned;

use super::{
    budget::seconds, envelope::Envelope, error::ConfluentError, printable::printable,
    refusal::Refusal,
};

/// A page of 100 API keys is about 100 kB; what is longer than this is not an answer to us.
const LONGEST_BODY: usize = 8 * 1024 * 1024;

const LONGEST_DETAIL: usize = 300;
const LONGEST_CODE: usize = 64;

/// A write that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done<T> {
    /// What it came to.
    pub what: T,
    /// What Confluent calls the request; empty when it did not say.
    pub request_id: String,
}

/// A successful answer, read whole.
pub(super) struct Answer {
    operation: String,
    status: u16,
    request_id: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// Reads the answer to its end. A status that is not 2xx is an error.
    pub(super) async fn read(
        operation: &str,
        mut response: Response,
    ) -> Result<Self, ConfluentError> {
        let status = response.status();
        let request_id = header(response.headers(), "x-request-id")
            .map(|id| printable(id, LONGEST_CODE))
            .filter(|id| !id.is_empty());
        let retry_after = retry_after(response.headers());
        let mut answer = Self {
            operation: operation.to_owned(),
            status: status.as_u16(),
            request_id,
            body: Vec::new(),
        };
        if status.is_redirection() {
            return Err(ConfluentError::Redirected {
                operation: answer.operation,
                status: answer.status,
                request_id: answer.request_id,
            });
        }
        let whole = answer.fill(&mut response).await;
        if status.is_success() {
            return whole.map(|()| answer);
        }
        // The status alone says enough; the body may add a sentence.
        Err(answer.refusal(retry_after))
    }

    async fn fill(&mut self, response: &mut Response) -> Result<(), ConfluentError> {
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if self.body.len() + chunk.len() > LONGEST_BODY => {
                    return Err(
                        self.unexpected(format!("the answer is longer than {LONGEST_BODY} bytes"))
                    );
                }
                Ok(Some(chunk)) => self.body.extend_from_slice(&chunk),
                Ok(None) => return Ok(()),
                Err(error) => return Err(no_answer(&self.operation, error)),
            }
        }
    }

    /// What the write came to, beside what Confluent calls the request.
    pub(super) fn done<T>(self, what: T) -> Done<T> {
        let request_id = self.request_id.unwrap_or_default();
        Done { what, request_id }
    }

    /// The body as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ConfluentError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // The error's own text quotes values, and one of them may be a secret.
            self.unexpected(format!(
                "the answer is not the documented JSON at line {} column {}",
                error.line(),
                error.column()
            ))
        })
    }

    /// The error that this answer is not what was documented.
    pub(super) fn unexpected(&self, what: impl Into<String>) -> ConfluentError {
        ConfluentError::UnexpectedAnswer {
            operation: self.operation.clone(),
            status: self.status,
            request_id: self.request_id.clone(),
            what: what.into(),
        }
    }

    fn refusal(self, retry_after: Option<Duration>) -> ConfluentError {
        let error = Envelope::read(&self.body);
        let text = String::from_utf8_lossy(&self.body).to_ascii_lowercase();
        ConfluentError::Refused(Box::new(Refusal {
            operation: self.operation,
            status: self.status,
            code: error.code.map(|code| printable(&code, LONGEST_CODE)),
            detail: error.detail.map(|text| printable(&text, LONGEST_DETAIL)),
            request_id: self.request_id,
            retry_after,
            invalid_api_key: text.contains("invalid api key"),
        }))
    }
}

/// The request that got no answer, or lost it half way.
pub(super) fn no_answer(operation: &str, error: reqwest::Error) -> ConfluentError {
    let sent = !(error.is_connect() || error.is_builder());
    let timed_out = sent && error.is_timeout();
    ConfluentError::NoAnswer {
        operation: operation.to_owned(),
        what: match (sent, timed_out) {
            (false, _) => "no connection could be made",
            (true, true) => "the answer took too long",
            (true, false) => "the connection was lost",
        },
        sent,
        timed_out,
        source: error.without_url(),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `Retry-After`, else `X-RateLimit-Reset`; both count seconds from now.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    [RETRY_AFTER.as_str(), "x-ratelimit-reset"]
        .iter()
        .find_map(|name| seconds(headers, name))
}
