//! Who holds an address or a host, and who held it once: by the key alone, so that a question about ten years ago costs
//! what one about today does.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::keys::{Link, When};
use super::rows::ResourceRow;
use super::sql::Sql;
use super::{AnyConnection, Scope, resources};
use crate::clock::Instant;
use crate::kinds::key::is_public;
use crate::kinds::{Key, Role};

/// Keys that are looked at for the networks of a private address.
const KEYS: i64 = 10_000;

/// Someone who holds a key, or held it.
#[derive(Clone, Debug)]
pub struct Holder {
    pub row: ResourceRow,
    pub key: Key,
    /// It is this, or it answers under it.
    pub role: Role,
    pub since: Instant,
    /// `None` while it holds it.
    pub until: Option<Instant>,
}

/// The holders of what `text` names, if it is an address or a host: those of now first, then the others, the last one
/// first. The second value: there are more than `most`. With `at`, what was known of that then. What is in `read` has
/// been read already, for the same asker and moment: who looks for an address finds its holders by that as well.
pub fn of<'r>(
    connection: &mut AnyConnection,
    scope: &Scope,
    text: &str,
    most: usize,
    at: Option<Instant>,
    read: impl IntoIterator<Item = &'r ResourceRow>,
) -> QueryResult<Option<(Vec<Holder>, bool)>> {
    let keys = keys_of(connection, text.trim())?;
    if keys.is_empty() || scope.sees_nothing() {
        return Ok(None);
    }
    let stored: Vec<String> = keys.iter().map(Key::stored).collect();
    let mut links: Vec<Link> = statement(scope, &stored, most, at).load_positional(connection)?;
    let more = links.len() > most;
    links.truncate(most);
    let mut left: BTreeSet<i64> = links.iter().map(|link| link.resource_id).collect();
    let mut rows: BTreeMap<i64, ResourceRow> =
        read.into_iter().filter(|row| left.remove(&row.id)).map(|row| (row.id, row.clone())).collect();
    let left: Vec<i64> = left.into_iter().collect();
    rows.extend(resources::known(connection, scope, &left, at)?.into_iter().map(|row| (row.id, row)));
    let holders = links.into_iter().filter_map(|link| {
        Some(Holder {
            row: rows.get(&link.resource_id)?.clone(),
            key: Key::from_stored(&link.key),
            role: link.role()?,
            since: link.since(),
            until: link.until().filter(|until| at.is_none_or(|at| *until <= at)),
        })
    });
    Ok(Some((holders.collect(), more)))
}

/// The statement that finds the holders of keys in their stored spelling.
pub fn statement(scope: &Scope, stored: &[String], most: usize, at: Option<Instant>) -> Sql {
    let mut sql = Sql::new(
        "SELECT l.resource_id, l.key, l.role, l.since, l.until FROM resource_keys l WHERE l.role IN ('is', 'serves') AND l.key IN ",
    );
    sql.bind_list(stored);
    // It is named as it is at that moment, so it must be visible both then and when the link ended.
    scope.restrict_link(&mut sql);
    match at {
        None => scope.restrict_id(&mut sql, "l.resource_id", When::Now),
        Some(at) => scope.restrict_known(&mut sql, "l.resource_id", at),
    }
    match at {
        None => sql.push(" ORDER BY CASE WHEN l.until IS NULL THEN 0 ELSE 1 END, l.until DESC"),
        Some(at) => {
            sql.push(" AND l.since <= ").bind(at).push(" ORDER BY CASE WHEN l.until IS NULL OR l.until > ").bind(at);
            sql.push(" THEN 0 ELSE 1 END, CASE WHEN l.until > ").bind(at).push(" THEN NULL ELSE l.until END DESC")
        }
    };
    sql.push(", l.since DESC, l.resource_id LIMIT ");
    sql.bind(super::page::one_more(most));
    sql
}

/// The keys that an address or a host can have.
fn keys_of(connection: &mut AnyConnection, text: &str) -> QueryResult<Vec<Key>> {
    match text.parse::<IpAddr>() {
        Ok(address) if is_public(address) => Ok(vec![Key::address(address, "")]),
        Ok(address) => within_networks(connection, address),
        // A word without a dot is a name, or a part of one, and no host.
        Err(_) => Ok(Key::host(text).filter(|_| text.trim_end_matches('.').contains('.')).into_iter().collect()),
    }
}

/// The keys of a private address, which are one in each network: those of whatever is or was found by it.
fn within_networks(connection: &mut AnyConnection, address: IpAddr) -> QueryResult<Vec<Key>> {
    #[derive(QueryableByName)]
    struct Held {
        #[diesel(sql_type = Text)]
        key: String,
    }
    let address = address.to_canonical().to_string();
    let mut sql = Sql::new(
        "SELECT DISTINCT x.key FROM (SELECT k.key FROM terms m CROSS JOIN resource_terms t CROSS JOIN resource_keys k \
         WHERE t.term_id = m.id AND k.resource_id = t.resource_id AND m.term = ",
    );
    sql.bind(&address).push(" LIMIT ").bind(KEYS).push(") x ORDER BY x.key");
    let keys = sql.load::<Held>(connection)?.into_iter().map(|held| Key::from_stored(&held.key));
    Ok(keys.filter(|key| key.as_address() == Some(&address)).collect())
}
