//! Short ids, handed out in blocks: one row per table says which comes next.
//!
//! A block is taken in a write of its own and never given back, so ids have gaps; they are never used twice.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::sql::Sql;
use super::{AnyConnection, Db, Priority, StoreError};

/// The first of a block of consecutive ids.
#[derive(QueryableByName)]
struct Block {
    #[diesel(sql_type = BigInt)]
    next_id: i64,
}

/// Takes `size` consecutive ids for `table` within the current transaction, and gives the first.
pub fn take(connection: &mut AnyConnection, table: &'static str, size: usize) -> QueryResult<i64> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let mut sql = Sql::new("INSERT INTO id_blocks (name, next_id) VALUES (");
    sql.bind(table).push(", 1 + ").bind(size);
    sql.push(") ON CONFLICT (name) DO UPDATE SET next_id = id_blocks.next_id + ").bind(size).push(" RETURNING next_id");
    let block: Option<Block> = sql.first(connection)?;
    block.map(|block| block.next_id - size).ok_or(diesel::result::Error::NotFound)
}

impl Db {
    /// Takes a block in a transaction of its own, so that a long change does not keep others waiting for the row.
    pub async fn take_ids(&self, table: &'static str, size: usize) -> Result<i64, StoreError> {
        self.write_as(Priority::Background, move |connection| take(connection, table, size)).await
    }
}
