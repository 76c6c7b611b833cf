//! The request log: everything the servers were asked, in the order of arrival.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The invocation that sent a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Caller {
    /// The function's name.
    pub function: String,
    /// The invocation's request id.
    pub request_id: String,
}

impl Caller {
    /// Reads `keywheel/<version> (<function>; <request id>)` from the User-Agent; any other has no caller.
    #[must_use]
    pub fn from_user_agent(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(http::header::USER_AGENT)?.to_str().ok()?;
        let (_, comment) = text.strip_prefix("keywheel/")?.split_once(" (")?;
        let (function, request_id) = comment.strip_suffix(')')?.split_once("; ")?;
        Some(Self {
            function: function.to_owned(),
            request_id: request_id.to_owned(),
        })
    }
}

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// `confluent`, `secretsmanager`, …: the names that faults take, and other AWS services by their signing name.
    pub service: String,
    /// The AWS action, or method and path template.
    pub operation: String,
    /// The answer's status; none while it is under way, and for ever when the connection was closed without an answer.
    pub status: Option<u16>,
    /// When it arrived, RFC 3339.
    pub at: String,
    /// Who asked, when it was an invocation.
    pub by: Option<Caller>,
}

/// A cheap handle to one log.
#[derive(Debug, Clone, Default)]
pub struct RequestLog(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    /// Grows with every clearing, so that a request that outlives one is not written into another's entry.
    generation: u64,
    list: Vec<Entry>,
}

/// The place of one entry.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    generation: u64,
    index: usize,
}

impl RequestLog {
    /// Notes a request that has arrived.
    pub fn arrived(&self, service: &str, operation: &str, by: Option<Caller>) -> Place {
        let mut entries = self.lock();
        entries.list.push(Entry {
            service: service.to_owned(),
            operation: operation.to_owned(),
            status: None,
            at: now(),
            by,
        });
        Place {
            generation: entries.generation,
            index: entries.list.len() - 1,
        }
    }

    /// Notes the status of its answer.
    pub fn answered(&self, place: Place, status: u16) {
        let mut entries = self.lock();
        if entries.generation == place.generation
            && let Some(entry) = entries.list.get_mut(place.index)
        {
            entry.status = Some(status);
        }
    }

    /// The entries without the first `count`.
    #[must_use]
    pub fn since(&self, count: usize) -> Vec<Entry> {
        self.lock().list.iter().skip(count).cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut entries = self.lock();
        entries.generation += 1;
        entries.list.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond())
        .unwrap_or(now)
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(user_agent: &str) -> Option<Caller> {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::USER_AGENT, user_agent.parse().unwrap());
        Caller::from_user_agent(&headers)
    }

    #[test]
    fn the_user_agent_names_the_invocation() {
        let caller = by("keywheel/0.1.0 (key-rotation; 3f0c)").unwrap();
        assert_eq!(
            (caller.function.as_str(), caller.request_id.as_str()),
            ("key-rotation", "3f0c")
        );
        for other in [
            "curl/8.0",
            "keywheel/0.1.0",
            "keywheel/0.1.0 (key-rotation)",
        ] {
            assert_eq!(by(other), None, "{other}");
        }
    }

    #[test]
    fn since_leaves_out_what_was_seen_and_a_late_answer_finds_no_cleared_entry() {
        let log = RequestLog::default();
        let first = log.arrived("ssm", "GetParametersByPath", None);
        log.arrived("confluent", "POST /iam/v2/api-keys", None);
        log.answered(first, 200);
        assert_eq!(log.since(0)[0].status, Some(200));
        assert_eq!(log.since(1)[0].operation, "POST /iam/v2/api-keys");

        log.clear();
        log.arrived("ssm", "PutParameter", None);
        log.answered(first, 500);
        assert_eq!(log.since(0)[0].status, None);
    }
}
