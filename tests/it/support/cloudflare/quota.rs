//! The rate limit: a fixed window, announced in every answer.

use std::time::{Duration, Instant};

/// Requests per window, counted for all tokens together.
pub struct Quota {
    pub requests: u64,
    pub window: Duration,
    used: u64,
    since: Instant,
}

impl Default for Quota {
    fn default() -> Self {
        Self::of(1_200, Duration::from_secs(300))
    }
}

impl Quota {
    pub fn of(requests: u64, window: Duration) -> Self {
        Self { requests, window, used: 0, since: Instant::now() }
    }

    /// Counts a request; `false` when it is one too many.
    pub fn admits(&mut self) -> bool {
        if self.since.elapsed() >= self.window {
            (self.used, self.since) = (0, Instant::now());
        }
        self.used += 1;
        self.used <= self.requests
    }

    /// Whole seconds until the window ends, rounded up.
    pub fn reset(&self) -> u64 {
        self.window.saturating_sub(self.since.elapsed()).as_secs_f64().ceil() as u64
    }

    /// The two headers.
    pub fn headers(&self) -> [(&'static str, String); 2] {
        let remaining = self.requests.saturating_sub(self.used);
        [
            ("Ratelimit", format!("\"default\";r={remaining};t={}", self.reset())),
            ("Ratelimit-Policy", format!("\"default\";q={};w={}", self.requests, self.window.as_secs())),
        ]
    }
}
