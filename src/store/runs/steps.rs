//! The steps of runs: what was done, when, and what the provider said.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text, Timestamp};

use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::schema::run_steps;
use crate::store::sql::Sql;
use crate::wire::runs::{AfterCrash, NewStep, StepState};

/// A step as stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct StepRow {
    #[diesel(sql_type = Integer)]
    pub position: i32,
    /// The step that this one takes back.
    #[diesel(sql_type = Nullable<Integer>)]
    pub undoes: Option<i32>,
    #[diesel(sql_type = Text)]
    pub title: String,
    /// JSON of the action's own.
    #[diesel(sql_type = Text)]
    pub what: String,
    #[diesel(sql_type = Text)]
    after_crash: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Nullable<Timestamp>)]
    started_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    fenced_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    ended_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    pub outcome: String,
    #[diesel(sql_type = Text)]
    pub request: String,
    #[diesel(sql_type = Text)]
    pub answer: String,
    #[diesel(sql_type = Text)]
    pub request_id: String,
}

impl StepRow {
    pub fn state(&self) -> StepState {
        StepState::parse(&self.state).unwrap_or(StepState::Unknown)
    }

    /// What nobody can read proves nothing.
    pub fn after_crash(&self) -> AfterCrash {
        AfterCrash::parse(&self.after_crash).unwrap_or(AfterCrash::Unknown)
    }

    pub fn started_at(&self) -> Option<Instant> {
        self.started_at.map(|at| at.and_utc())
    }

    /// When it was last allowed to write.
    pub fn fenced_at(&self) -> Option<Instant> {
        self.fenced_at.map(|at| at.and_utc())
    }

    pub fn ended_at(&self) -> Option<Instant> {
        self.ended_at.map(|at| at.and_utc())
    }
}

/// What a step's page tells of its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// In short and redacted.
    pub request: String,
    pub answer: String,
    /// The provider's own.
    pub request_id: String,
}

/// The steps of a run, in order.
pub fn of_run(connection: &mut AnyConnection, run: i64) -> QueryResult<Vec<StepRow>> {
    let mut sql = Sql::new(
        "SELECT position, undoes, title, what, after_crash, state, attempts, started_at, fenced_at, ended_at, outcome, request, \
         answer, request_id FROM run_steps WHERE run_id = ",
    );
    sql.bind(run).push(" ORDER BY position");
    sql.load(connection)
}

/// Adds steps behind those that a run has.
pub fn add(connection: &mut AnyConnection, run: i64, first: i32, steps: &[NewStep]) -> QueryResult<()> {
    for (position, step) in (first..).zip(steps) {
        diesel::insert_into(run_steps::table)
            .values((
                run_steps::run_id.eq(run),
                run_steps::position.eq(position),
                run_steps::undoes.eq(step.undoes),
                run_steps::title.eq(&step.title),
                run_steps::what.eq(step.what.to_string()),
                run_steps::after_crash.eq(step.after_crash.as_str()),
                run_steps::state.eq(StepState::Waiting.as_str()),
                run_steps::attempts.eq(0),
                run_steps::outcome.eq(""),
                run_steps::request.eq(""),
                run_steps::answer.eq(""),
                run_steps::request_id.eq(""),
            ))
            .execute(connection)?;
    }
    Ok(())
}
