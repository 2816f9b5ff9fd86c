//! What the API answers about runs, and what it takes to begin one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Something that is done outside.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunItem {
    pub id: String,
    /// `purge_cache`.
    pub action: String,
    pub title: String,
    pub target: String,
    /// `queued`, `running`, `cancelling`, `paused`, `succeeded`, `partial`, `failed`, `cancelled`, `rolled_back` or
    /// `unknown`. Only `succeeded` is success.
    pub state: String,
    pub reason: String,
    pub actor: String,
    /// For whom, where that is another.
    pub effective_actor: String,
    /// In a sentence, once it has ended.
    pub outcome: String,
    pub requested_at: DateTime<Utc>,
    pub not_before: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub deadline_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// When somebody took note of how it ended.
    pub acknowledged_at: Option<DateTime<Utc>>,
    pub parent_id: Option<String>,
}

/// A run with its plan and its steps.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDetail {
    #[serde(flatten)]
    pub run: RunItem,
    /// The action's own.
    #[schema(value_type = Object)]
    pub plan: Value,
    pub steps: Vec<RunStepItem>,
}

/// A step of a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunStepItem {
    pub position: i32,
    /// The step that this one takes back.
    pub undoes: Option<i32>,
    pub title: String,
    /// `waiting`, `running`, `succeeded`, `partial`, `failed`, `skipped` or `unknown`.
    pub state: String,
    pub outcome: String,
    pub attempts: i32,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// In short and redacted.
    pub request: String,
    pub answer: String,
    /// The provider's own.
    pub request_id: String,
}

/// A run that was asked for, or asked to end.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunAccepted {
    pub id: String,
    pub state: String,
}

/// What the caches in front of an app are to forget: one of hosts, prefixes, files and everything; all hosts of the app
/// if none is given.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CachePurge {
    pub hosts: Vec<String>,
    /// `www.example.com/blog/`
    pub prefixes: Vec<String>,
    /// `https://www.example.com/style.css`
    pub files: Vec<String>,
    /// The name of the zone, in full.
    pub everything: Option<String>,
    pub reason: String,
}
