//! What a run is made of: states, and steps that are data and not closures, so that another process can go on with
//! them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How it stands with a run. Stored, shown, filtered and exported under these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Queued,
    Running,
    /// A worker has seen that it is to end; it ends when the outcome of the call in hand is known.
    Cancelling,
    Paused,
    Succeeded,
    /// Some of it was done and stays. No success.
    Partial,
    /// Nothing of it was done.
    Failed,
    /// Ended because somebody asked for it.
    Cancelled,
    /// What had been done was taken back.
    RolledBack,
    /// Nobody knows whether the last call was carried out.
    Unknown,
}

impl RunState {
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Running,
        Self::Cancelling,
        Self::Paused,
        Self::Succeeded,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
        Self::RolledBack,
        Self::Unknown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::RolledBack => "rolled_back",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing more will happen to it.
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running | Self::Cancelling | Self::Paused)
    }

    /// Whether somebody has to look at what it left behind.
    pub fn is_unsettled(self) -> bool {
        matches!(self, Self::Partial | Self::Unknown)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How it stands with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Waiting,
    Running,
    Succeeded,
    /// Some of it was done.
    Partial,
    /// Nothing of it was done.
    Failed,
    /// It needed not be done, or was not reached.
    Skipped,
    Unknown,
}

impl StepState {
    pub const ALL: [Self; 7] =
        [Self::Waiting, Self::Running, Self::Succeeded, Self::Partial, Self::Failed, Self::Skipped, Self::Unknown];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What becomes of a step whose outcome nobody saw: its worker died, or its call timed out after it was allowed to
/// write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterCrash {
    /// Doing it twice is doing it once.
    Again,
    /// The provider is read and says what became of it.
    Settle,
    /// Nobody can know: the run ends as unknown.
    Unknown,
}

impl AfterCrash {
    pub const ALL: [Self; 3] = [Self::Again, Self::Settle, Self::Unknown];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Settle => "settle",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|crash| crash.as_str() == text)
    }
}

/// A step that is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewStep {
    /// For people.
    pub title: String,
    /// The action's own.
    pub what: Value,
    pub after_crash: AfterCrash,
    /// The position of the step that it takes back.
    pub undoes: Option<i32>,
}

impl NewStep {
    pub fn new(title: impl Into<String>, what: Value, after_crash: AfterCrash) -> Self {
        Self { title: title.into(), what, after_crash, undoes: None }
    }

    /// The same, as what takes back the step at `position`.
    pub fn undoing(self, position: i32) -> Self {
        Self { undoes: Some(position), ..self }
    }
}

/// A plan as people read it: a few facts, and a table where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Name and value, in the order that a question needs them.
    pub facts: Vec<(String, String)>,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    /// What its end does not prove, and what to do then.
    pub notes: Vec<String>,
    /// The page that tells more about it.
    pub href: Option<String>,
}
