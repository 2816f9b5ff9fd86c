//! The records of one zone, streamed from the answer into the collection.

use std::collections::BTreeSet;

use super::client::Client;
use super::listing::{List, Sink};
use super::wire::{KNOWN_TYPES, WireRecord};
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;
use crate::providers::{Collector, Hangup, Listing};
use crate::wire::ProviderError;

/// One request for nearly every zone.
pub const PER_PAGE: u64 = 5_000;
/// The most that the provider allows.
pub const LARGEST_PAGE: u64 = 5_000_000;

/// Passes records on as they come.
struct Passing<'a> {
    zone: &'a str,
    listing: Listing,
    unknown_types: BTreeSet<String>,
}

impl Sink for Passing<'_> {
    type Element = WireRecord;

    async fn take(&mut self, record: WireRecord) -> Result<(), ProviderError> {
        let record = record.into_record(self.zone);
        if !KNOWN_TYPES.contains(&record.record_type.as_str()) {
            self.unknown_types.insert(record.record_type.clone());
        }
        self.listing.push(&record).await
    }

    async fn restart(&mut self) -> Result<(), ProviderError> {
        Ok(self.listing.restart().await?)
    }
}

/// Reports the records of `zone` as the scope `name`; a failure ends that scope as partial and nothing else.
pub async fn report(client: &Client, collector: &Collector, name: &str, zone: &Zone) -> Result<(), Hangup> {
    let list = List {
        operation: "GET /zones/{zone_id}/dns_records",
        path: format!("/zones/{}/dns_records", zone.zone_id),
        filters: vec![("order", "name".to_owned()), ("direction", "asc".to_owned())],
        per_page: PER_PAGE,
        largest_page: LARGEST_PAGE,
    };
    let listing = collector.listing_within::<DnsRecord, Zone>(name, zone).await?;
    let mut passing = Passing { zone: &zone.name, listing, unknown_types: BTreeSet::new() };
    let outcome = list.read(client, &mut passing).await;
    for unknown in &passing.unknown_types {
        collector
            .note(format!("{name} has records of the unknown type {unknown:?}; they are shown as they are"))
            .await?;
    }
    match outcome {
        Ok(()) => passing.listing.complete().await,
        Err(error) => {
            tracing::warn!(%error, zone = %zone.name, "a zone could not be read to its end");
            passing.listing.partial(error).await
        }
    }
}
