//! `POST /zones/{id}/purge_cache`: exactly one of hosts, prefixes, files and everything in a request, accepted and not
//! proven.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Cloudflare;
use super::client::WRITE_TIME_OUT;
use crate::providers::dns::WriteError;
use crate::providers::purge::{Pace, PurgeCache, Purged};
use crate::wire::dns::ZoneAt;
use crate::wire::purge::Purge;

/// The provider's own name of the call.
const OPERATION: &str = "POST /zones/{id}/purge_cache";

/// Of the answer.
#[derive(Deserialize)]
struct Accepted {
    #[serde(default)]
    id: String,
}

#[async_trait]
impl PurgeCache for Cloudflare {
    async fn purge(&self, zone: &ZoneAt, what: &Purge) -> Result<Purged, WriteError> {
        let (call, body) = (self.client.call(OPERATION), body(what));
        let path = format!("/zones/{}/purge_cache", zone.id);
        let answered = self.client.for_people().change::<Accepted>(call, &path, &body).await;
        let (accepted, ray) = answered
            .map_err(|failed| WriteError { error: failed.error, may_have_been_applied: failed.may_have_arrived })?;
        let id = accepted.map(|accepted| accepted.id).unwrap_or_default();
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
        WRITE_TIME_OUT
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
