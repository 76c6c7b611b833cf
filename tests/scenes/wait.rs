//! Waiting for what happens elsewhere, with a bound.

use std::time::{Duration, Instant};

/// Far beyond what anything here needs on a busy machine.
const BOUND: Duration = Duration::from_secs(30);
const GAP: Duration = Duration::from_millis(20);

/// Looks until there is something.
///
/// # Panics
/// After half a minute, with what was seen last.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(last) => assert!(
                begun.elapsed() < BOUND,
                "not yet: {what}; last seen: {last}"
            ),
        }
        tokio::time::sleep(GAP).await;
    }
}
