//! EventBridge, as far as it is used: events are put on one bus, at best effort and in bounded time.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_eventbridge::{
    Client, config,
    config::timeout::TimeoutConfig,
    operation::{RequestId, put_events::PutEventsOutput},
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use crate::aws::{ServiceError, endpoint_url};

/// What one call takes at most, by AWS's quota: entries, and bytes of all of them.
const MOST_ENTRIES: usize = 10;
const MOST_BYTES: usize = 256 * 1024;

/// Nobody waits for an event: a bus that is slow is a bus that is broken.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
/// For all calls together.
const TIMEOUT: Duration = Duration::from_secs(6);

/// One bus.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    bus: String,
}

/// One event to put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who tells it.
    pub source: &'static str,
    /// What happened.
    pub detail_type: &'static str,
    /// ARNs of what it is about.
    pub resources: Vec<String>,
    /// A JSON object.
    pub detail: String,
}

/// An event was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EventBusError {
    /// The call was refused, or there was no answer: then the event may have been taken.
    #[error("cannot call `events:PutEvents` on `{bus}`")]
    Call {
        /// The bus, as it is set.
        bus: String,
        /// What the service said.
        source: Box<ServiceError>,
    },
    /// The call succeeded, but not for this event.
    #[error("`events:PutEvents` on `{bus}` failed for the event")]
    Entry {
        /// The bus.
        bus: String,
        /// What the service said of the event.
        source: Box<ServiceError>,
    },
}

impl EventBus {
    /// A client for a bus, by its name or ARN.
    #[must_use]
    pub fn new(configuration: &SdkConfig, bus: &str) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(CALL_TIMEOUT)
            .build();
        let mut config = config::Builder::from(configuration).timeout_config(timeouts);
        if let Some(url) = endpoint_url("EVENTBRIDGE") {
            config.set_endpoint_url(Some(url));
        }
        Self {
            client: Client::from_conf(config.build()),
            bus: bus.to_owned(),
        }
    }

    /// Puts events, as few calls as they take. One result for each entry, in their order; after a
    /// call that failed as a whole the rest is not tried.
    ///
    /// AWS takes events for a bus that does not exist, and drops them.
    pub async fn put(&self, entries: &[Entry]) -> Vec<Result<(), EventBusError>> {
        let until = Instant::now() + TIMEOUT;
        let mut results = Vec::with_capacity(entries.len());
        for batch in batches(entries) {
            match self.call(batch, until).await {
                Ok(answer) => results.extend(self.judge(&answer, batch.len())),
                Err(source) => {
                    let source = Box::new(source);
                    let bus = self.bus.clone();
                    results.resize(entries.len(), Err(EventBusError::Call { bus, source }));
                    break;
                }
            }
        }
        results
    }

    async fn call(&self, batch: &[Entry], until: Instant) -> Result<PutEventsOutput, ServiceError> {
        let entries = batch.iter().map(|entry| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus)
                .source(entry.source)
                .detail_type(entry.detail_type)
                .set_resources(Some(entry.resources.clone()))
                .detail(&entry.detail)
                .build()
        });
        let call = self
            .client
            .put_events()
            .set_entries(Some(entries.collect()));
        match timeout_at(until, call.send()).await {
            Ok(answer) => answer.map_err(ServiceError::from),
            Err(_) => Err(ServiceError::no_answer("the call was given up")),
        }
    }

    /// An entry that the answer says nothing of was not taken.
    fn judge(
        &self,
        answer: &PutEventsOutput,
        count: usize,
    ) -> impl Iterator<Item = Result<(), EventBusError>> {
        let request_id = answer.request_id().unwrap_or("-");
        (0..count).map(move |nth| {
            let entry = answer.entries().get(nth);
            if entry.is_some_and(|entry| entry.event_id().is_some()) {
                return Ok(());
            }
            let said = |text: fn(&PutEventsResultEntry) -> Option<&str>, or: &str| {
                entry.and_then(text).unwrap_or(or).to_owned()
            };
            let source = Box::new(ServiceError {
                code: said(PutEventsResultEntry::error_code, "UnreadableAnswer"),
                message: said(PutEventsResultEntry::error_message, "no message"),
                request_id: request_id.to_owned(),
                status: None,
            });
            let bus = self.bus.clone();
            Err(EventBusError::Entry { bus, source })
        })
    }
}

/// As many entries a call as it takes. One that is too long by itself goes alone, to be refused.
fn batches(mut entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |entry: &&Entry| {
            bytes += size(entry);
            bytes <= MOST_BYTES
        };
        let fitting = entries.iter().take(MOST_ENTRIES).take_while(fits).count();
        let (batch, rest) = entries.split_at(fitting.max(1).min(entries.len()));
        entries = rest;
        (!batch.is_empty()).then_some(batch)
    })
}

/// The bytes of an entry, as AWS counts them.
fn size(entry: &Entry) -> usize {
    let resources = entry.resources.iter().map(String::len).sum::<usize>();
    entry.source.len() + entry.detail_type.len() + entry.detail.len() + resources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bytes: usize) -> Entry {
        Entry {
            source: "",
            detail_type: "",
            resources: Vec::new(),
            detail: "x".repeat(bytes),
        }
    }

    #[test]
    fn a_call_takes_ten_entries_and_256_kb() {
        let counts = |sizes: &[usize]| {
            let entries: Vec<_> = sizes.iter().map(|bytes| entry(*bytes)).collect();
            batches(&entries).map(<[Entry]>::len).collect::<Vec<_>>()
        };
        assert_eq!(counts(&[]), [0; 0]);
        assert_eq!(counts(&[1; 10]), [10]);
        assert_eq!(counts(&[1; 23]), [10, 10, 3]);
        assert_eq!(counts(&[MOST_BYTES / 2; 5]), [2, 2, 1]);
        assert_eq!(counts(&[1, MOST_BYTES + 1, 1]), [1, 1, 1]);
    }

    #[test]
    fn each_entry_has_its_own_result() {
        let configuration = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .build();
        let bus = EventBus::new(&configuration, "default");
        let taken = PutEventsResultEntry::builder().event_id("1").build();
        let refused = PutEventsResultEntry::builder()
            .error_code("ThrottlingException")
            .error_message("slow down")
            .build();
        let answer = PutEventsOutput::builder()
            .entries(taken)
            .entries(refused)
            .failed_entry_count(1)
            .build();
        let results: Vec<_> = bus.judge(&answer, 3).collect();
        let said = |nth: usize| match &results[nth] {
            Err(EventBusError::Entry { source, .. }) => source.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(results[0], Ok(()));
        insta::assert_snapshot!(said(1), @"ThrottlingException: slow down (request id `-`)");
        insta::assert_snapshot!(said(2), @"UnreadableAnswer: no message (request id `-`)");
    }
}
