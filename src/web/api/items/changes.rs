//! What the API answers about the past: changes, and who held an address.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the tape, or of what differs between two moments.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeList {
    pub items: Vec<ChangeItem>,
    /// To what is older, for `?cursor=`; null at the end of the window.
    pub next_cursor: Option<String>,
    /// To what is newer.
    pub previous_cursor: Option<String>,
    /// The window: later than `from`, up to and including `to`.
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// The page ends before it is full because enough was looked at; `next_cursor` goes on.
    pub cut: bool,
    /// The oldest confirmation over all sources.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Whether every source is complete: if not, something may have changed that nobody has seen.
    pub complete: bool,
}

/// A resource that came, changed, returned or went.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeItem {
    pub at: DateTime<Utc>,
    /// `added`, `changed`, `returned` or `gone`; between two moments `added`, `changed` or `gone`.
    pub what: String,
    /// Of the resource.
    pub id: String,
    pub kind: String,
    pub name: String,
    pub source: String,
    pub region: String,
    pub cluster: String,
    pub status: String,
    /// The fields that differ; none where there is nothing to compare with.
    pub fields: Vec<FieldChange>,
}

/// A field that differs, both values as text.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldChange {
    pub field: String,
    pub label: String,
    /// Empty for none; of a list, what went.
    pub before: String,
    /// Empty for none; of a list, what came.
    pub after: String,
}

/// Who has an address or a host, and who had it.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldersAnswer {
    /// Those of now first, then the others, the last one first.
    pub holders: Vec<HolderItem>,
    /// There are more than these.
    pub more: bool,
}

/// Someone who holds a key, or held it.
#[derive(Debug, Serialize, ToSchema)]
pub struct HolderItem {
    pub id: String,
    pub kind: String,
    pub name: String,
    pub source: String,
    /// `ip:192.0.2.7`, `ip:vpc-1/10.0.0.7`, `host:www.example.com`.
    pub key: String,
    /// `is` or `serves`.
    pub role: String,
    pub since: DateTime<Utc>,
    /// Null while it holds it.
    pub until: Option<DateTime<Utc>>,
}
