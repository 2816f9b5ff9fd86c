//! The queue: who waits, who may go, who has lost its worker.
//!
//! A run takes all of its lanes at once or none, and nobody passes whoever wants one of them and was there before: one
//! that needs two lanes would wait for ever behind those that need one.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{COLUMNS, RunRow};
use crate::clock::Instant;
use crate::store::gate::{self, Turn};
use crate::store::schema::{run_lanes, run_subjects, runs};
use crate::store::sql::Sql;
use crate::store::{AnyConnection, ids};
use crate::wire::runs::RunState;

/// A run that is to be queued.
#[derive(Clone, Debug)]
pub struct Queued<'a> {
    pub parent: Option<i64>,
    pub action: &'static str,
    pub title: &'a str,
    pub target: &'a str,
    /// JSON.
    pub plan: &'a str,
    pub undo: &'a str,
    pub reason: &'a str,
    pub actor: &'a str,
    pub effective_actor: &'a str,
    pub audit_id: i64,
    pub priority: i32,
    pub deadline: TimeDelta,
    pub not_before: Instant,
}

/// Writes a run that waits, and gives its id.
pub fn add(connection: &mut AnyConnection, new: &Queued<'_>, at: Instant) -> QueryResult<i64> {
    let id = ids::take(connection, "runs", 1)?;
    diesel::insert_into(runs::table)
        .values((
            (
                runs::id.eq(id),
                runs::parent_id.eq(new.parent),
                runs::action.eq(new.action),
                runs::title.eq(new.title),
                runs::target.eq(new.target),
                runs::state.eq(RunState::Queued.as_str()),
                runs::plan.eq(new.plan),
                runs::undo.eq(new.undo),
                runs::reason.eq(new.reason),
                runs::actor.eq(new.actor),
                runs::effective_actor.eq(new.effective_actor),
                runs::audit_id.eq(new.audit_id),
            ),
            (
                runs::priority.eq(new.priority),
                runs::requested_at.eq(at.naive_utc()),
                runs::not_before.eq(new.not_before.naive_utc()),
                runs::deadline_seconds.eq(new.deadline.num_seconds().max(1)),
                runs::outcome.eq(""),
                runs::turned.eq(""),
                runs::cancel_requested_by.eq(""),
                runs::worker.eq(""),
                runs::epoch.eq(0_i64),
                runs::revision.eq(0_i64),
                runs::acknowledged_by.eq(""),
            ),
        ))
        .execute(connection)?;
    Ok(id)
}

/// Writes which lanes a run wants: `<source>/<zone id>`.
pub fn want_lanes(connection: &mut AnyConnection, run: i64, lanes: &[String]) -> QueryResult<()> {
    for lane in lanes {
        let source = lane.split_once('/').map_or(lane.as_str(), |(source, _)| source);
        diesel::insert_into(run_lanes::table)
            .values((
                run_lanes::run_id.eq(run),
                run_lanes::lane.eq(lane),
                run_lanes::source.eq(source),
                run_lanes::held.eq(false),
                run_lanes::wanted.eq(true),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Writes which resources a run is about.
pub fn name_subjects(connection: &mut AnyConnection, run: i64, resources: &[i64]) -> QueryResult<()> {
    for resource in resources {
        diesel::insert_into(run_subjects::table)
            .values((run_subjects::run_id.eq(run), run_subjects::resource_id.eq(resource)))
            .execute(connection)?;
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Candidate {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Who claims.
#[derive(Clone, Debug)]
pub struct Claimant {
    pub worker: String,
    /// For how long at first.
    pub lease: TimeDelta,
    /// What it knows how to do: a run of a newer version waits for a newer worker.
    pub actions: Vec<&'static str>,
    /// Sources that are at work enough already.
    pub full: Vec<String>,
}

/// Whether a claim would find something; a claim is a write, and there is nothing to do most of the time.
pub fn is_worth_a_claim(connection: &mut AnyConnection, by: &Claimant, at: Instant) -> QueryResult<bool> {
    Ok(lost(connection, by, "", at)?.is_some() || next(connection, by, "", at)?.is_some())
}

/// Takes the next run: one whose worker was lost, or else the first in the queue whose lanes are free.
pub fn claim(connection: &mut AnyConnection, by: &Claimant, at: Instant) -> QueryResult<Option<RunRow>> {
    // They take turns, so that two who want overlapping lanes do not wait for each other in a circle.
    gate::take_turn(connection, Turn::Runs)?;
    let locking = if matches!(connection, AnyConnection::Postgres(_)) { " FOR UPDATE SKIP LOCKED" } else { "" };
    if let Some(id) = lost(connection, by, locking, at)? {
        let mut sql = Sql::new("UPDATE runs SET epoch = epoch + 1, revision = revision + 1, worker = ");
        sql.bind(&by.worker).push(", lease_until = ").bind(at + by.lease).push(", reap_at = ").bind(at + by.lease);
        sql.push(" WHERE state IN ('running', 'cancelling') AND reap_at < ").bind(at).push(" AND id = ").bind(id);
        return if sql.execute(connection)? == 1 { row(connection, id) } else { Ok(None) };
    }
    let Some(id) = next(connection, by, locking, at)? else { return Ok(None) };
    let mut sql = Sql::new("UPDATE runs SET state = 'running', epoch = epoch + 1, revision = revision + 1, worker = ");
    sql.bind(&by.worker).push(", started_at = ").bind(at);
    sql.push(", lease_until = ").bind(at + by.lease).push(", reap_at = ").bind(at + by.lease);
    sql.push(" WHERE state = 'queued' AND id = ").bind(id);
    if sql.execute(connection)? == 0 {
        return Ok(None);
    }
    let mut sql = Sql::new("UPDATE run_lanes SET held = ");
    sql.bind(true).push(" WHERE run_id = ").bind(id);
    sql.execute(connection)?;
    let seconds: i64 = runs::table.filter(runs::id.eq(id)).select(runs::deadline_seconds).first(connection)?;
    let mut sql = Sql::new("UPDATE runs SET deadline_at = ");
    sql.bind(at + TimeDelta::seconds(seconds)).push(" WHERE id = ").bind(id);
    sql.execute(connection)?;
    row(connection, id)
}

fn lost(connection: &mut AnyConnection, by: &Claimant, locking: &'static str, at: Instant) -> QueryResult<Option<i64>> {
    let mut sql = Sql::new("SELECT id FROM runs WHERE state IN ('running', 'cancelling') AND reap_at < ");
    sql.bind(at).push(" AND action IN ").bind_list(&by.actions);
    sql.push(" ORDER BY reap_at, id LIMIT 1").push(locking);
    Ok(sql.first::<Candidate>(connection)?.map(|found| found.id))
}

fn next(connection: &mut AnyConnection, by: &Claimant, locking: &'static str, at: Instant) -> QueryResult<Option<i64>> {
    let mut sql = Sql::new("SELECT r.id FROM runs r WHERE r.state = 'queued' AND r.not_before <= ");
    sql.bind(at).push(" AND r.action IN ").bind_list(&by.actions);
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM run_lanes l JOIN run_lanes h ON h.lane = l.lane AND h.held WHERE l.run_id = r.id) \
         AND NOT EXISTS (SELECT 1 FROM run_lanes l JOIN run_lanes w ON w.lane = l.lane AND w.wanted JOIN runs e ON e.id = w.run_id \
         WHERE l.run_id = r.id AND e.state = 'queued' AND (e.priority > r.priority OR (e.priority = r.priority AND e.id < r.id)) \
         AND e.not_before <= ",
    );
    sql.bind(at).push(")");
    if !by.full.is_empty() {
        sql.push(" AND NOT EXISTS (SELECT 1 FROM run_lanes l WHERE l.run_id = r.id AND l.source IN ")
            .bind_list(&by.full);
        sql.push(")");
    }
    sql.push(" ORDER BY r.priority DESC, r.id LIMIT 1").push(locking);
    Ok(sql.first::<Candidate>(connection)?.map(|found| found.id))
}

fn row(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<RunRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.id = ").bind(id);
    sql.first(connection)
}

/// Lets runs go on at once whose worker cannot be alive any more. One whose call may still be under way waits for its
/// lease, unless its step can be done twice.
pub fn free_all(connection: &mut AnyConnection, at: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new(
        "UPDATE runs SET reap_at = CASE WHEN EXISTS (SELECT 1 FROM run_steps s WHERE s.run_id = runs.id AND s.state = 'running' \
         AND s.fenced_at IS NOT NULL AND s.after_crash <> 'again') THEN lease_until ELSE ",
    );
    sql.bind(at - TimeDelta::milliseconds(1)).push(" END WHERE state IN ('running', 'cancelling')");
    sql.execute(connection)
}

/// How many wait though they could have begun, and since when the oldest does.
pub fn age(connection: &mut AnyConnection, at: Instant) -> QueryResult<(i64, Option<Instant>)> {
    #[derive(QueryableByName)]
    struct Queue {
        #[diesel(sql_type = BigInt)]
        waiting: i64,
        #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamp>)]
        oldest: Option<chrono::NaiveDateTime>,
    }
    let mut sql = Sql::new(
        "SELECT COUNT(*) AS waiting, MIN(CASE WHEN not_before > requested_at THEN not_before ELSE requested_at END) AS oldest \
         FROM runs WHERE state = 'queued' AND not_before <= ",
    );
    sql.bind(at);
    let queue: Option<Queue> = sql.first(connection)?;
    Ok(queue.map_or((0, None), |queue| (queue.waiting, queue.oldest.map(|at| at.and_utc()))))
}
