//! The states that a resource has had, newest first.

use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Timestamp};

use super::moment::Moment;
use super::rows::{COLUMNS, ResourceRow, VERSION_COLUMNS};
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
}

#[derive(Queryable)]
struct Loaded {
    state: ResourceRow,
    valid_until: Option<Moment>,
    ended_gone: bool,
}

impl Positional for Loaded {
    type Columns = (<ResourceRow as Positional>::Columns, Nullable<Timestamp>, Bool);
}

/// The states of the resource `id`, newest first; the first is the current one, or the last before it was gone.
pub fn timeline(connection: &mut AnyConnection, scope: &Scope, id: i64) -> QueryResult<Vec<VersionRow>> {
    before(connection, scope, id, None, MOST)
}

/// The states that began before `end`, newest first: `limit` of them at most.
pub fn before(
    connection: &mut AnyConnection,
    scope: &Scope,
    id: i64,
    end: Option<Instant>,
    limit: usize,
) -> QueryResult<Vec<VersionRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(concatcp!(
        "SELECT ",
        COLUMNS,
        ", r.gone_at AS valid_until, CASE WHEN r.gone_at IS NULL THEN FALSE ELSE TRUE END AS ended_gone, \
         0 AS superseded, r.id AS version FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE r.id = "
    ));
    sql.bind(id);
    if let Some(end) = end {
        sql.push(" AND r.changed_at < ").bind(end);
    }
    sql.push(concatcp!(
        " UNION ALL SELECT ",
        VERSION_COLUMNS,
        ", v.valid_until, v.ended_gone, 1 AS superseded, v.id AS version \
         FROM resource_versions v JOIN resources r ON r.id = v.resource_id JOIN scopes s ON s.id = r.scope_id WHERE v.resource_id = "
    ));
    sql.bind(id);
    if let Some(end) = end {
        sql.push(" AND v.valid_from < ").bind(end);
    }
    // Several changes may fall into one moment: the current state is the newest then, and versions are numbered as they came.
    sql.push(" ORDER BY changed_at DESC, superseded, version DESC LIMIT ");
    sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows: Vec<Loaded> = sql.load_positional(connection)?;
    Ok(rows
        .into_iter()
        .map(|Loaded { state, valid_until, ended_gone }| VersionRow {
            row: state,
            until: valid_until.map(|until| until.and_utc()),
            ended_gone,
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
