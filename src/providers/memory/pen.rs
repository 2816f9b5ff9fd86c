//! The power to change the made-up zones, by the same trait as any provider. What is written is there at the next read
//! and at the next collection, until the process ends.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;

use super::{Memory, book};
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;
use crate::providers::dns::{WriteError, WriteRecords, Written, ZoneRead};
use crate::rdata;
use crate::wire::dns::{RecordSet, SetChange, WriteTerms, ZoneAt};
use crate::wire::{ErrorKind, ProviderError};

#[async_trait]
impl WriteRecords for Memory {
    async fn read(&self, zone: &ZoneAt, names: Option<&BTreeSet<String>>) -> Result<ZoneRead, ProviderError> {
        let (zone, records) = self.zone(zone)?;
        let mut read = book::read(&zone, &records);
        read.sets.retain(|set| names.is_none_or(|names| names.contains(&set.of.name)));
        Ok(read)
    }

    async fn write(&self, zone: &ZoneAt, changes: &[SetChange]) -> Result<Written, WriteError> {
        let refused = |error| WriteError { error, may_have_been_applied: false };
        let (zone, records) = self.zone(zone).map_err(refused)?;
        let request = format!("{} sets of {}", changes.len(), zone.name);
        let mut written = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let sets = written.write(&zone, &records, changes, self.clock.now());
        Ok(Written { request_id: None, sets, request, answer: "done (made up)".to_owned() })
    }

    /// It keeps whatever it is given, and a preference apart.
    fn shaped(&self, _zone: &ZoneAt, mut set: RecordSet) -> Result<RecordSet, String> {
        for value in &mut set.values {
            *value = rdata::preference_apart(&set.of.record_type, std::mem::take(value));
        }
        Ok(set)
    }

    fn terms(&self) -> WriteTerms {
        WriteTerms::CLOUDFLARE
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn name_servers(&self) -> &[String] {
        self.servers()
    }
}

impl Memory {
    /// The zone as it is now.
    fn zone(&self, asked: &ZoneAt) -> Result<(Zone, Vec<DnsRecord>), ProviderError> {
        let found = self.zones().into_iter().find(|(zone, _)| zone.zone_id == asked.id);
        found.ok_or_else(|| {
            let words = format!("there is no zone {}", asked.name);
            ProviderError::new("memory", "zone", ErrorKind::NotFound, words)
        })
    }
}

#[cfg(test)]
#[path = "pen_tests.rs"]
mod tests;
