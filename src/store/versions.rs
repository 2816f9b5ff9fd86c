//! The states that a resource has had, newest first.
//!
//! Several may have begun at one moment, hundreds while a clock that was set back catches up. So a state is found again
//! by its moment and its number: versions are numbered as they came, and the current state has the number behind all of
//! theirs.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Timestamp};

use super::moment::Moment;
use super::rows::{COLUMNS, ResourceRow, VERSION_COLUMNS};
use super::scope::Placed;
use super::sql::{Positional, Sql};
use super::{AnyConnection, Scope};
use crate::clock::Instant;

/// So many states of one resource are read at once.
const MOST: usize = 500;

/// One state of a resource; `row.changed_at` is the moment from which it was true.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub row: ResourceRow,
    /// `None` while it still is.
    pub until: Option<Instant>,
    /// At its end nothing took its place: the resource was gone.
    pub ended_gone: bool,
    number: i64,
}

/// Where a walk from state to state goes on: before the one that began then and has this number. Written
/// `MOMENT_NUMBER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    from: Instant,
    number: i64,
}

#[derive(Queryable)]
struct Loaded {
    state: ResourceRow,
    valid_until: Option<Moment>,
    ended_gone: bool,
    number: i64,
}

impl Positional for Loaded {
    type Columns = (<ResourceRow as Positional>::Columns, Nullable<Timestamp>, Bool, BigInt);
}

impl VersionRow {
    /// For the states before this one.
    pub fn cursor(&self) -> Cursor {
        Cursor { from: self.row.changed_at(), number: self.number }
    }
}

impl Cursor {
    /// For the states that had begun by then.
    pub fn of(at: Instant) -> Self {
        Self { from: at + TimeDelta::milliseconds(1), number: 0 }
    }

    /// The cursor that was written so; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, number) = text.split_once('_')?;
        let from = DateTime::parse_from_rfc3339(from).ok()?.with_timezone(&Utc);
        Some(Self { from, number: number.parse().ok()? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.from.to_rfc3339_opts(SecondsFormat::Millis, true), self.number)
    }
}

/// The states of the resource `id` that the asker may see, newest first; the first is the current one, or the last
/// before it was gone.
pub fn timeline(connection: &mut AnyConnection, scope: &Scope, id: i64) -> QueryResult<Vec<VersionRow>> {
    before(connection, scope, id, None, MOST)
}

/// The states before `cursor`, newest first: `limit` of them at most.
pub fn before(
    connection: &mut AnyConnection,
    scope: &Scope,
    id: i64,
    cursor: Option<Cursor>,
    limit: usize,
) -> QueryResult<Vec<VersionRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(concatcp!(
        "SELECT ",
        COLUMNS,
        ", r.gone_at AS valid_until, CASE WHEN r.gone_at IS NULL THEN FALSE ELSE TRUE END AS ended_gone, \
         9223372036854775807 AS number FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE r.id = "
    ));
    sql.bind(id);
    scope.restrict(&mut sql, Placed::Resource);
    if let Some(Cursor { from, .. }) = cursor {
        // No state of one moment is numbered behind the current one.
        sql.push(" AND r.changed_at < ").bind(from);
    }
    sql.push(concatcp!(
        " UNION ALL SELECT ",
        VERSION_COLUMNS,
        ", v.valid_until, v.ended_gone, v.id AS number \
         FROM resource_versions v JOIN resources r ON r.id = v.resource_id JOIN scopes s ON s.id = r.scope_id WHERE v.resource_id = "
    ));
    sql.bind(id);
    scope.restrict(&mut sql, Placed::Version);
    if let Some(Cursor { from, number }) = cursor {
        sql.push(" AND (v.valid_from < ").bind(from);
        sql.push(" OR (v.valid_from = ").bind(from).push(" AND v.id < ").bind(number).push("))");
    }
    sql.push(" ORDER BY changed_at DESC, number DESC LIMIT ");
    sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows: Vec<Loaded> = sql.load_positional(connection)?;
    Ok(rows
        .into_iter()
        .map(|Loaded { state, valid_until, ended_gone, number }| VersionRow {
            row: state,
            until: valid_until.map(|until| until.and_utc()),
            ended_gone,
            number,
        })
        .collect())
}

/// The columns that all kinds have, by name, as [`crate::kinds::diff::State`] wants them.
pub fn columns(row: &ResourceRow) -> [(&'static str, &str); 8] {
    [
        ("name", &row.name),
        ("status", &row.status),
        ("region", &row.region),
        ("cluster", &row.cluster),
        ("app", &row.app),
        ("role", &row.role),
        ("app_type", &row.app_type),
        ("environment", &row.environment),
    ]
}
