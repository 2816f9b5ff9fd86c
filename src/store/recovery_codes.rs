//! Recovery codes: by a keyed hash, each for once.
//!
//! They are short enough to be typed from paper, so a plain hash could be tried out by whoever has the database. The
//! hash is keyed with what lies sealed in the vault and stays the same when the secret key is rotated.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use secrecy::ExposeSecret;

use super::schema::recovery_codes;
use super::sql::{Value, insert_rows};
use super::{AnyConnection, Vault};
use crate::clock::Instant;
use crate::secret::Secret;

/// Gives a person these codes and no others.
pub fn replace(connection: &mut AnyConnection, vault: &Vault, user_id: i64, codes: &[Secret]) -> QueryResult<()> {
    delete(connection, user_id)?;
    let rows = codes.iter().map(|code| vec![Value::from(user_id), Value::from(hash(vault, user_id, code))]);
    let head = "INSERT INTO recovery_codes (user_id, code_hash) VALUES ";
    insert_rows(connection, head, rows.collect(), "").map(|_| ())
}

/// Uses a code up; gives whether it was one that could still be used. Of two at once one gets it.
pub fn use_up(
    connection: &mut AnyConnection,
    vault: &Vault,
    user_id: i64,
    code: &Secret,
    at: Instant,
) -> QueryResult<bool> {
    let open = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user_id))
        .filter(recovery_codes::code_hash.eq(hash(vault, user_id, code)))
        .filter(recovery_codes::used_at.is_null());
    Ok(diesel::update(open).set(recovery_codes::used_at.eq(at.naive_utc())).execute(connection)? == 1)
}

/// Whether a code was one of a person's, and has been used.
pub fn was_used(connection: &mut AnyConnection, vault: &Vault, user_id: i64, code: &Secret) -> QueryResult<bool> {
    let used = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user_id))
        .filter(recovery_codes::code_hash.eq(hash(vault, user_id, code)))
        .select(recovery_codes::used_at);
    Ok(used.first::<Option<NaiveDateTime>>(connection).optional()?.flatten().is_some())
}

/// How many a person can still use.
pub fn left(connection: &mut AnyConnection, user_id: i64) -> QueryResult<i64> {
    recovery_codes::table
        .filter(recovery_codes::user_id.eq(user_id))
        .filter(recovery_codes::used_at.is_null())
        .count()
        .get_result(connection)
}

/// Forgets the codes of a person.
pub fn delete(connection: &mut AnyConnection, user_id: i64) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user_id))).execute(connection).map(|_| ())
}

fn hash(vault: &Vault, user_id: i64, code: &Secret) -> String {
    debug_assert!(!code.expose_secret().is_empty(), "an empty code is refused before it is hashed");
    vault.digest().of(&["recovery code", &user_id.to_string()], code)
}
