//! How hard one region is asked. Its token buckets are shared with everybody else who works in the account, and AWS
//! tells nobody how full they are, so the panel keeps to a small share of its own accord.

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Calls in flight at once, per region.
pub(super) const IN_FLIGHT: usize = 2;
/// Between the starts of two calls of a sweep (one call per target group): five a second.
const SWEEP_STEP: Duration = Duration::from_millis(200);

/// One region's gate.
#[derive(Debug)]
pub(super) struct Gate {
    places: Semaphore,
    next_sweep: Mutex<Option<Instant>>,
}

impl Gate {
    pub fn new() -> Self {
        Self { places: Semaphore::new(IN_FLIGHT), next_sweep: Mutex::new(None) }
    }

    /// Waits for a place in flight, which lasts as long as the permit.
    pub async fn enter(&self) -> SemaphorePermit<'_> {
        self.places.acquire().await.expect("the semaphore is never closed")
    }

    /// Waits for the next slot of a sweep.
    pub async fn paced(&self) {
        let mut next = self.next_sweep.lock().await;
        let now = Instant::now();
        let slot = next.map_or(now, |slot| slot.max(now));
        *next = Some(slot + SWEEP_STEP);
        drop(next);
        tokio::time::sleep_until(slot).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sweep_starts_no_more_than_five_calls_a_second() {
        let gate = Gate::new();
        let start = Instant::now();
        for _ in 0..4 {
            gate.paced().await;
        }
        assert!(start.elapsed() >= 3 * SWEEP_STEP);
    }

    #[tokio::test]
    async fn a_third_call_waits_for_a_place() {
        let gate = Gate::new();
        let (first, _second) = (gate.enter().await, gate.enter().await);
        let third = tokio::time::timeout(Duration::from_millis(20), gate.enter()).await;
        assert!(third.is_err());
        drop(first);
        drop(gate.enter().await);
    }
}
