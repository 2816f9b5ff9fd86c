//! TLS certificates as a controller stores them.

use serde::{Deserialize, Serialize};

use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::Instant;

/// A stored certificate; the key and the PEM itself are never given back by a controller.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Certificate {
    pub certificate_id: String,
    pub name: String,
    pub owner: String,
    pub common_name: String,
    pub subject_alt_names: Vec<String>,
    /// The domains that it is attached to.
    pub domains: Vec<String>,
    pub issuer: String,
    pub subject: String,
    /// SHA-256, upper-case hex pairs with colons.
    pub fingerprint: String,
    pub not_before: Option<Instant>,
    pub not_after: Option<Instant>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "certificate",
    path: "certificates",
    title: "Certificate",
    titles: "Certificates",
    about: "",
    shortcut: 'c',
    facets: ["", "", ""],
    filters: &["status", "source", "region", "cluster"],
    columns: &[Column::new("name", "Name").sortable().priority(1)],
    volatile: &[],
    passage: false,
    tone: |_| Tone::Plain,
    of: erased::<Certificate>(),
};

impl Kind for Certificate {
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
