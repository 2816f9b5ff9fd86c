//! Runs: what is done outside, kept so that it survives the process that does it.
//!
//! [`queue`] hands them out, [`hold`] is what only the holder of a run's epoch may write, [`steps`] how far each is,
//! [`list`] what people read. A run's epoch is raised by each claim, and every write of a holder compares it: who has
//! an old one changes nothing.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamp};

use crate::clock::Instant;
use crate::wire::runs::RunState;

pub mod hold;
pub mod list;
pub mod queue;
pub mod steps;

pub use steps::StepRow;

/// A run as stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct RunRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub parent_id: Option<i64>,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Text)]
    pub target: String,
    #[diesel(sql_type = Text)]
    state: String,
    /// JSON of the action's own.
    #[diesel(sql_type = Text)]
    pub plan: String,
    #[diesel(sql_type = Text)]
    pub undo: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = Text)]
    pub actor: String,
    #[diesel(sql_type = Text)]
    pub effective_actor: String,
    #[diesel(sql_type = BigInt)]
    pub audit_id: i64,
    #[diesel(sql_type = Integer)]
    pub priority: i32,
    #[diesel(sql_type = Timestamp)]
    requested_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    not_before: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    started_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    deadline_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    ended_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// Why it takes back what it has done; empty while it goes forward.
    #[diesel(sql_type = Text)]
    pub turned: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    cancel_requested_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    pub cancel_requested_by: String,
    #[diesel(sql_type = Text)]
    pub worker: String,
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    acknowledged_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    pub acknowledged_by: String,
}

const COLUMNS: &str = "SELECT r.id, r.parent_id, r.action, r.title, r.target, r.state, r.plan, r.undo, r.reason, r.actor, r.effective_actor, \
    r.audit_id, r.priority, r.requested_at, r.not_before, r.started_at, r.deadline_at, r.ended_at, r.outcome, r.turned, \
    r.cancel_requested_at, r.cancel_requested_by, r.worker, r.epoch, r.revision, r.acknowledged_at, r.acknowledged_by FROM runs r";

impl RunRow {
    /// The database holds no other word; one that it should hold all the same proves nothing.
    pub fn state(&self) -> RunState {
        RunState::parse(&self.state).unwrap_or(RunState::Unknown)
    }

    pub fn requested_at(&self) -> Instant {
        self.requested_at.and_utc()
    }

    pub fn not_before(&self) -> Instant {
        self.not_before.and_utc()
    }

    pub fn started_at(&self) -> Option<Instant> {
        self.started_at.map(|at| at.and_utc())
    }

    pub fn deadline_at(&self) -> Option<Instant> {
        self.deadline_at.map(|at| at.and_utc())
    }

    pub fn ended_at(&self) -> Option<Instant> {
        self.ended_at.map(|at| at.and_utc())
    }

    pub fn cancel_requested_at(&self) -> Option<Instant> {
        self.cancel_requested_at.map(|at| at.and_utc())
    }

    pub fn acknowledged_at(&self) -> Option<Instant> {
        self.acknowledged_at.map(|at| at.and_utc())
    }
}
