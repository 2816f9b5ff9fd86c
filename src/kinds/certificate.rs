//! TLS certificates as a controller stores them.
//!
//! The list answers "what runs out next, and where does it hang?". The status says only whether it is attached: facts
//! are stored, and a status that the clock changes would be a lie a day later; the due date tells the rest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::app::distinct;
use super::key::normal_host;
use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::{Instant, stored};

/// A stored certificate; the key and the PEM itself are never given back by a controller.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Certificate {
    pub certificate_id: String,
    /// Unique at the controller, or within [`Certificate::app`] where a controller keeps certificates there.
    pub name: String,
    /// The app that holds it, at controllers that keep certificates within apps; else empty.
    pub app: String,
    pub owner: String,
    pub common_name: String,
    pub subject_alt_names: Vec<String>,
    /// The domains that it is attached to.
    pub domains: Vec<String>,
    pub issuer: String,
    pub subject: String,
    /// SHA-256, upper-case hex pairs with colons.
    pub fingerprint: String,
    #[serde(deserialize_with = "stored")]
    pub not_before: Option<Instant>,
    #[serde(deserialize_with = "stored")]
    pub not_after: Option<Instant>,
    /// The certificates as they are sent, the own one first, where a source can tell; a controller cannot.
    pub chain: Vec<Link>,
    #[serde(deserialize_with = "stored")]
    pub created_at: Option<Instant>,
    /// Fields of the controller that this version does not know, as they came.
    pub other: BTreeMap<String, Value>,
}

/// One certificate of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    pub subject: String,
    pub issuer: String,
    #[serde(deserialize_with = "stored")]
    pub not_after: Option<Instant>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "certificate",
    path: "certificates",
    title: "Certificate",
    titles: "Certificates",
    about: "TLS certificates that the platform's controllers store: what they cover, where they are attached, when they run \
            out. A controller shows an account its own certificates only.",
    shortcut: 'c',
    facets: ["owner", "issuer", "common_name"],
    filters: &["status", "owner", "issuer", "cluster", "region", "environment", "source"],
    columns: &[
        Column::new("name", "Name").sortable().priority(1),
        Column::new("due_at", "Expires").sortable().priority(1),
        Column::new("status", "State").sortable(),
        Column::new("common_name", "Common name").sortable(),
        Column::new("domains", "Attached to"),
        Column::new("owner", "Owner").sortable().priority(3),
        Column::new("issuer", "Issuer").sortable().priority(3),
        Column::new("cluster", "Cluster").sortable().priority(3),
        Column::new("names", "Names").of(&["common_name", "subject_alt_names"]).optional(),
        Column::new("not_before", "Valid from").optional(),
        Column::new("fingerprint", "Fingerprint").optional(),
        Column::new("created_at", "Created").optional(),
        Column::new("region", "Region").sortable().optional(),
        Column::new("source", "Source").sortable().optional(),
        Column::new("changed_at", "Changed").sortable().optional(),
        Column::new("first_seen_at", "First seen").sortable().optional(),
    ],
    volatile: &[],
    passage: false,
    tone,
    example: include_str!("examples/certificate.json"),
    of: erased::<Certificate>(),
};

fn tone(status: &str) -> Tone {
    match status {
        "unattached" => Tone::Muted,
        _ => Tone::Plain,
    }
}

impl Kind for Certificate {
    const SPEC: &'static KindSpec = &SPEC;

    fn external_id(&self) -> String {
        if self.app.is_empty() { self.name.clone() } else { format!("{}/{}", self.app, self.name) }
    }

    fn facts(&self, origin: &Origin) -> Facts {
        let keys = self.names().into_iter().filter_map(|name| Key::host(&name));
        let refs =
            self.domains.iter().filter_map(|domain| Key::host(domain)).map(|key| Mention::new(Role::Serves, key));
        let holder = (!self.app.is_empty()).then(|| Mention::new(Role::Is, Key::app(&origin.source, &self.app)));
        Facts {
            name: self.name.clone(),
            status: self.status().to_owned(),
            due_at: self.not_after,
            facets: [self.owner.clone(), common_name_of(&self.issuer).to_owned(), self.common_name.clone()],
            keys: keys.map(|key| Mention::new(Role::Covers, key)).collect(),
            refs: distinct(refs.chain(holder)),
            terms: self.terms(),
            tags: Vec::new(),
        }
    }

    fn cell(&self, column: &str) -> Cell {
        match column {
            "common_name" => Cell::code(&self.common_name),
            "domains" => Cell::codes(self.domains.clone()),
            "names" => Cell::codes(self.names()),
            "owner" => Cell::text(&self.owner),
            "issuer" => Cell::text(common_name_of(&self.issuer)),
            "not_before" => Cell::time(self.not_before),
            "fingerprint" => Cell::code(&self.fingerprint),
            "created_at" => Cell::time(self.created_at),
            _ => Cell::Empty,
        }
    }

    fn sections(&self) -> Vec<Section> {
        let uncovered = self.domains.iter().filter(|domain| !self.covers(domain)).cloned().collect();
        vec![
            Section::fields(
                "Validity",
                [
                    ("Hole in the chain", Cell::text(self.hole().unwrap_or_default())),
                    ("Expires", Cell::time(self.not_after)),
                    ("Valid from", Cell::time(self.not_before)),
                ],
            ),
            Section::fields(
                "Names",
                [
                    // A controller attaches whatever it is told to; browsers then refuse these.
                    ("Attached, but not covered", Cell::codes(uncovered)),
                    ("Attached to", Cell::codes(self.domains.clone())),
                    ("Covers", Cell::codes(self.names())),
                ],
            ),
            Section::fields(
                "Identity",
                [
                    ("Owner", Cell::text(&self.owner)),
                    ("App", Cell::text(&self.app)),
                    ("Issuer", Cell::code(&self.issuer)),
                    ("Subject", Cell::code(&self.subject)),
                    ("SHA-256 fingerprint", Cell::code(&self.fingerprint)),
                    ("ID at the controller", Cell::code(&self.certificate_id)),
                    ("Created", Cell::time(self.created_at)),
                    ("Other", Cell::pairs(&self.other)),
                ],
            ),
            Section::table("Chain", vec!["Subject", "Issuer", "Expires"], self.chain.iter().map(Link::row).collect()),
        ]
    }
}

impl Certificate {
    /// The common name and the alternative names, each once, wildcards kept.
    pub fn names(&self) -> Vec<String> {
        let names = std::iter::once(&self.common_name).chain(&self.subject_alt_names);
        distinct(names.filter_map(|name| normal_host(name)))
    }

    /// Whether a client would accept it for `host`: by the very name, or by a wildcard for its first label (RFC 6125).
    pub fn covers(&self, host: &str) -> bool {
        let Some(host) = normal_host(host) else { return false };
        let wildcard = host.split_once('.').map(|(_, parent)| format!("*.{parent}"));
        self.names().into_iter().any(|name| name == host || Some(&name) == wildcard.as_ref())
    }

    /// The first place at which the chain does not go on, in words: clients that do not know the missing one refuse it.
    pub fn hole(&self) -> Option<String> {
        let pair = self.chain.windows(2).find(|pair| pair[0].issuer != pair[1].subject);
        let (lacking, below) = match (pair, self.chain.as_slice()) {
            (Some(pair), _) => (&pair[0].issuer, &pair[0].subject),
            // A leaf alone, which did not sign itself.
            (None, [alone]) if alone.issuer != alone.subject => (&alone.issuer, &alone.subject),
            _ => return None,
        };
        Some(format!("{} is not sent, which signed {}", common_name_of(lacking), common_name_of(below)))
    }

    fn status(&self) -> &'static str {
        if self.domains.is_empty() { "unattached" } else { "attached" }
    }

    /// Fingerprints in both spellings that tools print: with colons and without.
    fn terms(&self) -> Vec<String> {
        let fingerprint = self.fingerprint.to_lowercase();
        let domains = self.domains.iter().filter_map(|domain| normal_host(domain));
        let others = [self.owner.to_lowercase(), self.app.to_lowercase(), fingerprint.replace(':', ""), fingerprint];
        distinct(self.names().into_iter().chain(domains).chain(others).filter(|term| !term.is_empty()))
    }
}

impl Link {
    fn row(&self) -> Vec<Cell> {
        vec![Cell::code(&self.subject), Cell::code(&self.issuer), Cell::time(self.not_after)]
    }
}

/// The common name within a distinguished name of either spelling (`/CN=Example CA/O=Example`, `CN=Example
/// CA,O=Example`), or the whole where there is none.
fn common_name_of(distinguished: &str) -> &str {
    distinguished.split(['/', ',']).find_map(|part| part.trim().strip_prefix("CN=")).unwrap_or(distinguished)
}

#[cfg(test)]
mod tests;
