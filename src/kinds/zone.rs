//! DNS zones: what a provider serves, how, and on which plan.
//!
//! A zone covers its records through the key `zone:<source>/<name>`. It holds no host key: the apex is served by
//! records.

use serde::{Deserialize, Serialize};

use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::{Instant, stored};

/// A zone at a DNS provider.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Zone {
    /// The provider's id, which distinguishes two zones of one name.
    pub zone_id: String,
    /// In A-labels, lower case, without the final dot.
    pub name: String,
    /// `active`, `pending`, `initializing`, `moved`, or what the provider says.
    pub status: String,
    /// The provider answers DNS, but proxies nothing.
    pub paused: bool,
    /// Caches are bypassed for now.
    pub development_mode: bool,
    /// `full`, `partial`, `secondary`, `internal`; `native`, `primary`, `secondary`, `producer`, `consumer`.
    pub zone_type: String,
    /// The account's name.
    pub account: String,
    pub account_id: String,
    pub plan: String,
    pub name_servers: Vec<String>,
    pub original_name_servers: Vec<String>,
    pub original_registrar: String,
    /// What the token may do: `#dns_records:edit` and the like.
    pub permissions: Vec<String>,
    #[serde(deserialize_with = "stored")]
    pub created_at: Option<Instant>,
    #[serde(deserialize_with = "stored")]
    pub activated_at: Option<Instant>,
    /// Changes with every write, also with those that change nothing.
    #[serde(deserialize_with = "stored")]
    pub modified_on: Option<Instant>,
    /// Of the SOA, where the provider tells it; moves with every write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dnssec: bool,
    /// Where a secondary has its records from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub primaries: Vec<String>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "zone",
    path: "zones",
    title: "Zone",
    titles: "Zones",
    about: "DNS zones appear here once a source with a DNS provider (cloudflare, powerdns) has synced; a zone that its token or key does not list is not seen.",
    shortcut: 'z',
    facets: ["zone_type", "plan", "account"],
    filters: &["status", "zone_type", "plan", "account", "source", "region", "cluster", "app", "environment"],
    columns: &[
        Column::new("name", "Name").sortable().priority(1),
        Column::new("status", "State").sortable().priority(1),
        Column::new("caution", "Caution").of(&["paused", "development_mode", "zone_type"]).priority(2),
        Column::new("zone_type", "Type").sortable().priority(2),
        Column::new("plan", "Plan").sortable().priority(3),
        Column::new("account", "Account").sortable().priority(3),
        Column::new("source", "Source").sortable().priority(2),
        Column::new("name_servers", "Name servers").priority(3),
        Column::new("changed_at", "Changed").sortable().priority(3),
        Column::new("environment", "Environment").sortable().optional().priority(3),
        Column::new("region", "Region").sortable().optional().priority(3),
        Column::new("cluster", "Cluster").sortable().optional().priority(3),
        Column::new("zone_id", "Zone ID").optional().priority(3),
        Column::new("created_at", "Created").optional().priority(3),
        Column::new("activated_at", "Activated").optional().priority(3),
        Column::new("modified_on", "Modified at provider").optional().priority(3),
        Column::new("first_seen_at", "First seen").sortable().optional().priority(3),
    ],
    volatile: &["modified_on", "serial"],
    passage: false,
    tone: |status| match status {
        "active" => Tone::Good,
        "pending" | "initializing" => Tone::Warn,
        "moved" | "deleted" | "deactivated" => Tone::Bad,
        _ => Tone::Plain,
    },
    example: include_str!("examples/zone.json"),
    of: erased::<Zone>(),
};

impl Kind for Zone {
    const SPEC: &'static KindSpec = &SPEC;

    fn external_id(&self) -> String {
        self.zone_id.clone()
    }

    fn facts(&self, origin: &Origin) -> Facts {
        Facts {
            name: self.name.clone(),
            status: self.status.clone(),
            due_at: None,
            facets: [self.zone_type.clone(), self.plan.clone(), self.account.clone()],
            keys: vec![Mention::new(Role::Covers, Key::zone(&origin.source, &self.name))],
            refs: Vec::new(),
            terms: self.terms(),
            tags: Vec::new(),
        }
    }

    fn cell(&self, column: &str) -> Cell {
        match column {
            "caution" => self.caution(),
            "zone_type" => Cell::text(&self.zone_type),
            "plan" => Cell::text(&self.plan),
            "account" => Cell::text(&self.account),
            "account_id" => Cell::code(&self.account_id),
            "zone_id" => Cell::code(&self.zone_id),
            "name_servers" => Cell::codes(self.name_servers.clone()),
            "created_at" => Cell::time(self.created_at),
            "activated_at" => Cell::time(self.activated_at),
            "modified_on" => Cell::time(self.modified_on),
            _ => Cell::Empty,
        }
    }

    fn sections(&self) -> Vec<Section> {
        let status = Cell::badge(&self.status, (SPEC.tone)(&self.status));
        [
            Section::fields(
                "State",
                [
                    ("Status", status),
                    ("What it means", Cell::text(meaning(&self.status))),
                    ("Caution", self.caution()),
                    ("Type", Cell::text(&self.zone_type)),
                    ("Unicode name", unicode(&self.name).map_or(Cell::Empty, Cell::Text)),
                ],
            ),
            Section::fields(
                "Delegation",
                [
                    ("Name servers", Cell::codes(self.name_servers.clone())),
                    ("Name servers before", Cell::codes(self.original_name_servers.clone())),
                    ("Registrar before", Cell::text(&self.original_registrar)),
                    ("Primaries", Cell::codes(self.primaries.clone())),
                    ("DNSSEC", if self.dnssec { Cell::Flag(true) } else { Cell::Empty }),
                    ("Serial", self.serial.map_or(Cell::Empty, |serial| Cell::Number(serial.into()))),
                ],
            ),
            Section::fields(
                "At the provider",
                [
                    ("Account", Cell::text(&self.account)),
                    ("Account ID", Cell::code(&self.account_id)),
                    ("Zone ID", Cell::code(&self.zone_id)),
                    ("Plan", Cell::text(&self.plan)),
                    ("Our token may", Cell::codes(self.permissions.clone())),
                    ("Created", Cell::time(self.created_at)),
                    ("Activated", Cell::time(self.activated_at)),
                    ("Modified", Cell::time(self.modified_on)),
                ],
            ),
        ]
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect()
    }
}

impl Zone {
    /// What should be known before anything is changed or believed here.
    fn caution(&self) -> Cell {
        let cautions = [
            (self.paused, "paused"),
            (self.development_mode, "development mode"),
            (matches!(self.zone_type.as_str(), "secondary" | "consumer"), "read-only"),
        ];
        let words: Vec<_> = cautions.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect();
        Cell::badge(words.join(", "), Tone::Warn)
    }

    fn terms(&self) -> Vec<String> {
        let mut terms: Vec<String> = [&self.zone_id, &self.account, &self.account_id]
            .into_iter()
            .chain(&self.name_servers)
            .map(|term| term.to_lowercase())
            .chain(unicode(&self.name))
            .filter(|term| !term.is_empty())
            .collect();
        terms.sort();
        terms.dedup();
        terms
    }
}

/// A status in the words of somebody who has to decide what to do.
fn meaning(status: &str) -> &'static str {
    match status {
        "pending" | "initializing" => "Not delegated to these name servers yet: nobody resolves these records.",
        "moved" => "The domain is delegated elsewhere now: nobody resolves these records.",
        _ => "",
    }
}

/// The name as people write it, where that differs from its A-labels.
pub(super) fn unicode(name: &str) -> Option<String> {
    if !name.split('.').any(|label| label.starts_with("xn--")) {
        return None;
    }
    let (unicode, outcome) = idna::domain_to_unicode(name);
    (outcome.is_ok() && unicode != name).then_some(unicode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin { source: "dns".to_owned(), network: "dns".to_owned() }
    }

    #[test]
    fn a_zone_covers_its_records_and_serves_no_host() {
        let zone = Zone {
            zone_id: "023E".into(),
            name: "xn--bcher-kva.example".into(),
            status: "active".into(),
            zone_type: "full".into(),
            plan: "free".into(),
            account: "Example".into(),
            name_servers: vec!["ns1.example.net".into(), "ns1.example.net".into()],
            ..Zone::default()
        };
        let facts = zone.facts(&origin());
        assert_eq!(facts.keys, [Mention::new(Role::Covers, Key::zone("dns", "xn--bcher-kva.example"))]);
        assert!(facts.refs.is_empty());
        assert_eq!(facts.facets, ["full", "free", "Example"]);
        assert_eq!(facts.terms, ["023e", "bücher.example", "example", "ns1.example.net"]);
    }

    #[test]
    fn what_calls_for_caution_is_one_word_each() {
        let mut zone = Zone::default();
        assert_eq!(zone.cell("caution"), Cell::Empty);
        zone.paused = true;
        zone.zone_type = "secondary".into();
        assert_eq!(zone.cell("caution"), Cell::Badge("paused, read-only".into(), Tone::Warn));
    }
}
