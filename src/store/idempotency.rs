//! What a request that is sent again has already made: a double click, a client that saw no answer.
//!
//! Key and what it made are written in one transaction, so of two equal requests at the same time one makes it and the
//! other finds it.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::AnyConnection;
use super::sql::Sql;
use crate::clock::Instant;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is new, and now taken: whoever has it makes the thing, and says so by [`made`].
    Fresh,
    /// The same was asked before, and made this: `runs/12`.
    Made(String),
    /// Something else was asked with it.
    Other,
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Text)]
    body_hash: String,
    #[diesel(sql_type = Text)]
    made: String,
}

/// Takes a key of `actor`, or tells what it has made. On PostgreSQL the second of two at a time waits here for the
/// first.
pub fn claim(
    connection: &mut AnyConnection,
    actor: &str,
    key: &str,
    body_hash: &str,
    at: Instant,
) -> QueryResult<Claimed> {
    let mut sql = Sql::new("INSERT INTO idempotency_keys (actor, key, body_hash, made, at) VALUES (");
    sql.bind(actor).push(", ").bind(key).push(", ").bind(body_hash).push(", '', ").bind(at);
    sql.push(") ON CONFLICT DO NOTHING");
    if sql.execute(connection)? == 1 {
        return Ok(Claimed::Fresh);
    }
    let mut sql = Sql::new("SELECT body_hash, made FROM idempotency_keys WHERE actor = ");
    sql.bind(actor).push(" AND key = ").bind(key);
    let known: Option<Known> = sql.first(connection)?;
    Ok(match known {
        Some(known) if known.body_hash == body_hash => Claimed::Made(known.made),
        _ => Claimed::Other,
    })
}

/// The same look without taking it.
pub fn look(connection: &mut AnyConnection, actor: &str, key: &str, body_hash: &str) -> QueryResult<Claimed> {
    let mut sql = Sql::new("SELECT body_hash, made FROM idempotency_keys WHERE actor = ");
    sql.bind(actor).push(" AND key = ").bind(key);
    let known: Option<Known> = sql.first(connection)?;
    Ok(match known {
        None => Claimed::Fresh,
        Some(known) if known.body_hash == body_hash => Claimed::Made(known.made),
        Some(_) => Claimed::Other,
    })
}

/// Writes down what a key has made, in the transaction that took it.
pub fn made(connection: &mut AnyConnection, actor: &str, key: &str, made: &str) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE idempotency_keys SET made = ");
    sql.bind(made).push(" WHERE actor = ").bind(actor).push(" AND key = ").bind(key);
    sql.execute(connection).map(|_| ())
}

/// Forgets keys of before `before`; gives how many.
pub fn prune(connection: &mut AnyConnection, before: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new("DELETE FROM idempotency_keys WHERE at < ");
    sql.bind(before);
    sql.execute(connection)
}
