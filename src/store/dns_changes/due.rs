//! What becomes due about changes: times to live that are to come back, ways back that are about to end.

use diesel::prelude::*;

use super::{COLUMNS, ChangeRow};
use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::sql::Sql;

/// Says when the old times to live of a switch are to come back; `None` when they are back, or never will be.
pub fn restore_at(connection: &mut AnyConnection, id: i64, at: Option<Instant>) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE dns_changes SET restore_at = ");
    sql.bind(at).push(" WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// Changes after a preparation whose old times to live are due, where the change has succeeded and stands, and nothing
/// has followed the preparation since.
pub fn to_restore(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<ChangeRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.state = 'succeeded' AND c.undone_by IS NULL AND c.restore_at <= ").bind(now);
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM dns_changes l WHERE l.follows = c.follows AND l.id > c.id AND l.run_id IS NOT NULL \
         AND l.undone_by IS NULL) ORDER BY c.id",
    );
    sql.load(connection)
}

/// The change that has lowered the times to live for such a swap, if it stands and nothing that stands has followed it
/// yet.
pub fn prepared_for(connection: &mut AnyConnection, from: Option<i64>, to: Option<i64>) -> QueryResult<Option<i64>> {
    let (Some(from), Some(to)) = (from, to) else { return Ok(None) };
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.state = 'succeeded' AND c.undone_by IS NULL AND c.action = 'prepare' AND c.from_id = ")
        .bind(from);
    sql.push(" AND c.to_id = ").bind(to).push(
        " AND NOT EXISTS (SELECT 1 FROM dns_changes l WHERE l.follows = c.id AND l.run_id IS NOT NULL AND l.undone_by IS NULL \
         AND l.undo_of IS NULL) ORDER BY c.id DESC LIMIT 1",
    );
    Ok(sql.first::<ChangeRow>(connection)?.map(|row| row.id))
}

/// Swaps that stand and whose way back is still open at `from`, and not any more at `until`.
pub fn ways_back_ending(connection: &mut AnyConnection, from: Instant, until: Instant) -> QueryResult<Vec<ChangeRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.state = 'succeeded' AND c.undone_by IS NULL AND c.action IN ('switch', 'replace') AND c.undo_until > ");
    sql.bind(from).push(" AND c.undo_until <= ").bind(until).push(" ORDER BY c.undo_until, c.id");
    sql.load(connection)
}

/// The last switch to each balancer that stands, applied after `since`.
pub fn standing_switches(connection: &mut AnyConnection, since: Instant) -> QueryResult<Vec<ChangeRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.state = 'succeeded' AND c.undone_by IS NULL AND c.action = 'switch' AND c.applied_at > ");
    sql.bind(since).push(
        " AND NOT EXISTS (SELECT 1 FROM dns_changes l JOIN runs x ON x.id = l.run_id WHERE l.id > c.id AND l.action = 'switch' \
         AND x.state = 'succeeded' AND l.undone_by IS NULL AND (l.from_id = c.to_id OR l.to_id = c.to_id)) ORDER BY c.id",
    );
    sql.load(connection)
}

/// The switches from or to a balancer that stand and were applied after `since`, the oldest first.
pub fn switches_about(connection: &mut AnyConnection, balancer: i64, since: Instant) -> QueryResult<Vec<ChangeRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE r.state = 'succeeded' AND c.undone_by IS NULL AND c.action = 'switch' AND (c.from_id = ");
    sql.bind(balancer).push(" OR c.to_id = ").bind(balancer).push(") AND c.applied_at > ").bind(since);
    sql.push(" ORDER BY c.id");
    sql.load(connection)
}

/// Changes whose run ended in a way that somebody has to look at, and nobody has yet.
pub fn unsettled(connection: &mut AnyConnection) -> QueryResult<Vec<ChangeRow>> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(
        " WHERE r.state IN ('unknown', 'partial') AND r.acknowledged_at IS NULL AND c.undone_by IS NULL ORDER BY c.id",
    );
    sql.load(connection)
}
