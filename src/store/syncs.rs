//! Syncs: asked for, claimed by one worker under a lease, and ended with a row per scope. They count whole listings,
//! and so are shown to who sees everything, and to nobody else.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::moment::Moment;
use super::scope::Scope;
use super::scopes::ScopeState;
use super::sql::Sql;
use super::{AnyConnection, StoreError};
use crate::clock::Instant;

/// A worker that has not renewed its lease for this long is taken for dead.
pub fn lease() -> TimeDelta {
    TimeDelta::seconds(60)
}

/// A sync as stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct SyncRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub source: String,
    /// `queued`, `running`, `succeeded`, `partial`, `failed`, `cancelled`, `unknown`.
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Text)]
    pub requested_by: String,
    #[diesel(sql_type = Timestamp)]
    pub requested_at: Moment,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub started_at: Option<Moment>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub ended_at: Option<Moment>,
    #[diesel(sql_type = Text)]
    pub worker: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// One remark a line.
    #[diesel(sql_type = Text)]
    pub notes: String,
}

/// What a sync did in one scope.
#[derive(Clone, Debug, QueryableByName)]
pub struct SyncResultRow {
    #[diesel(sql_type = BigInt)]
    pub sync_id: i64,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub scope: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = BigInt)]
    pub added: i64,
    #[diesel(sql_type = BigInt)]
    pub changed: i64,
    #[diesel(sql_type = BigInt)]
    pub gone: i64,
    #[diesel(sql_type = BigInt)]
    pub unchanged: i64,
    #[diesel(sql_type = BigInt)]
    pub held: i64,
}

/// The worker no longer holds the sync: another one has taken it for dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this worker's lease on the sync is lost")]
pub struct LeaseLost;

impl From<LeaseLost> for diesel::result::Error {
    fn from(lost: LeaseLost) -> Self {
        Self::QueryBuilderError(Box::new(lost))
    }
}

impl LeaseLost {
    /// Whether that is what an error says.
    pub fn is(error: &StoreError) -> bool {
        matches!(error, StoreError::Query(diesel::result::Error::QueryBuilderError(inner)) if inner.is::<Self>())
    }
}

const SELECT: &str =
    "SELECT id, source, state, requested_by, requested_at, started_at, ended_at, worker, reason, notes FROM syncs";

const RESULTS: &str = "SELECT t.sync_id, s.kind, s.name AS scope, t.state, t.reason, t.added, t.changed, t.gone, t.unchanged, t.held \
    FROM sync_results t JOIN scopes s ON s.id = t.scope_id WHERE ";

/// Asks for a sync of a source. One that waits already is given back instead: pressing twice is asking once.
pub fn request(connection: &mut AnyConnection, source: &str, by: &str, at: Instant) -> QueryResult<SyncRow> {
    let id = super::ids::take(connection, "syncs", 1)?;
    for _ in 0..2 {
        let mut sql = Sql::new(
            "INSERT INTO syncs (id, source, state, requested_by, requested_at, worker, reason, notes) VALUES (",
        );
        sql.bind(id).push(", ").bind(source).push(", 'queued', ").bind(by).push(", ").bind(at);
        sql.push(", '', '', '') ON CONFLICT DO NOTHING");
        sql.execute(connection)?;
        let mut sql = Sql::new(SELECT);
        sql.push(" WHERE state = 'queued' AND source = ").bind(source);
        if let Some(waiting) = sql.first(connection)? {
            return Ok(waiting);
        }
        // On PostgreSQL a worker may have claimed between the two statements what waited at the first; then there is
        // room now.
    }
    Err(diesel::result::Error::NotFound)
}

/// Asks for a sync of each source whose last one began longer than its interval ago, unless one waits or runs.
pub fn request_due(connection: &mut AnyConnection, at: Instant) -> QueryResult<usize> {
    #[derive(QueryableByName)]
    struct Candidate {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = BigInt)]
        every_seconds: i64,
        #[diesel(sql_type = Nullable<Timestamp>)]
        last: Option<Moment>,
    }
    let candidates: Vec<Candidate> = Sql::new(
        "SELECT o.name, o.every_seconds, (SELECT y.started_at FROM syncs y WHERE y.source = o.name AND y.started_at IS NOT NULL \
         ORDER BY y.id DESC LIMIT 1) AS last FROM sources o WHERE o.removed_at IS NULL AND o.state <> 'not_configured' \
         AND NOT EXISTS (SELECT 1 FROM syncs y WHERE y.source = o.name AND y.state = 'queued') \
         AND NOT EXISTS (SELECT 1 FROM syncs y WHERE y.source = o.name AND y.state = 'running') ORDER BY o.name",
    )
    .load(connection)?;
    let mut asked = 0;
    for candidate in candidates {
        let due = candidate.last.is_none_or(|last| at - last.and_utc() >= TimeDelta::seconds(candidate.every_seconds));
        if due {
            request(connection, &candidate.name, "schedule", at)?;
            asked += 1;
        }
    }
    Ok(asked)
}

/// Takes one waiting sync of one of `sources`, none of which this worker runs already; the first one asked for.
pub fn claim(
    connection: &mut AnyConnection,
    worker: &str,
    sources: &[String],
    at: Instant,
) -> QueryResult<Option<SyncRow>> {
    if sources.is_empty() {
        return Ok(None);
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE state = 'queued' AND source IN ").bind_list(sources);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM syncs r WHERE r.source = syncs.source AND r.state = 'running') ORDER BY id LIMIT 1");
    let Some(candidate) = sql.first::<SyncRow>(connection)? else { return Ok(None) };
    // Two workers may have seen the same candidate; the compare-and-set lets one through, the unique index is the belt.
    let mut sql = Sql::new("UPDATE syncs SET state = 'running', worker = ");
    sql.bind(worker).push(", started_at = ").bind(at).push(", lease_until = ").bind(at + lease());
    sql.push(" WHERE state = 'queued' AND id = ").bind(candidate.id);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM syncs r WHERE r.source = ")
        .bind(&candidate.source)
        .push(" AND r.state = 'running')");
    match sql.execute(connection) {
        Ok(1) => by_id(connection, candidate.id),
        Ok(_) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Renews the lease within the current transaction; whoever lost it must not write any more.
pub fn hold(connection: &mut AnyConnection, sync_id: i64, worker: &str, at: Instant) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE syncs SET lease_until = ");
    sql.bind(at + lease()).push(" WHERE state = 'running' AND id = ").bind(sync_id).push(" AND worker = ").bind(worker);
    if sql.execute(connection)? == 1 { Ok(()) } else { Err(LeaseLost.into()) }
}

/// Ends a sync that this worker holds.
pub fn end(
    connection: &mut AnyConnection,
    sync_id: i64,
    worker: &str,
    state: &'static str,
    reason: &str,
    notes: &str,
    at: Instant,
) -> QueryResult<()> {
    hold(connection, sync_id, worker, at)?;
    let mut sql = Sql::new("UPDATE syncs SET state = ");
    sql.bind(state).push(", reason = ").bind(reason).push(", notes = ").bind(notes).push(", ended_at = ").bind(at);
    sql.push(" WHERE id = ").bind(sync_id);
    sql.execute(connection).map(|_| ())
}

/// Ends as `unknown` what a dead worker left running: leases that ran out, or all of them when nobody else can be
/// alive. Their sources are asked for again at once: the interval counts from a start, and would let a whole one pass.
pub fn reap(connection: &mut AnyConnection, at: Instant, nobody_else: bool) -> QueryResult<usize> {
    #[derive(QueryableByName)]
    struct Source {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let mut sources = Sql::new(
        "SELECT o.name FROM syncs y JOIN sources o ON o.name = y.source WHERE o.removed_at IS NULL \
         AND o.state <> 'not_configured' AND y.state = 'running'",
    );
    if !nobody_else {
        sources.push(" AND y.lease_until < ").bind(at);
    }
    let sources: Vec<Source> = sources.load(connection)?;
    let mut sql =
        Sql::new("UPDATE syncs SET state = 'unknown', reason = 'its worker stopped in the middle', ended_at = ");
    sql.bind(at).push(" WHERE state = 'running'");
    if !nobody_else {
        sql.push(" AND lease_until < ").bind(at);
    }
    let reaped = sql.execute(connection)?;
    for source in sources {
        request(connection, &source.name, "recovery", at)?;
    }
    Ok(reaped)
}

/// What a sync did in one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub added: u64,
    pub changed: u64,
    pub gone: u64,
    pub unchanged: u64,
    pub held: u64,
}

/// Adds to what a sync did in a scope: a large scope is told slice by slice. The state and its reason are those of the
/// latest call.
pub fn record(
    connection: &mut AnyConnection,
    sync_id: i64,
    scope_id: i64,
    state: ScopeState,
    reason: &str,
    tally: &Tally,
) -> QueryResult<()> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut sql = Sql::new(
        "INSERT INTO sync_results (sync_id, scope_id, state, reason, added, changed, gone, unchanged, held) VALUES (",
    );
    sql.bind(sync_id).push(", ").bind(scope_id).push(", ").bind(state.as_str()).push(", ").bind(reason);
    sql.push(", ").bind(count(tally.added)).push(", ").bind(count(tally.changed)).push(", ").bind(count(tally.gone));
    sql.push(", ").bind(count(tally.unchanged)).push(", ").bind(count(tally.held));
    sql.push(
        ") ON CONFLICT (sync_id, scope_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, \
         added = sync_results.added + excluded.added, changed = sync_results.changed + excluded.changed, \
         gone = sync_results.gone + excluded.gone, unchanged = sync_results.unchanged + excluded.unchanged, \
         held = sync_results.held + excluded.held",
    );
    sql.execute(connection).map(|_| ())
}

/// What a sync did in a scope, all in all.
pub fn tally(connection: &mut AnyConnection, sync_id: i64, scope_id: i64) -> QueryResult<Tally> {
    let mut sql = Sql::new(RESULTS);
    sql.push("t.sync_id = ").bind(sync_id).push(" AND t.scope_id = ").bind(scope_id);
    let row: Option<SyncResultRow> = sql.first(connection)?;
    Ok(row.map_or_else(Tally::default, |row| Tally {
        added: row.added.unsigned_abs(),
        changed: row.changed.unsigned_abs(),
        gone: row.gone.unsigned_abs(),
        unchanged: row.unchanged.unsigned_abs(),
        held: row.held.unsigned_abs(),
    }))
}

/// The sync of that id.
pub fn by_id(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<SyncRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE id = ").bind(id);
    sql.first(connection)
}

/// The latest syncs, newest first: of one source, or of all; before the id `before` when paging.
pub fn latest(
    connection: &mut AnyConnection,
    scope: &Scope,
    source: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<SyncRow>> {
    if !scope.sees_everything() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE id < ").bind(before.unwrap_or(i64::MAX));
    if let Some(source) = source {
        sql.push(" AND source = ").bind(source);
    }
    sql.push(" ORDER BY id DESC LIMIT ").bind(limit);
    sql.load(connection)
}

/// What those syncs did, scope by scope.
pub fn results(connection: &mut AnyConnection, scope: &Scope, syncs: &[i64]) -> QueryResult<Vec<SyncResultRow>> {
    if !scope.sees_everything() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(RESULTS);
    sql.push("t.sync_id IN ").bind_list(syncs).push(" ORDER BY t.sync_id DESC, s.kind, s.name");
    sql.load(connection)
}

/// Whether any sync waits: a look before the claim, which is a write.
pub fn any_waiting(connection: &mut AnyConnection) -> QueryResult<bool> {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE state = 'queued' LIMIT 1");
    Ok(sql.first::<SyncRow>(connection)?.is_some())
}

/// Forgets at most `limit` syncs that ended before `before`, with what they did; gives how many. The last one of each
/// source to end stays whatever its age, since it is what that source's page tells of.
pub fn prune(connection: &mut AnyConnection, before: Instant, limit: i64) -> QueryResult<usize> {
    #[derive(QueryableByName)]
    struct Old {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut old = Sql::new("SELECT s.id FROM syncs s WHERE s.ended_at < ");
    old.bind(before).push(
        " AND EXISTS (SELECT 1 FROM syncs l WHERE l.source = s.source AND l.id > s.id AND l.ended_at IS NOT NULL) \
         ORDER BY s.id LIMIT ",
    );
    old.bind(limit);
    let ids: Vec<i64> = old.load::<Old>(connection)?.into_iter().map(|old| old.id).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    let mut results = Sql::new("DELETE FROM sync_results WHERE sync_id IN ");
    results.bind_list(&ids);
    results.execute(connection)?;
    let mut syncs = Sql::new("DELETE FROM syncs WHERE id IN ");
    syncs.bind_list(&ids);
    syncs.execute(connection)
}
