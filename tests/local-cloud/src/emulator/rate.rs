//! The control plane's rate limit: a token bucket, and the headers that speak of it.

use std::time::Instant;

use super::{
    answer::Answer,
    fields::{Fields, Wrong},
};
use serde_json::{Value, json};

/// No limit until one is set.
#[derive(Clone, Default)]
pub(super) struct Rate {
    bucket: Option<Bucket>,
}

#[derive(Clone)]
struct Bucket {
    /// Tokens that come back in a second; 0 is none ever.
    per_second: f64,
    /// Tokens that fit in.
    burst: f64,
    /// Whether answers say how much is left.
    headers: bool,
    /// How long one of the whole seconds takes that the headers count.
    second: f64,
    tokens: f64,
    filled: Instant,
}

/// One request's turn: whether it is let through, and what the answer says of the limit.
pub(super) struct Turn {
    pub(super) allowed: bool,
    headers: Vec<(&'static str, f64)>,
}

/// What `Retry-After` says when no token will ever come back, in seconds.
const NEVER: f64 = 3600.0;

impl Rate {
    /// Reads `{"per_second", "burst", "headers"}`: without `per_second` no limit; `burst` is at least 1 and, when
    /// absent, one second's worth; `headers` is true when absent. Headers count whole seconds, each of
    /// which takes `second` of them (1 when absent), for worlds where time runs faster: `0.05` makes of `2` a `0.1`.
    pub(super) fn read(mut fields: Fields) -> Result<Self, Wrong> {
        let per_second = fields.number("per_second")?;
        let burst = fields
            .number("burst")?
            .or(per_second)
            .unwrap_or_default()
            .max(1.0);
        let headers = fields.flag("headers")?.unwrap_or(true);
        let second = fields.number("second")?.filter(|second| *second > 0.0);
        fields.done()?;
        let full = |per_second| Bucket {
            per_second,
            burst,
            headers,
            second: second.unwrap_or(1.0),
            tokens: burst,
            filled: Instant::now(),
        };
        Ok(Self {
            bucket: per_second.map(full),
        })
    }

    /// The setting in the shape of [`Rate::read`].
    pub(super) fn json(&self) -> Value {
        self.bucket.as_ref().map_or_else(|| json!({}), |bucket| {
            let mut json = json!({"per_second": bucket.per_second, "burst": bucket.burst, "headers": bucket.headers});
            if bucket.second != 1.0 {
                json["second"] = bucket.second.into();
            }
            json
        })
    }

    /// Takes a token, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> Turn {
        self.bucket.as_mut().map_or(
            Turn {
                allowed: true,
                headers: Vec::new(),
            },
            |bucket| bucket.take(now),
        )
    }
}

impl Bucket {
    fn take(&mut self, now: Instant) -> Turn {
        let passed = now.duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        self.filled = now;
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        let mut headers = Vec::new();
        if self.headers {
            let wanted = if allowed { self.burst } else { 1.0 };
            let reset = ((wanted - self.tokens) / self.per_second).min(NEVER);
            let reset = (reset / self.second).ceil().max(1.0) * self.second;
            headers.push(("x-ratelimit-limit", self.burst.ceil()));
            headers.push(("x-ratelimit-remaining", self.tokens.floor()));
            // Relative seconds, not an epoch, although the name suggests it.
            headers.push(("x-ratelimit-reset", reset));
            if !allowed {
                headers.push(("retry-after", reset));
            }
        }
        Turn { allowed, headers }
    }
}

impl Turn {
    pub(super) fn note_on(&self, answer: Answer) -> Answer {
        self.headers.iter().fold(answer, |answer, (name, value)| {
            answer.with(*name, &value.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rate(setting: Value) -> Rate {
        Rate::read(Fields::of("", setting).unwrap()).unwrap()
    }

    #[test]
    fn without_a_limit_everything_passes_unmarked() {
        let mut rate = rate(json!({}));
        let turn = rate.take(Instant::now());
        assert!(turn.allowed && turn.headers.is_empty());
    }

    #[test]
    fn a_burst_passes_and_then_one_request_as_each_token_returns() {
        let mut rate = rate(json!({"per_second": 0.5, "burst": 2}));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let allowed: Vec<_> = [0, 0, 0, 1, 2, 2, 60, 60, 60]
            .map(|second| rate.take(at(second)).allowed)
            .into();
        assert_eq!(
            allowed,
            [true, true, false, false, true, false, true, true, false]
        );
        let refused = rate.take(at(60)).headers;
        assert_eq!(
            refused,
            [
                ("x-ratelimit-limit", 2.0),
                ("x-ratelimit-remaining", 0.0),
                ("x-ratelimit-reset", 2.0),
                ("retry-after", 2.0)
            ]
        );
    }

    #[test]
    fn a_second_of_the_headers_may_be_shorter() {
        let mut rate = rate(json!({"per_second": 10, "burst": 1, "second": 0.05}));
        rate.take(Instant::now());
        let refused = rate.take(Instant::now()).headers;
        assert_eq!(refused[3], ("retry-after", 0.1));
    }

    #[test]
    fn headers_can_be_left_out() {
        let mut rate = rate(json!({"per_second": 0, "headers": false}));
        assert!(rate.take(Instant::now()).allowed);
        let turn = rate.take(Instant::now());
        assert!(!turn.allowed && turn.headers.is_empty());
    }
}
