//! How the house stands, in one row: what every page says in its frame.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamp};

use super::AnyConnection;
use super::sql::Sql;

/// The age of the facts, and what is wrong with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct StandingRow {
    #[diesel(sql_type = BigInt)]
    pub sources: i64,
    #[diesel(sql_type = BigInt)]
    pub troubled: i64,
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    #[diesel(sql_type = BigInt)]
    pub alerts: i64,
    /// Scopes that were never listed to their end.
    #[diesel(sql_type = BigInt)]
    pub unconfirmed: i64,
    /// The oldest confirmation of the others.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub confirmed_at: Option<NaiveDateTime>,
}

/// Reads how things stand.
pub fn read(connection: &mut AnyConnection) -> QueryResult<StandingRow> {
    let row = Sql::new(
        "SELECT (SELECT COUNT(*) FROM sources WHERE removed_at IS NULL) AS sources, \
         (SELECT COUNT(*) FROM sources WHERE removed_at IS NULL AND state IN ('stale', 'failing', 'auth')) AS troubled, \
         (SELECT COUNT(*) FROM held_losses WHERE state = 'open') AS held, \
         (SELECT COUNT(*) FROM alerts WHERE state = 'open') AS alerts, \
         COUNT(*) - COUNT(confirmed_at) AS unconfirmed, MIN(confirmed_at) AS confirmed_at \
         FROM scopes WHERE gone_at IS NULL",
    )
    .first(connection)?;
    Ok(row.unwrap_or_default())
}
