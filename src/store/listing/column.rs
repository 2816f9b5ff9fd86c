//! The columns that lists filter and sort by, as text of a query.
//!
//! Each has two spellings: plain, which an index answers, and dull, which none does. Choosing between them is how
//! [`super::plan`] names the index to walk in words that both databases understand.

use crate::kinds::KindSpec;

/// A column of `resources r`, and the same of a version `v`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// As a cursor and a query's hash know it.
    pub id: &'static str,
    pub index: Index,
    pub now: Spelling,
    pub then: Spelling,
}

/// The index of what is present that begins with the kind and this column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// `(kind, column, name, id)`
    ByName,
    /// `(kind, column, id)`
    ById,
    None,
}

/// A column in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelling {
    pub plain: &'static str,
    pub dull: &'static str,
}

macro_rules! column {
    ($id:literal, $now:literal, $then:literal, $index:ident) => {
        Column {
            id: $id,
            index: Index::$index,
            now: Spelling { plain: $now, dull: concat!("COALESCE(", $now, ", ", $now, ")") },
            then: Spelling { plain: $then, dull: concat!("COALESCE(", $then, ", ", $then, ")") },
        }
    };
}

pub const NAME: Column = column!("name", "r.name", "v.name", ById);
pub const ID: Column = column!("id", "r.id", "v.resource_id", None);
pub const CHANGED: Column = column!("changed_at", "r.changed_at", "v.valid_from", ById);
pub const FIRST_SEEN: Column = column!("first_seen_at", "r.first_seen_at", "r.first_seen_at", ById);
pub const DUE: Column = column!("due_at", "r.due_at", "v.due_at", ById);
pub const GONE: Column = column!("gone_at", "r.gone_at", "v.valid_until", None);

const STATUS: Column = column!("status", "r.status", "v.status", ByName);
const SOURCE: Column = column!("source", "r.source", "v.source", ById);
const REGION: Column = column!("region", "r.region", "v.region", ById);
const CLUSTER: Column = column!("cluster", "r.cluster", "v.cluster", ByName);
const APP: Column = column!("app", "r.app", "v.app", ById);
const ROLE: Column = column!("role", "r.role", "v.role", None);
const APP_TYPE: Column = column!("app_type", "r.app_type", "v.app_type", None);
const ENVIRONMENT: Column = column!("environment", "r.environment", "v.environment", None);
const FACETS: [Column; 3] = [
    column!("facet_a", "r.facet_a", "v.facet_a", ByName),
    column!("facet_b", "r.facet_b", "v.facet_b", ByName),
    column!("facet_c", "r.facet_c", "v.facet_c", ByName),
];

/// The text column of that name: one that all kinds have, or a facet of this kind.
pub fn text(spec: &KindSpec, name: &str) -> Option<Column> {
    Some(match name {
        "status" => STATUS,
        "source" => SOURCE,
        "region" => REGION,
        "cluster" => CLUSTER,
        "app" => APP,
        "role" => ROLE,
        "app_type" => APP_TYPE,
        "environment" => ENVIRONMENT,
        _ => FACETS[spec.facet(name)?],
    })
}

impl Column {
    /// The spelling for the present (or a tombstone), or for a version.
    pub fn of(self, versions: bool) -> Spelling {
        if versions { self.then } else { self.now }
    }
}
