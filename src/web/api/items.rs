//! What the API answers with: the shapes, their schemas, and how rows become them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

mod attrs;
mod changes;
mod dns_changes;
mod findings;
mod instant;
mod runs;
mod teams;

pub use attrs::Attrs;
pub use changes::{ChangeItem, ChangeList, FieldChange, HolderItem, HoldersAnswer};
pub use dns_changes::{
    ApplyWanted, DnsChangeItem, DnsChangeList, DnsChangeWanted, OverrideWanted, RecordSetItem, RecordWanted,
    RefusalItem, ResourceId, SetChangeItem, SetTouchItem,
};
pub use findings::{FindingItem, FindingRuleItem, IgnoreUntil, OtherItem, StepItem, TouchedItem, TouchesAnswer};
pub use runs::{CachePurge, RunAccepted, RunDetail, RunItem, RunStepItem};
pub use teams::{MemberItem, MemberWanted, ReachWanted, TeamItem, TeamRuleItem, TeamWanted, WithinWanted};

use crate::store::rows::{ResourceRow, Wanted};

/// A resource.
#[derive(Debug, Serialize, ToSchema)]
pub struct Item {
    /// Stable for the life of the resource, tombstone included.
    pub id: String,
    pub kind: String,
    pub source: String,
    /// What the provider calls it.
    pub external_id: String,
    pub name: String,
    pub region: String,
    pub cluster: String,
    pub app: String,
    pub status: String,
    #[serde(serialize_with = "instant::one")]
    pub first_seen_at: DateTime<Utc>,
    /// Since when this version is true.
    #[serde(serialize_with = "instant::one")]
    pub changed_at: DateTime<Utc>,
    /// The last complete listing that showed it.
    #[serde(serialize_with = "instant::maybe")]
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Since when it is a tombstone.
    #[serde(serialize_with = "instant::maybe")]
    pub gone_at: Option<DateTime<Utc>>,
    /// Since when a complete listing lacks it while the loss is held.
    #[serde(serialize_with = "instant::maybe")]
    pub missing_since: Option<DateTime<Utc>>,
    /// The next moment worth attention: an expiry, the start of a maintenance.
    #[serde(serialize_with = "instant::maybe")]
    pub due_at: Option<DateTime<Utc>>,
    /// The kind's own fields.
    #[schema(value_type = Object)]
    pub attrs: Attrs,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// For `?cursor=`; null on the last page.
    pub next_cursor: Option<String>,
    /// The oldest confirmation over the scopes that the list can reach; null if one was never listed completely, and
    /// where the facts are the panel's own.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Whether every scope that the list can reach is complete: if not, what is absent may exist.
    pub complete: bool,
}

/// A resource with its neighbours.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemDetail {
    #[serde(flatten)]
    pub item: Item,
    /// By kind.
    pub neighbours: BTreeMap<String, Vec<NeighbourItem>>,
}

/// A neighbour, and by what it is one.
#[derive(Debug, Serialize, ToSchema)]
pub struct NeighbourItem {
    pub id: String,
    pub name: String,
    /// `is`, `serves`, `covers` or `points_at`.
    pub role: String,
    /// The keys on the way, `ip:192.0.2.7` or `host:www.example.com`.
    pub via: Vec<String>,
}

/// What search found, by kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchAnswer {
    pub groups: Vec<SearchGroup>,
}

/// The hits of one kind, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchGroup {
    pub kind: String,
    pub items: Vec<Item>,
    /// Whether there are more than these.
    pub more: bool,
}

/// A source and how it fares.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceItem {
    pub name: String,
    pub provider: String,
    /// `ok`, `stale`, `failing`, `auth` or `not_configured`.
    pub state: String,
    /// In the provider's own words.
    pub reason: String,
    pub every_seconds: i64,
    pub region: String,
    pub cluster: String,
    /// Resources that are present.
    pub count: i64,
    /// The oldest confirmation over its scopes.
    pub confirmed_at: Option<DateTime<Utc>>,
    pub complete: bool,
}

/// A source with its scopes and the losses that wait for a decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceDetail {
    #[serde(flatten)]
    pub source: SourceItem,
    pub scopes: Vec<ScopeItem>,
    pub held_losses: Vec<HeldLossItem>,
}

/// A scope: what is listed as a whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScopeItem {
    pub kind: String,
    pub name: String,
    /// `complete`, `partial`, `skipped`, `held`, `applying` or `never`.
    pub state: String,
    pub reason: String,
    pub count: i64,
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// A loss that the guard holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldLossItem {
    pub id: String,
    pub kind: String,
    pub scope: String,
    /// `rows`, or the name of the field that most rows have lost.
    pub subject: String,
    /// `open`, `accepted`, `rejected` or `dissolved`.
    pub state: String,
    pub reason: String,
    /// How many rows it speaks of.
    pub count: i64,
    /// The count that the loss was measured against.
    pub baseline: i64,
    pub opened_at: DateTime<Utc>,
}

/// A sync that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct SyncAccepted {
    pub id: String,
    /// `queued` or `running`.
    pub state: String,
}

/// An alert.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertItem {
    pub id: String,
    /// The rule that opened it.
    pub rule: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// `open`, `acknowledged`, `snoozed` or `resolved`.
    pub state: String,
    pub title: String,
    pub body: String,
    /// A path of the panel.
    pub link: String,
    pub resource_id: Option<String>,
    /// Empty where it is about no source.
    pub source: String,
    pub due_at: Option<DateTime<Utc>>,
    pub opened_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// A periodic task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskItem {
    pub name: String,
    pub about: String,
    pub every_seconds: i64,
    pub enabled: bool,
    pub due_at: DateTime<Utc>,
    /// Since when somebody waits for it to run.
    pub requested_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// `never`, `running`, `succeeded` or `failed`.
    pub outcome: String,
    /// One line of the last run.
    pub report: String,
}

/// A task that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskAccepted {
    pub name: String,
    /// `queued`.
    pub state: String,
}

/// An act.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditItem {
    pub id: String,
    pub at: DateTime<Utc>,
    pub actor: String,
    /// For whom, where that is another.
    pub effective_actor: String,
    pub address: String,
    pub request_id: String,
    pub action: String,
    pub subject: String,
    pub reason: String,
    pub before: String,
    pub after: String,
    /// `begun`, `succeeded`, `failed`, `refused` or `unknown`.
    pub outcome: String,
    pub completed_at: Option<DateTime<Utc>>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserItem {
    pub id: String,
    pub email: String,
    /// `admin`, `operator` or `viewer`.
    pub role: String,
    /// `everything`, or `teams`: what their teams see.
    pub reach: String,
    /// `enabled` or `disabled`.
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Since when a code is asked for besides the password.
    pub second_factor_at: Option<DateTime<Utc>>,
}

/// Somebody who is invited and has no account yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationItem {
    pub id: String,
    pub email: String,
    /// `admin`, `operator` or `viewer`.
    pub role: String,
    /// `everything` or `teams`.
    pub reach: String,
    /// `open` or `revoked`.
    pub state: String,
    pub invited_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// An invitation that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationMade {
    #[serde(flatten)]
    pub invitation: InvitationItem,
    /// To be brought to whom it is for; it is told this once.
    pub link: String,
}

/// Whom to invite, and as what.
#[derive(Debug, serde::Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationWanted {
    pub email: String,
    /// `admin`, `operator` or `viewer`.
    pub role: String,
    /// `everything` or `teams`; `everything` where it is not given.
    #[serde(default = "everything")]
    pub reach: String,
}

impl<T> List<T> {
    /// A list of what the panel itself has written.
    pub fn of_own(items: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { items, next_cursor, confirmed_at: None, complete: true }
    }
}

/// Why.
#[derive(Debug, serde::Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// 1 to 500 characters.
    pub reason: String,
}

impl Item {
    /// The columns that it is made of.
    pub fn wanted() -> Wanted {
        Wanted::only(["source", "region", "cluster", "app", "status", "first_seen_at", "changed_at"]).and([
            "confirmed_at",
            "due_at",
            "attrs",
        ])
    }
}

impl From<ResourceRow> for Item {
    fn from(row: ResourceRow) -> Self {
        Self {
            id: row.id.to_string(),
            first_seen_at: row.first_seen_at(),
            changed_at: row.changed_at(),
            last_seen_at: row.last_seen_at(),
            gone_at: row.gone_at(),
            missing_since: row.missing_since(),
            due_at: row.due_at(),
            kind: row.kind,
            source: row.source,
            external_id: row.external_id,
            name: row.name,
            region: row.region,
            cluster: row.cluster,
            app: row.app,
            status: row.status,
            attrs: Attrs(row.attrs),
        }
    }
}

fn everything() -> String {
    crate::roles::Reach::Everything.to_string()
}
