//! Caches of the made-up platform: they accept what they are told to forget, a little slowly.

use std::time::Duration;

use async_trait::async_trait;

use super::Memory;
use crate::providers::dns::WriteError;
use crate::providers::purge::{Pace, PurgeCache, Purged};
use crate::secret::{hex, random_bytes};
use crate::wire::dns::ZoneAt;
use crate::wire::purge::Purge;

/// Long enough to be seen going on.
const TAKES: Duration = Duration::from_millis(900);

#[async_trait]
impl PurgeCache for Memory {
    async fn purge(&self, zone: &ZoneAt, what: &Purge) -> Result<Purged, WriteError> {
        tokio::time::sleep(TAKES).await;
        let named = serde_json::to_string(what).unwrap_or_default();
        Ok(Purged {
            request_id: Some(format!("made-up-{}", hex(&random_bytes::<6>()))),
            request: format!("purge {} {named}", zone.name),
            answer: "accepted".to_owned(),
        })
    }

    fn most_per_request(&self) -> usize {
        30
    }

    fn pace(&self, _plan: &str) -> Pace {
        Pace { at_once: 25, apart: Duration::from_secs(1) }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }
}
