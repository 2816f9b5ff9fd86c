//! What the API answers about findings, and about what would be affected.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sort of finding, and how much of it there is.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingRuleItem {
    /// For the path of its findings.
    pub rule: String,
    pub title: String,
    pub meaning: String,
    pub remedy: String,
    /// What is found.
    pub kind: String,
    /// Counted to 1,001; `more` says that there are more than these numbers.
    pub sure: i64,
    /// What a listing that is not complete or too old leaves open; never part of `sure`.
    pub unsure: i64,
    pub ignored: i64,
    pub more: bool,
    /// Why some are not sure.
    pub doubt: Option<String>,
    /// When the whole inventory was gone over; null if it never was.
    pub computed_at: Option<DateTime<Utc>>,
}

/// Something that does not fit together, looked at again for this answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingItem {
    pub id: String,
    pub rule: String,
    pub resource_id: String,
    pub kind: String,
    pub name: String,
    pub source: String,
    pub region: String,
    pub cluster: String,
    /// The key that it is about: `ip:192.0.2.7`; null where it is the resource itself.
    pub subject: Option<String>,
    /// Half a sentence.
    pub finding: String,
    /// Who had what is lost, or what is stopped.
    pub other: Option<OtherItem>,
    pub sure: bool,
    pub doubt: Option<String>,
    pub found_at: DateTime<Utc>,
    pub ignored_until: Option<DateTime<Utc>>,
    pub ignored_reason: Option<String>,
    pub ignored_by: Option<String>,
}

/// Another resource of the story.
#[derive(Debug, Serialize, ToSchema)]
pub struct OtherItem {
    pub id: String,
    pub kind: String,
    pub name: String,
    pub until: Option<DateTime<Utc>>,
}

/// Until when nobody is to be told, and why.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoreUntil {
    /// A day (`2026-12-24`, in UTC) or a moment, within a year.
    pub until: String,
    /// 1 to 500 characters.
    pub reason: String,
}

/// What would be affected if a resource went away.
#[derive(Debug, Serialize, ToSchema)]
pub struct TouchesAnswer {
    /// The worst first.
    pub items: Vec<TouchedItem>,
    pub lost: usize,
    pub degraded: usize,
    /// There is more, beyond eight steps or ten thousand resources.
    pub truncated: bool,
}

/// A resource that would be affected.
#[derive(Debug, Serialize, ToSchema)]
pub struct TouchedItem {
    pub id: String,
    pub kind: String,
    pub name: String,
    /// `lost` has nothing left to go on with, `degraded` goes on with less.
    pub harm: String,
    /// What is left, in words.
    pub left: String,
    pub hops: u8,
    /// From what depends directly to this one.
    pub path: Vec<StepItem>,
}

/// A step of the way: `name` `words`, such as `www.example.com` `points at 192.0.2.7`.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepItem {
    pub id: String,
    pub kind: String,
    pub name: String,
    pub words: String,
}
