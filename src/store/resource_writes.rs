//! What the panel itself has written outside, and when: a listing that began before that is older than what is stored.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::AnyConnection;
use super::sql::{Sql, insert_rows};
use crate::clock::Instant;

/// Notes that rows of a scope were written, made or deleted, by their identities.
pub fn note(connection: &mut AnyConnection, scope_id: i64, identities: &[i64], at: Instant) -> QueryResult<()> {
    let identities: BTreeSet<i64> = identities.iter().copied().collect();
    let rows = identities.into_iter().map(|identity| vec![scope_id.into(), identity.into(), at.into()]).collect();
    insert_rows(
        connection,
        "INSERT INTO resource_writes (scope_id, external_hash, written_at) VALUES ",
        rows,
        " ON CONFLICT (scope_id, external_hash) DO UPDATE SET written_at = excluded.written_at",
    )
    .map(|_| ())
}

/// The identities that were written at `since` or later.
pub fn since(connection: &mut AnyConnection, scope_id: i64, since: Instant) -> QueryResult<BTreeSet<i64>> {
    #[derive(QueryableByName)]
    struct Written {
        #[diesel(sql_type = BigInt)]
        external_hash: i64,
    }
    let mut sql = Sql::new("SELECT external_hash FROM resource_writes WHERE scope_id = ");
    sql.bind(scope_id).push(" AND written_at >= ").bind(since);
    let rows: Vec<Written> = sql.load(connection)?;
    Ok(rows.into_iter().map(|row| row.external_hash).collect())
}

/// Forgets what every listing under way has begun after.
pub fn prune(connection: &mut AnyConnection, before: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new("DELETE FROM resource_writes WHERE written_at < ");
    sql.bind(before);
    sql.execute(connection)
}
