//! One resource by its id, now or as it was.

use const_format::concatcp;
use diesel::prelude::*;

use super::AnyConnection;
use super::rows::{COLUMNS, ResourceRow, VERSION_COLUMNS};
use super::scope::Scope;
use super::sql::Sql;
use crate::clock::Instant;
use crate::kinds::KindSpec;

/// The resource of that kind and id, also when it is gone. With `at`, the version that was true then; `None` if there was none.
pub fn find(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    id: i64,
    at: Option<Instant>,
) -> QueryResult<Option<ResourceRow>> {
    Ok(of_ids(connection, scope, &[id], at)?.into_iter().find(|row| row.kind == spec.name))
}

/// The resources of those ids that the asker may see, in the order of their ids; tombstones included.
/// With `at`, their versions of then, without those that did not exist.
pub fn of_ids(
    connection: &mut AnyConnection,
    scope: &Scope,
    ids: &[i64],
    at: Option<Instant>,
) -> QueryResult<Vec<ResourceRow>> {
    if scope.sees_nothing() || ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql =
        Sql::new(concatcp!("SELECT ", COLUMNS, " FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE r.id IN "));
    sql.bind_list(ids);
    if let Some(at) = at {
        sql.push(" AND r.changed_at <= ").bind(at).push(" AND (r.gone_at IS NULL OR r.gone_at > ").bind(at).push(")");
        sql.push(concatcp!(
            " UNION ALL SELECT ",
            VERSION_COLUMNS,
            " FROM resource_versions v JOIN resources r ON r.id = v.resource_id JOIN scopes s ON s.id = r.scope_id WHERE v.resource_id IN "
        ));
        sql.bind_list(ids);
        sql.push(" AND v.valid_from <= ").bind(at).push(" AND v.valid_until > ").bind(at);
    }
    sql.push(" ORDER BY 1");
    sql.load(connection)
}

/// The present resources of a kind in one status, by name.
pub fn with_status(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    status: &str,
) -> QueryResult<Vec<ResourceRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(concatcp!(
        "SELECT ",
        COLUMNS,
        " FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE r.gone_at IS NULL AND r.kind = "
    ));
    sql.bind(spec.name).push(" AND r.status = ").bind(status).push(" ORDER BY r.name, r.id");
    sql.load(connection)
}
