//! What nobody meets: refs whose key nobody holds, and resources that nobody refers to. Asked of a slice of resources
//! at a time, so that a pass over a million of them holds no transaction for long.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::AnyConnection;
use super::sql::Sql;
use crate::kinds::{Key, KindSpec, Role};

/// A ref of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unheld {
    pub resource_id: i64,
    pub key: Key,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    resource_id: i64,
    #[diesel(sql_type = Text)]
    key: String,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The refs in that role of these resources that no key in one of the roles `held` meets; wildcards are not looked at.
pub fn unheld(connection: &mut AnyConnection, ids: &[i64], role: Role, held: &[Role]) -> QueryResult<Vec<Unheld>> {
    let held: Vec<&str> = held.iter().map(|role| role.as_str()).collect();
    let mut sql = Sql::new("SELECT f.resource_id, f.key FROM resource_refs f WHERE f.until IS NULL AND f.role = ");
    sql.bind(role.as_str()).push(" AND f.resource_id IN ").bind_list(ids);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM resource_keys k WHERE k.key = f.key AND k.until IS NULL AND k.role IN ");
    sql.bind_list(&held).push(") ORDER BY f.resource_id, f.key");
    let rows: Vec<Row> = sql.load(connection)?;
    Ok(rows.into_iter().map(|row| Unheld { resource_id: row.resource_id, key: Key::from_stored(&row.key) }).collect())
}

/// Those of these resources of which nothing of the kinds `by` points at a key that they are.
pub fn unpointed(connection: &mut AnyConnection, ids: &[i64], by: &[&KindSpec]) -> QueryResult<Vec<i64>> {
    let by: Vec<&str> = by.iter().map(|spec| spec.name).collect();
    let mut sql = Sql::new("SELECT r.id FROM resources r WHERE r.gone_at IS NULL AND r.id IN ");
    // In the order of the indexes: the few keys, who refers to them, what that is.
    sql.bind_list(ids).push(
        " AND NOT EXISTS (SELECT 1 FROM resource_keys k CROSS JOIN resource_refs f CROSS JOIN resources o \
         WHERE k.resource_id = r.id AND k.until IS NULL AND k.role = 'is' AND f.key = k.key AND f.role = 'points_at' \
         AND f.until IS NULL AND o.id = f.resource_id AND o.kind IN ",
    );
    sql.bind_list(&by).push(") ORDER BY r.id");
    Ok(sql.load::<Id>(connection)?.into_iter().map(|row| row.id).collect())
}

/// Which of these names a present resource of the kind has.
pub fn named(connection: &mut AnyConnection, spec: &KindSpec, names: &[String]) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let mut sql = Sql::new("SELECT DISTINCT r.name FROM resources r WHERE r.gone_at IS NULL AND r.kind = ");
    sql.bind(spec.name).push(" AND r.name IN ").bind_list(names);
    Ok(sql.load::<Name>(connection)?.into_iter().map(|row| row.name).collect())
}

/// Where a walk over the present resources of a kind has come to; the default is its beginning.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    source: String,
    id: i64,
}

/// The next resources of a walk, and where it is then; `None` at its end.
pub fn walk(
    connection: &mut AnyConnection,
    spec: &KindSpec,
    from: &Walked,
    limit: usize,
) -> QueryResult<(Vec<i64>, Option<Walked>)> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        source: String,
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut sql = Sql::new("SELECT r.source, r.id FROM resources r WHERE r.gone_at IS NULL AND r.kind = ");
    sql.bind(spec.name).push(" AND (r.source, r.id) > (").bind(&from.source).push(", ").bind(from.id);
    sql.push(") ORDER BY r.source, r.id LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let steps: Vec<Step> = sql.load(connection)?;
    let on = steps.last().map(|step| Walked { source: step.source.clone(), id: step.id });
    Ok((steps.into_iter().map(|step| step.id).collect(), on))
}
