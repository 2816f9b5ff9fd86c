//! Search terms: which of them contain a word.
//!
//! Terms are stored in lower case. From three characters on, a word is looked for anywhere in a term, by the trigram
//! index; a shorter one only at its beginning, and so any word in an opaque term ([`super::terms::is_opaque`]). `%`,
//! `_`, `"`, `*`, `-` and `\` are characters like any other. This is the one place where the two databases are asked in
//! different words.

use std::net::IpAddr;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::sql::{Positional, Sql};
use super::terms::may_begin_opaque;
use super::{AnyConnection, Backend};
use crate::kinds::key::normal_host;

/// From so many characters on a word may stand anywhere in a term.
const TRIGRAM: usize = 3;
/// With more terms than this it is quicker to look at each resource's own terms.
const MOST_IDS: usize = 512;
/// Of a longer word not each trigram is asked for.
const MOST_TRIGRAMS: usize = 12;
/// More words than this narrow nothing down any more.
const MOST_WORDS: usize = 8;

/// As the index `terms_trigram` of PostgreSQL translates them.
const MARKS: [(char, char); 8] =
    [('.', 'q'), ('-', 'x'), ('_', 'w'), (':', 'j'), ('/', 'z'), ('=', 'k'), ('@', 'v'), (' ', 'y')];

/// The terms that a word is in.
#[derive(Clone, Debug)]
pub enum Found {
    Ids(Vec<i64>),
    /// Too many to name.
    Many(Many),
}

/// Terms that are known by what they contain: a word in one of its spellings.
#[derive(Clone, Debug)]
pub struct Many {
    backend: Backend,
    spellings: Vec<String>,
}

/// A stored term.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Term {
    pub id: i64,
    pub term: String,
}

impl Positional for Term {
    type Columns = (BigInt, Text);
}

/// The words of a search, each in all the spellings under which it may be stored: lower case, an address in its one
/// spelling, a host in A-labels.
pub fn words(text: &str) -> Vec<Vec<String>> {
    text.to_lowercase().split_whitespace().map(spellings).filter(|word| !word.is_empty()).take(MOST_WORDS).collect()
}

fn spellings(word: &str) -> Vec<String> {
    let word: String = word.chars().filter(|letter| !letter.is_control()).collect();
    let mut spellings = Vec::new();
    if let Ok(address) = word.parse::<IpAddr>() {
        spellings.push(address.to_canonical().to_string());
    } else if !word.is_ascii() {
        spellings.extend(normal_host(&word));
    }
    if !word.is_empty() && !spellings.contains(&word) {
        spellings.push(word);
    }
    spellings
}

/// The terms that contain the word in one of its spellings.
pub fn find(connection: &mut AnyConnection, spellings: &[String]) -> QueryResult<Found> {
    let mut ids = Vec::new();
    for word in spellings {
        ids.extend(containing(connection, word, &Sql::default(), MOST_IDS + 1)?.into_iter().map(|term| term.id));
        if is_looked_for_within(word) && may_begin_opaque(word) {
            ids.extend(opaque(connection, word, MOST_IDS + 1)?.into_iter().map(|term| term.id));
        }
    }
    if ids.len() > MOST_IDS {
        return Ok(Found::Many(Many { backend: backend(connection), spellings: spellings.to_vec() }));
    }
    Ok(Found::Ids(ids))
}

/// The terms that equal one of these.
pub fn exactly(connection: &mut AnyConnection, terms: &[String]) -> QueryResult<Found> {
    let mut sql = Sql::new("SELECT id, term FROM terms WHERE term IN ");
    sql.bind_list(terms);
    Ok(Found::Ids(sql.load_positional::<Term>(connection)?.into_iter().map(|term| term.id).collect()))
}

/// Up to `most` opaque terms that begin with the word.
fn opaque(connection: &mut AnyConnection, word: &str, most: usize) -> QueryResult<Vec<Term>> {
    let mut sql = Sql::new("SELECT m.id, m.term FROM ");
    sql.append(opaque_with(word)).push(" LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.load_positional(connection)
}

/// Up to `most` terms `m` that the word is in: anywhere in those that are not opaque, or at the beginning of any if it
/// is short. In no particular order. `condition` follows what else is asked of them; it begins with `AND`, or is empty.
pub fn containing(connection: &mut AnyConnection, word: &str, condition: &Sql, most: usize) -> QueryResult<Vec<Term>> {
    let mut sql = Sql::new("SELECT m.id, m.term FROM ");
    sql.append(terms_with(backend(connection), word)).append(condition.clone());
    sql.push(" LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.load_positional(connection)
}

/// The terms `m` that the word is in, as what follows `FROM`.
fn terms_with(backend: Backend, word: &str) -> Sql {
    let mut sql = Sql::default();
    match backend {
        _ if !is_looked_for_within(word) => {
            sql.push("terms m WHERE ");
            begins(&mut sql, word);
        }
        Backend::Sqlite => {
            sql.push("terms_trigram f CROSS JOIN terms m WHERE m.id = f.rowid AND f.terms_trigram MATCH ");
            // The index folds more letters together than we do, hence the second look.
            sql.bind(trigrams(word)).push(" AND instr(m.term, ").bind(word).push(") > 0");
        }
        Backend::Postgres => {
            sql.push("terms m WHERE NOT m.opaque AND translate(m.term, '.-_:/=@ ', 'qxwjzkvy') LIKE ");
            // Several marks and letters are one there, hence the second look.
            sql.bind(pattern(&lettered(word))).push(" AND strpos(m.term, ").bind(word).push(") > 0");
        }
    }
    sql
}

/// The opaque terms `m` that begin with the word, as what follows `FROM`.
fn opaque_with(word: &str) -> Sql {
    let mut sql = Sql::new("terms m WHERE m.opaque AND ");
    begins(&mut sql, word);
    sql
}

/// No text that goes on after the word is greater than the word and the last character there is.
fn begins(sql: &mut Sql, word: &str) {
    sql.push("m.term >= ").bind(word).push(" AND m.term < ").bind(format!("{word}\u{10FFFF}"));
}

/// Appends that the term `m` does not begin with the word.
pub fn begins_not(sql: &mut Sql, word: &str) {
    sql.push(" AND (m.term < ").bind(word).push(" OR m.term >= ").bind(format!("{word}\u{10FFFF}")).push(")");
}

/// Whether a word may stand anywhere in a term, and not at its beginning alone.
pub fn is_looked_for_within(word: &str) -> bool {
    word.chars().count() >= TRIGRAM
}

/// A word for MATCH: what has trigrams of it that, side by side, cover all of it; of a very long one as many as tell it
/// from nearly everything else. Each more would be one more list to walk through, and spare hardly a term: the index
/// knows no positions, so that there is a second look anyway. In quotes they have no operators.
fn trigrams(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let last = letters.len().saturating_sub(TRIGRAM);
    let mut distinct: Vec<&[char]> = Vec::new();
    for start in (0..last).step_by(TRIGRAM).take(MOST_TRIGRAMS - 1).chain([last]) {
        let trigram = &letters[start..(start + TRIGRAM).min(letters.len())];
        if !distinct.contains(&trigram) {
            distinct.push(trigram);
        }
    }
    let quoted = |trigram: &&[char]| format!("\"{}\"", trigram.iter().collect::<String>().replace('"', "\"\""));
    distinct.iter().map(quoted).collect::<Vec<_>>().join(" AND ")
}

/// A word as PostgreSQL's trigram index has it: with letters in place of the marks at which pg_trgm would cut it.
fn lettered(word: &str) -> String {
    word.chars()
        .map(|letter| MARKS.iter().find(|(mark, _)| *mark == letter).map_or(letter, |(_, as_letter)| *as_letter))
        .collect()
}

fn backend(connection: &AnyConnection) -> Backend {
    match connection {
        AnyConnection::Postgres(_) => Backend::Postgres,
        AnyConnection::Sqlite(_) => Backend::Sqlite,
    }
}

/// Up to `most` terms that begin with the word, in bytewise order: itself first. `condition` as for [`containing`].
pub fn beginning(connection: &mut AnyConnection, word: &str, condition: &Sql, most: usize) -> QueryResult<Vec<Term>> {
    let mut sql = Sql::new("SELECT m.id, m.term FROM terms m WHERE ");
    begins(&mut sql, word);
    sql.append(condition.clone());
    sql.push(" ORDER BY m.term LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.load_positional(connection)
}

impl Found {
    /// Appends the condition on `resource_terms t`; `sharp` lets it choose the index.
    pub fn append_to(&self, sql: &mut Sql, sharp: bool) {
        match self {
            Self::Ids(ids) => {
                sql.push(if sharp { "t.term_id" } else { "COALESCE(t.term_id, t.term_id)" })
                    .push(" IN ")
                    .bind_list(ids);
            }
            Self::Many(many) if sharp => {
                sql.push("t.term_id IN (").append(many.ids()).push(")");
            }
            Self::Many(many) => {
                sql.push("EXISTS (SELECT 1 FROM terms m WHERE m.id = t.term_id AND (");
                for (position, word) in many.spellings.iter().enumerate() {
                    sql.push(if position == 0 { "" } else { " OR " });
                    sql.push("(COALESCE(m.term, m.term) LIKE ").bind(pattern(word)).push(" ESCAPE '\\'");
                    // Of these only the beginning counts.
                    sql.push(" AND (NOT m.opaque OR substr(m.term, 1, ").bind(length(word)).push(") = ");
                    sql.bind(word).push("))");
                }
                sql.push("))");
            }
        }
    }
}

impl Many {
    /// Selects one row for each of the terms, or a few more: what tells how many there are without reading them.
    pub fn probe(&self) -> Sql {
        self.select("SELECT 1 AS one FROM ", |word| match self.backend {
            Backend::Sqlite if is_looked_for_within(word) => {
                let mut sql = Sql::new("terms_trigram f WHERE f.terms_trigram MATCH ");
                sql.bind(trigrams(word));
                sql
            }
            _ => terms_with(self.backend, word),
        })
    }

    /// Selects the ids of the terms.
    pub fn ids(&self) -> Sql {
        self.select("SELECT m.id FROM ", |word| terms_with(self.backend, word))
    }

    /// Selects from the terms of each spelling, which are those `within` that contain it, and the opaque ones that
    /// begin with it.
    fn select(&self, head: &'static str, within: impl Fn(&str) -> Sql) -> Sql {
        let mut sql = Sql::default();
        for (position, word) in self.spellings.iter().enumerate() {
            sql.push(if position == 0 { "" } else { " UNION ALL " }).push(head).append(within(word));
            if is_looked_for_within(word) && may_begin_opaque(word) {
                sql.push(" UNION ALL ").push(head).append(opaque_with(word));
            }
        }
        sql
    }
}

fn length(word: &str) -> i32 {
    i32::try_from(word.chars().count()).unwrap_or(i32::MAX)
}

/// The pattern of LIKE for a word, on both databases with `\` as the escape: anywhere, or at the beginning if it is
/// short.
fn pattern(word: &str) -> String {
    let mut pattern = if is_looked_for_within(word) { "%".to_owned() } else { String::new() };
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_any_spelling() {
        assert_eq!(words("2001:DB8:0:0::7"), [["2001:db8::7", "2001:db8:0:0::7"]]);
        assert_eq!(words("192.0.2.7  WEB"), [["192.0.2.7"], ["web"]]);
        assert_eq!(words("Bücher.example"), [["xn--bcher-kva.example", "bücher.example"]]);
        assert!(words(" \t ").is_empty());
    }

    #[test]
    fn a_word_is_looked_for_by_its_trigrams() {
        assert_eq!(trigrams("abc"), r#""abc""#);
        assert_eq!(trigrams("abcd"), r#""abc" AND "bcd""#);
        assert_eq!(trigrams("abcdefgh"), r#""abc" AND "def" AND "fgh""#);
        assert_eq!(trigrams("aaaaaa\"b"), r#""aaa" AND "a""b""#);
        assert!(trigrams(&"abcdefghij".repeat(9)).matches(" AND ").count() < MOST_TRIGRAMS);
    }

    #[test]
    fn a_pattern_takes_every_character_as_it_is() {
        assert_eq!(pattern("100%_\\"), "%100\\%\\_\\\\%");
        assert_eq!(pattern("a_"), "a\\_%");
    }
}
