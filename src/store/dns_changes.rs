//! DNS changes: what was asked for, the plan that was shown, the run that carried it out, and the way back.
//!
//! How a change stands is not written down twice: until it is applied it is a plan, and then its run's state is its
//! own. Whose it is follows from its subjects, the resources that it touches: a change tells of every one of them, so
//! who does not see all sees nothing of it.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::page::{Page, one_more};
use super::schema::{dns_change_subjects, dns_changes as table};
use super::scope::Told;
use super::sql::{Sql, insert_rows};
use super::{AnyConnection, Scope, ids};
use crate::clock::Instant;

pub mod checks;
pub mod due;
pub mod sets;
pub mod switches;

/// A change as stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct ChangeRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Text)]
    pub ask: String,
    #[diesel(sql_type = Text)]
    pub plan: String,
    #[diesel(sql_type = BigInt)]
    pub generation: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub from_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub to_id: Option<i64>,
    #[diesel(sql_type = Text)]
    pub actor: String,
    #[diesel(sql_type = Text)]
    pub effective_actor: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = Text)]
    pub override_reason: String,
    #[diesel(sql_type = Timestamp)]
    planned_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    expires_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub run_id: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    applied_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    undo_until: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub undo_of: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub undone_by: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub follows: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    restore_at: Option<NaiveDateTime>,
    /// Of its run; `None` while it is a plan.
    #[diesel(sql_type = Nullable<Text>)]
    pub run_state: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    ended_at: Option<NaiveDateTime>,
}

impl ChangeRow {
    pub fn planned_at(&self) -> Instant {
        self.planned_at.and_utc()
    }

    pub fn expires_at(&self) -> Instant {
        self.expires_at.and_utc()
    }

    pub fn applied_at(&self) -> Option<Instant> {
        self.applied_at.map(|at| at.and_utc())
    }

    pub fn undo_until(&self) -> Option<Instant> {
        self.undo_until.map(|at| at.and_utc())
    }

    pub fn restore_at(&self) -> Option<Instant> {
        self.restore_at.map(|at| at.and_utc())
    }

    pub fn ended_at(&self) -> Option<Instant> {
        self.ended_at.map(|at| at.and_utc())
    }

    /// `planned`, `expired`, `undone`, or its run's state.
    pub fn state(&self, now: Instant) -> &str {
        match &self.run_state {
            None if self.expires_at() <= now => "expired",
            None => "planned",
            Some(state) if state == "succeeded" && self.undone_by.is_some() => "undone",
            Some(state) => state,
        }
    }
}

const COLUMNS: &str = "SELECT c.id, c.action, c.title, c.ask, c.plan, c.generation, c.from_id, c.to_id, c.actor, c.effective_actor, \
    c.reason, c.override_reason, c.planned_at, c.expires_at, c.run_id, c.applied_at, c.undo_until, c.undo_of, c.undone_by, c.follows, \
    c.restore_at, r.state AS run_state, r.ended_at FROM dns_changes c LEFT JOIN runs r ON r.id = c.run_id";

/// A change that is to be kept.
#[derive(Clone, Debug, Default)]
pub struct NewChange {
    pub action: String,
    pub title: String,
    pub ask: String,
    pub plan: String,
    pub from_id: Option<i64>,
    pub to_id: Option<i64>,
    pub actor: String,
    pub effective_actor: String,
    pub reason: String,
    pub undo_of: Option<i64>,
    pub follows: Option<i64>,
    pub subjects: Vec<i64>,
}

/// Keeps a plan until `expires_at`; gives its id.
pub fn insert(connection: &mut AnyConnection, new: &NewChange, at: Instant, expires_at: Instant) -> QueryResult<i64> {
    let id = ids::take(connection, "dns_changes", 1)?;
    diesel::insert_into(table::table)
        .values((
            (
                table::id.eq(id),
                table::action.eq(&new.action),
                table::title.eq(&new.title),
                table::ask.eq(&new.ask),
                table::plan.eq(&new.plan),
                table::generation.eq(1),
                table::from_id.eq(new.from_id),
                table::to_id.eq(new.to_id),
            ),
            (
                table::actor.eq(&new.actor),
                table::effective_actor.eq(&new.effective_actor),
                table::reason.eq(&new.reason),
                table::override_reason.eq(""),
                table::planned_at.eq(at.naive_utc()),
                table::expires_at.eq(expires_at.naive_utc()),
                table::undo_of.eq(new.undo_of),
                table::follows.eq(new.follows),
            ),
        ))
        .execute(connection)?;
    is_about(connection, id, &new.subjects)?;
    Ok(id)
}

fn is_about(connection: &mut AnyConnection, id: i64, subjects: &[i64]) -> QueryResult<()> {
    let subjects: BTreeSet<i64> = subjects.iter().copied().collect();
    let rows = subjects.into_iter().map(|resource| vec![id.into(), resource.into()]).collect();
    insert_rows(connection, "INSERT INTO dns_change_subjects (change_id, resource_id) VALUES ", rows, "").map(|_| ())
}

/// Puts a new plan, and what it is about, in the place of one that nobody has applied; gives whether there was one of
/// that generation.
pub fn plan_anew(
    connection: &mut AnyConnection,
    id: i64,
    generation: i64,
    plan: &str,
    subjects: &[i64],
    at: Instant,
    expires_at: Instant,
) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE dns_changes SET generation = generation + 1, plan = ");
    sql.bind(plan).push(", planned_at = ").bind(at).push(", expires_at = ").bind(expires_at);
    sql.push(" WHERE run_id IS NULL AND id = ").bind(id).push(" AND generation = ").bind(generation);
    if sql.execute(connection)? != 1 {
        return Ok(false);
    }
    let mut sql = Sql::new("DELETE FROM dns_change_subjects WHERE change_id = ");
    sql.bind(id);
    sql.execute(connection)?;
    is_about(connection, id, subjects)?;
    Ok(true)
}

/// Gives the plan of that generation to a run; of two at a time one finds it taken.
pub fn apply(
    connection: &mut AnyConnection,
    id: i64,
    generation: i64,
    run: i64,
    override_reason: &str,
    at: Instant,
    undo_until: Option<Instant>,
) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE dns_changes SET run_id = ");
    sql.bind(run).push(", override_reason = ").bind(override_reason).push(", applied_at = ").bind(at);
    sql.push(", undo_until = ").bind(undo_until);
    sql.push(" WHERE run_id IS NULL AND id = ").bind(id).push(" AND generation = ").bind(generation);
    Ok(sql.execute(connection)? == 1)
}

/// Says which change has taken this one back.
pub fn undone(connection: &mut AnyConnection, id: i64, by: i64) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE dns_changes SET restore_at = NULL, undone_by = ");
    sql.bind(by).push(" WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// The change of that id.
pub fn find(connection: &mut AnyConnection, scope: &Scope, id: i64) -> QueryResult<Option<ChangeRow>> {
    if scope.sees_nothing() {
        return Ok(None);
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE c.id = ").bind(id);
    scope.restrict_subjects(&mut sql, Told::DnsChange);
    sql.first(connection)
}

/// The change that a run carries out.
pub fn of_run(connection: &mut AnyConnection, scope: &Scope, run: i64) -> QueryResult<Option<ChangeRow>> {
    if scope.sees_nothing() {
        return Ok(None);
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE c.run_id = ").bind(run);
    scope.restrict_subjects(&mut sql, Told::DnsChange);
    sql.first(connection)
}

/// Those of these changes that the asker may see.
pub fn visible(connection: &mut AnyConnection, scope: &Scope, ids: &[i64]) -> QueryResult<BTreeSet<i64>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    if scope.sees_nothing() || ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut sql = Sql::new("SELECT c.id FROM dns_changes c WHERE c.id IN ");
    sql.bind_list(ids);
    scope.restrict_subjects(&mut sql, Told::DnsChange);
    Ok(sql.load::<Id>(connection)?.into_iter().map(|row| row.id).collect())
}

/// The resources that a change is about.
pub fn subjects(connection: &mut AnyConnection, id: i64) -> QueryResult<Vec<i64>> {
    dns_change_subjects::table
        .filter(dns_change_subjects::change_id.eq(id))
        .select(dns_change_subjects::resource_id)
        .order(dns_change_subjects::resource_id)
        .load(connection)
}

/// What is asked of the list.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// That were, or were not, given to a run.
    pub applied: Option<bool>,
    /// From or to this resource, or the way back of such a change.
    pub side: Option<i64>,
    pub before: Option<i64>,
    pub limit: usize,
}

/// Changes, the newest first.
pub fn page(connection: &mut AnyConnection, scope: &Scope, wanted: &Wanted) -> QueryResult<Page<ChangeRow>> {
    if scope.sees_nothing() {
        return Ok(Page::default());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE c.id < ").bind(wanted.before.unwrap_or(i64::MAX));
    match wanted.applied {
        Some(true) => sql.push(" AND c.run_id IS NOT NULL"),
        Some(false) => sql.push(" AND c.run_id IS NULL"),
        None => &mut sql,
    };
    if let Some(side) = wanted.side {
        sql.push(" AND (c.from_id = ").bind(side).push(" OR c.to_id = ").bind(side);
        sql.push(" OR c.undo_of IN (SELECT s.id FROM dns_changes s WHERE s.from_id = ").bind(side);
        sql.push(" OR s.to_id = ").bind(side).push("))");
    }
    scope.restrict_subjects(&mut sql, Told::DnsChange);
    sql.push(" ORDER BY c.id DESC LIMIT ").bind(one_more(wanted.limit));
    Ok(Page::of(sql.load(connection)?, wanted.limit, |row: &ChangeRow| row.id))
}
