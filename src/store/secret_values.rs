//! The values of secrets that belong to resources, sealed: the present one and a few before it, for an undo.
//!
//! In a resource's attrs stands each name with the digest of its value; here lies the value itself, found by the same
//! digest. It is in no version, no list, no search and no export, because none of them reads this table.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::schema::secret_values;
use super::scope::Scope;
use super::sql::{Sql, Value, insert_rows};
use super::vault::{self, Vault};
use super::{AnyConnection, gate, ids};
use crate::clock::Instant;
use crate::kinds::SecretValue;
use crate::kinds::record::identity;
use crate::secret::{SealingKey, Secret};
use crate::store::rows::ResourceRow;

/// Values that are kept of each name.
pub const KEPT: i64 = 10;
/// Resources, or rows, that are looked at in one statement.
const AT_ONCE: usize = 500;

/// The secrets of one resource, as they were listed.
#[derive(Clone, Debug)]
pub struct Listed {
    pub external_hash: i64,
    pub values: Vec<SecretValue>,
}

#[derive(QueryableByName)]
struct Newest {
    #[diesel(sql_type = BigInt)]
    external_hash: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    digest: String,
}

#[derive(Queryable, QueryableByName)]
#[diesel(table_name = secret_values)]
struct Sealed {
    id: i64,
    scope_id: i64,
    external_hash: i64,
    name: String,
    digest: String,
    sealed: String,
}

/// What a value is sealed for: nobody can put it elsewhere.
fn place(scope_id: i64, external_hash: i64, name: &str, digest: &str) -> String {
    format!("{scope_id} {external_hash} {name} {digest}")
}

/// Keeps those of `listed` that differ from the newest that is kept, and forgets what is older than the last few.
pub fn keep(
    connection: &mut AnyConnection,
    vault: &Vault,
    scope_id: i64,
    listed: &[Listed],
    at: Instant,
) -> QueryResult<usize> {
    if listed.iter().all(|one| one.values.is_empty()) {
        return Ok(0);
    }
    gate::take_turn(connection, gate::Turn::Inventory)?;
    vault::check(connection, vault)?;
    let mut kept = 0;
    for slice in listed.chunks(AT_ONCE) {
        let hashes: Vec<i64> = slice.iter().map(|one| one.external_hash).collect();
        let newest = newest(connection, scope_id, &hashes)?;
        let differing: Vec<(i64, &SecretValue)> = slice
            .iter()
            .flat_map(|one| one.values.iter().map(move |value| (one.external_hash, value)))
            .filter(|(hash, value)| newest.get(&(*hash, value.name.clone())) != Some(&value.digest))
            .collect();
        kept += insert(connection, vault, scope_id, &differing, at)?;
        forget_old(connection, scope_id, &hashes)?;
    }
    Ok(kept)
}

/// The digest of the newest value by identity and name.
fn newest(
    connection: &mut AnyConnection,
    scope_id: i64,
    hashes: &[i64],
) -> QueryResult<HashMap<(i64, String), String>> {
    let mut sql = Sql::new(
        "SELECT v.external_hash, v.name, v.digest FROM secret_values v WHERE v.id IN (SELECT MAX(id) FROM secret_values \
         WHERE scope_id = ",
    );
    sql.bind(scope_id).push(" AND external_hash IN ").bind_list(hashes).push(" GROUP BY external_hash, name)");
    let rows: Vec<Newest> = sql.load(connection)?;
    Ok(rows.into_iter().map(|row| ((row.external_hash, row.name), row.digest)).collect())
}

fn insert(
    connection: &mut AnyConnection,
    vault: &Vault,
    scope_id: i64,
    values: &[(i64, &SecretValue)],
    at: Instant,
) -> QueryResult<usize> {
    use secrecy::ExposeSecret;
    if values.is_empty() {
        return Ok(0);
    }
    let first_id = ids::take(connection, "secret_values", values.len())?;
    let rows = (first_id..).zip(values).map(|(id, (hash, secret))| {
        let place = place(scope_id, *hash, &secret.name, &secret.digest);
        let sealed = vault.seal(&place, secret.value.expose_secret().as_bytes());
        vec![
            id.into(),
            scope_id.into(),
            (*hash).into(),
            Value::from(&secret.name),
            Value::from(&secret.digest),
            sealed.into(),
            at.into(),
        ]
    });
    let head = "INSERT INTO secret_values (id, scope_id, external_hash, name, digest, sealed, since) VALUES ";
    insert_rows(connection, head, rows.collect(), "")
}

fn forget_old(connection: &mut AnyConnection, scope_id: i64, hashes: &[i64]) -> QueryResult<()> {
    let mut sql = Sql::new(
        "DELETE FROM secret_values WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY external_hash, name \
         ORDER BY id DESC) AS place FROM secret_values WHERE scope_id = ",
    );
    sql.bind(scope_id).push(" AND external_hash IN ").bind_list(hashes);
    sql.push(") AS ranked WHERE place > ").bind(KEPT).push(")");
    sql.execute(connection).map(|_| ())
}

/// The values that a resource's attrs speak of: `digests` by name. One that is not kept, or was damaged, is not among
/// them.
pub fn reveal(
    connection: &mut AnyConnection,
    scope: &Scope,
    vault: &Vault,
    row: &ResourceRow,
    digests: &BTreeMap<String, String>,
) -> QueryResult<BTreeMap<String, Secret>> {
    if scope.sees_nothing() {
        return Ok(BTreeMap::new());
    }
    let kept = secret_values::table
        .filter(secret_values::scope_id.eq(row.scope_id))
        .filter(secret_values::external_hash.eq(identity(&row.external_id)))
        .order(secret_values::id)
        .select(columns())
        .load::<Sealed>(connection)?;
    let present = kept.into_iter().filter(|value| digests.get(&value.name) == Some(&value.digest));
    Ok(present.filter_map(|value| Some((value.name.clone(), Secret::from(opened(vault, &value)?)))).collect())
}

/// All values that are kept of a source's resources, by the resources' identities. The newest are among them: a
/// collection that brings a newer one still finds texts that tell these.
pub(super) fn of_source(
    connection: &mut AnyConnection,
    vault: &Vault,
    source: &str,
) -> QueryResult<HashMap<i64, Vec<Secret>>> {
    let mut sql = Sql::new(
        "SELECT v.id, v.scope_id, v.external_hash, v.name, v.digest, v.sealed FROM secret_values v JOIN scopes s ON s.id = v.scope_id \
         WHERE s.source = ",
    );
    sql.bind(source);
    let mut kept: HashMap<i64, Vec<Secret>> = HashMap::new();
    for value in sql.load::<Sealed>(connection)? {
        if let Some(text) = opened(vault, &value) {
            kept.entry(value.external_hash).or_default().push(Secret::from(text));
        }
    }
    Ok(kept)
}

/// Forgets the values of what has been gone since before then.
pub fn prune(connection: &mut AnyConnection, before: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new(
        "DELETE FROM secret_values WHERE EXISTS (SELECT 1 FROM resources r WHERE r.scope_id = secret_values.scope_id \
         AND r.external_hash = secret_values.external_hash AND r.gone_at < ",
    );
    sql.bind(before).push(")");
    sql.execute(connection)
}

/// How many values are kept, and of how many resources.
pub(super) fn count(connection: &mut AnyConnection) -> QueryResult<(i64, i64)> {
    let resources = secret_values::table
        .select((secret_values::scope_id, secret_values::external_hash))
        .distinct()
        .load::<(i64, i64)>(connection)?;
    let values = secret_values::table.count().get_result(connection)?;
    Ok((values, i64::try_from(resources.len()).unwrap_or(i64::MAX)))
}

/// Forgets every value.
pub(super) fn forget_all(connection: &mut AnyConnection) -> QueryResult<usize> {
    diesel::delete(secret_values::table).execute(connection)
}

/// Seals every value anew; gives how many.
pub(super) fn reseal(connection: &mut AnyConnection, old: &Vault, new: &SealingKey) -> QueryResult<usize> {
    let (mut after, mut count) = (0, 0);
    loop {
        let slice = secret_values::table
            .filter(secret_values::id.gt(after))
            .order(secret_values::id)
            .limit(i64::try_from(AT_ONCE).unwrap_or(i64::MAX))
            .select(columns())
            .load::<Sealed>(connection)?;
        let Some(last) = slice.last() else { return Ok(count) };
        after = last.id;
        for value in slice {
            let text = opened(old, &value).ok_or_else(damaged)?;
            let place = place(value.scope_id, value.external_hash, &value.name, &value.digest);
            diesel::update(secret_values::table.find(value.id))
                .set(secret_values::sealed.eq(new.seal(&place, text.as_bytes())))
                .execute(connection)?;
            count += 1;
        }
    }
}

fn columns() -> (
    secret_values::id,
    secret_values::scope_id,
    secret_values::external_hash,
    secret_values::name,
    secret_values::digest,
    secret_values::sealed,
) {
    (
        secret_values::id,
        secret_values::scope_id,
        secret_values::external_hash,
        secret_values::name,
        secret_values::digest,
        secret_values::sealed,
    )
}

fn opened(vault: &Vault, value: &Sealed) -> Option<String> {
    let place = place(value.scope_id, value.external_hash, &value.name, &value.digest);
    String::from_utf8(vault.open(&place, &value.sealed)?).ok()
}

/// A sealed value that its own key does not open.
pub(super) fn damaged() -> diesel::result::Error {
    diesel::result::Error::DeserializationError("a sealed value was damaged and cannot be opened".into())
}
