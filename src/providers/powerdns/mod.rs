//! PowerDNS: zones and records of an authoritative server through its HTTP API v1 (4.x and 5.x), with its one key.
//!
//! | file | holds |
//! | --- | --- |
//! | `settings` | what a source is configured with |
//! | `client` | one request: key, retry, errors in the server's words |
//! | `wire` | zones and sets as the server writes them, and their way into our kinds |
//! | `listing` | a zone with its sets, streamed: it is one JSON object, however large |
//! | `zones`, `records` | what is reported, in which scopes, and how each ends |
//! | `sets` | sets read fresh, before a write and after it |
//! | `patch` | changes as the body of one PATCH, and what is refused before it is sent |
//! | `writer` | the power to change records |
//!
//! The server has no ids for values: a record is known by zone, name, type and content, so that one whose content
//! changes is a new record.

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::dns::WriteRecords;
use super::{Built, Collector, Parts, Provider, ProviderSpec};
use crate::kinds::{dns_record, zone};
use crate::net::http::RetryPolicy;
use crate::wire::{ErrorKind, ProviderError};

mod client;
mod listing;
mod patch;
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

/// Zones that are read at the same time: the server is somebody's name server too.
const SIDE_BY_SIDE: usize = 3;

pub const SPEC: ProviderSpec = ProviderSpec {
    name: "powerdns",
    title: "PowerDNS",
    settings: settings::SETTINGS,
    kinds: &[&zone::SPEC, &dns_record::SPEC],
    build: |_source, reader, parts| match Settings::read(reader) {
        Read::Settings(settings) => Some(Built::Ready(Box::new(PowerDns::new(settings, parts)))),
        Read::Missing(missing) => Some(Built::NotConfigured { missing }),
        Read::Faulty => None,
    },
};

/// One authoritative server.
pub struct PowerDns {
    client: Client,
    settings: Settings,
}

impl PowerDns {
    pub fn new(settings: Settings, parts: &Parts) -> Self {
        Self { client: Client::new(parts.http.clone(), &settings), settings }
    }

    /// The same source with another patience.
    pub fn with_retry(mut self, policy: RetryPolicy) -> Self {
        self.client.policy = policy;
        self
    }
}

#[async_trait]
impl Provider for PowerDns {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let zones = Zones::read(&self.client, self.settings.dns.zones.as_deref()).await?;
        zones.report(&self.client, collector).await?;
        stream::iter(zones.zones)
            .map(|zone| async move { records::report(&self.client, collector, &zone.into()).await })
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect::<()>()
            .await?;
        Ok(())
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        let call = self.client.call("GET /servers");
        let server = self.client.server(call).await?;
        if server.daemon_type != "authoritative" {
            let words = format!("this is a server of the type {:?}, not an authoritative one", server.daemon_type);
            return Err(call.error(ErrorKind::Rejected, &words));
        }
        let zones = Zones::read(&self.client, self.settings.dns.zones.as_deref()).await?;
        match zones.error {
            Some(error) => Err(error),
            None => Ok(format!("PowerDNS {}, {} zones", server.version, zones.zones.len())),
        }
    }

    fn dns(&self) -> Option<&dyn WriteRecords> {
        Some(self)
    }
}
