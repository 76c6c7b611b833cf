//! How fast to ask: what the answers say in, waits out. Pure: `now` and chance are arguments.
//!
//! No number of Confluent's is known here. Without any sign of a limit nothing is slowed, but that calls under way
//! only double from round trip to round trip. The first sign (a refusal, or a header that says that half is used up)
//! makes the pace that was just seen to be accepted the pace to keep, and from there it is learned: each accepted call
//! adds a little, each burst of refusals takes away a part. What is said to remain bends it meanwhile, so that
//! little is refused where there are headers.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// So many calls may be under way before the first answer.
const FIRST_AT_ONCE: f64 = 8.0;
/// No more than this, however much is accepted: each costs a connection.
const MOST_AT_ONCE: f64 = 64.0;
/// Calls a second: slower is no pace, and faster needs none.
const SLOWEST: f64 = 0.1;
const FASTEST: f64 = 2000.0;
/// What is left of a pace that was too fast, at least and at most.
const DECREASE: [f64; 2] = [0.35, 0.85];
/// What is taken of the pace that was accepted from one refusal to the next.
const CAUTION: f64 = 0.95;
/// An accepted call adds this part of the pace that was last too fast.
const INCREASE: f64 = 1.0 / 800.0;
/// Accepted calls by which the pace of the moment is measured.
const MEASURED: usize = 16;
/// A timer that rings late makes up for so many turns, and for no more.
const MADE_UP: f64 = 2.0;
/// The longest invocation there is: a longer wait would be for another one to begin.
const LONGEST_HOLD: Duration = Duration::from_secs(900);
/// After this long without an answer nothing is known any more: a warm process may have slept for an hour.
const FORGOTTEN: Duration = Duration::from_secs(1000);

/// What an answer says of the limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Says {
    /// 429.
    pub(super) refused: bool,
    /// `Retry-After`.
    pub(super) retry_after: Option<Duration>,
    /// `X-RateLimit-Limit`.
    pub(super) limit: Option<f64>,
    /// `X-RateLimit-Remaining`.
    pub(super) remaining: Option<f64>,
    /// `X-RateLimit-Reset`, from the answer on.
    pub(super) reset: Option<Duration>,
}

/// What a caller that asks for its turn is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is counted as sent.
    Now,
    /// Ask again then.
    At(Instant),
    /// Ask again when a call under way has ended.
    AfterAnAnswer,
}

/// What was learned so far.
#[derive(Debug)]
pub(super) struct Pace {
    /// Calls a second; none until there is a sign of a limit.
    per_second: Option<f64>,
    /// What an accepted call adds to it.
    step: f64,
    /// When the next call has its turn, by the pace.
    next: Option<Instant>,
    /// Nobody goes before this.
    held: Option<Instant>,
    /// Refusals of calls sent before this are of a burst that has been answered for.
    reduced: Option<Instant>,
    /// Accepted since then.
    since: u32,
    under_way: usize,
    at_once: f64,
    /// When the latest accepted calls were sent, oldest first.
    accepted: VecDeque<Instant>,
    told: Option<Told>,
    /// When the latest answer came.
    last_answer: Option<Instant>,
}

/// The latest that headers said.
#[derive(Debug, Clone, Copy)]
struct Told {
    sent: Instant,
    /// From 0, nothing, to 1, all.
    remains: f64,
    until: Instant,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            per_second: None,
            step: 0.0,
            next: None,
            held: None,
            reduced: None,
            since: 0,
            under_way: 0,
            at_once: FIRST_AT_ONCE,
            accepted: VecDeque::with_capacity(MEASURED),
            told: None,
            last_answer: None,
        }
    }
}

impl Pace {
    /// Whether a call may be sent. `jitter`, from 0 to 1, keeps processes from falling into step.
    pub(super) fn turn(&mut self, now: Instant, jitter: f64) -> Turn {
        if self.last_answer.is_some_and(|last| last + FORGOTTEN < now) {
            *self = Self {
                under_way: self.under_way,
                ..Self::default()
            };
        }
        if let Some(held) = self.held.filter(|held| *held > now) {
            return Turn::At(held);
        }
        if self.under_way as f64 >= self.at_once {
            return Turn::AfterAnAnswer;
        }
        if let Some(per_second) = self.bent(now) {
            let next = self.next.unwrap_or(now);
            if next > now {
                return Turn::At(next);
            }
            let made_up = now - Duration::from_secs_f64(MADE_UP / per_second);
            self.next = Some(next.max(made_up) + spacing(per_second, jitter));
        }
        self.under_way += 1;
        Turn::Now
    }

    /// A call has ended, with or without an answer.
    pub(super) fn ended(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// A call that was sent at `sent` has its answer.
    pub(super) fn answered(&mut self, sent: Instant, now: Instant, says: &Says, jitter: f64) {
        self.last_answer = Some(now);
        if says.refused {
            let per_second = self.reduce(sent, now, SLOWEST);
            let asked = says.retry_after.or(says.reset);
            let hold = asked.unwrap_or_else(|| spacing(per_second, 0.5));
            self.hold(now + hold.min(LONGEST_HOLD), per_second, jitter);
            return;
        }
        self.at_once = (self.at_once + 1.0).min(MOST_AT_ONCE);
        self.since += 1;
        if self.accepted.len() == MEASURED {
            self.accepted.pop_front();
        }
        self.accepted.push_back(sent);
        match (says.limit, says.remaining) {
            (Some(limit), Some(remaining)) if limit > 0.0 => {
                // Answers overtake each other; the later call's counts.
                if self.told.is_none_or(|told| told.sent <= sent) {
                    self.heed(sent, now, remaining, limit, says.reset, jitter);
                }
            }
            _ => self.add(1.0),
        }
    }

    /// Takes what headers say of what remains.
    fn heed(
        &mut self,
        sent: Instant,
        now: Instant,
        remaining: f64,
        limit: f64,
        reset: Option<Duration>,
        jitter: f64,
    ) {
        let remains = (remaining / limit).clamp(0.0, 1.0);
        let reset = reset.unwrap_or_default().min(LONGEST_HOLD);
        self.told = Some(Told {
            sent,
            remains,
            until: now + reset,
        });
        if remaining < 1.0 {
            // The next call would be refused: as good as a refusal, and cheaper. All comes back by
            // the reset, so a slower pace than that is never needed.
            let certain = limit / reset.as_secs_f64().max(0.001);
            let per_second = self.reduce(sent, now, certain);
            self.hold(now + reset, per_second, jitter);
        } else if remains < 0.5 && self.per_second.is_none() {
            self.set(self.measured(sent, now), now);
        } else if remains < 0.25 {
            self.add(-4.0);
        } else if remains > 0.75 {
            self.add(1.0);
        }
    }

    /// The pace, faster when all remains and slower when nothing does.
    fn bent(&self, now: Instant) -> Option<f64> {
        let told = self.told.filter(|told| told.until > now);
        let by = told.map_or(1.0, |told| 0.5 + told.remains);
        self.per_second.map(|per_second| per_second * by)
    }

    /// Reduces the pace, once for all calls that were under way together, and not below `least`.
    fn reduce(&mut self, sent: Instant, now: Instant, least: f64) -> f64 {
        let per_second = self.per_second.unwrap_or_else(|| self.measured(sent, now));
        if self.reduced.is_some_and(|reduced| sent <= reduced) {
            return per_second;
        }
        // Nothing was left then and nothing is now, so what was accepted between is what came back.
        let came_back = self.reduced.map_or(per_second, |reduced| {
            let passed = now.duration_since(reduced).as_secs_f64().max(0.001);
            f64::from(self.since) / passed
        });
        let [least_left, most_left] = DECREASE.map(|left| left * per_second);
        let reduced = (came_back * CAUTION).clamp(least_left, most_left);
        self.reduced = Some(now);
        self.since = 0;
        self.at_once = (self.at_once / 2.0).max(FIRST_AT_ONCE);
        self.set(reduced.max(least.min(per_second)), now);
        reduced
    }

    fn set(&mut self, per_second: f64, now: Instant) {
        let per_second = per_second.clamp(SLOWEST, FASTEST);
        self.per_second = Some(per_second);
        self.step = per_second * INCREASE;
        self.next.get_or_insert(now);
    }

    fn add(&mut self, steps: f64) {
        if let Some(per_second) = &mut self.per_second {
            // The longer nothing was refused, the bolder: the limit may have been raised.
            let bold = 1.0 + f64::from(self.since) * INCREASE;
            *per_second = (*per_second + steps * self.step * bold).clamp(SLOWEST, FASTEST);
        }
    }

    /// Those who wait come back one after another: the first of them a part of a turn later, and not
    /// the same part in every process.
    fn hold(&mut self, until: Instant, per_second: f64, jitter: f64) {
        let until = until + spacing(per_second, 0.5).mul_f64(jitter.clamp(0.0, 1.0));
        self.held = self.held.max(Some(until));
        self.next = self.next.max(self.held);
    }

    /// What was accepted a second lately; of nothing, one call at a time.
    fn measured(&self, sent: Instant, now: Instant) -> f64 {
        let first = self.accepted.front().copied().unwrap_or(sent);
        let seconds = now.duration_since(first).as_secs_f64().max(0.001);
        self.accepted.len().max(1) as f64 / seconds
    }
}

/// The wait from one turn to the next: half of it is certain.
fn spacing(per_second: f64, jitter: f64) -> Duration {
    Duration::from_secs_f64((0.5 + jitter.clamp(0.0, 1.0)) / per_second)
}

#[cfg(test)]
mod tests;
