//! Tombstones, and the marks of a loss that is held.

use diesel::prelude::*;

use super::{Applied, existing, links};
use crate::clock::Instant;
use crate::store::counts::Deltas;
use crate::store::sql::Sql;
use crate::store::{AnyConnection, gate};

/// Makes tombstones of present rows: they keep their last state, can still be looked up, and hold no keys any more.
pub fn tombstone(connection: &mut AnyConnection, ids: &[i64], at: Instant) -> QueryResult<Applied> {
    if ids.is_empty() {
        return Ok(Applied::default());
    }
    gate::take_turn(connection, gate::Turn::Inventory)?;
    let rows = existing::by_id(connection, ids)?;
    let present: Vec<_> = rows.into_iter().filter(|row| row.gone_at.is_none()).collect();
    let gone: Vec<i64> = present.iter().map(|row| row.id).collect();
    if gone.is_empty() {
        return Ok(Applied::default());
    }
    for row in &present {
        if let Some(spec) = crate::kinds::KindSpec::by_name(&row.kind) {
            let mut deltas = Deltas::new(spec);
            deltas.add(&row.source, &row.status, &row.facets(), &row.place(), -1);
            deltas.write(connection)?;
        }
    }
    let mut sql = Sql::new("UPDATE resources SET gone_at = ");
    sql.bind(at).push(", missing_since = NULL WHERE gone_at IS NULL AND id IN ").bind_list(&gone);
    sql.execute(connection)?;
    links::end_all(connection, &gone, at)?;
    Ok(Applied { gone: gone.len() as u64, touched: gone, ..Applied::default() })
}

/// Marks rows as missing since `at`; those that were missing before keep their date.
pub fn mark_missing(connection: &mut AnyConnection, ids: &[i64], at: Instant) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE resources SET missing_since = ");
    sql.bind(at).push(" WHERE missing_since IS NULL AND gone_at IS NULL AND id IN ").bind_list(ids);
    sql.execute(connection).map(|_| ())
}

/// Takes the mark off rows that a listing shows again.
pub fn mark_back(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE resources SET missing_since = NULL WHERE id IN ");
    sql.bind_list(ids);
    sql.execute(connection).map(|_| ())
}
