//! The columns that lists filter and sort by, as text of a query.
//!
//! Each has two spellings: plain, which an index answers, and dull, which none does. Choosing between them is how [`super::plan`]
//! names the index to walk in words that both databases understand.

use crate::kinds::KindSpec;

/// A column of `resources r`, and the same of a version `v`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// As a cursor and a query's hash know it.
    pub id: &'static str,
    /// Whether `(kind, column, name, id)` is an index of what is present.
    pub indexed: bool,
    pub now: Spelling,
    pub then: Spelling,
}

/// A column in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelling {
    pub plain: &'static str,
    pub dull: &'static str,
}

macro_rules! column {
    ($id:literal, $now:literal, $then:literal, $indexed:literal) => {
        Column {
            id: $id,
            indexed: $indexed,
            now: Spelling { plain: $now, dull: concat!("COALESCE(", $now, ", ", $now, ")") },
            then: Spelling { plain: $then, dull: concat!("COALESCE(", $then, ", ", $then, ")") },
        }
    };
}

pub const NAME: Column = column!("name", "r.name", "v.name", true);
pub const ID: Column = column!("id", "r.id", "v.resource_id", true);
pub const CHANGED: Column = column!("changed_at", "r.changed_at", "v.valid_from", true);
pub const FIRST_SEEN: Column = column!("first_seen_at", "r.first_seen_at", "r.first_seen_at", false);
pub const DUE: Column = column!("due_at", "r.due_at", "v.due_at", true);
pub const GONE: Column = column!("gone_at", "r.gone_at", "v.valid_until", true);

const STATUS: Column = column!("status", "r.status", "v.status", true);
const SOURCE: Column = column!("source", "r.source", "v.source", true);
const REGION: Column = column!("region", "r.region", "v.region", false);
const CLUSTER: Column = column!("cluster", "r.cluster", "v.cluster", true);
const APP: Column = column!("app", "r.app", "v.app", true);
const ROLE: Column = column!("role", "r.role", "v.role", false);
const APP_TYPE: Column = column!("app_type", "r.app_type", "v.app_type", false);
const ENVIRONMENT: Column = column!("environment", "r.environment", "v.environment", false);
const FACETS: [Column; 3] = [
    column!("facet_a", "r.facet_a", "v.facet_a", true),
    column!("facet_b", "r.facet_b", "v.facet_b", true),
    column!("facet_c", "r.facet_c", "v.facet_c", false),
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
