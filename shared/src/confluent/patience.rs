//! How long to wait before a read is repeated.

use std::time::Duration;

/// Waits between repeated reads: exponential with full jitter, or what the other side asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// The first wait is at most this long, each further one at most twice the one before.
    pub(super) base: Duration,
    /// No wait of our own is longer.
    pub(super) cap: Duration,
    /// A wait that the other side asks for is honoured up to this; beyond it the read fails,
    /// so that one slow answer does not take a sweep's time.
    pub(super) longest_asked: Duration,
    /// So many repetitions after the first try.
    pub(super) repetitions: u32,
}

impl Patience {
    /// For the control plane, whose numeric limits are unpublished.
    pub(super) const CONTROL_PLANE: Self = Self {
        base: Duration::from_millis(500),
        cap: Duration::from_secs(20),
        longest_asked: Duration::from_secs(60),
        repetitions: 4,
    };

    /// The wait before repetition `repetition` (counted from 0), `None` when it is time to give up.
    /// `asked` is what the other side asked for; `jitter`, from 0 to 1, spreads the callers.
    pub(super) fn pause(
        &self,
        repetition: u32,
        asked: Option<Duration>,
        jitter: f64,
    ) -> Option<Duration> {
        if repetition >= self.repetitions {
            return None;
        }
        let longest = self
            .base
            .saturating_mul(2_u32.saturating_pow(repetition))
            .min(self.cap);
        let own = longest.mul_f64(jitter.clamp(0.0, 1.0));
        match asked {
            Some(asked) if asked > self.longest_asked => None,
            // Jitter on top: everybody was asked to come back at the same moment.
            Some(asked) => Some(asked + own),
            None => Some(own),
        }
    }
}
