//! DNS zones.

use serde::{Deserialize, Serialize};

use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::Instant;

/// A zone at a DNS provider.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Zone {
    /// The source that serves it, which distinguishes two zones of one name.
    pub zone_id: String,
    /// In A-labels, lower case, without the final dot.
    pub name: String,
    /// `active`, `pending`, `initializing`, `moved`, or what the provider says.
    pub status: String,
    pub paused: bool,
    /// `full`, `partial`, `secondary`, `internal`.
    pub zone_type: String,
    pub account: String,
    pub plan: String,
    pub name_servers: Vec<String>,
    pub original_name_servers: Vec<String>,
    /// What the token may do: `#dns_records:edit` and the like.
    pub permissions: Vec<String>,
    pub created_at: Option<Instant>,
    pub activated_at: Option<Instant>,
    /// Changes with every write, also with those that change nothing.
    pub modified_on: Option<Instant>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "zone",
    path: "zones",
    title: "Zone",
    titles: "Zones",
    about: "",
    shortcut: 'z',
    facets: ["", "", ""],
    filters: &["status", "source", "region", "cluster"],
    columns: &[Column::new("name", "Name").sortable().priority(1)],
    volatile: &[],
    passage: false,
    tone: |_| Tone::Plain,
    of: erased::<Zone>(),
};

impl Kind for Zone {
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
