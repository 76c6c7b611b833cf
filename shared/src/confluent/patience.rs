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

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience::CONTROL_PLANE;

    #[test]
    fn waits_double_up_to_the_cap() {
        let patience = Patience {
            repetitions: 9,
            ..PATIENCE
        };
        let longest = |repetition| patience.pause(repetition, None, 1.0).unwrap().as_secs_f64();
        let waits: Vec<_> = (0..8).map(longest).collect();
        assert_eq!(waits, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]);
    }

    #[test]
    fn jitter_is_full() {
        assert_eq!(PATIENCE.pause(3, None, 0.0), Some(Duration::ZERO));
        assert_eq!(PATIENCE.pause(3, None, 0.5), Some(Duration::from_secs(2)));
    }

    #[test]
    fn what_is_asked_is_honoured_within_reason() {
        let seconds = |s| Some(Duration::from_secs(s));
        assert_eq!(PATIENCE.pause(0, seconds(60), 0.0), seconds(60));
        assert_eq!(PATIENCE.pause(1, seconds(7), 1.0), seconds(8));
        assert_eq!(PATIENCE.pause(0, seconds(61), 0.0), None);
        assert_eq!(PATIENCE.pause(0, seconds(u64::MAX), 1.0), None);
    }

    #[test]
    fn there_are_four_repetitions() {
        assert!(PATIENCE.pause(3, None, 1.0).is_some());
        assert_eq!(PATIENCE.pause(4, None, 1.0), None);
        assert_eq!(PATIENCE.pause(4, Some(Duration::ZERO), 1.0), None);
    }
}
