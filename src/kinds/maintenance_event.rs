//! Maintenance events: what the provider has announced to do to an instance, and when.

use serde::{Deserialize, Serialize};

use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::Instant;

/// A scheduled event of one instance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MaintenanceEvent {
    pub account: String,
    pub provider_region: String,
    /// What identifies the event; everything else about it can change (a new `not_before` is a reschedule).
    pub event_id: String,
    pub instance_id: String,
    pub instance_name: String,
    /// `instance-reboot`, `system-reboot`, `system-maintenance`, `instance-retirement`, `instance-stop`, or what the provider says.
    pub code: String,
    /// `scheduled`, `completed`, `canceled`; read off the description's prefix, which is how AWS tells.
    pub state: String,
    pub description: String,
    pub not_before: Option<Instant>,
    pub not_after: Option<Instant>,
    /// Until when the start can be moved by the customer.
    pub not_before_deadline: Option<Instant>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "maintenance_event",
    path: "maintenance-events",
    title: "Maintenance event",
    titles: "Maintenance events",
    about: "",
    shortcut: 'm',
    facets: ["", "", ""],
    filters: &["status", "source", "region", "cluster"],
    columns: &[Column::new("name", "Name").sortable().priority(1)],
    volatile: &[],
    passage: false,
    tone: |_| Tone::Plain,
    of: erased::<MaintenanceEvent>(),
};

impl Kind for MaintenanceEvent {
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
