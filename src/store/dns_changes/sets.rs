//! The sets of a change: what was there before each write, kept before it, and as what it was read back.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamp};

use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::sql::{Sql, insert_rows};

/// A set of a change.
#[derive(Clone, Debug, QueryableByName)]
pub struct SetRow {
    #[diesel(sql_type = Integer)]
    pub position: i32,
    /// JSON of the planned change.
    #[diesel(sql_type = Text)]
    pub change: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    written_at: Option<NaiveDateTime>,
}

impl SetRow {
    /// `None` where it was not written, or taken back by its own run.
    pub fn written_at(&self) -> Option<Instant> {
        self.written_at.map(|at| at.and_utc())
    }
}

/// Keeps what there was and what shall be, before anything is written.
pub fn keep(connection: &mut AnyConnection, change: i64, sets: &[String]) -> QueryResult<()> {
    let rows = (0_i32..).zip(sets).map(|(position, set)| vec![change.into(), position.into(), set.into()]).collect();
    insert_rows(connection, "INSERT INTO dns_change_sets (change_id, position, change) VALUES ", rows, "").map(|_| ())
}

/// Writes down what a set was read back as, or, without `at`, that it is as it was before.
pub fn settle(
    connection: &mut AnyConnection,
    change: i64,
    position: i32,
    set: &str,
    at: Option<Instant>,
) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE dns_change_sets SET change = ");
    sql.bind(set).push(", written_at = ").bind(at).push(" WHERE change_id = ").bind(change);
    sql.push(" AND position = ").bind(position);
    sql.execute(connection).map(|_| ())
}

/// The sets of a change, in its order.
pub fn of(connection: &mut AnyConnection, change: i64) -> QueryResult<Vec<SetRow>> {
    let mut sql = Sql::new("SELECT position, change, written_at FROM dns_change_sets WHERE change_id = ");
    sql.bind(change).push(" ORDER BY position");
    sql.load(connection)
}

/// A set that another change has written.
#[derive(Clone, Debug, QueryableByName)]
pub struct LaterRow {
    #[diesel(sql_type = BigInt)]
    pub change_id: i64,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub undo_of: Option<i64>,
    /// JSON of the planned change.
    #[diesel(sql_type = Text)]
    pub change: String,
}

/// What the changes after this one have written, as far as they stand, the oldest first.
pub fn written_after(connection: &mut AnyConnection, change: i64) -> QueryResult<Vec<LaterRow>> {
    let mut sql = Sql::new(
        "SELECT c.id AS change_id, c.action, c.title, c.undo_of, s.change FROM dns_changes c JOIN dns_change_sets s ON s.change_id = c.id \
         WHERE c.undone_by IS NULL AND s.written_at IS NOT NULL AND c.id > ",
    );
    sql.bind(change).push(" ORDER BY c.id, s.position");
    sql.load(connection)
}
