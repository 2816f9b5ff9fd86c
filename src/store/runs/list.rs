//! What people read of runs. A run is visible to whoever sees all that it is about (`Scope::restrict_subjects`).

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{COLUMNS, RunRow};
use crate::clock::Instant;
use crate::store::page::{Page, one_more};
use crate::store::scope::Told;
use crate::store::sql::Sql;
use crate::store::{AnyConnection, Scope};
use crate::wire::runs::RunState;

/// Which runs a list asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub states: Vec<RunState>,
    pub action: Option<String>,
    pub actor: Option<String>,
    /// Part of the target's name.
    pub target: Option<String>,
    /// Those that were made for this resource.
    pub subject: Option<i64>,
    /// The children of this run.
    pub parent: Option<i64>,
    /// Older than this run.
    pub before: Option<i64>,
}

/// The newest first.
pub fn page(connection: &mut AnyConnection, scope: &Scope, wanted: &Wanted, limit: usize) -> QueryResult<Page<RunRow>> {
    if scope.sees_nothing() {
        return Ok(Page::default());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.id < ").bind(wanted.before.unwrap_or(i64::MAX));
    if !wanted.states.is_empty() {
        let states: Vec<&str> = wanted.states.iter().map(|state| state.as_str()).collect();
        sql.push(" AND r.state IN ").bind_list(&states);
    }
    if let Some(action) = &wanted.action {
        sql.push(" AND r.action = ").bind(action);
    }
    if let Some(actor) = &wanted.actor {
        sql.push(" AND r.actor = ").bind(actor);
    }
    if let Some(target) = &wanted.target {
        let literal = target.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        sql.push(" AND lower(r.target) LIKE ").bind(format!("%{literal}%")).push(" ESCAPE '\\'");
    }
    if let Some(subject) = wanted.subject {
        sql.push(" AND r.id IN (SELECT s.run_id FROM run_subjects s WHERE s.resource_id = ").bind(subject).push(")");
    }
    if let Some(parent) = wanted.parent {
        sql.push(" AND r.parent_id = ").bind(parent);
    }
    scope.restrict_subjects(&mut sql, Told::Run);
    sql.push(" ORDER BY r.id DESC LIMIT ").bind(one_more(limit));
    Ok(Page::of(sql.load(connection)?, limit, |row: &RunRow| row.id))
}

/// The run of that id.
pub fn find(connection: &mut AnyConnection, scope: &Scope, id: i64) -> QueryResult<Option<RunRow>> {
    if scope.sees_nothing() {
        return Ok(None);
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.id = ").bind(id);
    scope.restrict_subjects(&mut sql, Told::Run);
    sql.first(connection)
}

/// What runs, waits, or has ended badly since `since` and was not acknowledged, the newest first.
pub fn current(connection: &mut AnyConnection, scope: &Scope, since: Instant, limit: i64) -> QueryResult<Vec<RunRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(
        " WHERE (r.state IN ('queued', 'running', 'cancelling', 'paused') OR (r.state IN ('unknown', 'partial') \
         AND r.acknowledged_at IS NULL) OR (r.state = 'failed' AND r.ended_at > ",
    );
    sql.bind(since).push("))");
    scope.restrict_subjects(&mut sql, Told::Run);
    sql.push(" ORDER BY CASE WHEN r.state IN ('queued', 'paused') THEN 1 ELSE 0 END, r.id DESC LIMIT ").bind(limit);
    sql.load(connection)
}

/// Those that left something to look at, and nobody has.
pub fn unsettled(connection: &mut AnyConnection) -> QueryResult<Vec<RunRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.state IN ('unknown', 'partial') AND r.acknowledged_at IS NULL ORDER BY r.id");
    sql.load(connection)
}

/// Those that run.
pub fn working(connection: &mut AnyConnection) -> QueryResult<Vec<RunRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.state IN ('running', 'cancelling') ORDER BY r.id");
    sql.load(connection)
}

/// The resources that a run is about.
pub fn subjects(connection: &mut AnyConnection, run: i64) -> QueryResult<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Subject {
        #[diesel(sql_type = BigInt)]
        resource_id: i64,
    }
    let mut sql = Sql::new("SELECT resource_id FROM run_subjects WHERE run_id = ");
    sql.bind(run).push(" ORDER BY resource_id");
    Ok(sql.load::<Subject>(connection)?.into_iter().map(|subject| subject.resource_id).collect())
}

/// The lanes of a run, in order.
pub fn lanes(connection: &mut AnyConnection, run: i64) -> QueryResult<Vec<String>> {
    use crate::store::schema::run_lanes;
    run_lanes::table.filter(run_lanes::run_id.eq(run)).order(run_lanes::lane).select(run_lanes::lane).load(connection)
}

/// Raised by each change of the run that a page shows.
pub fn revision(connection: &mut AnyConnection, run: i64) -> QueryResult<Option<i64>> {
    #[derive(QueryableByName)]
    struct Revision {
        #[diesel(sql_type = BigInt)]
        revision: i64,
    }
    let mut sql = Sql::new("SELECT revision FROM runs WHERE id = ");
    sql.bind(run);
    Ok(sql.first::<Revision>(connection)?.map(|row| row.revision))
}

/// Forgets at most `limit` runs that ended before `before`, but none that a younger one names as its parent; gives how
/// many.
pub fn prune(connection: &mut AnyConnection, before: Instant, limit: i64) -> QueryResult<usize> {
    let mut sql = Sql::new(
        "DELETE FROM runs WHERE id IN (SELECT r.id FROM runs r WHERE NOT EXISTS (SELECT 1 FROM runs c WHERE c.parent_id = r.id) \
         AND r.ended_at < ",
    );
    sql.bind(before).push(" ORDER BY r.ended_at, r.id LIMIT ").bind(limit).push(")");
    sql.execute(connection)
}
