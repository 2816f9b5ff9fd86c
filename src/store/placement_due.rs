//! Resources whose place, and whose neighbours' places, are still to be derived.
//!
//! An entry is written in the transaction that makes it necessary, and taken off when the work is done, so that it
//! survives a crash. There may be several of one resource: taking one off never takes off another that was added
//! meanwhile.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::AnyConnection;
use super::sql::{Sql, insert_rows};

/// A resource that has changed or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Due {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub resource_id: i64,
    /// 0 for what was listed, more for what has moved because of it.
    #[diesel(sql_type = BigInt)]
    pub hops: i64,
}

/// Adds resources that have changed or moved.
pub fn add(connection: &mut AnyConnection, resources: &[i64], hops: i64) -> QueryResult<()> {
    if resources.is_empty() {
        return Ok(());
    }
    let first = super::ids::take(connection, "placement_due", resources.len())?;
    let rows =
        (first..).zip(resources).map(|(id, resource)| vec![id.into(), (*resource).into(), hops.into()]).collect();
    insert_rows(connection, "INSERT INTO placement_due (id, resource_id, hops) VALUES ", rows, "").map(|_| ())
}

/// The oldest entries.
pub fn next(connection: &mut AnyConnection, limit: usize) -> QueryResult<Vec<Due>> {
    let mut sql = Sql::new("SELECT id, resource_id, hops FROM placement_due ORDER BY id LIMIT ");
    sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    sql.load(connection)
}

/// Takes entries off.
pub fn remove(connection: &mut AnyConnection, entries: &[i64]) -> QueryResult<()> {
    let mut sql = Sql::new("DELETE FROM placement_due WHERE id IN ");
    sql.bind_list(entries);
    sql.execute(connection).map(|_| ())
}
