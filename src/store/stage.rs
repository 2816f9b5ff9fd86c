//! The stage of a large scope: what is to be written, put down in slices before any of it is applied, in the order in
//! which it was listed. Providers list by name, as a rule, and rows that come by name fill most indexes from one end
//! instead of all over.
//!
//! While a scope is not `applying`, its stage is only a draft that a crash discards; once it is, a crash rolls it
//! forward.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::AnyConnection;
use super::sql::{Sql, insert_rows};

/// What is to happen to a staged row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Put,
    Gone,
    Missing,
    Back,
}

impl Op {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Gone => "gone",
            Self::Missing => "missing",
            Self::Back => "back",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Put, Self::Gone, Self::Missing, Self::Back].into_iter().find(|op| op.as_str() == text)
    }
}

/// A staged row.
#[derive(Clone, Debug, QueryableByName)]
pub struct StagedRow {
    /// Where it lies on the stage; 0 until it does.
    #[diesel(sql_type = BigInt)]
    pub position: i64,
    #[diesel(sql_type = BigInt)]
    pub external_hash: i64,
    #[diesel(sql_type = Text)]
    pub op: String,
    #[diesel(sql_type = Text)]
    pub external_id: String,
    #[diesel(sql_type = BigInt)]
    pub fingerprint: i64,
    #[diesel(sql_type = Text)]
    pub attrs: String,
}

/// Adds rows. Those whose identities are named `again` lie there already and are replaced: the later listing counts.
pub fn add(connection: &mut AnyConnection, scope_id: i64, rows: Vec<StagedRow>, again: &[i64]) -> QueryResult<()> {
    if !again.is_empty() {
        // Hardly ever, as when a provider's pages shift: it is worth a look at all that is staged, and no index.
        let mut sql = Sql::new("DELETE FROM sync_stage WHERE scope_id = ");
        sql.bind(scope_id).push(" AND external_hash IN ").bind_list(again);
        sql.execute(connection)?;
    }
    let first = super::ids::take(connection, "sync_stage", rows.len())?;
    let rows = (first..)
        .zip(rows)
        .map(|(position, row)| {
            let StagedRow { external_hash, op, external_id, fingerprint, attrs, .. } = row;
            vec![
                scope_id.into(),
                position.into(),
                external_hash.into(),
                op.into(),
                external_id.into(),
                fingerprint.into(),
                attrs.into(),
            ]
        })
        .collect();
    insert_rows(
        connection,
        "INSERT INTO sync_stage (scope_id, position, external_hash, op, external_id, fingerprint, attrs) VALUES ",
        rows,
        "",
    )
    .map(|_| ())
}

/// The next slice.
pub fn slice(
    connection: &mut AnyConnection,
    scope_id: i64,
    after: Option<i64>,
    size: usize,
) -> QueryResult<Vec<StagedRow>> {
    let mut sql = Sql::new(
        "SELECT position, external_hash, op, external_id, fingerprint, attrs FROM sync_stage WHERE scope_id = ",
    );
    sql.bind(scope_id);
    if let Some(after) = after {
        sql.push(" AND position > ").bind(after);
    }
    sql.push(" ORDER BY position LIMIT ").bind(i64::try_from(size).unwrap_or(i64::MAX));
    sql.load(connection)
}

/// Takes the slice up to and including `last` off the stage.
pub fn remove_through(connection: &mut AnyConnection, scope_id: i64, last: i64) -> QueryResult<()> {
    let mut sql = Sql::new("DELETE FROM sync_stage WHERE scope_id = ");
    sql.bind(scope_id).push(" AND position <= ").bind(last);
    sql.execute(connection).map(|_| ())
}

/// Takes rows off the stage of which something newer is known.
pub fn forget(connection: &mut AnyConnection, scope_id: i64, identities: &[i64]) -> QueryResult<()> {
    for identities in identities.chunks(1_024) {
        let mut sql = Sql::new("DELETE FROM sync_stage WHERE scope_id = ");
        sql.bind(scope_id).push(" AND external_hash IN ").bind_list(identities);
        sql.execute(connection)?;
    }
    Ok(())
}

/// Throws a scope's draft away, at most `limit` rows at once; gives how many went.
pub fn discard(connection: &mut AnyConnection, scope_id: i64, limit: usize) -> QueryResult<usize> {
    without_first(scope_id, limit).execute(connection)
}

/// The same for a draft that nobody works at: neither an application nor a running sync of its source.
pub fn discard_abandoned(connection: &mut AnyConnection, scope_id: i64, limit: usize) -> QueryResult<usize> {
    let mut sql = without_first(scope_id, limit);
    sql.push(
        " AND EXISTS (SELECT 1 FROM scopes s WHERE s.id = sync_stage.scope_id AND s.state <> 'applying' AND NOT EXISTS \
         (SELECT 1 FROM syncs y WHERE y.source = s.source AND y.state = 'running'))",
    );
    sql.execute(connection)
}

fn without_first(scope_id: i64, limit: usize) -> Sql {
    let mut sql = Sql::new("DELETE FROM sync_stage WHERE scope_id = ");
    sql.bind(scope_id).push(" AND position IN (SELECT position FROM sync_stage WHERE scope_id = ").bind(scope_id);
    sql.push(" ORDER BY position LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX)).push(")");
    sql
}

/// The scopes that have a draft which no application has begun on.
pub fn abandoned(connection: &mut AnyConnection) -> QueryResult<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let ids: Vec<Id> = Sql::new(
        "SELECT s.id FROM scopes s WHERE s.state <> 'applying' AND EXISTS (SELECT 1 FROM sync_stage g WHERE g.scope_id = s.id) \
         AND NOT EXISTS (SELECT 1 FROM syncs y WHERE y.source = s.source AND y.state = 'running') ORDER BY s.id",
    )
    .load(connection)?;
    Ok(ids.into_iter().map(|row| row.id).collect())
}
