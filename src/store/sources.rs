//! Sources: the configured providers as the database knows them, and how they fare.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::AnyConnection;
use super::moment::Moment;
use super::scope::Scope;
use super::scopes::{self, ScopeState};
use super::sql::Sql;
use crate::clock::Instant;

/// A source's state, as stored and shown. `stale` follows from the age of its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceState {
    Ok,
    Stale,
    Failing,
    Auth,
    NotConfigured,
}

impl SourceState {
    pub const ALL: [Self; 5] = [Self::Ok, Self::Stale, Self::Failing, Self::Auth, Self::NotConfigured];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Stale => "stale",
            Self::Failing => "failing",
            Self::Auth => "auth",
            Self::NotConfigured => "not_configured",
        }
    }

    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Failing)
    }
}

/// A source as stored, with the oldest confirmation among its scopes.
#[derive(Clone, Debug, QueryableByName)]
pub struct SourceRow {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub provider: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = BigInt)]
    pub every_seconds: i64,
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub cluster: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub attempted_at: Option<Moment>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub succeeded_at: Option<Moment>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub removed_at: Option<Moment>,
    /// Over its scopes; `None` if one was never complete, or there is none.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub confirmed_at: Option<Moment>,
    #[diesel(sql_type = BigInt)]
    pub present: i64,
    #[diesel(sql_type = BigInt)]
    pub scopes: i64,
    #[diesel(sql_type = BigInt)]
    pub complete_scopes: i64,
}

impl SourceRow {
    pub fn confirmed_at(&self) -> Option<Instant> {
        self.confirmed_at.map(|at| at.and_utc())
    }

    /// Whether every one of its scopes was listed to its end.
    pub fn is_complete(&self) -> bool {
        self.scopes > 0 && self.complete_scopes == self.scopes
    }

    /// Facts older than this are stale: two intervals.
    pub fn stale_after(&self) -> TimeDelta {
        stale_after(self.every_seconds)
    }

    /// The state at a moment: an `ok` whose oldest facts are older than two intervals is `stale`.
    pub fn state_at(&self, now: Instant) -> SourceState {
        match SourceState::parse(&self.state) {
            SourceState::Ok if self.is_stale(now) => SourceState::Stale,
            state => state,
        }
    }

    /// Whether its facts are older than two intervals.
    pub fn is_stale(&self, now: Instant) -> bool {
        self.confirmed_at().or(self.attempted_at.map(|at| at.and_utc())).is_some_and(|at| now - at > self.stale_after())
    }
}

/// Two intervals, in seconds.
pub fn stale_after(every_seconds: i64) -> TimeDelta {
    TimeDelta::try_seconds(every_seconds.saturating_mul(2)).unwrap_or(TimeDelta::MAX)
}

/// However many scopes there are: what they come to the database keeps itself.
const SELECT: &str = "SELECT o.name, o.provider, o.state, o.reason, o.every_seconds, o.region, o.cluster, o.attempted_at, \
    o.succeeded_at, o.removed_at, \
    CASE WHEN t.confirmed_scopes = t.scopes THEN t.oldest_confirmed_at END AS confirmed_at, \
    COALESCE(t.present, 0) AS present, COALESCE(t.scopes, 0) AS scopes, COALESCE(t.complete_scopes, 0) AS complete_scopes \
    FROM sources o LEFT JOIN source_totals t ON t.source = o.name";

/// Every configured source of which the asker may see something, by name. A team is told of it what its own things
/// amount to.
pub fn all(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Vec<SourceRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE o.removed_at IS NULL ORDER BY o.name");
    let rows = sql.load(connection)?;
    if scope.sees_everything() { Ok(rows) } else { seen_by(connection, scope, rows) }
}

/// The source of that name, configured or not any more, if the asker may see something of it.
pub fn find(connection: &mut AnyConnection, scope: &Scope, name: &str) -> QueryResult<Option<SourceRow>> {
    if scope.sees_nothing() {
        return Ok(None);
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE o.name = ").bind(name);
    let row = sql.first(connection)?;
    if scope.sees_everything() {
        return Ok(row);
    }
    Ok(seen_by(connection, scope, row.into_iter().collect())?.pop())
}

/// Those of the sources that list something visible, told from the listings that do.
fn seen_by(connection: &mut AnyConnection, scope: &Scope, rows: Vec<SourceRow>) -> QueryResult<Vec<SourceRow>> {
    let mut seen = Vec::new();
    for row in rows {
        let listed = scopes::of_source(connection, scope, &row.name)?;
        if listed.is_empty() {
            continue;
        }
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        // Where it lies by default may be somebody else's place.
        let is_here = scope.admits(&row.region, &row.cluster, "");
        let unconfirmed = listed.iter().any(|listing| listing.confirmed_at.is_none());
        seen.push(SourceRow {
            // Its own words may name a zone or an account.
            reason: String::new(),
            region: if is_here { row.region.clone() } else { String::new() },
            cluster: if is_here { row.cluster.clone() } else { String::new() },
            confirmed_at: listed.iter().filter_map(|listing| listing.confirmed_at).min().filter(|_| !unconfirmed),
            present: listed.iter().map(|listing| listing.present).sum(),
            scopes: count(listed.len()),
            complete_scopes: count(listed.iter().filter(|listing| listing.state() == ScopeState::Complete).count()),
            ..row
        });
    }
    Ok(seen)
}

/// The oldest confirmation over all sources that can be asked, and whether every one of their scopes is complete.
pub fn together(rows: &[SourceRow]) -> (Option<Instant>, bool) {
    let asked = || rows.iter().filter(|row| row.state != "not_configured");
    (asked().map(SourceRow::confirmed_at).min().flatten(), asked().all(SourceRow::is_complete))
}

/// A source as the configuration has it.
#[derive(Clone, Debug)]
pub struct ConfiguredSource {
    pub name: String,
    pub provider: String,
    pub region: String,
    pub cluster: String,
    pub every_seconds: i64,
    /// The names of the kinds that it may list.
    pub kinds: Vec<&'static str>,
    /// What is missing, for a source that cannot be asked yet.
    pub missing: Option<String>,
}

/// Makes the table say what the configuration says; sources that it no longer names keep their resources and are
/// marked.
pub fn configure(connection: &mut AnyConnection, sources: &[ConfiguredSource], at: Instant) -> QueryResult<()> {
    for source in sources {
        let (state, reason) = match &source.missing {
            Some(missing) => ("not_configured", missing.as_str()),
            None => ("ok", ""),
        };
        let mut sql = Sql::new(
            "INSERT INTO sources (name, provider, state, reason, every_seconds, region, cluster, kinds) VALUES (",
        );
        sql.bind(&source.name).push(", ").bind(&source.provider).push(", ").bind(state).push(", ").bind(reason);
        sql.push(", ").bind(source.every_seconds).push(", ").bind(&source.region).push(", ").bind(&source.cluster);
        sql.push(", ").bind(source.kinds.join(" "));
        sql.push(
            ") ON CONFLICT (name) DO UPDATE SET provider = excluded.provider, every_seconds = excluded.every_seconds, \
             region = excluded.region, cluster = excluded.cluster, kinds = excluded.kinds, removed_at = NULL, \
             state = CASE WHEN excluded.state = 'not_configured' OR sources.state = 'not_configured' THEN excluded.state ELSE sources.state END, \
             reason = CASE WHEN excluded.state = 'not_configured' OR sources.state = 'not_configured' THEN excluded.reason ELSE sources.reason END",
        );
        sql.execute(connection)?;
    }
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let mut sql = Sql::new("UPDATE sources SET removed_at = ");
    sql.bind(at).push(" WHERE removed_at IS NULL");
    if !names.is_empty() {
        sql.push(" AND name NOT IN ").bind_list(&names);
    }
    sql.execute(connection).map(|_| ())
}

/// Notes how an attempt to sync ended.
pub fn set_state(
    connection: &mut AnyConnection,
    name: &str,
    state: SourceState,
    reason: &str,
    at: Instant,
) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE sources SET state = ");
    sql.bind(state.as_str()).push(", reason = ").bind(reason).push(", attempted_at = ").bind(at);
    if state == SourceState::Ok {
        sql.push(", succeeded_at = ").bind(at);
    }
    sql.push(" WHERE name = ").bind(name);
    sql.execute(connection).map(|_| ())
}
