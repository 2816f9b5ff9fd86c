//! What people say about a resource: a note, that it is someone else's to change, that a record is a machine's own
//! name.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text, Timestamp};

use super::sql::Sql;
use super::{AnyConnection, Scope};
use crate::clock::Instant;

/// What is said of a resource.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct AnnotationRow {
    #[diesel(sql_type = BigInt)]
    pub resource_id: i64,
    #[diesel(sql_type = Text)]
    pub note: String,
    /// Whose it is; empty where it is ours.
    #[diesel(sql_type = Text)]
    pub someone_elses: String,
    /// Of a record: it is a machine's own name, and no switch moves it.
    #[diesel(sql_type = Bool)]
    pub own_name: bool,
    #[diesel(sql_type = Text)]
    pub by_actor: String,
    #[diesel(sql_type = Timestamp)]
    at: NaiveDateTime,
}

impl AnnotationRow {
    pub fn at(&self) -> Instant {
        self.at.and_utc()
    }
}

/// What is said of these resources, by their ids.
pub fn of(connection: &mut AnyConnection, scope: &Scope, ids: &[i64]) -> QueryResult<BTreeMap<i64, AnnotationRow>> {
    if scope.sees_nothing() || ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut sql = Sql::new(
        "SELECT resource_id, note, someone_elses, own_name, by_actor, at FROM annotations WHERE resource_id IN ",
    );
    sql.bind_list(ids);
    let rows: Vec<AnnotationRow> = sql.load(connection)?;
    Ok(rows.into_iter().map(|row| (row.resource_id, row)).collect())
}

/// Notes something, and whose it is; nothing at all takes back what was said.
pub fn set(
    connection: &mut AnyConnection,
    id: i64,
    note: &str,
    someone_elses: &str,
    by: &str,
    at: Instant,
) -> QueryResult<()> {
    let mut sql = Sql::new("INSERT INTO annotations (resource_id, note, someone_elses, by_actor, at) VALUES (");
    sql.bind(id).push(", ").bind(note).push(", ").bind(someone_elses).push(", ").bind(by).push(", ").bind(at);
    sql.push(
        ") ON CONFLICT (resource_id) DO UPDATE SET note = excluded.note, someone_elses = excluded.someone_elses, \
         by_actor = excluded.by_actor, at = excluded.at",
    );
    sql.execute(connection)?;
    forget_empty(connection, id)
}

/// Says that a record is a machine's own name, or is not.
pub fn set_own_name(connection: &mut AnyConnection, id: i64, own_name: bool, by: &str, at: Instant) -> QueryResult<()> {
    let mut sql =
        Sql::new("INSERT INTO annotations (resource_id, note, someone_elses, own_name, by_actor, at) VALUES (");
    sql.bind(id).push(", '', '', ").bind(own_name).push(", ").bind(by).push(", ").bind(at);
    sql.push(
        ") ON CONFLICT (resource_id) DO UPDATE SET own_name = excluded.own_name, by_actor = excluded.by_actor, at = excluded.at",
    );
    sql.execute(connection)?;
    forget_empty(connection, id)
}

/// What says nothing is none.
fn forget_empty(connection: &mut AnyConnection, id: i64) -> QueryResult<()> {
    let mut sql =
        Sql::new("DELETE FROM annotations WHERE note = '' AND someone_elses = '' AND NOT own_name AND resource_id = ");
    sql.bind(id);
    sql.execute(connection).map(|_| ())
}
