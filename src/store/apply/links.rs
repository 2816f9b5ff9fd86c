//! Keys, refs and search terms of rows: each with the time since when, and until when, it was so.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::clock::Instant;
use crate::kinds::{Facts, Mention};
use crate::store::AnyConnection;
use crate::store::sql::{Sql, Value, insert_rows, no_sooner_than_since};
use crate::store::terms;

/// Keys in their roles, as stored.
type Mentions = BTreeSet<(String, String)>;

/// A row's links to be.
pub(super) type Linked = (i64, Facts);

/// Links of rows that had none.
pub(super) fn insert(connection: &mut AnyConnection, at: Instant, rows: &[Linked]) -> QueryResult<()> {
    let mut keys = Vec::new();
    let mut refs = Vec::new();
    let mut wanted = Vec::new();
    for (id, facts) in rows {
        keys.extend(mentions(*id, &facts.keys));
        refs.extend(mentions(*id, &facts.refs));
        wanted.extend(search_terms(facts).into_iter().map(|term| (*id, term)));
    }
    insert_keys(connection, in_order(keys, at))?;
    insert_refs(connection, in_order(refs, at))?;
    terms::link(connection, at, wanted)
}

/// Links of rows that may have had others: what is no longer so ends now, what is new begins. Gives the rows whose keys
/// or refs are not what they were.
pub(super) fn replace(connection: &mut AnyConnection, at: Instant, rows: &[Linked]) -> QueryResult<Vec<i64>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
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
    let mut relinked = Vec::new();
    for (id, facts) in rows {
        let (begun, ended) = compare(open_keys.remove(id).unwrap_or_default(), &facts.keys);
        let mut differs = !begun.is_empty() || !ended.is_empty();
        keys.extend(begun.into_iter().map(|mention| mention_row(*id, mention, at)));
        for (key, role) in ended {
            end(connection, "UPDATE resource_keys SET until = ", *id, &key, &role, at)?;
        }
        let (begun, ended) = compare(open_refs.remove(id).unwrap_or_default(), &facts.refs);
        differs |= !begun.is_empty() || !ended.is_empty();
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
        if differs {
            relinked.push(*id);
        }
    }
    insert_keys(connection, keys)?;
    insert_refs(connection, refs)?;
    terms::link(connection, at, wanted)?;
    Ok(relinked)
}

/// Ends every link of rows that are gone; their places stay, a tombstone is still somewhere.
pub(super) fn end_all(connection: &mut AnyConnection, ids: &[i64], at: Instant) -> QueryResult<()> {
    for head in
        ["UPDATE resource_keys SET until = ", "UPDATE resource_refs SET until = ", "UPDATE resource_terms SET until = "]
    {
        let mut sql = Sql::new(head);
        no_sooner_than_since(&mut sql, at).push(" WHERE until IS NULL AND resource_id IN ").bind_list(ids);
        sql.execute(connection)?;
    }
    Ok(())
}

fn insert_keys(connection: &mut AnyConnection, rows: Vec<Vec<Value>>) -> QueryResult<()> {
    insert_rows(connection, "INSERT INTO resource_keys (resource_id, key, role, since) VALUES ", rows, "").map(|_| ())
}

fn insert_refs(connection: &mut AnyConnection, rows: Vec<Vec<Value>>) -> QueryResult<()> {
    insert_rows(connection, "INSERT INTO resource_refs (resource_id, key, role, since) VALUES ", rows, "").map(|_| ())
}

/// The name is a term too; all in lower case and as they are stored, each once.
fn search_terms(facts: &Facts) -> BTreeSet<String> {
    let all = facts.terms.iter().chain([&facts.name]);
    let mut terms: BTreeSet<String> = all.map(|term| terms::cut(term.to_lowercase())).collect();
    terms.retain(|term| !term.is_empty());
    terms
}

fn mentions(id: i64, mentions: &[Mention]) -> impl Iterator<Item = (i64, (String, String))> {
    let distinct: Mentions = mentions.iter().map(stored).collect();
    distinct.into_iter().map(move |mention| (id, mention))
}

/// The rows of mentions as the index by keys has them, of which they so touch few pages.
fn in_order(mut mentions: Vec<(i64, (String, String))>, at: Instant) -> Vec<Vec<Value>> {
    mentions.sort_by(|(_, one), (_, other)| one.cmp(other));
    mentions.into_iter().map(|(id, mention)| mention_row(id, mention, at)).collect()
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
    no_sooner_than_since(&mut sql, at).push(" WHERE until IS NULL AND resource_id = ").bind(id);
    sql.push(" AND key = ").bind(key).push(" AND role = ").bind(role);
    sql.execute(connection).map(|_| ())
}
