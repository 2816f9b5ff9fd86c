//! What the API takes and answers about DNS changes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is asked for.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DnsChangeWanted {
    /// `edit`, `repoint`, `replace` or `switch`.
    pub action: String,
    /// The resource whose records are meant.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub from: Option<ResourceId>,
    /// The one that takes its place. A switch of a balancer to itself brings the records that were switched to it in
    /// line with what stands behind it now.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub to: Option<ResourceId>,
    /// Of an edit.
    #[serde(default)]
    pub records: Vec<RecordWanted>,
    /// Where two sources have a zone of the same name.
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    /// Applies it at once, if no guard objects or `override` says why.
    #[serde(default)]
    pub apply: bool,
    #[serde(default, rename = "override")]
    pub over: Option<OverrideWanted>,
    /// Lowers the times to live of what would be changed to so many seconds, and changes nothing else yet.
    #[serde(default)]
    pub prepare_ttl_seconds: Option<i64>,
    /// Of a switch: moves the names that lead to one machine and are called like it, too. Without it they are left
    /// alone and told in `notes`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_own_names: bool,
}

/// An id as text; numbers are taken too.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum ResourceId {
    Text(String),
    Number(i64),
}

/// What is to become of a record set.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordWanted {
    /// `create` adds values, `update` says what the whole set shall be, `delete` takes values away, or all of them.
    pub op: String,
    pub zone: String,
    /// Whole, or within the zone; `@` is the zone itself.
    pub name: String,
    #[serde(rename = "type")]
    pub record_type: String,
    /// Seconds; 1 is automatic where there is that.
    #[serde(default)]
    pub ttl: Option<i64>,
    #[serde(default)]
    pub proxied: Option<bool>,
    #[serde(default)]
    pub comment: Option<String>,
    /// As in a zone file.
    #[serde(default)]
    pub contents: Vec<String>,
}

/// Why somebody goes on all the same.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct OverrideWanted {
    pub reason: String,
}

/// Which plan is applied.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyWanted {
    /// Of the plan that was shown.
    pub generation: i64,
    #[serde(default, rename = "override")]
    pub over: Option<OverrideWanted>,
}

/// A change.
#[derive(Debug, Serialize, ToSchema)]
pub struct DnsChangeItem {
    pub id: String,
    pub action: String,
    pub title: String,
    /// `planned`, `expired`, `undone`, or the state of its run.
    pub state: String,
    pub run_id: Option<String>,
    /// Raised by each new plan.
    pub generation: i64,
    pub planned_at: DateTime<Utc>,
    /// A plan lives 15 minutes.
    pub expires_at: DateTime<Utc>,
    pub applied_at: Option<DateTime<Utc>>,
    pub undo_until: Option<DateTime<Utc>>,
    pub undo_of: Option<String>,
    pub undone_by: Option<String>,
    pub actor: String,
    pub reason: String,
    pub changes: Vec<SetChangeItem>,
    pub refusals: Vec<RefusalItem>,
    /// What was left alone, and why.
    pub notes: Vec<String>,
}

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct DnsChangeList {
    pub items: Vec<DnsChangeItem>,
    pub next_cursor: Option<String>,
}

/// A record set before and after.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetChangeItem {
    pub source: String,
    pub zone: String,
    pub name: String,
    #[serde(rename = "type")]
    pub record_type: String,
    /// Null where there is none.
    pub before: Option<RecordSetItem>,
    /// Null where there will be none.
    pub after: Option<RecordSetItem>,
    pub why: String,
    pub touches: Vec<SetTouchItem>,
    pub warnings: Vec<String>,
}

/// A record set.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordSetItem {
    pub contents: Vec<String>,
    pub ttl: i64,
    pub proxied: bool,
    pub comment: String,
    /// With all that it takes to put it back as it was.
    #[schema(value_type = Vec<Object>)]
    pub values: serde_json::Value,
}

/// What depends on a record.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetTouchItem {
    pub id: String,
    pub kind: String,
    pub name: String,
    /// What it would be if nothing that the plan changes led anywhere any more: `lost`, `degraded`, or `none`.
    pub harm: String,
}

/// What speaks against a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalItem {
    pub code: String,
    pub text: String,
    pub overridable: bool,
    /// Of a way back: the change that has to be taken back first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}
