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
    let sources: Vec<OfSource> = confirmations(kind).load(connection)?;
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

/// The sources that list the kind, each with its oldest confirmation: from source to source by one step down the index,
/// for one of them may have a scope for each of thousands of zones. Public for a look at how a database means to answer it.
pub fn confirmations(kind: &str) -> Sql {
    const OF_KIND: &str = "FROM scopes s WHERE s.gone_at IS NULL AND s.kind = ";
    let mut sql = Sql::new("WITH RECURSIVE met(source) AS (SELECT * FROM (SELECT s.source ");
    sql.push(OF_KIND).bind(kind).push(" ORDER BY s.source LIMIT 1) x UNION ALL SELECT (SELECT s.source ");
    sql.push(OF_KIND).bind(kind).push(" AND s.source > met.source ORDER BY s.source LIMIT 1)");
    sql.push(" FROM met WHERE met.source IS NOT NULL) SELECT met.source, (SELECT MIN(s.confirmed_at) ");
    sql.push(OF_KIND).bind(kind).push(" AND s.source = met.source) AS oldest, CASE WHEN EXISTS (SELECT 1 ");
    sql.push(OF_KIND).bind(kind).push(" AND s.source = met.source AND s.confirmed_at IS NULL)");
    sql.push(" THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS unconfirmed, ");
    sql.push("COALESCE((SELECT o.every_seconds FROM sources o WHERE o.name = met.source), 0) AS every_seconds");
    sql.push(" FROM met WHERE met.source IS NOT NULL ORDER BY met.source");
    sql
}

fn oldest_scope(connection: &mut AnyConnection, kind: &str, source: &str) -> QueryResult<String> {
    let mut sql = Sql::new("SELECT source, name, state FROM scopes WHERE gone_at IS NULL AND kind = ");
    sql.bind(kind).push(" AND source = ").bind(source);
    sql.push(" ORDER BY CASE WHEN confirmed_at IS NULL THEN 0 ELSE 1 END, confirmed_at, name LIMIT 1");
    Ok(sql.first::<Troubled>(connection)?.map(|scope| scope.name).unwrap_or_default())
}
