//! What somebody asks for, as it is kept beside the plan, so that it can be planned again.

use serde::{Deserialize, Serialize};

use crate::dns_plan::Edit;

/// A sort of change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Edit,
    /// An instance's records, from an address that it had to the one that it has.
    Repoint,
    /// All records of one instance to another.
    Replace,
    /// The healthy instances behind one balancer in the place of those behind another.
    Switch,
    /// The old times to live of what was switched.
    Restore,
    /// What was there before another change.
    Undo,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ask {
    pub action: Sort,
    /// The resource whose records are meant.
    pub from: Option<i64>,
    /// The one that takes its place.
    pub to: Option<i64>,
    pub records: Vec<Edit>,
    /// Where two sources have a zone of the name.
    pub source: Option<String>,
    /// Lowers the times to live of what would be changed, and changes nothing else yet.
    pub prepare_ttl_seconds: Option<i64>,
    /// Of a switch: moves machines' own names too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_own_names: bool,
    /// The change that is taken back, or whose times to live come back.
    pub of: Option<i64>,
}

impl Ask {
    /// As the column has it.
    pub fn stored_action(&self) -> &'static str {
        match self.action {
            Sort::Repoint | Sort::Replace | Sort::Switch if self.prepare_ttl_seconds.is_some() => "prepare",
            Sort::Edit => "edit",
            Sort::Repoint => "repoint",
            Sort::Replace => "replace",
            Sort::Switch => "switch",
            Sort::Restore => "restore",
            Sort::Undo => "undo",
        }
    }

    /// Whether it puts one side in the place of another, and so much of a zone may follow.
    pub fn is_swap(&self) -> bool {
        matches!(self.action, Sort::Repoint | Sort::Replace | Sort::Switch)
    }
}

/// For people, by what is stored.
pub fn titled(action: &str) -> &'static str {
    match action {
        "repoint" => "Repoint",
        "replace" => "Replace",
        "switch" => "Switch",
        "prepare" => "Prepare",
        "restore" => "Restore TTLs",
        "undo" => "Way back",
        _ => "Edit",
    }
}
