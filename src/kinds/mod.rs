//! The kinds of things that are known: plain structs, each with one declaration of how it is shown, found and joined.
//!
//! A provider fills a kind's struct; [`Kind::facts`] says what follows from it (name, status, keys, refs, search terms)
//! and the [`KindSpec`] says how lists, details, filters and the API present it. Nothing outside this folder names a
//! field of a kind.
//!
//! **One more kind**: its file here with the struct and `impl Kind` (and its example in `examples/`), one line in
//! [`KINDS`], and a provider that collects it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Instant;

pub mod app;
pub mod certificate;
pub mod diff;
pub mod dns_record;
pub mod field;
pub mod instance;
pub mod key;
pub mod load_balancer;
pub mod maintenance_event;
mod partial;
pub mod record;
mod terms;
pub mod zone;

#[cfg(test)]
mod tests;

pub use field::{Cell, Column, Field, Section, Tone};
pub use key::{Held, Key, Mention, Role};
pub use partial::Fields;
pub use record::{Record, SecretValue};

/// Every kind, in the order of the navigation.
pub const KINDS: &[&KindSpec] = &[
    &instance::SPEC,
    &maintenance_event::SPEC,
    &load_balancer::SPEC,
    &zone::SPEC,
    &dns_record::SPEC,
    &app::SPEC,
    &certificate::SPEC,
];

/// A kind of resource: a plain struct that one provider fills and the rest of the house reads through [`Facts`] and
/// cells.
pub trait Kind: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The declaration; its `name` is what is stored.
    const SPEC: &'static KindSpec;

    /// What identifies it at its source, within its scope.
    fn external_id(&self) -> String;

    /// What follows from the struct alone, as seen by `origin`.
    fn facts(&self, origin: &Origin) -> Facts;

    /// What a list shows under the column of that id, for columns that are not common to all kinds.
    fn cell(&self, column: &str) -> Cell;

    /// The detail page's facts, in the order in which a question needs them.
    fn sections(&self) -> Vec<Section>;

    /// The secrets that lie sealed beside it, by name, each with the digest of its present value.
    fn secrets(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

/// Who reports a resource, as far as its keys depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub source: String,
    /// Names the network of private addresses that carry no VPC of their own.
    pub network: String,
}

/// What the house needs to know of a resource, whatever its kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub name: String,
    /// In the provider's own words (`running`, `active`); empty where the kind has none.
    pub status: String,
    /// The next moment worth attention: an expiry, the start of a maintenance.
    pub due_at: Option<Instant>,
    /// The values of [`KindSpec::facets`], in that order; empty where there is none.
    pub facets: [String; 3],
    /// The keys under which this resource can be found.
    pub keys: Vec<Mention>,
    /// The keys that this resource refers to.
    pub refs: Vec<Mention>,
    /// What search finds it by, besides its name: addresses, hosts, ids, `tag:value`. In lower case, distinct.
    pub terms: Vec<String>,
    /// Tags as `(name, value)`, for placement rules (`tag.role`) and the filter `tag`.
    pub tags: Vec<(String, String)>,
}

/// How a kind is presented. Everything is `'static`: lists, API and documentation are drawn from it.
pub struct KindSpec {
    /// Stored and in the API: `load_balancer`.
    pub name: &'static str,
    /// The noun in paths: `load-balancers`.
    pub path: &'static str,
    /// For people: `Load balancer`, `Load balancers`.
    pub title: &'static str,
    pub titles: &'static str,
    /// One sentence for the empty list: what would be here, and where it comes from.
    pub about: &'static str,
    /// The second key of the `g` chord that leads here.
    pub shortcut: char,
    /// Names of the three indexed, filterable, sortable fields of its own; `""` for an unused one.
    pub facets: [&'static str; 3],
    /// Filters offered on the list, by name, in order: facets, and the common `status source region cluster app
    /// environment role`.
    pub filters: &'static [&'static str],
    /// The list's columns, in order.
    pub columns: &'static [Column],
    /// Top-level fields of the struct that flicker: shown, but a change of them alone makes no version.
    pub volatile: &'static [&'static str],
    /// Neighbourhoods go on through a resource of this kind (a CNAME is on the way, an instance is an end).
    pub passage: bool,
    /// What colour a status has.
    pub tone: fn(&str) -> Tone,
    /// The struct as JSON, every field filled: what documentation shows, and what every kind's declaration is tested
    /// with.
    pub example: &'static str,
    /// The type-erased functions of the struct.
    pub of: Erased,
}

/// The functions of a [`Kind`], by its stored JSON.
pub struct Erased {
    pub facts: fn(&str, &Origin) -> serde_json::Result<Facts>,
    /// The cells of those columns, in their order, out of the fields that they read (see [`Column::reads`]).
    pub cells: fn(&str, &[&Column], Fields<'_>) -> serde_json::Result<Vec<Cell>>,
    pub sections: fn(&str) -> serde_json::Result<Vec<Section>>,
    /// See [`Kind::secrets`].
    pub secrets: fn(&str) -> serde_json::Result<BTreeMap<String, String>>,
    /// The same with what it lacks by default: of `{}`, every field empty.
    pub complete: fn(&str) -> serde_json::Result<serde_json::Value>,
}

/// The erased functions of `K`, for its [`KindSpec`].
pub const fn erased<K: Kind>() -> Erased {
    Erased {
        facts: |attrs, origin| Ok(serde_json::from_str::<K>(attrs)?.facts(origin)),
        cells: |attrs, columns, fields| {
            let kind = partial::read::<K>(attrs, fields)?;
            Ok(columns.iter().map(|column| kind.cell(column.id)).collect())
        },
        sections: |attrs| Ok(serde_json::from_str::<K>(attrs)?.sections()),
        secrets: |attrs| Ok(serde_json::from_str::<K>(attrs)?.secrets()),
        complete: |attrs| serde_json::to_value(serde_json::from_str::<K>(attrs)?),
    }
}

impl KindSpec {
    /// The kind stored under `name`.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        KINDS.iter().copied().find(|spec| spec.name == name)
    }

    /// The kind whose list lives at `/{path}`.
    pub fn by_path(path: &str) -> Option<&'static Self> {
        KINDS.iter().copied().find(|spec| spec.path == path)
    }

    /// The position of a facet, if the kind declares one of that name.
    pub fn facet(&self, name: &str) -> Option<usize> {
        self.facets.iter().position(|facet| !facet.is_empty() && *facet == name)
    }

    /// The JSON of a resource without what flickers; `None` where that is the same.
    pub fn lasting(&self, attrs: &str) -> Option<String> {
        if self.volatile.is_empty() {
            return None;
        }
        let mut fields: BTreeMap<&str, &serde_json::value::RawValue> = serde_json::from_str(attrs).ok()?;
        let all = fields.len();
        fields.retain(|name, _| !self.volatile.contains(name));
        if fields.len() == all { None } else { serde_json::to_string(&fields).ok() }
    }

    /// Every field as a resource without any facts has it: those that its kind always writes.
    pub fn empty(&self) -> serde_json::Value {
        (self.of.complete)("{}").unwrap_or_default()
    }

    /// The kind's name as a value that travels.
    pub fn id(&'static self) -> KindName {
        KindName(self)
    }
}

impl fmt::Debug for KindSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A kind by reference, stored, compared and serialised by its name.
#[derive(Clone, Copy)]
pub struct KindName(&'static KindSpec);

impl KindName {
    /// The name under which the kind is stored.
    pub fn as_str(self) -> &'static str {
        self.0.name
    }

    pub fn spec(self) -> &'static KindSpec {
        self.0
    }
}

impl PartialEq for KindName {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}
impl Eq for KindName {}
impl std::hash::Hash for KindName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}
impl PartialOrd for KindName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for KindName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.name.cmp(other.0.name)
    }
}
impl fmt::Debug for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}
impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}
impl Serialize for KindName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name)
    }
}
impl<'de> Deserialize<'de> for KindName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        KindSpec::by_name(&name)
            .map(KindName)
            .ok_or_else(|| serde::de::Error::custom(format!("no kind is named {name:?}")))
    }
}
