//! Cloudflare: zones and DNS records through the API v4, with a bearer token.
//!
//! | file | holds |
//! | --- | --- |
//! | `settings` | what a source is configured with |
//! | `client` | one request: token, quota (`net::quota`), retry, errors in the provider's words |
//! | `envelope` | the object around every answer |
//! | `listing` | a paged list that begins again when it shifts |
//! | `wire` | zones and records as the provider writes them |
//! | `purge` | the power to make the cache forget |
//! | `zones`, `records` | what is reported, in which scopes, and how each ends |
//! | `sets` | sets read fresh, for a plan and right before its write |
//! | `batch` | changes of sets as one batch of records that keeps their ids |
//! | `writer` | the power to change records |
//!
//! **One more kind**: its wire struct in `wire`, a file beside `records`, a line in [`SPEC`] and one in `collect`.

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;

use super::dns::WriteRecords;
use super::purge::PurgeCache;
use super::{Built, Collector, Parts, Provider, ProviderSpec};
use crate::kinds::{dns_record, zone};
use crate::net::http::RetryPolicy;
use crate::wire::{ErrorKind, ProviderError};

mod batch;
mod client;
mod envelope;
mod listing;
mod purge;
mod records;
mod sets;
mod settings;
mod wire;
mod writer;
mod zones;

use client::Client;
use settings::Read;
pub use settings::Settings;
use zones::Zones;

/// Zones that are read at the same time: enough to hide the network, few enough to stay a modest guest.
const SIDE_BY_SIDE: usize = 3;

pub const SPEC: ProviderSpec = ProviderSpec {
    name: "cloudflare",
    title: "Cloudflare",
    settings: settings::SETTINGS,
    kinds: &[&zone::SPEC, &dns_record::SPEC],
    build: |_source, reader, parts| match Settings::read(reader) {
        Read::Settings(settings) => Some(Built::Ready(Box::new(Cloudflare::new(settings, parts)))),
        Read::Missing(missing) => Some(Built::NotConfigured { missing }),
        Read::Faulty => None,
    },
};

/// A source at Cloudflare: what one token sees.
pub struct Cloudflare {
    client: Client,
    settings: Settings,
}

/// Of `GET /user/tokens/verify`.
#[derive(Deserialize)]
struct Verified {
    #[serde(default)]
    status: String,
    expires_on: Option<String>,
}

impl Cloudflare {
    pub fn new(settings: Settings, parts: &Parts) -> Self {
        Self { client: Client::new(parts.http.clone(), &settings), settings }
    }

    /// The same source with another patience.
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.client.policy = policy;
        self
    }

    /// Whose token it is. Only a user's token can be verified without knowing its account; any other answer is left to
    /// the listing of zones to explain.
    async fn bearer(&self) -> Result<String, ProviderError> {
        const OPERATION: &str = "GET /user/tokens/verify";
        let call = self.client.call(OPERATION);
        match self.client.read::<Verified>(call, "/user/tokens/verify", &[]).await.map(|envelope| envelope.result) {
            Ok(Some(token)) if token.status == "active" => {
                let until = token.expires_on.map_or_else(String::new, |until| format!(", valid until {until}"));
                Ok(format!("user token{until}"))
            }
            Ok(Some(token)) => Err(call.error(ErrorKind::Auth, &format!("the token is {}", token.status))),
            Ok(None) => Err(call.error(ErrorKind::Malformed, "the answer has no result")),
            Err(error) if error.kind.is_transient() => Err(error),
            Err(_) => Ok("account token".to_owned()),
        }
    }
}

#[async_trait]
impl Provider for Cloudflare {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let zones = Zones::read(&self.client, self.settings.dns.zones.as_deref()).await?;
        zones.report(collector).await?;
        stream::iter(zones.into_scopes())
            .map(|(name, zone)| async move { records::report(&self.client, collector, &name, &zone).await })
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect::<()>()
            .await?;
        Ok(())
    }

    /// A verified token may still lack permissions, so the zones are asked for in any case.
    async fn probe(&self) -> Result<String, ProviderError> {
        let bearer = self.bearer().await?;
        let call = self.client.call("GET /zones");
        let envelope = self.client.read::<Vec<wire::WireZone>>(call, "/zones", &[("per_page", "5".to_owned())]).await?;
        let shown = envelope.result.unwrap_or_default();
        let count = envelope.result_info.and_then(|info| info.total_count).unwrap_or(shown.len() as u64);
        let Some(first) = shown.into_iter().next().map(zone::Zone::from) else {
            return Err(call.error(ErrorKind::Auth, "the token is accepted and lists no zone: it needs Zone:Read"));
        };
        let of = if first.account.is_empty() { String::new() } else { format!(" of {}", first.account) };
        Ok(format!("{bearer}, lists {count} zones, first {}{of}", first.name))
    }
    fn dns(&self) -> Option<&dyn WriteRecords> {
        Some(self)
    }

    fn cache(&self) -> Option<&dyn PurgeCache> {
        Some(self)
    }
}
