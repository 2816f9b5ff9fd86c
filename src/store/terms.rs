//! Search terms: each distinct text once, with who bore it and when. The trigram index over them is the database's own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::AnyConnection;
use super::sql::{Sql, insert_rows, no_sooner_than_since};
use crate::clock::Instant;

/// Longer terms are cut: nobody types them, and an index entry has its limits (PostgreSQL: 2,704 bytes).
const LONGEST: usize = 400;
/// So many hexadecimal digits are an id; the migration that made the column counts as many.
const OPAQUE: usize = 24;

#[derive(QueryableByName)]
struct Term {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    term: String,
}

#[derive(QueryableByName)]
struct Borne {
    #[diesel(sql_type = BigInt)]
    resource_id: i64,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    term: String,
}

/// Gives resources their terms, all of them [`cut`], from now on.
pub fn link(connection: &mut AnyConnection, at: Instant, wanted: Vec<(i64, String)>) -> QueryResult<()> {
    let distinct: BTreeSet<&str> = wanted.iter().map(|(_, term)| term.as_str()).collect();
    let ids = ids_of(connection, &distinct.into_iter().map(str::to_owned).collect::<Vec<_>>())?;
    let mut borne: Vec<(i64, i64)> =
        wanted.iter().filter_map(|(resource, term)| Some((*ids.get(term)?, *resource))).collect();
    // As the index by terms has them, of which they so touch few pages.
    borne.sort_unstable();
    let rows = borne.into_iter().map(|(term, resource)| vec![term.into(), resource.into(), at.into()]).collect();
    insert_rows(connection, "INSERT INTO resource_terms (term_id, resource_id, since) VALUES ", rows, "").map(|_| ())
}

/// The terms that resources bear now: per resource, the term and its id.
pub fn open(connection: &mut AnyConnection, resources: &[i64]) -> QueryResult<HashMap<i64, BTreeMap<String, i64>>> {
    let mut sql = Sql::new(
        "SELECT b.resource_id, t.id, t.term FROM resource_terms b JOIN terms t ON t.id = b.term_id \
         WHERE b.until IS NULL AND b.resource_id IN ",
    );
    sql.bind_list(resources);
    let rows: Vec<Borne> = sql.load(connection)?;
    let mut open: HashMap<i64, BTreeMap<String, i64>> = HashMap::new();
    for row in rows {
        open.entry(row.resource_id).or_default().insert(row.term, row.id);
    }
    Ok(open)
}

/// Ends terms that a resource bears no more.
pub fn end(connection: &mut AnyConnection, resource: i64, terms: &[i64], at: Instant) -> QueryResult<()> {
    if terms.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new("UPDATE resource_terms SET until = ");
    no_sooner_than_since(&mut sql, at).push(" WHERE until IS NULL AND resource_id = ").bind(resource);
    sql.push(" AND term_id IN ").bind_list(terms);
    sql.execute(connection).map(|_| ())
}

/// Forgets those of these terms that nobody bears, or ever bore as far as is known.
pub fn forget_unborne(connection: &mut AnyConnection, terms: &[i64]) -> QueryResult<usize> {
    if terms.is_empty() {
        return Ok(0);
    }
    let mut sql = Sql::new("DELETE FROM terms WHERE id IN ");
    sql.bind_list(terms).push(" AND NOT EXISTS (SELECT 1 FROM resource_terms b WHERE b.term_id = terms.id)");
    sql.execute(connection)
}

/// The ids of terms, made where they are new.
fn ids_of(connection: &mut AnyConnection, wanted: &[String]) -> QueryResult<HashMap<String, i64>> {
    let mut ids = HashMap::with_capacity(wanted.len());
    let mut made: Option<Range<i64>> = None;
    for chunk in wanted.chunks(1_024) {
        look_up(connection, chunk, &mut ids)?;
        let new: Vec<String> = chunk.iter().filter(|term| !ids.contains_key(*term)).cloned().collect();
        if new.is_empty() {
            continue;
        }
        let first = super::ids::take(connection, "terms", new.len())?;
        let rows = (first..).zip(&new).map(|(id, term)| vec![id.into(), term.into(), is_opaque(term).into()]).collect();
        // Another worker may have made the same term a moment ago; then its id counts.
        let head = "INSERT INTO terms (id, term, opaque) VALUES ";
        let inserted = insert_rows(connection, head, rows, " ON CONFLICT (term) DO NOTHING")?;
        if inserted == new.len() {
            ids.extend(new.into_iter().zip(first..));
        } else {
            look_up(connection, &new, &mut ids)?;
        }
        let end = first + i64::try_from(inserted).unwrap_or_default();
        made = Some(made.map_or(first, |made| made.start)..end);
    }
    if let Some(made) = made {
        index(connection, made)?;
    }
    Ok(ids)
}

/// Puts new terms into SQLite's trigram index, all by one statement: with each it writes out what it holds. The ids of
/// one transaction lie side by side there.
fn index(connection: &mut AnyConnection, new: Range<i64>) -> QueryResult<()> {
    if matches!(connection, AnyConnection::Postgres(_)) {
        return Ok(());
    }
    let mut sql = Sql::new("INSERT INTO terms_trigram (rowid, term) SELECT id, term FROM terms WHERE id >= ");
    sql.bind(new.start).push(" AND id < ").bind(new.end).push(" AND NOT opaque");
    sql.execute(connection).map(|_| ())
}

/// So many parts of the trigram index are left as they are. Each writing leaves one, and SQLite joins four of a size by
/// itself.
const PARTS: i64 = 6;
/// Pages of the index that one [`merge`] writes at most; some milliseconds.
const MERGED_AT_ONCE: i64 = 256;

/// In how many parts SQLite's trigram index lies, if in so many that a search through all of them is worth joining
/// them.
pub fn parts_to_merge(connection: &mut AnyConnection) -> QueryResult<Option<i64>> {
    if matches!(connection, AnyConnection::Postgres(_)) {
        return Ok(None);
    }
    let sql = Sql::new("SELECT COUNT(DISTINCT segid) AS n FROM terms_trigram_idx");
    let parts = sql.first::<Number>(connection)?.map_or(0, |found| found.n);
    Ok((parts > PARTS).then_some(parts))
}

/// Joins the parts of SQLite's trigram index into one, some pages of it; gives whether there is more to do. `begin`
/// says that all parts are meant, and not those alone that it would join by itself (SQLite FTS5, the `merge` command).
pub fn merge(connection: &mut AnyConnection, begin: bool) -> QueryResult<bool> {
    let written = |connection: &mut AnyConnection| {
        let sql = Sql::new("SELECT total_changes() AS n");
        Ok::<_, diesel::result::Error>(sql.first::<Number>(connection)?.map_or(0, |found| found.n))
    };
    let before = written(connection)?;
    let mut sql = Sql::new("INSERT INTO terms_trigram (terms_trigram, rank) VALUES ('merge', ");
    sql.bind(if begin { -MERGED_AT_ONCE } else { MERGED_AT_ONCE }).push(")");
    sql.execute(connection)?;
    // The command itself counts as one.
    Ok(written(connection)? - before > 1)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn look_up(connection: &mut AnyConnection, terms: &[String], ids: &mut HashMap<String, i64>) -> QueryResult<()> {
    let mut sql = Sql::new("SELECT id, term FROM terms WHERE term IN ");
    sql.bind_list(terms);
    let rows: Vec<Term> = sql.load(connection)?;
    ids.extend(rows.into_iter().map(|row| (row.term, row.id)));
    Ok(())
}

/// Whether a term is an id of so many hexadecimal digits that nobody looks for a part of it but its beginning; dashes
/// do not count. Such terms are no part of the trigram index: each would be in it thirty times.
pub fn is_opaque(term: &str) -> bool {
    may_begin_opaque(term) && term.bytes().filter(|letter| *letter != b'-').count() >= OPAQUE
}

/// Whether an opaque term can begin with the word.
pub fn may_begin_opaque(word: &str) -> bool {
    word.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// A term as it is stored.
pub fn cut(mut term: String) -> String {
    if term.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| term.is_char_boundary(*end)).unwrap_or(0);
        term.truncate(end);
    }
    term
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_digits_alone_is_opaque_and_a_name_never() {
        for id in
            ["023e105f4ecef8ad9ca31a8372d0c353", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "0123456789abcdef01234567"]
        {
            assert!(is_opaque(id) && may_begin_opaque(&id[..5]), "{id}");
        }
        for term in ["i-0123456789abcdef0", "0123456789abcdef0123456", "deadbeef.example", "2001:db8::7", "-", ""] {
            assert!(!is_opaque(term), "{term}");
        }
    }
}
