//! A zone's records as they are written down, one line of the made-up zone at a time.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::json;

use super::{Moment, seed};
use crate::kinds::dns_record::DnsRecord;

/// The records of one zone, in order.
pub struct ZoneFile<'a> {
    zone: &'static str,
    pub moment: &'a Moment,
    records: Vec<DnsRecord>,
}

impl<'a> ZoneFile<'a> {
    pub fn new(zone: &'static str, moment: &'a Moment) -> Self {
        Self { zone, moment, records: Vec::new() }
    }

    pub fn into_records(self) -> Vec<DnsRecord> {
        self.records
    }

    /// An A record; `@` is the zone itself.
    pub fn a(&mut self, name: &str, address: Ipv4Addr) -> &mut DnsRecord {
        self.add("A", name, address.to_string())
    }

    pub fn aaaa(&mut self, name: &str, address: Ipv6Addr) -> &mut DnsRecord {
        self.add("AAAA", name, address.to_string())
    }

    /// `target` is a full name.
    pub fn cname(&mut self, name: &str, target: &str) -> &mut DnsRecord {
        self.add("CNAME", name, target.to_owned())
    }

    pub fn txt(&mut self, name: &str, text: &str) -> &mut DnsRecord {
        self.add("TXT", name, text.to_owned())
    }

    pub fn mx(&mut self, name: &str, priority: i64, target: &str) -> &mut DnsRecord {
        let record = self.add("MX", name, target.to_owned());
        record.priority = Some(priority);
        record
    }

    pub fn caa(&mut self, tag: &str, value: &str) -> &mut DnsRecord {
        let record = self.add("CAA", "@", format!("0 {tag} {value:?}"));
        record.data = Some(json!({ "flags": 0, "tag": tag, "value": value }));
        record
    }

    pub fn srv(&mut self, name: &str, port: u16, target: &str) -> &mut DnsRecord {
        let record = self.add("SRV", name, format!("5 {port} {target}"));
        record.priority = Some(10);
        record.data = Some(json!({ "priority": 10, "weight": 5, "port": port, "target": target }));
        record
    }

    /// What a zone that sends and takes mail needs.
    pub fn mail(&mut self) {
        self.mx("@", 10, "mx1.example.org");
        self.mx("@", 20, "mx2.example.org");
        self.txt("@", "v=spf1 include:_spf.example.org -all");
        self.txt("_dmarc", "v=DMARC1; p=reject; rua=mailto:dmarc@example.org");
    }

    /// What a zone that sends no mail says.
    pub fn no_mail(&mut self) {
        self.txt("@", "v=spf1 -all");
        self.txt("_dmarc", "v=DMARC1; p=reject");
    }

    fn add(&mut self, record_type: &str, name: &str, content: String) -> &mut DnsRecord {
        let name = if name == "@" { self.zone.to_owned() } else { format!("{name}.{}", self.zone) };
        // An id outlives a change of content, so it is made of what stays: the name, the type, and which of them it is.
        let alike = |record: &&DnsRecord| record.name == name && record.record_type == record_type;
        let identity = format!("{name} {record_type} {}", self.records.iter().filter(alike).count());
        let age = i64::try_from(5 + seed::number(&identity, 600)).unwrap_or_default();
        self.records.push(DnsRecord {
            record_id: seed::hex(&identity, 32),
            zone: self.zone.to_owned(),
            record_type: record_type.to_owned(),
            name,
            content,
            ttl: 300,
            proxiable: matches!(record_type, "A" | "AAAA" | "CNAME"),
            created_on: Some(self.moment.at(-age, 8)),
            modified_on: Some(self.moment.at(-age, 8)),
            ..DnsRecord::default()
        });
        let last = self.records.len() - 1;
        &mut self.records[last]
    }
}

/// Answered by the DNS provider's own edge, which also decides the TTL.
pub fn proxied(record: &mut DnsRecord) {
    record.proxied = true;
    record.ttl = 1;
}

/// A remark, as people leave them beside a record.
pub fn remark(record: &mut DnsRecord, comment: &str) {
    record.comment = comment.to_owned();
}
