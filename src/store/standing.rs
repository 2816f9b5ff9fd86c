//! How the house stands: what every page says in its frame, and therefore by what is kept of each source, not by its scopes.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::alerts;
use super::moment::Moment;
use super::sources::{self, SourceState};
use super::sql::{Positional, Sql};
use super::{AnyConnection, Scope};
use crate::clock::Instant;

/// The age of the facts, and what is wrong with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The oldest confirmation over all scopes of all sources; `None` if one was never complete.
    pub confirmed_at: Option<Instant>,
    pub sources: i64,
    /// Sources that are stale, failing or refused.
    pub troubled: i64,
    /// Losses that wait for a person.
    pub held: i64,
    pub alerts: i64,
    /// Facts older than this are stale, whatever their source.
    pub stale_after: Option<TimeDelta>,
}

/// A source of the configuration, with the oldest confirmation among its scopes. The last row is none: it holds how much
/// is open in the whole house, and came along to spare every page a statement.
#[derive(Queryable)]
struct Asked {
    state: String,
    every_seconds: i64,
    attempted_at: Option<Moment>,
    oldest: Option<Moment>,
    /// Scopes of its that were never listed to their end.
    unconfirmed: i64,
    /// Held losses and alerts; of no source.
    held: Option<i64>,
    alerts: Option<i64>,
}

impl Positional for Asked {
    type Columns = (Text, BigInt, Nullable<Timestamp>, Nullable<Timestamp>, BigInt, Nullable<BigInt>, Nullable<BigInt>);
}

/// How things stand at `now`, for whoever asks.
pub fn read(connection: &mut AnyConnection, scope: &Scope, now: Instant) -> QueryResult<Standing> {
    if scope.sees_nothing() {
        return Ok(Standing::default());
    }
    let mut sql = Sql::new(
        "SELECT o.state, o.every_seconds, o.attempted_at, t.oldest_confirmed_at, \
         CAST(COALESCE(t.scopes - t.confirmed_scopes, 0) AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT) \
         FROM sources o LEFT JOIN source_totals t ON t.source = o.name WHERE o.removed_at IS NULL",
    );
    if scope.sees_everything() {
        sql.push(
            " UNION ALL SELECT '', CAST(0 AS BIGINT), CAST(NULL AS TIMESTAMP), CAST(NULL AS TIMESTAMP), CAST(0 AS BIGINT), \
             (SELECT COUNT(*) FROM held_losses h JOIN scopes s ON s.id = h.scope_id JOIN sources o ON o.name = s.source \
             WHERE h.state = 'open' AND o.removed_at IS NULL), \
             (SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM alert_counts WHERE state = 'open')",
        );
    }
    let (asked, open): (Vec<Asked>, Vec<Asked>) =
        sql.load_positional(connection)?.into_iter().partition(|row: &Asked| row.held.is_none());
    let all_confirmed = asked.iter().all(|source| source.unconfirmed == 0);
    let oldest = asked.iter().filter_map(|source| source.oldest).min();
    let confirmed_at = oldest.filter(|_| all_confirmed).map(|at| at.and_utc());
    let stale_after = asked.iter().map(|source| sources::stale_after(source.every_seconds)).max();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    if !scope.sees_everything() {
        // The age of all facts together is told to everybody, how many there are of what is not.
        let alerts = alerts::open_count(connection, scope)?;
        let sources = i64::from(!asked.is_empty());
        return Ok(Standing { confirmed_at, sources, troubled: 0, held: 0, alerts, stale_after });
    }
    Ok(Standing {
        confirmed_at,
        sources: count(asked.len()),
        troubled: count(asked.iter().filter(|source| source.is_troubled(now)).count()),
        held: open.iter().filter_map(|open| open.held).sum(),
        alerts: open.iter().filter_map(|open| open.alerts).sum(),
        stale_after,
    })
}

impl Asked {
    /// Facts go stale without anybody writing it down: a worker that died writes nothing.
    fn is_troubled(&self, now: Instant) -> bool {
        let known = self.oldest.filter(|_| self.unconfirmed == 0).or(self.attempted_at);
        match SourceState::parse(&self.state) {
            SourceState::NotConfigured => false,
            SourceState::Ok => known.is_some_and(|at| now - at.and_utc() > sources::stale_after(self.every_seconds)),
            SourceState::Stale | SourceState::Failing | SourceState::Auth => true,
        }
    }
}
