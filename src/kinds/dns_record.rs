//! DNS records: one value each, as providers that give every value an id see them.

use serde::{Deserialize, Serialize};

use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::Instant;

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
    pub comment: String,
    /// `name:value`, or a bare name.
    pub tags: Vec<String>,
    /// The structured content of SRV, CAA and their like, as the provider gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
    pub created_on: Option<Instant>,
    /// Changes with every write, also with those that change nothing.
    pub modified_on: Option<Instant>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "dns_record",
    path: "dns-records",
    title: "DNS record",
    titles: "DNS records",
    about: "",
    shortcut: 'r',
    facets: ["", "", ""],
    filters: &["status", "source", "region", "cluster"],
    columns: &[Column::new("name", "Name").sortable().priority(1)],
    volatile: &[],
    passage: false,
    tone: |_| Tone::Plain,
    of: erased::<DnsRecord>(),
};

impl Kind for DnsRecord {
    const SPEC: &'static KindSpec = &SPEC;

    fn external_id(&self) -> String {
        String::new()
    }

    fn facts(&self, _origin: &Origin) -> Facts {
        Facts::default()
    }

    fn cell(&self, _column: &str) -> Cell {
        Cell::Empty
    }

    fn sections(&self) -> Vec<Section> {
        Vec::new()
    }
}
