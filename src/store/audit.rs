//! The audit log: a row before each act, completed after it.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::page::{Page, one_more};
use super::schema::audit_log;
use super::sql::Sql;
use super::{AnyConnection, ids};
use crate::clock::Instant;

/// What was done, by whom, and how it ended.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = audit_log)]
pub struct AuditRow {
    pub id: i64,
    pub at: NaiveDateTime,
    pub actor: String,
    pub effective_actor: String,
    pub address: String,
    pub request_id: String,
    pub action: String,
    pub subject: String,
    pub reason: String,
    pub before_state: String,
    pub after_state: String,
    /// `begun`, `succeeded`, `failed`, `refused`, `unknown`.
    pub outcome: String,
    pub completed_at: Option<NaiveDateTime>,
}

/// An act that is about to begin.
#[derive(Clone, Debug, Default)]
pub struct NewAudit {
    pub actor: String,
    pub effective_actor: String,
    pub address: String,
    pub request_id: String,
    pub action: &'static str,
    pub subject: String,
    pub reason: String,
    pub before_state: String,
}

/// Writes that an act begins; gives the row's id.
pub fn begin(connection: &mut AnyConnection, act: &NewAudit, at: Instant) -> QueryResult<i64> {
    let id = ids::take(connection, "audit_log", 1)?;
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::id.eq(id),
            audit_log::at.eq(at.naive_utc()),
            audit_log::actor.eq(&act.actor),
            audit_log::effective_actor.eq(&act.effective_actor),
            audit_log::address.eq(&act.address),
            audit_log::request_id.eq(&act.request_id),
            audit_log::action.eq(act.action),
            audit_log::subject.eq(&act.subject),
            audit_log::reason.eq(&act.reason),
            audit_log::before_state.eq(&act.before_state),
            audit_log::after_state.eq(""),
            audit_log::outcome.eq("begun"),
        ))
        .execute(connection)?;
    Ok(id)
}

/// Writes how an act ended. A row that is completed stays as it is.
pub fn complete(
    connection: &mut AnyConnection,
    id: i64,
    outcome: &'static str,
    after_state: &str,
    at: Instant,
) -> QueryResult<()> {
    diesel::update(audit_log::table.filter(audit_log::id.eq(id)).filter(audit_log::outcome.eq("begun")))
        .set((
            audit_log::outcome.eq(outcome),
            audit_log::after_state.eq(after_state),
            audit_log::completed_at.eq(at.naive_utc()),
        ))
        .execute(connection)
        .map(|_| ())
}

/// The newest rows, or those older than the row `before`; with `wanted`, those whose actor, action or subject contains
/// it, or for whom it was done.
pub fn page(
    connection: &mut AnyConnection,
    wanted: &str,
    before: Option<i64>,
    limit: usize,
) -> QueryResult<Page<AuditRow>> {
    let mut sql = Sql::new(
        "SELECT id, at, actor, effective_actor, address, request_id, action, subject, reason, before_state, after_state, \
         outcome, completed_at FROM audit_log WHERE id < ",
    );
    sql.bind(before.unwrap_or(i64::MAX));
    if !wanted.is_empty() {
        let literal = wanted.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{literal}%");
        for (position, column) in
            ["lower(actor)", "lower(effective_actor)", "lower(action)", "lower(subject)"].into_iter().enumerate()
        {
            sql.push(if position == 0 { " AND (" } else { " OR " });
            sql.push(column).push(" LIKE ").bind(&pattern).push(" ESCAPE '\\'");
        }
        sql.push(")");
    }
    sql.push(" ORDER BY id DESC LIMIT ").bind(one_more(limit));
    Ok(Page::of(sql.load(connection)?, limit, |row: &AuditRow| row.id))
}

/// Closes rows that began before `before` and were never completed: the process died between, and nobody knows. The row
/// of a run is completed by whoever ends the run, however long that takes.
pub fn close_stale(connection: &mut AnyConnection, before: Instant, at: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new("UPDATE audit_log SET outcome = 'unknown', completed_at = ");
    sql.bind(at).push(" WHERE outcome = 'begun' AND at < ").bind(before);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.audit_id = audit_log.id AND r.ended_at IS NULL)");
    sql.execute(connection)
}

/// Forgets at most `limit` acts of before `before`, but none that is not completed; gives how many.
pub fn prune(connection: &mut AnyConnection, before: Instant, limit: i64) -> QueryResult<usize> {
    let mut sql =
        Sql::new("DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE outcome <> 'begun' AND at < ");
    sql.bind(before).push(" ORDER BY at, id LIMIT ").bind(limit).push(")");
    sql.execute(connection)
}
