//! How rotations begin in one sweep: few at once until it is seen that they succeed, and none after
//! several that failed when their key was made. Each of those leaves a key behind, and what is wrong is
//! wrong with all of them.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::RotationError;

/// So many rotations may fail after their key was made.
const FAILED: u32 = 3;
/// So many begin at once before one has succeeded.
const FIRST: usize = 3;

/// The rotations of one sweep.
#[derive(Debug)]
pub(super) struct Starts {
    turns: Semaphore,
    failed: AtomicU32,
}

impl Default for Starts {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(FIRST),
            failed: AtomicU32::new(0),
        }
    }
}

impl Starts {
    /// Waits for a turn to make a key; it is held until that is done.
    ///
    /// # Errors
    /// [`RotationError::StoppedEarly`].
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, RotationError> {
        let turn = self.turns.acquire().await;
        match turn {
            Ok(turn) if !self.stopped() => Ok(turn),
            _ => Err(RotationError::StoppedEarly),
        }
    }

    /// A key was made and stored: two may begin where one did.
    pub(super) fn succeeded(&self) {
        self.turns.add_permits(1);
    }

    /// A rotation failed after its key was made.
    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether no further rotation begins.
    pub(super) fn stopped(&self) -> bool {
        self.failed.load(Ordering::Relaxed) >= FAILED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn few_begin_at_once_until_one_succeeded_and_none_after_three_failed() {
        let starts = Starts::default();
        let first = starts.turn().await.unwrap();
        let _others = [starts.turn().await.unwrap(), starts.turn().await.unwrap()];
        assert_eq!(starts.turns.available_permits(), 0);
        starts.succeeded();
        drop(first);
        assert_eq!(starts.turns.available_permits(), 2);
        for _ in 0..2 {
            starts.failed();
        }
        assert!(starts.turn().await.is_ok());
        starts.failed();
        assert!(matches!(
            starts.turn().await,
            Err(RotationError::StoppedEarly)
        ));
    }
}
