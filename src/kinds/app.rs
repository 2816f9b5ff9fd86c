//! Apps: what developers deploy on the platform.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::Instant;

/// An app at a controller.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct App {
    pub uuid: String,
    /// Unique at its controller; what URLs and keys use.
    pub name: String,
    pub owner: String,
    pub collaborators: Vec<String>,
    /// `up`, `degraded`, `down`, `maintenance`; derived from wanted and running processes.
    pub state: String,
    /// Wanted processes by type.
    pub processes: BTreeMap<String, i64>,
    /// Running processes by type, where they are known.
    pub running: BTreeMap<String, i64>,
    /// Full host names; the bare app name that Hephy lists is not among them.
    pub domains: Vec<String>,
    /// The latest release, as `v42`.
    pub release: String,
    pub released_at: Option<Instant>,
    pub created_at: Option<Instant>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "app",
    path: "apps",
    title: "App",
    titles: "Apps",
    about: "",
    shortcut: 'a',
    facets: ["", "", ""],
    filters: &["status", "source", "region", "cluster"],
    columns: &[Column::new("name", "Name").sortable().priority(1)],
    volatile: &[],
    passage: false,
    tone: |_| Tone::Plain,
    of: erased::<App>(),
};

impl Kind for App {
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
