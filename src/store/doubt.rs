//! Why the listings of a kind prove no absence: one of them is not complete, is too old, or there is none; or a source
//! that may list the kind was never listed at all.

use std::collections::{BTreeMap, BTreeSet};

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

/// A source that was never listed, and the kinds that it may have.
#[derive(QueryableByName)]
struct Unlisted {
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Text)]
    kinds: String,
}

#[derive(QueryableByName)]
struct Troubled {
    #[diesel(sql_type = Text)]
    kind: String,
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
    kind: String,
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
        let kinds: Vec<&str> = kinds.into_iter().collect();
        self.learn(connection, kinds.iter().copied())?;
        let doubt = kinds.into_iter().find_map(|kind| self.known.get(kind)?.clone());
        Ok(doubt.map(|doubt| self.worded(doubt)))
    }

    /// Looks at all of these kinds that are not known yet, in as many statements as for one.
    pub fn learn<'k>(
        &mut self,
        connection: &mut AnyConnection,
        kinds: impl IntoIterator<Item = &'k str>,
    ) -> QueryResult<()> {
        let unknown: BTreeSet<&str> = kinds.into_iter().filter(|kind| !self.known.contains_key(*kind)).collect();
        if !unknown.is_empty() {
            let unknown: Vec<&str> = unknown.into_iter().collect();
            self.known.extend(look(connection, &unknown, self.now)?);
        }
        Ok(())
    }

    /// A doubt in the words that this asker may read.
    pub fn worded(&self, doubt: String) -> String {
        if self.told { doubt } else { SOME.to_owned() }
    }
}

/// The doubt about each of these kinds, if there is one.
fn look(connection: &mut AnyConnection, kinds: &[&str], now: Instant) -> QueryResult<BTreeMap<String, Option<String>>> {
    // Nobody knows what lies behind a source that has never said so.
    let unlisted: Vec<Unlisted> = Sql::new(
        "SELECT o.name AS source, o.kinds FROM sources o WHERE o.removed_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM scopes s WHERE s.source = o.name) ORDER BY o.name",
    )
    .load(connection)?;
    let troubled: Vec<Troubled> = troubled(kinds).load(connection)?;
    let listed: Vec<OfSource> = confirmations(kinds).load(connection)?;
    let mut doubts = BTreeMap::new();
    for kind in kinds {
        let never = unlisted.iter().find(|source| source.kinds.split(' ').any(|may| may == *kind));
        let broken = troubled.iter().find(|scope| scope.kind == *kind);
        let mut sources = listed.iter().filter(|source| source.kind == *kind).peekable();
        let doubt = match (never, broken) {
            (Some(Unlisted { source, .. }), _) => Some(format!("{source} was never listed")),
            (None, Some(Troubled { source, name, state, .. })) => {
                Some(format!("{source} {name}: the last listing is {state}"))
            }
            (None, None) if sources.peek().is_none() => {
                Some(format!("nothing of the kind {} was ever listed", kind.replace('_', " ")))
            }
            (None, None) => match sources.find(|source| source.is_stale(now)) {
                Some(OfSource { source, .. }) => {
                    let name = oldest_scope(connection, kind, source)?;
                    Some(format!("{source} {name}: the last listing is stale"))
                }
                None => None,
            },
        };
        doubts.insert((*kind).to_owned(), doubt);
    }
    Ok(doubts)
}

impl OfSource {
    fn is_stale(&self, now: Instant) -> bool {
        let limit = now - stale_after(self.every_seconds);
        self.unconfirmed > 0 || self.oldest.is_none_or(|oldest| oldest.and_utc() < limit)
    }
}

/// Of each kind the first listing that is not complete.
fn troubled(kinds: &[&str]) -> Sql {
    let of_kind = |kind: &&str| {
        let mut sql = Sql::new(
            "SELECT kind, source, name, state FROM scopes WHERE gone_at IS NULL AND state <> 'complete' AND kind = ",
        );
        sql.bind(*kind).push(" ORDER BY source, name LIMIT 1");
        sql
    };
    Sql::union_all(kinds.iter().map(of_kind))
}

/// The sources that list these kinds, each with its oldest confirmation: from source to source by one step down the index,
/// for one of them may have a scope for each of thousands of zones. Public for a look at how a database means to answer it.
pub fn confirmations(kinds: &[&str]) -> Sql {
    let mut sql = Sql::new("WITH RECURSIVE met(kind, source) AS (");
    for kind in kinds {
        sql.push("SELECT * FROM (SELECT s.kind, s.source FROM scopes s WHERE s.gone_at IS NULL AND s.kind = ");
        sql.bind(*kind).push(" ORDER BY s.source LIMIT 1) x UNION ALL ");
    }
    sql.push(
        "SELECT met.kind, (SELECT s.source FROM scopes s WHERE s.gone_at IS NULL AND s.kind = met.kind \
         AND s.source > met.source ORDER BY s.source LIMIT 1) FROM met WHERE met.source IS NOT NULL) \
         SELECT met.kind, met.source, (SELECT MIN(s.confirmed_at) FROM scopes s \
         WHERE s.gone_at IS NULL AND s.kind = met.kind AND s.source = met.source) AS oldest, \
         CASE WHEN EXISTS (SELECT 1 FROM scopes s WHERE s.gone_at IS NULL AND s.kind = met.kind AND s.source = met.source \
         AND s.confirmed_at IS NULL) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS unconfirmed, \
         COALESCE((SELECT o.every_seconds FROM sources o WHERE o.name = met.source), 0) AS every_seconds \
         FROM met WHERE met.source IS NOT NULL ORDER BY met.kind, met.source",
    );
    sql
}

fn oldest_scope(connection: &mut AnyConnection, kind: &str, source: &str) -> QueryResult<String> {
    let mut sql = Sql::new("SELECT kind, source, name, state FROM scopes WHERE gone_at IS NULL AND kind = ");
    sql.bind(kind).push(" AND source = ").bind(source);
    sql.push(" ORDER BY CASE WHEN confirmed_at IS NULL THEN 0 ELSE 1 END, confirmed_at, name LIMIT 1");
    Ok(sql.first::<Troubled>(connection)?.map(|scope| scope.name).unwrap_or_default())
}
