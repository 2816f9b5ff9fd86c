//! The zones of the server: one scope, since there is one key and it sees all.
//!
//! A zone that the configuration names and that is not there keeps the scope open (partial). A server without zones is
//! believed: it may be new, and if it is not, the guard holds what would be lost.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};

use super::client::Client;
use super::wire::{WireZone, host};
use crate::kinds::zone::Zone;
use crate::providers::Collector;
use crate::wire::{ErrorKind, ProviderError};

const OPERATION: &str = "GET /zones";
/// The scope's name.
const SCOPE: &str = "zones";
/// Zones whose name servers are asked for at the same time; each answer is a few hundred bytes.
const SIDE_BY_SIDE: usize = 8;

/// What the server has.
pub struct Zones {
    pub zones: Vec<WireZone>,
    /// Why there may be more.
    pub error: Option<ProviderError>,
}

impl Zones {
    /// Lists what the server has, or of that what is `wanted`.
    pub async fn read(client: &Client, wanted: Option<&[String]>) -> Result<Self, ProviderError> {
        let call = client.call(OPERATION);
        let mut zones: Vec<WireZone> = client.get(call, "/zones", &[]).await?;
        if zones.iter().any(|zone| zone.id.is_empty() || zone.name.is_empty()) {
            return Err(call.error(ErrorKind::Malformed, "a zone has no id or no name"));
        }
        zones.sort_by(|one, other| one.name.cmp(&other.name));
        let Some(wanted) = wanted else { return Ok(Self { zones, error: None }) };
        zones.retain(|zone| wanted.contains(&host(&zone.name)));
        let missing: Vec<_> =
            wanted.iter().filter(|name| zones.iter().all(|zone| host(&zone.name) != **name)).collect();
        let error = (!missing.is_empty()).then(|| {
            let missing = missing.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            call.error(ErrorKind::NotFound, &format!("the server has no zone {missing}, which the configuration names"))
        });
        match error {
            Some(error) if zones.is_empty() => Err(error),
            error => Ok(Self { zones, error }),
        }
    }

    /// Reports them, each with its name servers, which the list has not.
    pub async fn report(&self, client: &Client, collector: &Collector) -> Result<(), ProviderError> {
        let servers: BTreeMap<String, Option<Vec<String>>> = stream::iter(self.zones.clone())
            .map(|zone| async move { (zone.id.clone(), name_servers(client, &zone).await) })
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        let mut listing = collector.listing::<Zone>(SCOPE).await?;
        for wire in &self.zones {
            let mut zone = Zone::from(wire.clone());
            match servers.get(&wire.id).cloned().flatten() {
                Some(servers) => {
                    zone.name_servers = servers;
                    listing.push(&zone).await?;
                }
                None => listing.push_without(&zone, &["name_servers"]).await?,
            }
        }
        match &self.error {
            None => listing.complete().await?,
            Some(error) => listing.partial(error.clone()).await?,
        }
        Ok(())
    }
}

/// The targets of the zone's own NS set; `None` when they could not be learned.
async fn name_servers(client: &Client, zone: &WireZone) -> Option<Vec<String>> {
    let call = client.call("GET /zones/{id}?rrset_type=NS");
    let query = [("rrset_name", zone.name.as_str()), ("rrset_type", "NS")];
    match client.get::<WireZone>(call, &format!("/zones/{}", zone.id), &query).await {
        Ok(read) => Some(servers_of(&read)),
        Err(error) => {
            tracing::warn!(%error, zone = zone.name, "the name servers of a zone could not be read");
            None
        }
    }
}

/// Those of the apex: the answer to a question for one set holds others too.
pub fn servers_of(zone: &WireZone) -> Vec<String> {
    let sets = zone.rrsets.iter().filter(|set| set.record_type == "NS" && host(&set.name) == host(&zone.name));
    let values = sets.flat_map(|set| &set.records).filter(|value| !value.disabled);
    values.map(|value| host(&value.content)).collect()
}
