//! Attempts to sign in that have not succeeded, by account and by address: what the throttle counts.
//!
//! An attempt is noted before the password is looked at and taken back when it was right, so that a hundred guesses at
//! once count as a hundred.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::sign_in_attempts;
use super::{AnyConnection, ids};
use crate::clock::Instant;

/// The attempts of a subject since a moment, oldest first, and at most the last hundred.
pub fn since(connection: &mut AnyConnection, subject: &str, since: Instant) -> QueryResult<Vec<Instant>> {
    let mut attempts: Vec<NaiveDateTime> = sign_in_attempts::table
        .filter(sign_in_attempts::subject.eq(subject))
        .filter(sign_in_attempts::at.gt(since.naive_utc()))
        .order(sign_in_attempts::at.desc())
        .limit(100)
        .select(sign_in_attempts::at)
        .load(connection)?;
    attempts.reverse();
    Ok(attempts.into_iter().map(|at| at.and_utc()).collect())
}

/// Takes the id of an attempt by `subjects`. Until the transaction ends nobody else can, so that attempts are counted
/// one by one.
pub fn next_id(connection: &mut AnyConnection, subjects: usize) -> QueryResult<i64> {
    ids::take(connection, "sign_in_attempts", subjects)
}

/// Notes an attempt under an id from [`next_id`].
pub fn insert(connection: &mut AnyConnection, id: i64, subject: &str, at: Instant) -> QueryResult<()> {
    diesel::insert_into(sign_in_attempts::table)
        .values((
            sign_in_attempts::id.eq(id),
            sign_in_attempts::subject.eq(subject),
            sign_in_attempts::at.eq(at.naive_utc()),
        ))
        .execute(connection)
        .map(|_| ())
}

/// Takes one attempt back: it was no guess.
pub fn delete(connection: &mut AnyConnection, id: i64) -> QueryResult<()> {
    diesel::delete(sign_in_attempts::table.find(id)).execute(connection).map(|_| ())
}

/// Forgives a subject everything.
pub fn forgive(connection: &mut AnyConnection, subject: &str) -> QueryResult<()> {
    diesel::delete(sign_in_attempts::table.filter(sign_in_attempts::subject.eq(subject)))
        .execute(connection)
        .map(|_| ())
}

/// Forgets attempts that no throttle counts any more.
pub fn prune(connection: &mut AnyConnection, before: Instant) -> QueryResult<usize> {
    diesel::delete(sign_in_attempts::table.filter(sign_in_attempts::at.lt(before.naive_utc()))).execute(connection)
}
