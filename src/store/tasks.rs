//! Periodic tasks: when each is due, who runs it, how it went. And the workers, by their heartbeats.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamp};

use super::AnyConnection;
use super::sql::Sql;
use crate::clock::Instant;

/// A running task whose worker has not said so for this long is taken for dead, and may be started anew.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// A worker whose heartbeat is older than this is silent.
pub const SILENT_AFTER: TimeDelta = TimeDelta::seconds(90);

/// A task as stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct TaskRow {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    #[diesel(sql_type = Timestamp)]
    pub due_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub requested_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    pub requested_by: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub started_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub ended_at: Option<NaiveDateTime>,
    /// `never`, `running`, `succeeded`, `failed`; `unknown` if its worker stopped in the middle.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    #[diesel(sql_type = Text)]
    pub report: String,
    #[diesel(sql_type = Text)]
    pub worker: String,
    /// What it does, in a sentence.
    #[diesel(sql_type = Text)]
    pub about: String,
    /// Seconds between the end of one run and the next.
    #[diesel(sql_type = BigInt)]
    pub cadence: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    lease_until: Option<NaiveDateTime>,
}

impl TaskRow {
    /// Whether a claim would succeed.
    pub fn can_be_claimed(&self, at: Instant) -> bool {
        let wanted = self.requested_at.is_some() || (self.enabled && self.due_at.and_utc() <= at);
        wanted && (self.outcome != "running" || self.lease_until.is_some_and(|until| until.and_utc() < at))
    }
}

const SELECT: &str = "SELECT name, enabled, due_at, requested_at, requested_by, started_at, ended_at, outcome, report, worker, \
    about, cadence, lease_until FROM tasks";

/// Every task, by name.
pub fn all(connection: &mut AnyConnection) -> QueryResult<Vec<TaskRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" ORDER BY name");
    sql.load(connection)
}

/// Makes a row for a task that has none, due at once, and writes down what it does and how often.
pub fn ensure(
    connection: &mut AnyConnection,
    name: &str,
    about: &str,
    every: Duration,
    at: Instant,
) -> QueryResult<()> {
    let mut sql = Sql::new(
        "INSERT INTO tasks (name, enabled, due_at, requested_by, outcome, report, worker, about, cadence) VALUES (",
    );
    sql.bind(name).push(", ").bind(true).push(", ").bind(at).push(", '', 'never', '', '', ").bind(about).push(", ");
    sql.bind(i64::try_from(every.as_secs()).unwrap_or(i64::MAX));
    sql.push(") ON CONFLICT (name) DO UPDATE SET about = excluded.about, cadence = excluded.cadence");
    sql.execute(connection).map(|_| ())
}

/// Asks for a run now; gives whether there is such a task.
pub fn request(connection: &mut AnyConnection, name: &str, by: &str, at: Instant) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE tasks SET requested_at = ");
    sql.bind(at).push(", requested_by = ").bind(by).push(" WHERE name = ").bind(name);
    Ok(sql.execute(connection)? == 1)
}

/// Switches a task on or off; gives whether there is such a task. One that is off still runs when somebody asks for it.
pub fn set_enabled(connection: &mut AnyConnection, name: &str, enabled: bool) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE tasks SET enabled = ");
    sql.bind(enabled).push(" WHERE name = ").bind(name);
    Ok(sql.execute(connection)? == 1)
}

/// Takes a task that is due or asked for; of several workers one gets it.
pub fn claim(connection: &mut AnyConnection, name: &str, worker: &str, at: Instant) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE tasks SET outcome = 'running', requested_at = NULL, worker = ");
    sql.bind(worker).push(", started_at = ").bind(at).push(", lease_until = ").bind(at + LEASE);
    sql.push(" WHERE name = ").bind(name).push(" AND (requested_at IS NOT NULL OR (enabled = ").bind(true);
    sql.push(" AND due_at <= ").bind(at).push(")) AND (outcome <> 'running' OR lease_until < ").bind(at).push(")");
    Ok(sql.execute(connection)? == 1)
}

/// Renews the lease of a running task.
pub fn hold(connection: &mut AnyConnection, name: &str, worker: &str, at: Instant) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE tasks SET lease_until = ");
    sql.bind(at + LEASE).push(" WHERE outcome = 'running' AND name = ").bind(name).push(" AND worker = ").bind(worker);
    sql.execute(connection).map(|_| ())
}

/// Ends what a dead worker left running, when nobody else can be alive: it is due again at once.
pub fn free_all(connection: &mut AnyConnection, at: Instant) -> QueryResult<usize> {
    let mut sql =
        Sql::new("UPDATE tasks SET outcome = 'unknown', report = 'its worker stopped in the middle', ended_at = ");
    sql.bind(at).push(", due_at = ").bind(at).push(", lease_until = NULL WHERE outcome = 'running'");
    sql.execute(connection)
}

/// Ends a task's run and says when it is due again.
pub fn end(
    connection: &mut AnyConnection,
    name: &str,
    worker: &str,
    outcome: &'static str,
    report: &str,
    at: Instant,
    due_at: Instant,
) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE tasks SET outcome = ");
    sql.bind(outcome).push(", report = ").bind(report).push(", ended_at = ").bind(at).push(", due_at = ").bind(due_at);
    sql.push(", lease_until = NULL WHERE name = ").bind(name).push(" AND worker = ").bind(worker);
    sql.execute(connection).map(|_| ())
}

/// Notes that a worker lives.
pub fn beat(connection: &mut AnyConnection, worker: &str, version: &str, at: Instant) -> QueryResult<()> {
    let mut sql = Sql::new("INSERT INTO worker_heartbeats (worker, version, started_at, beat_at) VALUES (");
    sql.bind(worker).push(", ").bind(version).push(", ").bind(at).push(", ").bind(at);
    sql.push(") ON CONFLICT (worker) DO UPDATE SET beat_at = excluded.beat_at, version = excluded.version");
    sql.execute(connection).map(|_| ())
}

/// A worker that has stopped on purpose leaves no silence behind.
pub fn leave(connection: &mut AnyConnection, worker: &str) -> QueryResult<()> {
    let mut sql = Sql::new("DELETE FROM worker_heartbeats WHERE worker = ");
    sql.bind(worker);
    sql.execute(connection).map(|_| ())
}

/// A worker as it was last heard of.
#[derive(Clone, Debug, QueryableByName)]
pub struct HeartbeatRow {
    #[diesel(sql_type = Text)]
    pub worker: String,
    #[diesel(sql_type = Text)]
    pub version: String,
    #[diesel(sql_type = Timestamp)]
    pub started_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    pub beat_at: NaiveDateTime,
}

/// The workers, the one heard of last first.
pub fn heartbeats(connection: &mut AnyConnection) -> QueryResult<Vec<HeartbeatRow>> {
    Sql::new("SELECT worker, version, started_at, beat_at FROM worker_heartbeats ORDER BY beat_at DESC, worker")
        .load(connection)
}

/// That nobody works: nothing is synced, no alert is raised, and no worker is there to say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// No worker runs, and the last one stopped on purpose.
    NoWorker,
    /// The last one was heard of then, and should have been since.
    Since(Instant),
}

/// Whether every worker is silent.
pub fn silence(connection: &mut AnyConnection, now: Instant) -> QueryResult<Option<Silence>> {
    Ok(match heartbeats(connection)?.first().map(|last| last.beat_at.and_utc()) {
        None => Some(Silence::NoWorker),
        Some(last) if now - last > SILENT_AFTER => Some(Silence::Since(last)),
        Some(_) => None,
    })
}

/// Forgets workers that have been silent for a day.
pub fn forget_silent(connection: &mut AnyConnection, at: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new("DELETE FROM worker_heartbeats WHERE beat_at < ");
    sql.bind(at - TimeDelta::days(1));
    sql.execute(connection)
}

/// How many tasks and syncs wait, and since when the oldest sync does.
pub fn queue_age(connection: &mut AnyConnection) -> QueryResult<(i64, Option<Instant>)> {
    #[derive(QueryableByName)]
    struct Queue {
        #[diesel(sql_type = BigInt)]
        waiting: i64,
        #[diesel(sql_type = Nullable<Timestamp>)]
        oldest: Option<NaiveDateTime>,
    }
    let queue: Option<Queue> =
        Sql::new("SELECT COUNT(*) AS waiting, MIN(requested_at) AS oldest FROM syncs WHERE state = 'queued'")
            .first(connection)?;
    Ok(queue.map_or((0, None), |queue| (queue.waiting, queue.oldest.map(|at| at.and_utc()))))
}
