//! Tombstones, and the marks of a loss that is held.

use diesel::prelude::*;

use super::{Applied, existing, links};
use crate::clock::Instant;
use crate::kinds::{KindSpec, app};
use crate::store::counts::Deltas;
use crate::store::sql::Sql;
use crate::store::{AnyConnection, gate, held, placement_due};

/// Makes tombstones of present rows: they keep their last state, can still be looked up, and hold no keys any more. A
/// loss that waits for a decision loses them too: decide it before, if this is the decision.
pub fn tombstone(connection: &mut AnyConnection, ids: &[i64], at: Instant) -> QueryResult<Applied> {
    if ids.is_empty() {
        return Ok(Applied::default());
    }
    gate::take_turn(connection, gate::Turn::Inventory)?;
    let mut deltas = Deltas::default();
    let (mut gone, mut apps) = (Vec::new(), Vec::new());
    for row in existing::by_id(connection, ids)?.into_iter().filter(|row| row.state.gone_at.is_none()) {
        gone.push(row.state.id);
        if row.state.kind == app::SPEC.name {
            apps.push(row.state.id);
        }
        if let Some(spec) = KindSpec::by_name(&row.state.kind) {
            row.count(&mut deltas, spec, -1);
        }
    }
    if gone.is_empty() {
        return Ok(Applied::default());
    }
    deltas.write(connection)?;
    let mut sql = Sql::new("UPDATE resources SET gone_at = CASE WHEN changed_at > ");
    sql.bind(at).push(" THEN changed_at ELSE ").bind(at);
    sql.push(" END, missing_since = NULL WHERE gone_at IS NULL AND id IN ").bind_list(&gone);
    sql.execute(connection)?;
    links::end_all(connection, &gone, at)?;
    held::leave(connection, &gone, at)?;
    // What served their hosts is theirs no more; all else stays where what it leads to was.
    placement_due::add(connection, &apps, 0)?;
    Ok(Applied { gone: gone.len() as u64, ..Applied::default() })
}

/// Marks rows as missing since `at`; those that were missing before keep their date.
pub fn mark_missing(connection: &mut AnyConnection, ids: &[i64], at: Instant) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    gate::take_turn(connection, gate::Turn::Inventory)?;
    let mut sql = Sql::new("UPDATE resources SET missing_since = ");
    sql.bind(at).push(" WHERE missing_since IS NULL AND gone_at IS NULL AND id IN ").bind_list(ids);
    sql.execute(connection).map(|_| ())
}

/// Takes the mark off rows that a listing shows again; they leave their losses.
pub fn mark_back(connection: &mut AnyConnection, ids: &[i64], at: Instant) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    gate::take_turn(connection, gate::Turn::Inventory)?;
    let mut sql = Sql::new("UPDATE resources SET missing_since = NULL WHERE id IN ");
    sql.bind_list(ids);
    sql.execute(connection)?;
    held::leave(connection, ids, at)
}
