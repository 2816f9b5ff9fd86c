//! One resource by its id, now or as it was.

use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::AnyConnection;
use super::rows::{COLUMNS, ENDED_VERSION_COLUMNS, ResourceRow, VERSION_COLUMNS};
use super::scope::{Placed, Scope};
use super::sql::Sql;
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::kinds::record::identity;

/// The resource of that kind and id, also when it is gone. With `at`, as it was then or, gone by then, last; `None` if
/// there was none yet.
pub fn find(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    id: i64,
    at: Option<Instant>,
) -> QueryResult<Option<ResourceRow>> {
    Ok(known(connection, scope, &[id], at)?.into_iter().find(|row| row.kind == spec.name))
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
    scope.restrict(&mut sql, Placed::Resource);
    if let Some(at) = at {
        sql.push(" AND r.changed_at <= ").bind(at).push(" AND (r.gone_at IS NULL OR r.gone_at > ").bind(at).push(")");
        sql.push(concatcp!(
            " UNION ALL SELECT ",
            VERSION_COLUMNS,
            " FROM resource_versions v JOIN resources r ON r.id = v.resource_id JOIN scopes s ON s.id = r.scope_id WHERE v.resource_id IN "
        ));
        sql.bind_list(ids);
        sql.push(" AND v.valid_from <= ").bind(at).push(" AND v.valid_until > ").bind(at);
        scope.restrict(&mut sql, Placed::Version);
    }
    sql.push(" ORDER BY 1");
    let mut rows: Vec<ResourceRow> = sql.load_positional(connection)?;
    if let Some(at) = at {
        rows.iter_mut().for_each(|row| row.look_back(at));
    }
    Ok(rows)
}

/// The resources of those ids as far as they are known at the moment, in the order of their ids: as they were then or,
/// of what was gone by then, as it was last. Of now that is [`of_ids`], which gives no tombstones of a past moment.
pub fn known(
    connection: &mut AnyConnection,
    scope: &Scope,
    ids: &[i64],
    at: Option<Instant>,
) -> QueryResult<Vec<ResourceRow>> {
    let Some(at) = at else { return of_ids(connection, scope, ids, None) };
    if scope.sees_nothing() || ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql =
        Sql::new(concatcp!("SELECT ", COLUMNS, " FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE r.id IN "));
    sql.bind_list(ids).push(" AND r.changed_at <= ").bind(at);
    scope.restrict(&mut sql, Placed::Resource);
    // Versions are numbered as they came, and the last one that had begun is the state of then; what it says of its end
    // is forgotten below where that is still to come.
    sql.push(concatcp!(
        " UNION ALL SELECT ",
        ENDED_VERSION_COLUMNS,
        " FROM resources r CROSS JOIN scopes s CROSS JOIN resource_versions v WHERE s.id = r.scope_id AND r.id IN "
    ));
    sql.bind_list(ids)
        .push(" AND r.changed_at > ")
        .bind(at)
        .push(" AND v.id = (SELECT MAX(n.id) FROM resource_versions n WHERE n.resource_id = r.id AND n.valid_from <= ");
    sql.bind(at).push(")");
    scope.restrict(&mut sql, Placed::Version);
    sql.push(" ORDER BY 1");
    let mut rows: Vec<ResourceRow> = sql.load_positional(connection)?;
    rows.iter_mut().for_each(|row| row.look_back(at));
    Ok(rows)
}

/// Those of them that are present, in the order of their ids, however many are asked for.
pub fn present(connection: &mut AnyConnection, scope: &Scope, ids: &[i64]) -> QueryResult<Vec<ResourceRow>> {
    /// Rows of one query.
    const BATCH: usize = 1_024;
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        rows.extend(of_ids(connection, scope, ids, None)?.into_iter().filter(|row| row.gone_at.is_none()));
    }
    Ok(rows)
}

/// The present resources of these kinds that are due before `until`: of each kind at most `limit`, the nearest first.
pub fn due(
    connection: &mut AnyConnection,
    scope: &Scope,
    specs: &[&'static KindSpec],
    until: Instant,
    limit: usize,
) -> QueryResult<Vec<ResourceRow>> {
    if scope.sees_nothing() || specs.is_empty() {
        return Ok(Vec::new());
    }
    let of_kind = |spec: &&KindSpec| {
        let mut sql = Sql::new(concatcp!(
            "SELECT ",
            COLUMNS,
            " FROM resources r CROSS JOIN scopes s WHERE s.id = r.scope_id AND r.gone_at IS NULL AND r.due_at IS NOT NULL AND r.kind = "
        ));
        sql.bind(spec.name).push(" AND r.due_at < ").bind(until);
        scope.restrict(&mut sql, Placed::Resource);
        sql.push(" ORDER BY r.due_at, r.id LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
        sql
    };
    Sql::union_all(specs.iter().map(of_kind)).load_positional(connection)
}

/// How many of each kind those are, counted to `most`.
pub fn due_counts(
    connection: &mut AnyConnection,
    scope: &Scope,
    specs: &[&'static KindSpec],
    until: Instant,
    most: i64,
) -> QueryResult<Vec<(&'static KindSpec, i64)>> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    if scope.sees_nothing() || specs.is_empty() {
        return Ok(specs.iter().map(|spec| (*spec, 0)).collect());
    }
    let of_kind = |spec: &&KindSpec| {
        let mut sql = Sql::new("SELECT CAST(");
        sql.bind(spec.name).push(" AS TEXT) AS kind, COUNT(*) AS n FROM (SELECT 1 AS one");
        sql.push(" FROM resources r WHERE r.gone_at IS NULL AND r.kind = ").bind(spec.name);
        sql.push(" AND r.due_at IS NOT NULL AND r.due_at < ").bind(until);
        scope.restrict(&mut sql, Placed::Resource);
        sql.push(" LIMIT ").bind(most).push(") c");
        sql
    };
    let counts: Vec<Count> = Sql::union_all(specs.iter().map(of_kind)).load(connection)?;
    let of = |spec: &KindSpec| counts.iter().find(|count| count.kind == spec.name).map_or(0, |count| count.n);
    Ok(specs.iter().map(|spec| (*spec, of(spec))).collect())
}

/// The resources of these kinds that came or changed after `since`, or, with `gone`, went: of each kind at most `limit`,
/// the newest first.
pub fn latest(
    connection: &mut AnyConnection,
    scope: &Scope,
    specs: &[&'static KindSpec],
    gone: bool,
    since: Instant,
    limit: usize,
) -> QueryResult<Vec<ResourceRow>> {
    if scope.sees_nothing() || specs.is_empty() {
        return Ok(Vec::new());
    }
    let of_kind = |spec: &&KindSpec| {
        let mut sql = Sql::new(concatcp!(
            "SELECT ",
            COLUMNS,
            " FROM resources r CROSS JOIN scopes s WHERE s.id = r.scope_id AND r.kind = "
        ));
        sql.bind(spec.name);
        sql.push(if gone {
            " AND r.gone_at IS NOT NULL AND r.gone_at > "
        } else {
            " AND r.gone_at IS NULL AND r.changed_at > "
        });
        sql.bind(since);
        scope.restrict(&mut sql, Placed::Resource);
        sql.push(if gone {
            " ORDER BY r.gone_at DESC, r.id DESC LIMIT "
        } else {
            " ORDER BY r.changed_at DESC, r.id DESC LIMIT "
        });
        sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        sql
    };
    Sql::union_all(specs.iter().map(of_kind)).load_positional(connection)
}

/// The present resources of a kind that have one of these names.
pub fn named(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    names: &[String],
) -> QueryResult<Vec<ResourceRow>> {
    if scope.sees_nothing() || names.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(concatcp!(
        "SELECT ",
        COLUMNS,
        " FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE r.gone_at IS NULL AND r.kind = "
    ));
    sql.bind(spec.name).push(" AND r.name IN ").bind_list(names);
    scope.restrict(&mut sql, Placed::Resource);
    sql.push(" ORDER BY r.name, r.id");
    sql.load_positional(connection)
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
    sql.bind(spec.name).push(" AND r.status = ").bind(status);
    scope.restrict(&mut sql, Placed::Resource);
    sql.push(" ORDER BY r.name, r.id");
    sql.load_positional(connection)
}

/// The present resources of a kind that a source knows under that id.
pub fn by_external_id(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    source: &str,
    external_id: &str,
) -> QueryResult<Vec<ResourceRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(concatcp!(
        "SELECT ",
        COLUMNS,
        " FROM scopes s JOIN resources r ON r.scope_id = s.id WHERE r.gone_at IS NULL AND s.source = "
    ));
    sql.bind(source).push(" AND s.kind = ").bind(spec.name);
    sql.push(" AND r.external_hash = ").bind(identity(external_id)).push(" AND r.external_id = ").bind(external_id);
    scope.restrict(&mut sql, Placed::Resource);
    sql.push(" ORDER BY r.id");
    sql.load_positional(connection)
}

/// The present resources of these names within a listing.
pub fn of_scope(
    connection: &mut AnyConnection,
    scope: &Scope,
    listing: i64,
    names: &[String],
) -> QueryResult<Vec<ResourceRow>> {
    let mut rows = Vec::new();
    if scope.sees_nothing() {
        return Ok(rows);
    }
    let Some(row) = super::scopes::by_id(connection, scope, listing)? else { return Ok(rows) };
    for names in names.chunks(256) {
        let mut sql = Sql::new(concatcp!(
            "SELECT ",
            COLUMNS,
            " FROM resources r JOIN scopes s ON s.id = r.scope_id WHERE r.gone_at IS NULL AND r.kind = "
        ));
        sql.bind(&row.kind).push(" AND r.name IN ").bind_list(names).push(" AND r.scope_id = ").bind(listing);
        scope.restrict(&mut sql, Placed::Resource);
        sql.push(" ORDER BY r.name, r.id");
        rows.extend(sql.load_positional::<ResourceRow>(connection)?);
    }
    Ok(rows)
}

/// How many are present in a listing, of those that the asker may see.
pub fn count_of_scope(connection: &mut AnyConnection, scope: &Scope, listing: i64) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let mut sql = Sql::new("SELECT COUNT(*) AS n FROM resources r WHERE r.gone_at IS NULL AND r.scope_id = ");
    sql.bind(listing);
    scope.restrict(&mut sql, Placed::Resource);
    Ok(sql.first::<Count>(connection)?.map_or(0, |count| count.n))
}

/// Whether the asker may see all that is present in a listing.
pub fn sees_whole(connection: &mut AnyConnection, scope: &Scope, listing: i64) -> QueryResult<bool> {
    if scope.sees_everything() {
        return Ok(true);
    }
    let mut sql = Sql::new(
        "SELECT r.id FROM resources r WHERE r.gone_at IS NULL AND NOT EXISTS (SELECT 1 FROM resources seen WHERE seen.id = r.id",
    );
    scope.restrict(&mut sql, Placed::Seen);
    sql.push(") AND r.scope_id = ").bind(listing).push(" LIMIT 1");
    Ok(sql.first::<Id>(connection)?.map(|row| row.id).is_none())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}
