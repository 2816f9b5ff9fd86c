//! Sets read fresh, for a plan and right before its write.
//!
//! What the provider keeps beside the content and the content says too (the parts of an SRV, say) is left out of a
//! value: then a set that was planned out of words and the same set as it is read back are equal.

use std::collections::{BTreeMap, BTreeSet};

use super::client::Client;
use super::listing::{List, Sink};
use super::records::{LARGEST_PAGE, PER_PAGE};
use super::wire::{WireRecord, WireZone};
use crate::kinds::dns_record::DnsRecord;
use crate::kinds::zone::Zone;
use crate::providers::dns::ZoneRead;
use crate::rdata;
use crate::wire::dns::{RecordSet, RecordValue, SetName, ZoneAt};
use crate::wire::{ErrorKind, ProviderError};

/// Records in one batch, by plan; all four of its lists together.
const FREE: usize = 200;
const PAID: usize = 3_500;
/// From so many names on the whole zone is fewer requests.
const FEW: usize = 8;

/// Keeps the sets of what is listed, in the provider's order.
struct Kept<'a> {
    zone: &'a str,
    names: Option<&'a BTreeSet<String>>,
    sets: BTreeMap<SetName, RecordSet>,
}

impl Sink for Kept<'_> {
    type Element = WireRecord;

    async fn take(&mut self, record: WireRecord) -> Result<(), ProviderError> {
        let record = record.into_record(self.zone);
        if self.names.is_none_or(|names| names.contains(&record.name)) {
            let of = SetName { name: record.name.clone(), record_type: record.record_type.clone() };
            let set = self.sets.entry(of.clone());
            let set = set.or_insert_with(|| RecordSet { of, values: Vec::new(), comments: Vec::new() });
            set.values.push(value(record));
        }
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), ProviderError> {
        self.sets.clear();
        Ok(())
    }
}

/// The zone, or of it the sets of `names`.
pub async fn read(client: &Client, zone: &ZoneAt, names: Option<&BTreeSet<String>>) -> Result<ZoneRead, ProviderError> {
    let call = client.call("GET /zones/{zone_id}");
    let head = client.read::<WireZone>(call, &format!("/zones/{}", zone.id), &[]).await?.result;
    let head = head.ok_or_else(|| call.error(ErrorKind::Malformed, "the answer has no zone"))?;
    let head = Zone::from(head);
    let mut kept = Kept { zone: &zone.name, names, sets: BTreeMap::new() };
    match names {
        Some(names) if names.len() <= FEW => {
            for name in names {
                list(zone, Some(name)).read(client, &mut Part { kept: &mut kept, name }).await?;
            }
        }
        _ => list(zone, None).read(client, &mut kept).await?,
    }
    Ok(ZoneRead {
        sets: kept.sets.into_values().collect(),
        serial: None,
        read_only: read_only(&head),
        most_per_write: if head.plan == "free" || head.plan.is_empty() { FREE } else { PAID },
        name_servers: head.name_servers,
    })
}

/// One of several lists into the same sets: when it begins again, only its own name does.
struct Part<'a, 'b> {
    kept: &'a mut Kept<'b>,
    name: &'a str,
}

impl Sink for Part<'_, '_> {
    type Element = WireRecord;

    async fn take(&mut self, record: WireRecord) -> Result<(), ProviderError> {
        self.kept.take(record).await
    }

    async fn restart(&mut self) -> Result<(), ProviderError> {
        self.kept.sets.retain(|of, _| of.name != self.name);
        Ok(())
    }
}

fn list<'a>(zone: &ZoneAt, name: Option<&String>) -> List<'a> {
    let mut filters = vec![("order", "name".to_owned()), ("direction", "asc".to_owned())];
    filters.extend(name.map(|name| ("name.exact", name.clone())));
    List {
        operation: "GET /zones/{zone_id}/dns_records",
        path: format!("/zones/{}/dns_records", zone.id),
        filters,
        per_page: PER_PAGE,
        largest_page: LARGEST_PAGE,
    }
}

/// Why nothing may be written there.
fn read_only(zone: &Zone) -> Option<String> {
    let may_edit = zone.permissions.is_empty() || zone.permissions.iter().any(|one| one == "#dns_records:edit");
    let name = &zone.name;
    match (zone.zone_type.as_str(), zone.status.as_str()) {
        ("secondary", _) => Some(format!("{name} is a secondary: its records come from its primary")),
        ("internal", _) => Some(format!("{name} is internal to the provider")),
        (_, status @ ("moved" | "deleted" | "deactivated")) => Some(format!("{name} is {status}")),
        _ if !may_edit => Some(format!("the token may only read the records of {name}: it needs DNS:Edit")),
        _ => None,
    }
}

/// A record as a value of its set.
pub fn value(record: DnsRecord) -> RecordValue {
    let record_type = record.record_type.as_str();
    let in_parts = rdata::IN_PARTS.contains(&record_type);
    let kept = RecordValue {
        id: Some(record.record_id),
        content: rdata::canonical(record_type, &record.content),
        ttl: record.ttl,
        priority: record.priority,
        data: record.data.filter(|_| in_parts),
        proxied: record.proxied,
        disabled: false,
        comment: record.comment,
        tags: record.tags,
        settings: record.settings,
        modified_on: record.modified_on,
    };
    if !in_parts || kept.data.is_none() {
        return kept;
    }
    let said = rdata::canonical(record_type, &rdata::zone_file_form(record_type, &kept));
    match rdata::parts(record_type, &said) {
        Some(_) => RecordValue { content: said, priority: None, data: None, ..kept },
        None => kept,
    }
}
