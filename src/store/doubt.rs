//! Why the listings of a kind prove no absence: one of them is not complete, is too old, or there is none; or a source
//! that may list the kind was never listed at all.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::sources::stale_after;
use super::sql::Sql;
use super::{AnyConnection, Scope};
use crate::clock::Instant;

/// What a team is told of any doubt: the listing's name may be another's zone.
pub const SOME: &str = "a listing that could prove it is not complete, or is stale";

/// The doubts about kinds at one moment, each looked up once.
#[derive(Debug)]
pub struct Doubts {
    now: Instant,
    told: bool,
    known: BTreeMap<String, Option<String>>,
}

#[derive(QueryableByName)]
struct Troubled {
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    state: String,
}

#[derive(QueryableByName)]
struct OfSource {
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    oldest: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    unconfirmed: i64,
    #[diesel(sql_type = BigInt)]
    every_seconds: i64,
}

impl Doubts {
    /// For somebody who may read the names of listings, or may not.
    pub fn at(now: Instant, scope: &Scope) -> Self {
        Self { now, told: scope.sees_everything(), known: BTreeMap::new() }
    }

    /// Why the listings of these kinds together prove nothing, in words; `None` where each was complete within two
    /// intervals.
    pub fn about<'k>(
        &mut self,
        connection: &mut AnyConnection,
        kinds: impl IntoIterator<Item = &'k str>,
    ) -> QueryResult<Option<String>> {
        for kind in kinds {
            if !self.known.contains_key(kind) {
                let doubt = look(connection, kind, self.now)?;
                self.known.insert(kind.to_owned(), doubt);
            }
            if let Some(Some(doubt)) = self.known.get(kind) {
                return Ok(Some(self.worded(doubt.clone())));
            }
        }
        Ok(None)
    }

    /// A doubt in the words that this asker may read.
    pub fn worded(&self, doubt: String) -> String {
        if self.told { doubt } else { SOME.to_owned() }
    }
}

fn look(connection: &mut AnyConnection, kind: &str, now: Instant) -> QueryResult<Option<String>> {
    // Nobody knows what lies behind a source that has never said so.
    let mut sql = Sql::new(
        "SELECT o.name AS source, '' AS name, o.state FROM sources o WHERE o.removed_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM scopes s WHERE s.source = o.name) AND ' ' || o.kinds || ' ' LIKE ",
    );
    sql.bind(format!("% {kind} %")).push(" ORDER BY o.name LIMIT 1");
    if let Some(Troubled { source, .. }) = sql.first(connection)? {
        return Ok(Some(format!("{source} was never listed")));
    }
    let mut sql =
        Sql::new("SELECT source, name, state FROM scopes WHERE gone_at IS NULL AND state <> 'complete' AND kind = ");
    sql.bind(kind).push(" ORDER BY source, name LIMIT 1");
    if let Some(Troubled { source, name, state }) = sql.first(connection)? {
        return Ok(Some(format!("{source} {name}: the last listing is {state}")));
    }
    let mut sql = Sql::new(
        "SELECT s.source, MIN(s.confirmed_at) AS oldest, COUNT(*) - COUNT(s.confirmed_at) AS unconfirmed, \
         COALESCE(o.every_seconds, 0) AS every_seconds FROM scopes s LEFT JOIN sources o ON o.name = s.source \
         WHERE s.gone_at IS NULL AND s.kind = ",
    );
    sql.bind(kind).push(" GROUP BY s.source, o.every_seconds ORDER BY s.source");
    let sources: Vec<OfSource> = sql.load(connection)?;
    if sources.is_empty() {
        return Ok(Some(format!("nothing of the kind {} was ever listed", kind.replace('_', " "))));
    }
    for OfSource { source, oldest, unconfirmed, every_seconds } in sources {
        let limit = now - stale_after(every_seconds);
        if unconfirmed > 0 || oldest.is_none_or(|oldest| oldest.and_utc() < limit) {
            let name = oldest_scope(connection, kind, &source)?;
            return Ok(Some(format!("{source} {name}: the last listing is stale")));
        }
    }
    Ok(None)
}

fn oldest_scope(connection: &mut AnyConnection, kind: &str, source: &str) -> QueryResult<String> {
    let mut sql = Sql::new("SELECT source, name, state FROM scopes WHERE gone_at IS NULL AND kind = ");
    sql.bind(kind).push(" AND source = ").bind(source);
    sql.push(" ORDER BY CASE WHEN confirmed_at IS NULL THEN 0 ELSE 1 END, confirmed_at, name LIMIT 1");
    Ok(sql.first::<Troubled>(connection)?.map(|scope| scope.name).unwrap_or_default())
}
