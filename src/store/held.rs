//! Held losses: what a complete listing lacks and the guard does not believe, waiting for a person or for a second
//! listing.
//!
//! The rows of a held loss never grow: a larger loss later is a held loss of its own. So accepting one touches exactly
//! the rows that were shown. Rows that return leave it, and the last one to leave dissolves it. It speaks of a whole
//! listing, and so is shown to who sees everything, and to nobody else.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::moment::Moment;
use super::scope::Scope;
use super::scopes;
use super::sql::{Sql, insert_rows};
use super::{AnyConnection, Db, Priority, StoreError, gate};
use crate::clock::Instant;

/// The subject of a loss of rows, as against the loss of a field.
pub const ROWS: &str = "rows";

/// A held loss, with how many rows it has left.
#[derive(Clone, Debug, QueryableByName)]
pub struct HeldLossRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub scope_id: i64,
    #[diesel(sql_type = Text)]
    pub source: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub scope: String,
    /// [`ROWS`], or the name of a field that most rows have lost.
    #[diesel(sql_type = Text)]
    pub subject: String,
    /// `open`, `accepted`, `rejected`, `dissolved`.
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = BigInt)]
    pub baseline: i64,
    #[diesel(sql_type = Timestamp)]
    pub opened_at: Moment,
    #[diesel(sql_type = BigInt)]
    pub seen: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub decided_at: Option<Moment>,
    #[diesel(sql_type = Text)]
    pub decided_by: String,
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
}

/// From the losses, of which there are few, to their scopes, of which there may be thousands: `CROSS JOIN` keeps SQLite from
/// going the other way.
const SELECT: &str = "SELECT h.id, h.scope_id, s.source, s.kind, s.name AS scope, h.subject, h.state, h.reason, h.baseline, h.opened_at, \
    h.seen, h.decided_at, h.decided_by, (SELECT COUNT(*) FROM held_loss_items i WHERE i.held_loss_id = h.id) AS rows \
    FROM held_losses h CROSS JOIN scopes s WHERE s.id = h.scope_id";

/// The losses that wait for a decision: of one source, or of all.
pub fn open(connection: &mut AnyConnection, scope: &Scope, source: Option<&str>) -> QueryResult<Vec<HeldLossRow>> {
    if !scope.sees_everything() {
        return Ok(Vec::new());
    }
    waiting(source).load(connection)
}

/// The statement of [`open`] for who sees everything, for a look at how a database means to answer it.
pub fn waiting(source: Option<&str>) -> Sql {
    let mut sql = Sql::new(SELECT);
    sql.push(" AND h.state = 'open' AND s.source IN (SELECT o.name FROM sources o WHERE o.removed_at IS NULL)");
    if let Some(source) = source {
        sql.push(" AND s.source = ").bind(source);
    }
    sql.push(" ORDER BY h.id");
    sql
}

/// The open losses of one scope, oldest first.
pub fn open_in(connection: &mut AnyConnection, scope_id: i64) -> QueryResult<Vec<HeldLossRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" AND h.state = 'open' AND h.scope_id = ").bind(scope_id).push(" ORDER BY h.id");
    sql.load(connection)
}

/// The held loss of that id, decided or not.
pub fn find(connection: &mut AnyConnection, scope: &Scope, id: i64) -> QueryResult<Option<HeldLossRow>> {
    if !scope.sees_everything() {
        return Ok(None);
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" AND h.id = ").bind(id);
    sql.first(connection)
}

/// Opens a held loss.
pub fn begin(
    connection: &mut AnyConnection,
    scope_id: i64,
    subject: &str,
    reason: &str,
    baseline: i64,
    at: Instant,
) -> QueryResult<i64> {
    let id = super::ids::take(connection, "held_losses", 1)?;
    let mut sql = Sql::new(
        "INSERT INTO held_losses (id, scope_id, subject, state, reason, baseline, opened_at, seen, decided_by, decision_reason) VALUES (",
    );
    sql.bind(id).push(", ").bind(scope_id).push(", ").bind(subject).push(", 'open', ").bind(reason);
    sql.push(", ").bind(baseline).push(", ").bind(at).push(", 1, '', '')");
    sql.execute(connection)?;
    Ok(id)
}

/// Adds rows to a loss that is being opened.
pub fn add_items(connection: &mut AnyConnection, id: i64, resources: &[i64]) -> QueryResult<()> {
    let rows = resources.iter().map(|resource| vec![id.into(), (*resource).into()]).collect();
    insert_rows(
        connection,
        "INSERT INTO held_loss_items (held_loss_id, resource_id) VALUES ",
        rows,
        " ON CONFLICT DO NOTHING",
    )
    .map(|_| ())
}

#[derive(QueryableByName)]
struct Item {
    #[diesel(sql_type = BigInt)]
    resource_id: i64,
}

/// The rows of a held loss, at most `limit`, in the order of their ids.
pub fn items(connection: &mut AnyConnection, scope: &Scope, id: i64, limit: usize) -> QueryResult<Vec<i64>> {
    if !scope.sees_everything() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT resource_id FROM held_loss_items WHERE held_loss_id = ");
    sql.bind(id).push(" ORDER BY resource_id LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows: Vec<Item> = sql.load(connection)?;
    Ok(rows.into_iter().map(|row| row.resource_id).collect())
}

/// The rows of a scope that an open or a rejected loss already speaks of.
pub fn spoken_for(connection: &mut AnyConnection, scope_id: i64) -> QueryResult<Vec<i64>> {
    let mut sql = Sql::new(
        "SELECT i.resource_id FROM held_loss_items i WHERE i.held_loss_id IN \
         (SELECT h.id FROM held_losses h WHERE h.state IN ('open', 'rejected') AND h.scope_id = ",
    );
    sql.bind(scope_id).push(")");
    let rows: Vec<Item> = sql.load(connection)?;
    Ok(rows.into_iter().map(|row| row.resource_id).collect())
}

/// Notes that one more complete listing showed the open losses of a scope.
pub fn seen_again(connection: &mut AnyConnection, scope_id: i64) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE held_losses SET seen = seen + 1 WHERE state = 'open' AND scope_id = ");
    sql.bind(scope_id);
    sql.execute(connection).map(|_| ())
}

/// Rows have returned, or are gone by another way: they leave every loss that is not settled, and one that is empty
/// then dissolves.
pub fn leave(connection: &mut AnyConnection, resources: &[i64], at: Instant) -> QueryResult<()> {
    if resources.is_empty() {
        return Ok(());
    }
    #[derive(QueryableByName)]
    struct Left {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut sql = Sql::new(
        "SELECT DISTINCT h.id FROM held_loss_items i JOIN held_losses h ON h.id = i.held_loss_id \
         WHERE h.state IN ('open', 'rejected') AND i.resource_id IN ",
    );
    sql.bind_list(resources).push(" ORDER BY h.id");
    let losses: Vec<i64> = sql.load::<Left>(connection)?.into_iter().map(|left| left.id).collect();
    if losses.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new("DELETE FROM held_loss_items WHERE held_loss_id IN ");
    sql.bind_list(&losses).push(" AND resource_id IN ").bind_list(resources);
    sql.execute(connection)?;
    let mut sql = Sql::new("UPDATE held_losses SET state = 'dissolved', decided_at = ");
    sql.bind(at).push(" WHERE subject = 'rows' AND id IN ").bind_list(&losses);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM held_loss_items i WHERE i.held_loss_id = held_losses.id)");
    sql.execute(connection).map(|_| ())
}

/// A field is back: its loss is over, whatever was said of it.
pub fn field_is_back(connection: &mut AnyConnection, id: i64, at: Instant) -> QueryResult<()> {
    let mut sql =
        Sql::new("UPDATE held_losses SET state = 'dissolved', decision_reason = 'the field is back', decided_at = ");
    sql.bind(at).push(" WHERE state IN ('open', 'rejected') AND id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// Decides an open loss; gives whether it was still open.
pub fn decide(
    connection: &mut AnyConnection,
    id: i64,
    state: &'static str,
    by: &str,
    reason: &str,
    at: Instant,
) -> QueryResult<bool> {
    let mut sql = Sql::new("UPDATE held_losses SET state = ");
    sql.bind(state)
        .push(", decided_by = ")
        .bind(by)
        .push(", decision_reason = ")
        .bind(reason)
        .push(", decided_at = ")
        .bind(at);
    sql.push(" WHERE state = 'open' AND id = ").bind(id);
    Ok(sql.execute(connection)? == 1)
}

/// The losses of fields in a scope that are held: nobody has decided them, or somebody has said that they are none.
pub fn fields_in(connection: &mut AnyConnection, scope_id: i64) -> QueryResult<Vec<HeldLossRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" AND h.state IN ('open', 'rejected') AND h.subject <> 'rows' AND h.scope_id = ").bind(scope_id);
    sql.push(" ORDER BY h.id");
    sql.load(connection)
}

/// The newest loss of a field in a scope, if there ever was one.
pub fn field_state(connection: &mut AnyConnection, scope_id: i64, field: &str) -> QueryResult<Option<HeldLossRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" AND h.scope_id = ")
        .bind(scope_id)
        .push(" AND h.subject = ")
        .bind(field)
        .push(" ORDER BY h.id DESC LIMIT 1");
    sql.first(connection)
}

/// Forgets at most `limit` rows of losses that were accepted or dissolved before `before`; gives how many. Those of a
/// rejected one are not asked about again, and stay until they return.
pub fn prune(connection: &mut AnyConnection, before: Instant, limit: i64) -> QueryResult<usize> {
    let mut sql = Sql::new(
        "DELETE FROM held_loss_items WHERE (held_loss_id, resource_id) IN (SELECT i.held_loss_id, i.resource_id \
         FROM held_losses h JOIN held_loss_items i ON i.held_loss_id = h.id \
         WHERE h.state IN ('accepted', 'dissolved') AND h.decided_at < ",
    );
    sql.bind(before).push(" ORDER BY i.held_loss_id, i.resource_id LIMIT ").bind(limit).push(")");
    sql.execute(connection)
}

/// Rows made tombstones in one transaction.
const ACCEPTED_AT_ONCE: usize = 500;

/// Accepts a loss: exactly its rows that are still missing become tombstones, in slices. Gives how many did, or `None`
/// if the loss was no longer open. For the loss of a field, the next listing takes the field away.
///
/// The loss is decided first, so that two people cannot both accept it; a crash in between leaves rows that are still
/// marked as missing, and the next complete listing judges them again.
pub async fn accept_all(db: &Db, id: i64, by: &str, reason: &str, at: Instant) -> Result<Option<u64>, StoreError> {
    let (by, reason) = (by.to_owned(), reason.to_owned());
    let loss = db
        .write(move |connection| {
            let loss = find(connection, &Scope::unrestricted(), id)?;
            Ok(if decide(connection, id, "accepted", &by, &reason, at)? { loss } else { None })
        })
        .await?;
    let Some(loss) = loss else { return Ok(None) };
    let rows = db.read(move |connection| items(connection, &Scope::unrestricted(), id, usize::MAX)).await?;
    let mut gone = 0;
    for chunk in rows.chunks(ACCEPTED_AT_ONCE) {
        let chunk = chunk.to_vec();
        gone += db.write_as(Priority::Background, move |connection| bury(connection, &chunk, at)).await?;
    }
    let scope_id = loss.scope_id;
    db.write(move |connection| settle_scope(connection, scope_id, at)).await?;
    Ok(Some(gone))
}

/// Rejects a loss: its rows stay, marked as missing, and are not asked about again until they return. Gives whether it
/// was open.
pub async fn reject(db: &Db, id: i64, by: &str, reason: &str, at: Instant) -> Result<bool, StoreError> {
    let (by, reason) = (by.to_owned(), reason.to_owned());
    db.write(move |connection| {
        gate::take_turn(connection, gate::Turn::Inventory)?;
        let Some(loss) = find(connection, &Scope::unrestricted(), id)? else { return Ok(false) };
        let was_open = decide(connection, id, "rejected", &by, &reason, at)?;
        settle_scope(connection, loss.scope_id, at)?;
        Ok(was_open)
    })
    .await
}

/// Of those rows, the ones that are still missing.
fn bury(connection: &mut AnyConnection, rows: &[i64], at: Instant) -> QueryResult<u64> {
    let mut sql = Sql::new("SELECT id AS resource_id FROM resources WHERE missing_since IS NOT NULL AND id IN ");
    sql.bind_list(rows);
    let missing: Vec<i64> = sql.load::<Item>(connection)?.into_iter().map(|row| row.resource_id).collect();
    Ok(super::apply::tombstone(connection, &missing, at)?.gone)
}

/// After a decision: when nothing is held any more, the scope is complete again, and what is present is what losses are
/// measured against, whatever its last listing came to.
fn settle_scope(connection: &mut AnyConnection, scope_id: i64, at: Instant) -> QueryResult<()> {
    // A listing that ends now notes its count, too: one after the other, or one would be lost.
    gate::take_turn(connection, gate::Turn::Inventory)?;
    scopes::recount(connection, scope_id)?;
    if open_in(connection, scope_id)?.is_empty() { scopes::settle(connection, scope_id, at) } else { Ok(()) }
}
