//! Keys, refs, search terms and places of rows: each with the time since when, and until when, it was so.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::clock::Instant;
use crate::kinds::{Facts, Mention};
use crate::placement::Place;
use crate::store::AnyConnection;
use crate::store::sql::{Sql, Value, insert_rows};
use crate::store::terms;

/// Keys in their roles, as stored.
type Mentions = BTreeSet<(String, String)>;

/// A row's links to be.
pub(super) type Linked = (i64, Facts, Place);

/// Links of rows that had none.
pub(super) fn insert(connection: &mut AnyConnection, at: Instant, rows: &[Linked]) -> QueryResult<()> {
    let mut keys = Vec::new();
    let mut refs = Vec::new();
    let mut wanted = Vec::new();
    let mut places = Vec::new();
    for (id, facts, place) in rows {
        keys.extend(mentions(*id, &facts.keys, at));
        refs.extend(mentions(*id, &facts.refs, at));
        wanted.extend(search_terms(facts).into_iter().map(|term| (*id, term)));
        if *place != Place::default() {
            places.push(place_row(*id, place, "rule", at));
        }
    }
    insert_keys(connection, keys)?;
    insert_refs(connection, refs)?;
    terms::link(connection, at, wanted)?;
    insert_places(connection, places)
}

/// Links of rows that may have had others: what is no longer so ends now, what is new begins.
pub(super) fn replace(connection: &mut AnyConnection, at: Instant, rows: &[Linked]) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    let mut open_keys = open(
        connection,
        "SELECT resource_id, key, role FROM resource_keys WHERE until IS NULL AND resource_id IN ",
        &ids,
    )?;
    let mut open_refs = open(
        connection,
        "SELECT resource_id, key, role FROM resource_refs WHERE until IS NULL AND resource_id IN ",
        &ids,
    )?;
    let mut open_terms = terms::open(connection, &ids)?;
    let mut keys = Vec::new();
    let mut refs = Vec::new();
    let mut wanted = Vec::new();
    for (id, facts, place) in rows {
        let (begun, ended) = compare(open_keys.remove(id).unwrap_or_default(), &facts.keys);
        keys.extend(begun.into_iter().map(|mention| mention_row(*id, mention, at)));
        for (key, role) in ended {
            end(connection, "UPDATE resource_keys SET until = ", *id, &key, &role, at)?;
        }
        let (begun, ended) = compare(open_refs.remove(id).unwrap_or_default(), &facts.refs);
        refs.extend(begun.into_iter().map(|mention| mention_row(*id, mention, at)));
        for (key, role) in ended {
            end(connection, "UPDATE resource_refs SET until = ", *id, &key, &role, at)?;
        }
        let mut stored = open_terms.remove(id).unwrap_or_default();
        for term in search_terms(facts) {
            if stored.remove(&term).is_none() {
                wanted.push((*id, term));
            }
        }
        terms::end(connection, *id, &stored.into_values().collect::<Vec<_>>(), at)?;
        move_to(connection, *id, place, "rule", at)?;
    }
    insert_keys(connection, keys)?;
    insert_refs(connection, refs)?;
    terms::link(connection, at, wanted)
}

/// Ends every link of rows that are gone; their places stay open, a tombstone is still somewhere.
pub(super) fn end_all(connection: &mut AnyConnection, ids: &[i64], at: Instant) -> QueryResult<()> {
    for head in
        ["UPDATE resource_keys SET until = ", "UPDATE resource_refs SET until = ", "UPDATE resource_terms SET until = "]
    {
        let mut sql = Sql::new(head);
        sql.bind(at).push(" WHERE until IS NULL AND resource_id IN ").bind_list(ids);
        sql.execute(connection)?;
    }
    Ok(())
}

/// Puts a row at its first place: the columns of `resources` are the caller's, the history is here.
pub fn move_to(
    connection: &mut AnyConnection,
    id: i64,
    place: &Place,
    origin: &'static str,
    at: Instant,
) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE resource_places SET until = ");
    sql.bind(at).push(" WHERE until IS NULL AND position = 0 AND resource_id = ").bind(id);
    sql.push(" AND NOT (region = ").bind(&place.region).push(" AND cluster = ").bind(&place.cluster);
    sql.push(" AND app = ").bind(&place.app).push(" AND role = ").bind(&place.role);
    sql.push(" AND app_type = ").bind(&place.app_type).push(" AND environment = ").bind(&place.environment).push(")");
    sql.execute(connection)?;
    let mut open = Sql::new(
        "SELECT resource_id, region AS key, cluster AS role FROM resource_places WHERE until IS NULL AND position = 0 AND resource_id = ",
    );
    open.bind(id);
    let stands = open.first::<Link>(connection)?.is_some();
    if stands || *place == Place::default() {
        return Ok(());
    }
    insert_places(connection, vec![place_row(id, place, origin, at)])
}

fn place_row(id: i64, place: &Place, origin: &'static str, at: Instant) -> Vec<Value> {
    vec![
        id.into(),
        0_i32.into(),
        Value::from(&place.region),
        Value::from(&place.cluster),
        Value::from(&place.app),
        Value::from(&place.role),
        Value::from(&place.app_type),
        Value::from(&place.environment),
        origin.into(),
        at.into(),
    ]
}

fn insert_places(connection: &mut AnyConnection, rows: Vec<Vec<Value>>) -> QueryResult<()> {
    let head = "INSERT INTO resource_places (resource_id, position, region, cluster, app, role, app_type, environment, origin, since) VALUES ";
    insert_rows(connection, head, rows, "").map(|_| ())
}

fn insert_keys(connection: &mut AnyConnection, rows: Vec<Vec<Value>>) -> QueryResult<()> {
    insert_rows(connection, "INSERT INTO resource_keys (resource_id, key, role, since) VALUES ", rows, "").map(|_| ())
}

fn insert_refs(connection: &mut AnyConnection, rows: Vec<Vec<Value>>) -> QueryResult<()> {
    insert_rows(connection, "INSERT INTO resource_refs (resource_id, key, role, since) VALUES ", rows, "").map(|_| ())
}

/// The name is a term too; all in lower case, each once.
fn search_terms(facts: &Facts) -> BTreeSet<String> {
    let mut terms: BTreeSet<String> = facts.terms.iter().map(|term| term.to_lowercase()).collect();
    terms.insert(facts.name.to_lowercase());
    terms.retain(|term| !term.is_empty());
    terms
}

fn mentions(id: i64, mentions: &[Mention], at: Instant) -> Vec<Vec<Value>> {
    let distinct: Mentions = mentions.iter().map(stored).collect();
    distinct.into_iter().map(|mention| mention_row(id, mention, at)).collect()
}

fn stored(mention: &Mention) -> (String, String) {
    (mention.key.stored(), mention.role.as_str().to_owned())
}

fn mention_row(id: i64, (key, role): (String, String), at: Instant) -> Vec<Value> {
    vec![id.into(), key.into(), role.into(), at.into()]
}

/// What begins and what ends when `wanted` takes the place of `open`.
fn compare(mut open: Mentions, wanted: &[Mention]) -> (Mentions, Mentions) {
    let wanted: BTreeSet<_> = wanted.iter().map(stored).collect();
    let begun = wanted.difference(&open).cloned().collect();
    open.retain(|mention| !wanted.contains(mention));
    (begun, open)
}

#[derive(QueryableByName)]
struct Link {
    #[diesel(sql_type = BigInt)]
    resource_id: i64,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    role: String,
}

fn open(connection: &mut AnyConnection, head: &'static str, ids: &[i64]) -> QueryResult<HashMap<i64, Mentions>> {
    let mut sql = Sql::new(head);
    sql.bind_list(ids);
    let links: Vec<Link> = sql.load(connection)?;
    let mut open: HashMap<i64, Mentions> = HashMap::new();
    for link in links {
        open.entry(link.resource_id).or_default().insert((link.key, link.role));
    }
    Ok(open)
}

fn end(
    connection: &mut AnyConnection,
    head: &'static str,
    id: i64,
    key: &str,
    role: &str,
    at: Instant,
) -> QueryResult<()> {
    let mut sql = Sql::new(head);
    sql.bind(at).push(" WHERE until IS NULL AND resource_id = ").bind(id);
    sql.push(" AND key = ").bind(key).push(" AND role = ").bind(role);
    sql.execute(connection).map(|_| ())
}
