//! What can be done outside: an [`Action`] knows its plan, its steps and their way back, and nothing of queues and
//! leases.
//!
//! **One more action**: its file in `crate::actions`, and one line in the table there.

use std::time::Duration;

use async_trait::async_trait;
use diesel::QueryResult;
use serde_json::Value;

use super::step::StepAt;
use super::{NewStep, RunState, Shown};
use crate::clock::Instant;
use crate::context::Context;
use crate::store::AnyConnection;
use crate::store::runs::{RunRow, StepRow};
use crate::wire::{ErrorKind, ProviderError};

/// The actions that an executor knows.
pub type Actions = &'static [&'static dyn Action];

/// Something that can be done outside, step by step.
///
/// A step is data (`what`), so that another worker can go on with it. Its `apply` reads, compares, and sends each
/// outward write through [`StepAt::send`]; it may be dropped at any `await` before that, and after it once the call's
/// own patience is over.
#[async_trait]
pub trait Action: Send + Sync {
    /// In the database, the audit and the API: `purge_cache`.
    fn name(&self) -> &'static str;

    /// For people: `Cache purge`.
    fn title(&self) -> &'static str;

    /// The plan as people read it.
    fn show(&self, plan: &Value) -> Shown;

    /// The plan for whoever sees what the run is about and perhaps nothing else: without what it is carried out by, as
    /// far as that may be another's.
    fn told(&self, plan: Value) -> Value {
        plan
    }

    /// The longest that one outward write may block, retries included: the lease outlasts it.
    fn patience(&self, context: &Context, run: &RunRow) -> Duration;

    /// Does one step, forward or back (`at.step.undoes`).
    async fn apply(&self, at: &StepAt<'_>, what: &Value) -> Result<Done, Trouble>;

    /// Reads the provider and says what became of a step that was cut off after it had been allowed to write. For steps
    /// that say [`AfterCrash::Settle`](super::AfterCrash::Settle).
    async fn settle(&self, _at: &StepAt<'_>, _what: &Value) -> Result<Settled, Trouble> {
        Ok(Settled::Unknown("This action cannot find out what became of the step.".to_owned()))
    }

    /// The steps that take back what was done, in order, each naming the step that it undoes; `None` where nothing can
    /// be taken back. Given are all steps so far: `succeeded` ones were done, `partial` ones in part.
    fn undo(&self, _run: &RunRow, _steps: &[StepRow]) -> Option<Vec<NewStep>> {
        None
    }

    /// What follows a step that failed. Who cancels gets the same, but for [`OnFailure::GoOn`], which stops.
    fn on_failure(&self) -> OnFailure {
        OnFailure::TakeBack
    }

    /// What is there once a run has ended so, for the audit; empty where its outcome says it all.
    fn left(&self, _run: &RunRow, _state: RunState) -> String {
        String::new()
    }

    /// Called in the transaction that ends a run, so that what an action keeps of its own is true when the run is.
    fn ended(&self, _connection: &mut AnyConnection, _run: &RunRow, _state: RunState, _at: Instant) -> QueryResult<()> {
        Ok(())
    }
}

/// What follows a step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// What was done is taken back.
    TakeBack,
    /// What was done stays, and nothing more is done.
    Stop,
    /// The other steps are done all the same.
    GoOn,
}

/// A step that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// In a sentence.
    pub outcome: String,
    /// It was so already, and nothing was sent.
    pub skipped: bool,
}

impl Done {
    pub fn new(outcome: impl Into<String>) -> Self {
        Self { outcome: outcome.into(), skipped: false }
    }

    /// It was so already.
    pub fn already(outcome: impl Into<String>) -> Self {
        Self { outcome: outcome.into(), skipped: true }
    }
}

/// Why a step is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nothing was done, and trying again helps nobody.
    #[error("{0}")]
    Failed(String),
    /// Some of it was done.
    #[error("{0}")]
    Partial(String),
    /// Nothing was done; the same may work later.
    #[error("{why}")]
    Again { why: String, after: Option<Duration> },
    /// It may have been done: a time-out, a broken connection.
    #[error("{0}")]
    Unsure(String),
    /// The fence let it write nothing: it was taken over, or is to end.
    #[error("nothing was sent: the run was taken over, or is to end")]
    Stopped,
}

/// A failed read, or a write whose provider says that it did nothing. For writes that may have been applied there is
/// [`Trouble::of_write`].
impl From<ProviderError> for Trouble {
    fn from(error: ProviderError) -> Self {
        if error.kind.is_transient() {
            Self::Again { why: error.to_string(), after: error.retry_after }
        } else {
            Self::Failed(error.to_string())
        }
    }
}

impl Trouble {
    /// A failed write: whether it may have been carried out decides what is tried next.
    pub fn of_write(error: ProviderError, may_have_been_applied: bool) -> Self {
        match may_have_been_applied {
            true => Self::Unsure(error.to_string()),
            false => Self::from(error),
        }
    }

    /// A failed write of which nothing more is known than its kind: no answer, or one that cannot be read, proves
    /// nothing.
    pub fn of_call(error: ProviderError) -> Self {
        let unsure = matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Malformed);
        Self::of_write(error, unsure)
    }
}

/// What became of a step that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    Applied(Done),
    /// It is as it was before; the step is done again.
    NotApplied(String),
    /// Some of it was done.
    Partial(String),
    Unknown(String),
}
