//! Second factors: the secret that somebody's device computes codes from, sealed, and which code was the last.
//!
//! A row begins when somebody asks for a secret, and counts from when they have shown a code of it:
//! `users.second_factor_at` says so.

use diesel::prelude::*;

use super::schema::{recovery_codes, second_factors, users};
use super::sql::Sql;
use super::vault::{self, Vault};
use super::{AnyConnection, gate, secret_values};
use crate::clock::Instant;
use crate::secret::SealingKey;
use crate::secret::totp::TotpKey;

/// A secret and what is known of its use.
#[derive(Clone)]
pub struct SecondFactor {
    pub key: TotpKey,
    pub begun_at: Instant,
    /// Of the last code that was accepted; nought before there is one.
    pub last_step: i64,
    /// Wrong codes since then.
    pub failures: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = second_factors)]
struct Sealed {
    user_id: i64,
    sealed: String,
    begun_at: chrono::NaiveDateTime,
    last_step: i64,
    failures: i64,
}

/// What a secret is sealed for: nobody can give theirs to somebody else.
fn place(user_id: i64) -> String {
    format!("second factor of user {user_id}")
}

/// Begins a second factor with a fresh secret, and gives it. One that was begun after `since` and not confirmed is
/// given again: a form that was sent twice shows one secret. The caller holds [`super::users::lock`] and knows that
/// none is on.
///
/// # Errors
/// The secret key was rotated away under this process: what it sealed now, nobody could open.
pub fn begin(
    connection: &mut AnyConnection,
    vault: &Vault,
    user_id: i64,
    since: Instant,
    at: Instant,
) -> QueryResult<TotpKey> {
    // A rotation would overlook what is written beside it.
    gate::take_turn(connection, gate::Turn::Inventory)?;
    vault::check(connection, vault)?;
    if let Some(begun) = find(connection, vault, user_id)?.filter(|begun| begun.begun_at > since) {
        return Ok(begun.key);
    }
    let key = TotpKey::generate();
    delete(connection, user_id)?;
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::user_id.eq(user_id),
            second_factors::sealed.eq(vault.seal(&place(user_id), key.bytes())),
            second_factors::begun_at.eq(at.naive_utc()),
            second_factors::last_step.eq(0),
            second_factors::failures.eq(0),
        ))
        .execute(connection)?;
    Ok(key)
}

/// The second factor of a person, confirmed or not.
///
/// # Errors
/// It cannot be opened: the key is another one, or the row was damaged. That is never taken for "none".
pub fn find(connection: &mut AnyConnection, vault: &Vault, user_id: i64) -> QueryResult<Option<SecondFactor>> {
    let row = second_factors::table.find(user_id).select(Sealed::as_select()).first(connection).optional()?;
    row.map(|row| {
        let key = opened(vault, &row).ok_or_else(secret_values::damaged)?;
        Ok(SecondFactor { key, begun_at: row.begun_at.and_utc(), last_step: row.last_step, failures: row.failures })
    })
    .transpose()
}

/// Uses the code of a step up; gives whether neither it nor a later one was used before. Of two at once one gets it.
pub fn advance(connection: &mut AnyConnection, user_id: i64, step: i64) -> QueryResult<bool> {
    let earlier =
        second_factors::table.filter(second_factors::user_id.eq(user_id)).filter(second_factors::last_step.lt(step));
    Ok(diesel::update(earlier).set(second_factors::last_step.eq(step)).execute(connection)? == 1)
}

/// Counts a code that was wrong.
pub fn count_failure(connection: &mut AnyConnection, user_id: i64) -> QueryResult<()> {
    diesel::update(second_factors::table.find(user_id))
        .set(second_factors::failures.eq(second_factors::failures + 1))
        .execute(connection)
        .map(|_| ())
}

/// Begins to count anew.
pub fn forget_failures(connection: &mut AnyConnection, user_id: i64) -> QueryResult<()> {
    diesel::update(second_factors::table.find(user_id))
        .set(second_factors::failures.eq(0))
        .execute(connection)
        .map(|_| ())
}

/// Forgets the secret of a person.
pub fn delete(connection: &mut AnyConnection, user_id: i64) -> QueryResult<()> {
    diesel::delete(second_factors::table.find(user_id)).execute(connection).map(|_| ())
}

/// Forgets secrets that were begun before then and never confirmed.
pub fn prune(connection: &mut AnyConnection, before: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new(
        "DELETE FROM second_factors WHERE user_id IN (SELECT id FROM users WHERE second_factor_at IS NULL) AND begun_at < ",
    );
    sql.bind(before);
    sql.execute(connection)
}

/// How many people have one that counts.
pub(super) fn count(connection: &mut AnyConnection) -> QueryResult<i64> {
    users::table.filter(users::second_factor_at.is_not_null()).count().get_result(connection)
}

/// Forgets everybody's secret, and their recovery codes, which are hashed with what lies sealed beside them. They sign
/// in by their password alone until they have begun anew.
pub(super) fn forget_all(connection: &mut AnyConnection) -> QueryResult<()> {
    diesel::delete(second_factors::table).execute(connection)?;
    diesel::delete(recovery_codes::table).execute(connection)?;
    diesel::update(users::table).set(users::second_factor_at.eq(None::<chrono::NaiveDateTime>)).execute(connection)?;
    Ok(())
}

/// Seals every secret anew; gives how many. There is one a person, and people are few.
pub(super) fn reseal(connection: &mut AnyConnection, old: &Vault, new: &SealingKey) -> QueryResult<usize> {
    let rows = second_factors::table.select(Sealed::as_select()).load(connection)?;
    for row in &rows {
        let key = opened(old, row).ok_or_else(secret_values::damaged)?;
        diesel::update(second_factors::table.find(row.user_id))
            .set(second_factors::sealed.eq(new.seal(&place(row.user_id), key.bytes())))
            .execute(connection)?;
    }
    Ok(rows.len())
}

fn opened(vault: &Vault, row: &Sealed) -> Option<TotpKey> {
    TotpKey::from_bytes(&vault.open(&place(row.user_id), &row.sealed)?)
}
