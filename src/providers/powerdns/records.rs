//! The records of one zone, streamed from the answer into the collection.

use std::collections::BTreeSet;

use super::client::Client;
use super::listing::{self, Sink};
use super::patch;
use super::wire::WireSet;
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;
use crate::providers::{Collector, Hangup, Listing};
use crate::wire::ProviderError;

/// Passes records on as they come.
struct Passing<'a> {
    zone: &'a str,
    listing: Listing,
    foreign_types: BTreeSet<String>,
}

impl Sink for Passing<'_> {
    async fn take(&mut self, set: WireSet) -> Result<(), ProviderError> {
        if !set.records.is_empty() && !patch::is_writable(&set.record_type) {
            self.foreign_types.insert(set.record_type.clone());
        }
        for record in set.into_records(self.zone) {
            self.listing.push(&record).await?;
        }
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), ProviderError> {
        Ok(self.listing.restart().await?)
    }
}

/// Reports the records of `zone`; a failure ends that scope as partial and nothing else.
pub async fn report(client: &Client, collector: &Collector, zone: &Zone) -> Result<(), Hangup> {
    let listing = collector.listing_within::<DnsRecord, Zone>(&zone.name, zone).await?;
    let mut passing = Passing { zone: &zone.name, listing, foreign_types: BTreeSet::new() };
    let outcome = listing::read(client, &zone.zone_id, &mut passing).await;
    passing.foreign_types.remove("SOA");
    for foreign in &passing.foreign_types {
        let name = &zone.name;
        collector.note(format!("{name} has records of the type {foreign:?}; they are shown and never written")).await?;
    }
    match outcome {
        Ok(_) => passing.listing.complete().await,
        Err(error) => {
            tracing::warn!(%error, zone = %zone.name, "a zone could not be read to its end");
            passing.listing.partial(error).await
        }
    }
}
