//! Links to the creation of the first administrator, by the hash of their token.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::AnyConnection;
use super::schema::setup_links;
use crate::clock::Instant;

/// Keeps a link beside earlier ones: several processes start at once, and the one whose log is read may not be the
/// last.
pub fn insert(connection: &mut AnyConnection, token_hash: &str, at: Instant, until: Instant) -> QueryResult<()> {
    diesel::insert_into(setup_links::table)
        .values((
            setup_links::token_hash.eq(token_hash),
            setup_links::created_at.eq(at.naive_utc()),
            setup_links::expires_at.eq(until.naive_utc()),
            setup_links::used_at.eq(None::<NaiveDateTime>),
        ))
        .execute(connection)
        .map(|_| ())
}

/// Whether a link can still be used.
pub fn is_open(connection: &mut AnyConnection, token_hash: &str, at: Instant) -> QueryResult<bool> {
    let link = setup_links::table
        .find(token_hash)
        .filter(setup_links::used_at.is_null())
        .filter(setup_links::expires_at.gt(at.naive_utc()))
        .select(setup_links::token_hash);
    Ok(link.first::<String>(connection).optional()?.is_some())
}

/// Uses a link up; gives whether it could still be used. Of two at once one gets it.
pub fn use_up(connection: &mut AnyConnection, token_hash: &str, at: Instant) -> QueryResult<bool> {
    let open = setup_links::table
        .filter(setup_links::token_hash.eq(token_hash))
        .filter(setup_links::used_at.is_null())
        .filter(setup_links::expires_at.gt(at.naive_utc()));
    Ok(diesel::update(open).set(setup_links::used_at.eq(at.naive_utc())).execute(connection)? == 1)
}

/// Forgets links that can no longer be used.
pub fn prune(connection: &mut AnyConnection, at: Instant) -> QueryResult<usize> {
    let spent = setup_links::expires_at.le(at.naive_utc()).or(setup_links::used_at.is_not_null());
    diesel::delete(setup_links::table.filter(spent)).execute(connection)
}
