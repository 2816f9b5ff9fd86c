//! DNS records: one value each, as providers that give every value an id see them.
//!
//! A record serves its owner name and points at its content, where the content is an address or a host: that is all it
//! takes to find what stands behind a name, along any chain. **One more type that points somewhere**: an arm in
//! [`DnsRecord::target`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::zone::unicode;
use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::{Instant, stored};
use crate::wire::dns::{RecordValue, SetName};

/// The longest part of a content that search looks into; DKIM keys and the like go on and on.
const SEARCHED_CONTENT: usize = 255;

/// A single-valued record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DnsRecord {
    pub record_id: String,
    /// The zone's name.
    pub zone: String,
    /// `A`, `AAAA`, `CNAME`, …; unknown types are kept as they come.
    #[serde(rename = "type")]
    pub record_type: String,
    /// The full owner name, in A-labels, lower case, without the final dot.
    pub name: String,
    /// As the provider renders it; TXT unquoted and joined.
    pub content: String,
    /// Seconds; 1 means "automatic" at Cloudflare.
    pub ttl: i64,
    /// Of MX, SRV and URI.
    pub priority: Option<i64>,
    /// Answered with the provider's own addresses instead of `content`.
    pub proxied: bool,
    pub proxiable: bool,
    /// Kept and not served: nobody is led anywhere by it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    pub comment: String,
    /// `name:value`, or a bare name.
    pub tags: Vec<String>,
    /// The structured content of SRV, CAA and their like, as the provider gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
    /// Switches of the provider's own (flattening, families of a proxied name), without which a record cannot be put
    /// back as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<serde_json::Value>,
    #[serde(deserialize_with = "stored")]
    pub created_on: Option<Instant>,
    /// Changes with every write, also with those that change nothing.
    #[serde(deserialize_with = "stored")]
    pub modified_on: Option<Instant>,
    /// Of an SOA, and not in its content, since every write to the zone moves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<u32>,
}

/// Of the facet `proxied`.
const PROXIED: &str = "proxied";
const DISABLED: &str = "disabled";

/// Where a record leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Address(IpAddr),
    Host(String),
}

pub const SPEC: KindSpec = KindSpec {
    name: "dns_record",
    path: "dns-records",
    title: "DNS record",
    titles: "DNS records",
    about: "DNS records appear here once a source with a DNS provider (cloudflare, powerdns) has synced; each zone is listed by itself.",
    shortcut: 'r',
    facets: ["type", "zone", "proxied"],
    filters: &["type", "zone", "proxied", "source", "region", "cluster", "app", "environment", "role"],
    columns: &[
        Column::new("name", "Name").sortable().priority(1),
        Column::new("type", "Type").sortable().priority(1),
        Column::new("content", "Content").priority(1),
        Column::new("ttl", "TTL").priority(2),
        Column::new("proxied", "Proxied").of(&["proxied", "disabled"]).sortable().priority(2),
        Column::new("zone", "Zone").sortable().priority(3),
        Column::new("comment", "Comment").priority(3),
        Column::new("changed_at", "Changed").sortable().priority(3),
        Column::new("source", "Source").sortable().optional().priority(3),
        Column::new("tags", "Tags").optional().priority(3),
        Column::new("priority", "Priority").optional().priority(3),
        Column::new("app", "App").sortable().optional().priority(3),
        Column::new("role", "Role").sortable().optional().priority(3),
        Column::new("environment", "Environment").sortable().optional().priority(3),
        Column::new("region", "Region").sortable().optional().priority(3),
        Column::new("cluster", "Cluster").sortable().optional().priority(3),
        Column::new("record_id", "Record ID").optional().priority(3),
        Column::new("created_on", "Created").optional().priority(3),
        Column::new("modified_on", "Modified at provider").optional().priority(3),
        Column::new("first_seen_at", "First seen").sortable().optional().priority(3),
    ],
    volatile: &["modified_on", "serial"],
    passage: true,
    tone: |_| Tone::Plain,
    example: include_str!("examples/dns_record.json"),
    of: erased::<DnsRecord>(),
};

impl Kind for DnsRecord {
    const SPEC: &'static KindSpec = &SPEC;

    fn external_id(&self) -> String {
        self.record_id.clone()
    }

    fn facts(&self, origin: &Origin) -> Facts {
        Facts {
            name: self.name.clone(),
            status: String::new(),
            due_at: None,
            facets: [self.record_type.clone(), self.zone.clone(), self.way().to_owned()],
            keys: self.served().map(|host| Mention::new(Role::Serves, host)).into_iter().collect(),
            refs: self.refs(origin),
            terms: self.terms(),
            tags: self.tags.iter().map(|tag| split_tag(tag)).collect(),
        }
    }

    fn cell(&self, column: &str) -> Cell {
        match column {
            "type" => Cell::text(&self.record_type),
            "content" => Cell::code(&self.content),
            "ttl" => self.ttl_cell(),
            "proxied" => Cell::badge(self.way(), self.tone()),
            "zone" => Cell::text(&self.zone),
            "comment" => Cell::text(&self.comment),
            "tags" if !self.tags.is_empty() => Cell::Tags(self.tags.iter().map(|tag| split_tag(tag)).collect()),
            "priority" => self.priority.map_or(Cell::Empty, Cell::Number),
            "record_id" => Cell::code(&self.record_id),
            "created_on" => Cell::time(self.created_on),
            "modified_on" => Cell::time(self.modified_on),
            _ => Cell::Empty,
        }
    }

    fn sections(&self) -> Vec<Section> {
        [
            Section::fields(
                "Record",
                [
                    ("Name", Cell::code(&self.name)),
                    ("Unicode name", unicode(&self.name).map_or(Cell::Empty, Cell::Text)),
                    ("Type", Cell::text(&self.record_type)),
                    ("Content", Cell::code(&self.content)),
                    ("Priority", self.cell("priority")),
                    ("TTL", self.ttl_cell()),
                    ("Proxied", self.cell("proxied")),
                    ("What resolvers see", Cell::text(self.seen())),
                ],
            ),
            Section::fields("Notes", [("Comment", Cell::text(&self.comment)), ("Tags", self.cell("tags"))]),
            Section::fields(
                "At the provider",
                [
                    ("Zone", Cell::text(&self.zone)),
                    ("Record ID", Cell::code(&self.record_id)),
                    ("Can be proxied", Cell::Flag(self.proxiable)),
                    ("Structured content", structured(self.data.as_ref())),
                    ("Settings", structured(self.settings.as_ref())),
                    ("Serial", self.serial.map_or(Cell::Empty, |serial| Cell::Number(serial.into()))),
                    ("Created", Cell::time(self.created_on)),
                    ("Modified", Cell::time(self.modified_on)),
                ],
            ),
        ]
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect()
    }
}

impl DnsRecord {
    /// The record of a value that has an id of its own.
    pub fn of_value(zone: &str, of: &SetName, value: &RecordValue) -> Self {
        Self {
            record_id: value.id.clone().unwrap_or_default(),
            zone: zone.to_owned(),
            record_type: of.record_type.clone(),
            name: of.name.clone(),
            content: value.content.clone(),
            ttl: value.ttl,
            priority: value.priority,
            proxied: value.proxied,
            disabled: value.disabled,
            comment: value.comment.clone(),
            tags: value.tags.clone(),
            data: value.data.clone(),
            settings: value.settings.clone(),
            modified_on: value.modified_on,
            ..Self::default()
        }
    }

    fn way(&self) -> &'static str {
        match (self.disabled, self.proxied) {
            (true, _) => DISABLED,
            (false, true) => PROXIED,
            (false, false) => "dns only",
        }
    }

    fn tone(&self) -> Tone {
        match (self.disabled, self.proxied) {
            (true, _) => Tone::Warn,
            (false, true) => Tone::Good,
            (false, false) => Tone::Muted,
        }
    }

    /// The name that it serves, unless it serves nobody.
    fn served(&self) -> Option<Key> {
        Key::host(&self.name).filter(|_| !self.disabled)
    }

    /// Why a resolver may answer something else than the content.
    fn seen(&self) -> &'static str {
        if self.disabled {
            return "Nothing: it is kept and not served.";
        }
        let flattened = self.record_type == "CNAME" && self.name == self.zone;
        match (self.proxied, flattened) {
            (true, _) => "The provider's own addresses: it is proxied.",
            (false, true) => "The addresses of its target: a CNAME at the apex is flattened.",
            (false, false) => "",
        }
    }

    fn ttl_cell(&self) -> Cell {
        match self.ttl {
            0 => Cell::Empty,
            1 => Cell::text("automatic"),
            seconds => Cell::Duration(seconds),
        }
    }

    fn refs(&self, origin: &Origin) -> Vec<Mention> {
        let target = match self.target().filter(|_| !self.disabled) {
            Some(Target::Address(address)) => Some(Key::address(address, &origin.network)),
            Some(Target::Host(host)) => Key::host(&host),
            None => None,
        };
        let zone = (!self.zone.is_empty()).then(|| Key::zone(&origin.source, &self.zone));
        let target = target.map(|key| Mention::new(Role::PointsAt, key));
        target.into_iter().chain(zone.map(|key| Mention::new(Role::Covers, key))).collect()
    }

    /// What the content leads to. Content that is not what its type says leads nowhere: providers keep odd things.
    fn target(&self) -> Option<Target> {
        let content = self.content.trim();
        match self.record_type.as_str() {
            "A" => content.parse::<Ipv4Addr>().ok().map(|address| Target::Address(address.into())),
            "AAAA" => content.parse::<Ipv6Addr>().ok().map(|address| Target::Address(address.into())),
            "CNAME" | "DNAME" | "ALIAS" | "ANAME" | "NS" | "PTR" => host(content),
            // `10 mail.example.com` where the preference is not a field of its own.
            "MX" => host(content.split_whitespace().last()?),
            "SRV" => self.datum("target").or_else(|| content.split_whitespace().last()).and_then(host),
            // RFC 9460: `priority target [parameters]`.
            "HTTPS" | "SVCB" => self.datum("target").or_else(|| content.split_whitespace().nth(1)).and_then(host),
            _ => None,
        }
    }

    fn datum(&self, name: &str) -> Option<&str> {
        self.data.as_ref()?.get(name)?.as_str()
    }

    fn terms(&self) -> Vec<String> {
        let content = self.content.to_lowercase();
        let content: String = content.chars().take(SEARCHED_CONTENT).collect();
        let host = match self.target() {
            Some(Target::Host(host)) => Key::host(&host),
            Some(Target::Address(_)) | None => None,
        };
        let host = host.as_ref().and_then(Key::as_host).map(str::to_owned);
        // The canonical spelling too: an IPv6 address has many, and people paste any of them.
        let address = match self.target() {
            Some(Target::Address(address)) => Some(address.to_canonical().to_string()),
            Some(Target::Host(_)) | None => None,
        };
        let mut terms: Vec<String> = [self.record_id.to_lowercase(), content]
            .into_iter()
            .chain(host)
            .chain(address)
            .chain(unicode(&self.name))
            .chain(self.tags.iter().map(|tag| tag.to_lowercase()))
            .filter(|term| !term.is_empty())
            .collect();
        terms.sort();
        terms.dedup();
        terms
    }
}

/// Whether a client that asks for a name of such a record is led to where it points; mail servers and the like are
/// asked for by others.
pub fn leads_clients(record_type: &str) -> bool {
    leads_to_an_address(record_type) || matches!(record_type, "DNAME" | "HTTPS" | "SVCB")
}

/// Whether the address that a client of the name connects to is the one that such a record points at, or its target's.
pub fn leads_to_an_address(record_type: &str) -> bool {
    matches!(record_type, "A" | "AAAA" | "CNAME" | "ALIAS" | "ANAME")
}

/// Whether the provider's proxy answers for a record, by its facet `proxied`.
pub fn is_proxied(way: &str) -> bool {
    way == PROXIED
}

/// A host as target. The root alone means "none" (RFC 7505 for MX, RFC 2782 for SRV) or "itself" (RFC 9460).
fn host(text: &str) -> Option<Target> {
    (!text.is_empty() && text != ".").then(|| Target::Host(text.to_owned()))
}

fn split_tag(tag: &str) -> (String, String) {
    let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
    (name.to_owned(), value.to_owned())
}

/// `flags 0, tag issue, value ca.example.net`: the parts by name, since nobody reads JSON at night.
fn structured(value: Option<&serde_json::Value>) -> Cell {
    let Some(parts) = value.and_then(serde_json::Value::as_object) else { return Cell::Empty };
    let part = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Cell::codes(parts.iter().map(|(name, value)| format!("{name} {}", part(value))).collect())
}

#[cfg(test)]
#[path = "dns_record_tests.rs"]
mod tests;
