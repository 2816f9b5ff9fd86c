//! People: who they are, what they may do, and the epoch that ends their sessions when it is raised.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::users;
use super::{AnyConnection, ids};
use crate::clock::Instant;
use crate::roles::{Reach, Role};

/// A person, without the password's hash, which nobody but the sign-in has a use for.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct UserRow {
    pub id: i64,
    pub email: String,
    role: String,
    pub epoch: i64,
    pub created_at: NaiveDateTime,
    pub disabled_at: Option<NaiveDateTime>,
    pub last_sign_in_at: Option<NaiveDateTime>,
    /// Since when a code is asked for besides the password.
    pub second_factor_at: Option<NaiveDateTime>,
    reach: String,
}

impl UserRow {
    /// The role; a word that this program does not know may do the least.
    pub fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Viewer)
    }

    /// How far they see; a word that this program does not know is the least.
    pub fn reach(&self) -> Reach {
        Reach::parse(&self.reach).unwrap_or(Reach::Teams)
    }
}

/// The person with an address and the hash of the password.
pub fn credentials(connection: &mut AnyConnection, email: &str) -> QueryResult<Option<(UserRow, String)>> {
    users::table
        .filter(users::email.eq(email))
        .select((UserRow::as_select(), users::password_hash))
        .first(connection)
        .optional()
}

/// The hash of a person's password.
pub fn password_hash(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<String>> {
    users::table.find(id).select(users::password_hash).first(connection).optional()
}

pub fn by_email(connection: &mut AnyConnection, email: &str) -> QueryResult<Option<UserRow>> {
    users::table.filter(users::email.eq(email)).select(UserRow::as_select()).first(connection).optional()
}

pub fn by_id(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<UserRow>> {
    users::table.find(id).select(UserRow::as_select()).first(connection).optional()
}

/// Everybody, by address.
pub fn all(connection: &mut AnyConnection) -> QueryResult<Vec<UserRow>> {
    users::table.order(users::email).select(UserRow::as_select()).load(connection)
}

/// Whether there is anybody at all; while there is not, the setup link lives.
pub fn any(connection: &mut AnyConnection) -> QueryResult<bool> {
    Ok(users::table.select(users::id).first::<i64>(connection).optional()?.is_some())
}

/// How many administrators can sign in.
pub fn enabled_admins(connection: &mut AnyConnection) -> QueryResult<i64> {
    users::table
        .filter(users::role.eq(Role::Admin.as_str()))
        .filter(users::disabled_at.is_null())
        .count()
        .get_result(connection)
}

/// Until the transaction ends nobody else adds or changes people, so what is counted afterwards stays true.
pub fn lock(connection: &mut AnyConnection) -> QueryResult<()> {
    ids::take(connection, "users", 0).map(|_| ())
}

/// Takes the next id, and [`lock`]s.
pub fn next_id(connection: &mut AnyConnection) -> QueryResult<i64> {
    ids::take(connection, "users", 1)
}

/// Adds a person under an id from [`next_id`].
///
/// # Errors
/// A unique violation when the address is taken.
pub fn insert(
    connection: &mut AnyConnection,
    id: i64,
    email: &str,
    (role, reach): (Role, Reach),
    password_hash: &str,
    at: Instant,
) -> QueryResult<()> {
    diesel::insert_into(users::table)
        .values((
            users::id.eq(id),
            users::email.eq(email),
            users::role.eq(role.as_str()),
            users::password_hash.eq(password_hash),
            users::epoch.eq(1),
            users::created_at.eq(at.naive_utc()),
            users::reach.eq(reach.as_str()),
        ))
        .execute(connection)
        .map(|_| ())
}

/// Changes the password and ends the epoch; gives the new epoch.
pub fn set_password(connection: &mut AnyConnection, id: i64, password_hash: &str) -> QueryResult<i64> {
    diesel::update(users::table.find(id)).set(users::password_hash.eq(password_hash)).execute(connection)?;
    raise_epoch(connection, id)
}

/// Stores a stronger hash of the same password, which ends nothing.
pub fn rehash(connection: &mut AnyConnection, id: i64, password_hash: &str) -> QueryResult<()> {
    diesel::update(users::table.find(id)).set(users::password_hash.eq(password_hash)).execute(connection).map(|_| ())
}

/// Changes the role and ends the epoch.
pub fn set_role(connection: &mut AnyConnection, id: i64, role: Role) -> QueryResult<i64> {
    diesel::update(users::table.find(id)).set(users::role.eq(role.as_str())).execute(connection)?;
    raise_epoch(connection, id)
}

/// Changes how far somebody sees. It is read with each request, so that nothing has to end.
pub fn set_reach(connection: &mut AnyConnection, id: i64, reach: Reach) -> QueryResult<()> {
    diesel::update(users::table.find(id)).set(users::reach.eq(reach.as_str())).execute(connection).map(|_| ())
}

/// Shuts a person out, or lets them in again; ends the epoch either way.
pub fn set_disabled(connection: &mut AnyConnection, id: i64, at: Option<Instant>) -> QueryResult<i64> {
    diesel::update(users::table.find(id))
        .set(users::disabled_at.eq(at.map(|at| at.naive_utc())))
        .execute(connection)?;
    raise_epoch(connection, id)
}

/// Turns the second factor on, or off; ends the epoch either way.
pub fn set_second_factor(connection: &mut AnyConnection, id: i64, at: Option<Instant>) -> QueryResult<i64> {
    diesel::update(users::table.find(id))
        .set(users::second_factor_at.eq(at.map(|at| at.naive_utc())))
        .execute(connection)?;
    raise_epoch(connection, id)
}

/// Notes a sign-in.
pub fn signed_in(connection: &mut AnyConnection, id: i64, at: Instant) -> QueryResult<()> {
    diesel::update(users::table.find(id)).set(users::last_sign_in_at.eq(at.naive_utc())).execute(connection).map(|_| ())
}

fn raise_epoch(connection: &mut AnyConnection, id: i64) -> QueryResult<i64> {
    diesel::update(users::table.find(id)).set(users::epoch.eq(users::epoch + 1)).execute(connection)?;
    users::table.find(id).select(users::epoch).first(connection)
}
