//! `POST /zones/{id}/purge_cache`: exactly one of hosts, prefixes, files and everything in a request, accepted and not proven.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Cloudflare;
use crate::providers::purge::{Pace, PurgeCache, Purged};
use crate::wire::dns::ZoneAt;
use crate::wire::purge::Purge;
use crate::wire::{ErrorKind, ProviderError};

/// The provider's own name of the call.
const OPERATION: &str = "POST /zones/{id}/purge_cache";
/// An answer that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of the answer.
#[derive(Deserialize)]
struct Accepted {
    #[serde(default)]
    id: String,
}

#[async_trait]
impl PurgeCache for Cloudflare {
    async fn purge(&self, zone: &ZoneAt, what: &Purge) -> Result<Purged, ProviderError> {
        let call = self.client.call(OPERATION);
        let body = body(what);
        let path = format!("/zones/{}/purge_cache", zone.id);
        let asked = self.client.post::<Accepted>(call, &path, &body);
        let Ok(answered) = tokio::time::timeout(PATIENCE, asked).await else {
            return Err(call.error(ErrorKind::Unavailable, "no answer in time"));
        };
        let (envelope, ray) = answered?;
        let id = envelope.result.map(|accepted| accepted.id).unwrap_or_default();
        Ok(Purged {
            request_id: ray,
            request: format!("POST {path} {body}"),
            answer: format!("success, purge {}", if id.is_empty() { "without an id" } else { &id }),
        })
    }

    fn most_per_request(&self) -> usize {
        self.settings.purge_chunk
    }

    /// By plan, of an account: 5 a minute (Free), 5, 10 and 50 a second, out of buckets of 25, 25, 50 and 500.
    fn pace(&self, plan: &str) -> Pace {
        let plan = plan.to_ascii_lowercase();
        let (at_once, millis) = match () {
            () if plan.contains("enterprise") => (500, 20),
            () if plan.contains("business") => (50, 100),
            () if plan.contains("pro") => (25, 200),
            // A plan whose name nobody knows is treated as the slowest.
            () => (25, 12_000),
        };
        Pace { at_once, apart: Duration::from_millis(millis) }
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }
}

fn body(what: &Purge) -> Value {
    match what {
        Purge::Hosts(hosts) => json!({"hosts": hosts}),
        Purge::Prefixes(prefixes) => json!({"prefixes": prefixes}),
        Purge::Files(files) => json!({"files": files}),
        Purge::Everything => json!({"purge_everything": true}),
    }
}
