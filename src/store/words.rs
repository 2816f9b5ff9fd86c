//! Search terms: which of them contain a word.
//!
//! Terms are stored in lower case. From three characters on, a word is looked for anywhere in a term, by the trigram index; a
//! shorter one only at its beginning. `%`, `_`, `"`, `*`, `-` and `\` are characters like any other. This is the one place where
//! the two databases are asked in different words.

use std::net::IpAddr;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::sql::Sql;
use super::{AnyConnection, Backend};
use crate::kinds::key::normal_host;

/// From so many characters on a word may stand anywhere in a term.
pub const TRIGRAM: usize = 3;
/// With more terms than this it is quicker to look at each resource's own terms.
const MOST_IDS: usize = 512;
/// More words than this narrow nothing down any more.
const MOST_WORDS: usize = 8;

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
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Term {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub term: String,
}

/// The words of a search, each in all the spellings under which it may be stored: lower case, an address in its one spelling, a
/// host in A-labels.
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
    Ok(Found::Ids(sql.load::<Term>(connection)?.into_iter().map(|term| term.id).collect()))
}

/// Up to `most` terms `m` that the word is in: anywhere, or at the beginning if it is short. In no particular order. `condition` follows
/// what else is asked of them; it begins with `AND`, or is empty.
pub fn containing(connection: &mut AnyConnection, word: &str, condition: &Sql, most: usize) -> QueryResult<Vec<Term>> {
    let mut sql = Sql::new("SELECT m.id, m.term FROM ");
    sql.append(terms_with(backend(connection), word)).append(condition.clone());
    sql.push(" LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.load(connection)
}

/// The terms `m` that the word is in, as what follows `FROM`.
fn terms_with(backend: Backend, word: &str) -> Sql {
    let mut sql = Sql::default();
    match backend {
        _ if word.chars().count() < TRIGRAM => {
            // No text that goes on after the word is greater than the word and the last character there is.
            sql.push("terms m WHERE m.term >= ").bind(word).push(" AND m.term < ").bind(format!("{word}\u{10FFFF}"));
        }
        Backend::Sqlite => {
            sql.push("terms_trigram f CROSS JOIN terms m WHERE m.id = f.rowid AND f.terms_trigram MATCH ");
            // The index folds more letters together than we do, hence the second look.
            sql.bind(phrase(word)).push(" AND instr(m.term, ").bind(word).push(") > 0");
        }
        Backend::Postgres => {
            sql.push("terms m WHERE (m.term || '') LIKE ").bind(pattern(word));
        }
    }
    sql
}

/// A word for MATCH: a phrase in quotes has no operators.
fn phrase(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

fn backend(connection: &AnyConnection) -> Backend {
    match connection {
        AnyConnection::Postgres(_) => Backend::Postgres,
        AnyConnection::Sqlite(_) => Backend::Sqlite,
    }
}

/// Up to `most` terms that begin with the word, in bytewise order: itself first. `condition` as for [`containing`].
pub fn beginning(connection: &mut AnyConnection, word: &str, condition: &Sql, most: usize) -> QueryResult<Vec<Term>> {
    let mut sql = Sql::new("SELECT m.id, m.term FROM terms m WHERE m.term >= ");
    sql.bind(word).push(" AND m.term < ").bind(format!("{word}\u{10FFFF}"));
    sql.append(condition.clone());
    sql.push(" ORDER BY m.term LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.load(connection)
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
                    sql.push("COALESCE(m.term, m.term) LIKE ").bind(pattern(word)).push(" ESCAPE '\\'");
                }
                sql.push("))");
            }
        }
    }
}

impl Many {
    /// Selects one row for each of the terms, or a few more: what tells how many there are without reading them.
    pub fn probe(&self) -> Sql {
        let mut sql = Sql::default();
        for (position, word) in self.spellings.iter().enumerate() {
            sql.push(if position == 0 { "SELECT 1 AS one FROM " } else { " UNION ALL SELECT 1 AS one FROM " });
            if self.backend == Backend::Sqlite && word.chars().count() >= TRIGRAM {
                sql.push("terms_trigram f WHERE f.terms_trigram MATCH ").bind(phrase(word));
            } else {
                sql.append(terms_with(self.backend, word));
            }
        }
        sql
    }

    /// Selects the ids of the terms.
    pub fn ids(&self) -> Sql {
        let mut sql = Sql::default();
        for (position, word) in self.spellings.iter().enumerate() {
            sql.push(if position == 0 { "SELECT m.id FROM " } else { " UNION ALL SELECT m.id FROM " });
            sql.append(terms_with(self.backend, word));
        }
        sql
    }
}

/// The pattern of LIKE for a word, on both databases with `\` as the escape: anywhere, or at the beginning if it is short.
fn pattern(word: &str) -> String {
    let mut pattern = if word.chars().count() < TRIGRAM { String::new() } else { "%".to_owned() };
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
    fn a_pattern_takes_every_character_as_it_is() {
        assert_eq!(pattern("100%_\\"), "%100\\%\\_\\\\%");
        assert_eq!(pattern("a_"), "a\\_%");
    }
}
