//! One rate budget a process: every call to the control plane takes its turn in it.
//!
//! Confluent publishes no numbers, so the pace is learned ([`pace`]). Whoever waits stands in line, so after a
//! `Retry-After` the callers come back one after another and not all at once. A sign-in at a resource is no call to the
//! control plane and takes no turn.

mod pace;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use tokio::{
    sync::{Mutex as Line, Notify},
    time::{Instant, sleep_until, timeout_at},
};

use self::pace::{Pace, Says, Turn};

/// The budget of a process. Clones are handles to the same one.
#[derive(Clone, Default)]
pub struct Budget(Arc<Shared>);

#[derive(Default)]
struct Shared {
    pace: Mutex<Pace>,
    /// A call under way has ended.
    ended: Notify,
    /// Its holder has the next turn.
    front: Line<()>,
    /// Its holder stands in line at the front.
    line: Line<()>,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Budget")
    }
}

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before those in line: what makes this call right was seen a moment ago.
    Front,
    /// In the order of coming.
    InLine,
}

impl Budget {
    /// Waits for a turn; `None` when there is none before `deadline`.
    pub(super) async fn turn(&self, place: Place, deadline: Instant) -> Option<Ticket> {
        timeout_at(deadline, self.wait(place, deadline))
            .await
            .ok()
            .flatten()
    }

    async fn wait(&self, place: Place, deadline: Instant) -> Option<Ticket> {
        let shared = &*self.0;
        let _in_line = match place {
            Place::Front => None,
            Place::InLine => Some(shared.line.lock().await),
        };
        let _at_front = shared.front.lock().await;
        loop {
            let now = Instant::now();
            let turn = self.pace().turn(now, fastrand::f64());
            match turn {
                Turn::Now => {
                    return Some(Ticket {
                        budget: self.clone(),
                        sent: now,
                    });
                }
                Turn::At(at) if at >= deadline => return None,
                Turn::At(at) => sleep_until(at).await,
                Turn::AfterAnAnswer => shared.ended.notified().await,
            }
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        // Plain numbers: a panic elsewhere leaves nothing half done.
        self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn that was taken: the call is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    budget: Budget,
    sent: Instant,
}

impl Ticket {
    /// Learns from an answer.
    pub(super) fn answered(self, response: &Response) {
        let says = says(response.status(), response.headers());
        let (now, jitter) = (Instant::now(), fastrand::f64());
        self.budget.pace().answered(self.sent, now, &says, jitter);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.budget.pace().ended();
        self.budget.0.ended.notify_one();
    }
}

fn says(status: StatusCode, headers: &HeaderMap) -> Says {
    Says {
        refused: status == StatusCode::TOO_MANY_REQUESTS,
        retry_after: seconds(headers, RETRY_AFTER.as_str()),
        limit: number(headers, "x-ratelimit-limit"),
        remaining: number(headers, "x-ratelimit-remaining"),
        reset: seconds(headers, "x-ratelimit-reset"),
    }
}

/// A header that counts seconds from now. Whole ones are documented, parts of one are understood.
pub(super) fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    number(headers, name).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    let number: f64 = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}
