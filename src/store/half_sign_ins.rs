//! Half sign-ins: who has given the password and still owes the code, by the hash of the token that their browser
//! holds.

use diesel::prelude::*;

use super::AnyConnection;
use super::schema::{half_sign_ins, users};
use super::users::UserRow;
use crate::clock::Instant;

pub fn insert(connection: &mut AnyConnection, token_hash: &str, user: &UserRow, until: Instant) -> QueryResult<()> {
    diesel::insert_into(half_sign_ins::table)
        .values((
            half_sign_ins::token_hash.eq(token_hash),
            half_sign_ins::user_id.eq(user.id),
            half_sign_ins::epoch.eq(user.epoch),
            half_sign_ins::expires_at.eq(until.naive_utc()),
        ))
        .execute(connection)
        .map(|_| ())
}

/// Whose half sign-in it is, while its time lasts, their password is the one that was given, and they are not disabled.
pub fn owner(connection: &mut AnyConnection, token_hash: &str, at: Instant) -> QueryResult<Option<UserRow>> {
    half_sign_ins::table
        .inner_join(users::table)
        .filter(half_sign_ins::token_hash.eq(token_hash))
        .filter(half_sign_ins::expires_at.gt(at.naive_utc()))
        .filter(half_sign_ins::epoch.eq(users::epoch))
        .filter(users::disabled_at.is_null())
        .select(UserRow::as_select())
        .first(connection)
        .optional()
}

/// Ends one; gives whether it was there. Of two at once one gets it.
pub fn end(connection: &mut AnyConnection, token_hash: &str) -> QueryResult<bool> {
    Ok(diesel::delete(half_sign_ins::table.find(token_hash)).execute(connection)? == 1)
}

/// Forgets those whose time is over.
pub fn prune(connection: &mut AnyConnection, at: Instant) -> QueryResult<usize> {
    diesel::delete(half_sign_ins::table.filter(half_sign_ins::expires_at.le(at.naive_utc()))).execute(connection)
}
