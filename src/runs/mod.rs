//! Runs: whatever changes the outside world is planned, shown, written down before it starts, and done step by step by
//! whoever claims it.
//!
//! [`submit()`] queues a run with its audit row in one transaction. An [`Executor`] claims it (`queue`), drives it
//! (`drive`) and keeps its lease (`heart`). Before each outward write a step passes the [`fence`](StepAt::fence): who
//! was taken over, or is to end, writes nothing more. What a dead worker left is claimed like anything else, and goes
//! on as each step declares ([`AfterCrash`]).
//!
//! What an action is stands in [`Action`]; which there are is the table in `crate::actions`, which an executor is
//! given, so that nothing here knows any of them.

use std::sync::Arc;

use tokio::sync::{Notify, watch};

pub mod action;
mod cancel;
mod conclude;
mod drive;
mod executor;
pub mod fault;
mod heart;
pub mod step;
mod submit;

pub use crate::wire::runs::{AfterCrash, NewStep, RunState, Shown, StepState};
pub use action::{Action, Actions, Done, OnFailure, Settled, Trouble};
pub use cancel::{acknowledge, cancel};
pub use executor::Executor;
pub use step::StepAt;
pub use submit::{IdempotencyKey, NewRun, Priority, Submitted, body_hash, submit};

/// Rings between the halves of a process: a run was queued, a run has moved. Another process finds both out by looking.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    work: Notify,
    /// How often something has moved.
    moves: watch::Sender<u64>,
}

impl Default for Bell {
    fn default() -> Self {
        Self(Arc::new(Inner { work: Notify::new(), moves: watch::Sender::new(0) }))
    }
}

impl Bell {
    /// There is something to claim.
    pub fn ring(&self) {
        self.0.work.notify_one();
        self.moved();
    }

    /// A page that shows a run has become old.
    pub fn moved(&self) {
        self.0.moves.send_modify(|moves| *moves = moves.wrapping_add(1));
    }

    /// Waits until somebody rings; a ring that nobody waited for is kept.
    pub async fn rung(&self) {
        self.0.work.notified().await;
    }

    /// For whoever shows runs.
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.0.moves.subscribe()
    }
}
