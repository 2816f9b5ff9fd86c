//! What only the holder of a run may write: each statement compares the epoch, and gives whether it was still the
//! holder's.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::steps::{self, Journal};
use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::sql::Sql;
use crate::wire::runs::{NewStep, RunState, StepState};

/// A claim: which run, and which of its epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub run: i64,
    pub epoch: i64,
}

/// What a holder looks at between two beats.
#[derive(Clone, Debug, QueryableByName)]
pub struct Glance {
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub cancel_requested_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    pub cancel_requested_by: String,
}

impl Hold {
    /// Epoch and wish to end, by one look at the primary key.
    pub fn glance(self, connection: &mut AnyConnection) -> QueryResult<Option<Glance>> {
        let mut sql = Sql::new("SELECT epoch, cancel_requested_at, cancel_requested_by FROM runs WHERE id = ");
        sql.bind(self.run);
        sql.first(connection)
    }

    /// Keeps the lease for at least `lease`; another takes over `patience` after it is over.
    pub fn beat(
        self,
        connection: &mut AnyConnection,
        lease: TimeDelta,
        patience: TimeDelta,
        at: Instant,
    ) -> QueryResult<bool> {
        let mut sql = Sql::new("UPDATE runs SET ");
        lease_until(&mut sql, at + lease, patience);
        self.of_mine(&mut sql);
        Ok(sql.execute(connection)? == 1)
    }

    /// Allows one outward write of a step: only to the holder, only while nobody wants an end of it (or it is taking
    /// back already), and with a lease that outlasts the write.
    pub fn fence(
        self,
        connection: &mut AnyConnection,
        position: i32,
        lease: TimeDelta,
        patience: TimeDelta,
        at: Instant,
    ) -> QueryResult<bool> {
        let mut sql = Sql::new("UPDATE runs SET ");
        lease_until(&mut sql, at + lease, patience);
        self.of_mine(&mut sql);
        sql.push(" AND (turned <> '' OR (cancel_requested_at IS NULL AND deadline_at > ").bind(at).push("))");
        if sql.execute(connection)? == 0 {
            return Ok(false);
        }
        let mut sql = Sql::new("UPDATE run_steps SET fenced_at = ");
        sql.bind(at).push(" WHERE state = 'running' AND run_id = ").bind(self.run);
        sql.push(" AND position = ").bind(position);
        Ok(sql.execute(connection)? == 1)
    }

    /// Says that the wish to end was seen.
    pub fn confirm_cancel(self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let mut sql = Sql::new("UPDATE runs SET state = 'cancelling', revision = revision + 1");
        self.of_mine(&mut sql);
        sql.push(" AND state = 'running'");
        Ok(sql.execute(connection)? == 1)
    }

    /// Begins a step, or begins it once more.
    pub fn begin_step(self, connection: &mut AnyConnection, position: i32, at: Instant) -> QueryResult<bool> {
        if !self.touch(connection)? {
            return Ok(false);
        }
        let mut sql = Sql::new(
            "UPDATE run_steps SET state = 'running', attempts = attempts + 1, fenced_at = NULL, ended_at = NULL, outcome = '', \
             started_at = COALESCE(started_at, ",
        );
        sql.bind(at).push(") WHERE run_id = ").bind(self.run).push(" AND position = ").bind(position);
        sql.execute(connection).map(|_| true)
    }

    /// Says how far a step is while it runs.
    pub fn note(self, connection: &mut AnyConnection, position: i32, progress: &str) -> QueryResult<bool> {
        if !self.touch(connection)? {
            return Ok(false);
        }
        let mut sql = Sql::new("UPDATE run_steps SET outcome = ");
        sql.bind(progress).push(" WHERE run_id = ").bind(self.run).push(" AND position = ").bind(position);
        sql.execute(connection).map(|_| true)
    }

    /// Ends a step, or puts it back among those that wait.
    pub fn end_step(
        self,
        connection: &mut AnyConnection,
        position: i32,
        state: StepState,
        outcome: &str,
        journal: &Journal,
        at: Instant,
    ) -> QueryResult<bool> {
        if !self.touch(connection)? {
            return Ok(false);
        }
        let mut sql = Sql::new("UPDATE run_steps SET state = ");
        sql.bind(state.as_str()).push(", outcome = ").bind(outcome).push(", ended_at = ");
        sql.bind((state != StepState::Waiting).then_some(at));
        // What an earlier attempt had sent stays, where this one sent nothing.
        for (column, text) in [
            (", request = ", &journal.request),
            (", answer = ", &journal.answer),
            (", request_id = ", &journal.request_id),
        ] {
            if !text.is_empty() {
                sql.push(column).bind(text);
            }
        }
        sql.push(" WHERE run_id = ").bind(self.run).push(" AND position = ").bind(position);
        sql.execute(connection).map(|_| true)
    }

    /// Turns round: what follows takes back what was done.
    pub fn turn(
        self,
        connection: &mut AnyConnection,
        why: &str,
        first: i32,
        undo: &[NewStep],
        at: Instant,
    ) -> QueryResult<bool> {
        let mut sql = Sql::new("UPDATE runs SET revision = revision + 1, turned = ");
        sql.bind(why);
        self.of_mine(&mut sql);
        sql.push(" AND turned = ''");
        if sql.execute(connection)? == 0 {
            return Ok(false);
        }
        skip_rest(connection, self.run, at)?;
        steps::add(connection, self.run, first, undo)?;
        Ok(true)
    }

    /// Ends the run and gives its lanes free.
    pub fn end(self, connection: &mut AnyConnection, state: RunState, outcome: &str, at: Instant) -> QueryResult<bool> {
        let mut sql = Sql::new("UPDATE runs SET revision = revision + 1, lease_until = NULL, reap_at = NULL, state = ");
        sql.bind(state.as_str()).push(", outcome = ").bind(outcome).push(", ended_at = ").bind(at);
        self.of_mine(&mut sql);
        if sql.execute(connection)? == 0 {
            return Ok(false);
        }
        skip_rest(connection, self.run, at)?;
        free_lanes(connection, self.run)?;
        Ok(true)
    }

    /// Lets another worker go on at once, between two steps.
    pub fn hand_back(self, connection: &mut AnyConnection, at: Instant) -> QueryResult<bool> {
        let mut sql = Sql::new("UPDATE runs SET worker = '', reap_at = ");
        sql.bind(at - TimeDelta::milliseconds(1));
        self.of_mine(&mut sql);
        Ok(sql.execute(connection)? == 1)
    }

    fn touch(self, connection: &mut AnyConnection) -> QueryResult<bool> {
        let mut sql = Sql::new("UPDATE runs SET revision = revision + 1");
        self.of_mine(&mut sql);
        Ok(sql.execute(connection)? == 1)
    }

    fn of_mine(self, sql: &mut Sql) {
        sql.push(" WHERE state IN ('running', 'cancelling') AND id = ").bind(self.run);
        sql.push(" AND epoch = ").bind(self.epoch);
    }
}

/// A lease never gets shorter: a beat must not take away what a fence has made sure of.
fn lease_until(sql: &mut Sql, until: Instant, patience: TimeDelta) {
    let reap = until + patience;
    sql.push("lease_until = CASE WHEN lease_until > ").bind(until).push(" THEN lease_until ELSE ").bind(until);
    sql.push(" END, reap_at = CASE WHEN reap_at > ").bind(reap).push(" THEN reap_at ELSE ").bind(reap).push(" END");
}

fn skip_rest(connection: &mut AnyConnection, run: i64, at: Instant) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE run_steps SET state = 'skipped', outcome = 'not reached', ended_at = ");
    sql.bind(at).push(" WHERE state = 'waiting' AND run_id = ").bind(run);
    sql.execute(connection).map(|_| ())
}

fn free_lanes(connection: &mut AnyConnection, run: i64) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE run_lanes SET held = ");
    sql.bind(false).push(", wanted = ").bind(false).push(" WHERE run_id = ").bind(run);
    sql.execute(connection).map(|_| ())
}

/// What became of somebody's wish to end a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It had not begun, and will not.
    Ended,
    /// Its worker will see it.
    Noted,
    /// It has ended by itself.
    TooLate,
}

/// Asks for the end of a run, as anybody may.
pub fn cancel(connection: &mut AnyConnection, run: i64, by: &str, at: Instant) -> QueryResult<Asked> {
    let mut sql = Sql::new("UPDATE runs SET state = 'cancelled', revision = revision + 1, ended_at = ");
    sql.bind(at).push(", outcome = ").bind(format!("Cancelled by {by} before it began."));
    sql.push(", cancel_requested_at = ").bind(at).push(", cancel_requested_by = ").bind(by);
    sql.push(" WHERE state IN ('queued', 'paused') AND id = ").bind(run);
    if sql.execute(connection)? == 1 {
        skip_rest(connection, run, at)?;
        free_lanes(connection, run)?;
        return Ok(Asked::Ended);
    }
    let mut sql =
        Sql::new("UPDATE runs SET revision = revision + 1, cancel_requested_at = COALESCE(cancel_requested_at, ");
    sql.bind(at).push("), cancel_requested_by = CASE WHEN cancel_requested_at IS NULL THEN ").bind(by);
    sql.push(" ELSE cancel_requested_by END WHERE state IN ('running', 'cancelling') AND id = ").bind(run);
    Ok(if sql.execute(connection)? == 1 { Asked::Noted } else { Asked::TooLate })
}

/// Takes note of a run that left something to look at; gives whether there was one.
pub fn acknowledge(connection: &mut AnyConnection, run: i64, by: &str, at: Instant) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE runs SET revision = revision + 1, acknowledged_at = ");
    sql.bind(at).push(", acknowledged_by = ").bind(by);
    sql.push(" WHERE acknowledged_at IS NULL AND state IN ('unknown', 'partial') AND id = ").bind(run);
    Ok(sql.execute(connection)? == 1)
}
