//! The power to make a cache forget.
//!
//! **One more provider with this power**: an `impl PurgeCache`, and [`Provider::cache`](super::Provider::cache) that
//! hands it out.

use std::time::Duration;

use async_trait::async_trait;

use super::dns::WriteError;
use crate::wire::dns::ZoneAt;
use crate::wire::purge::Purge;

/// A source that caches in front of hosts.
#[async_trait]
pub trait PurgeCache: Send + Sync {
    /// Asks once. That it was accepted proves neither that anything was cached nor that it is gone; asking twice is
    /// harmless.
    async fn purge(&self, zone: &ZoneAt, what: &Purge) -> Result<Purged, WriteError>;

    /// Things that one request may name.
    fn most_per_request(&self) -> usize;

    /// How fast it may be asked, in a zone on this plan.
    fn pace(&self, plan: &str) -> Pace;

    /// The longest that one request may block.
    fn patience(&self) -> Duration;
}

/// What the provider says to a purge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// Request and answer in short, redacted.
    pub request: String,
    pub answer: String,
}

/// A bucket of requests: so many at once, and then so far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub at_once: usize,
    pub apart: Duration,
}

impl Pace {
    /// How long the request at `position` (from 0) has to wait after the one before it.
    pub fn wait_before(self, position: usize) -> Duration {
        if position < self.at_once { Duration::ZERO } else { self.apart }
    }

    /// How long that many requests take for the sake of the limit alone.
    pub fn time_for(self, requests: usize) -> Duration {
        self.apart.saturating_mul(u32::try_from(requests.saturating_sub(self.at_once)).unwrap_or(u32::MAX))
    }
}
