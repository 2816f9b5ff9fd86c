//! Short ids, handed out in blocks: one row per table says which comes next.
//!
//! A block is taken within the write that uses it: what is rolled back gives its ids back, and whoever else wants some
//! of the same table waits until then. No two rows ever have the same id.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::AnyConnection;
use super::sql::Sql;

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
