//! Records that somebody writes to: what a made-up provider keeps of changes, on top of what it makes up.
//!
//! An id outlives a change of content, as it does at providers that can patch: a value of the new set takes the id of
//! the old one.

use std::collections::BTreeMap;

use super::super::dns::ZoneRead;
use crate::clock::Instant;
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;
use crate::wire::dns::{RecordSet, RecordValue, SetChange, SetName};

/// Values that one made-up write may hold.
pub const MOST_PER_WRITE: usize = 200;

/// Everything that was written, by zone and set; an empty set was deleted.
#[derive(Debug, Default)]
pub struct Book {
    zones: BTreeMap<String, BTreeMap<SetName, Vec<DnsRecord>>>,
    /// Ids handed out.
    made: u64,
}

impl Book {
    /// The zone's records with all that was written on top.
    pub fn over(&self, zone: &Zone, mut records: Vec<DnsRecord>) -> Vec<DnsRecord> {
        let Some(written) = self.zones.get(&zone.zone_id) else { return records };
        records.retain(|record| !written.contains_key(&name_of(record)));
        records.extend(written.values().flatten().cloned());
        records
    }

    /// Carries the changes out over `records`, which are the zone's as they are now: the sets that are there
    /// afterwards.
    pub fn write(&mut self, zone: &Zone, records: &[DnsRecord], changes: &[SetChange], now: Instant) -> Vec<RecordSet> {
        for change in changes {
            let mut old: Vec<&DnsRecord> = records.iter().filter(|record| name_of(record) == change.of).collect();
            let values = change.after.as_ref().map_or(&[][..], |set| &set.values);
            let mut set = Vec::with_capacity(values.len());
            for value in values {
                let same = old.iter().position(|record| record.content == value.content);
                let same = same.or_else(|| old.iter().position(|record| Some(&record.record_id) == value.id.as_ref()));
                let taken = same.or((!old.is_empty()).then_some(0)).map(|at| old.remove(at));
                set.push(self.record(zone, &change.of, value, taken, now));
            }
            self.zones.entry(zone.zone_id.clone()).or_default().insert(change.of.clone(), set);
        }
        let written = self.zones.get(&zone.zone_id).into_iter().flat_map(|sets| sets.iter());
        let now = written.filter(|(of, _)| changes.iter().any(|change| change.of == **of));
        now.flat_map(|(_, records)| sets(records)).collect()
    }

    fn record(
        &mut self,
        zone: &Zone,
        of: &SetName,
        value: &RecordValue,
        taken: Option<&DnsRecord>,
        now: Instant,
    ) -> DnsRecord {
        let record_id = taken.map_or_else(
            || {
                self.made += 1;
                format!("{:032x}", u128::from(self.made) << 64 | u128::from(zone.zone_id.len() as u64))
            },
            |old| old.record_id.clone(),
        );
        DnsRecord {
            record_id,
            zone: zone.name.clone(),
            record_type: of.record_type.clone(),
            name: of.name.clone(),
            content: value.content.clone(),
            ttl: value.ttl,
            priority: value.priority,
            proxied: value.proxied,
            proxiable: matches!(of.record_type.as_str(), "A" | "AAAA" | "CNAME"),
            disabled: value.disabled,
            comment: value.comment.clone(),
            tags: value.tags.clone(),
            data: value.data.clone(),
            settings: value.settings.clone(),
            created_on: taken.map_or(Some(now), |old| old.created_on),
            modified_on: Some(now),
            serial: None,
        }
    }
}

/// What a reader of the zone is told.
pub fn read(zone: &Zone, records: &[DnsRecord]) -> ZoneRead {
    let read_only = (zone.zone_type == "secondary").then(|| format!("{} is a secondary", zone.name));
    ZoneRead {
        sets: sets(records),
        serial: None,
        read_only,
        most_per_write: MOST_PER_WRITE,
        name_servers: zone.name_servers.clone(),
    }
}

/// Records by name and type.
pub fn sets(records: &[DnsRecord]) -> Vec<RecordSet> {
    let mut sets: BTreeMap<SetName, Vec<RecordValue>> = BTreeMap::new();
    for record in records {
        sets.entry(name_of(record)).or_default().push(value(record));
    }
    sets.into_iter().map(|(of, values)| RecordSet { of, values, comments: Vec::new() }).collect()
}

fn name_of(record: &DnsRecord) -> SetName {
    SetName { name: record.name.clone(), record_type: record.record_type.clone() }
}

fn value(record: &DnsRecord) -> RecordValue {
    RecordValue {
        id: Some(record.record_id.clone()),
        content: record.content.clone(),
        ttl: record.ttl,
        priority: record.priority,
        data: record.data.clone(),
        proxied: record.proxied,
        disabled: record.disabled,
        comment: record.comment.clone(),
        tags: record.tags.clone(),
        settings: record.settings.clone(),
        modified_on: record.modified_on,
    }
}
