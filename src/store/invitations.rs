//! Invitations, by the hash of their link's token.
//!
//! One is open as long as nobody used or revoked it, its time lasts, its address has no account, and whoever it rests
//! on may still invite: an administrator who can sign in, and the token they used, if there was one.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::invitations;
use super::sql::Sql;
use super::{AnyConnection, ids};
use crate::clock::Instant;
use crate::roles::{Reach, Role};

/// An invitation as a list shows it.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = invitations)]
pub struct InvitationRow {
    pub id: i64,
    pub email: String,
    role: String,
    pub invited_by: String,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
    pub revoked_at: Option<NaiveDateTime>,
    reach: String,
}

impl InvitationRow {
    /// The role; a word that this program does not know may do the least.
    pub fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Viewer)
    }

    /// How far they will see; a word that this program does not know is the least.
    pub fn reach(&self) -> Reach {
        Reach::parse(&self.reach).unwrap_or(Reach::Teams)
    }
}

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    pub token_hash: String,
    pub email: String,
    pub role: Role,
    pub reach: Reach,
    pub invited_by: String,
    pub inviter_id: Option<i64>,
    pub token_id: Option<i64>,
    pub created_at: Instant,
    pub expires_at: Instant,
}

/// Makes an invitation; earlier ones of the same address are revoked.
pub fn insert(connection: &mut AnyConnection, invitation: &NewInvitation) -> QueryResult<i64> {
    let id = ids::take(connection, "invitations", 1)?;
    let former = invitations::table
        .filter(invitations::email.eq(&invitation.email))
        .filter(invitations::used_at.is_null())
        .filter(invitations::revoked_at.is_null());
    diesel::update(former).set(invitations::revoked_at.eq(invitation.created_at.naive_utc())).execute(connection)?;
    diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(id),
            invitations::token_hash.eq(&invitation.token_hash),
            invitations::email.eq(&invitation.email),
            invitations::role.eq(invitation.role.as_str()),
            invitations::invited_by.eq(&invitation.invited_by),
            invitations::inviter_id.eq(invitation.inviter_id),
            invitations::token_id.eq(invitation.token_id),
            invitations::created_at.eq(invitation.created_at.naive_utc()),
            invitations::expires_at.eq(invitation.expires_at.naive_utc()),
            invitations::reach.eq(invitation.reach.as_str()),
        ))
        .execute(connection)?;
    Ok(id)
}

/// Followed by the moment.
const OPEN: &str = "SELECT i.id, i.email, i.role, i.invited_by, i.created_at, i.expires_at, i.revoked_at, i.reach FROM invitations i \
     LEFT JOIN users u ON u.id = i.inviter_id LEFT JOIN api_tokens t ON t.id = i.token_id \
     WHERE i.used_at IS NULL AND i.revoked_at IS NULL \
     AND (i.inviter_id IS NULL OR (u.role = 'admin' AND u.disabled_at IS NULL)) \
     AND (i.token_id IS NULL OR t.revoked_at IS NULL) \
     AND NOT EXISTS (SELECT 1 FROM users e WHERE e.email = i.email) AND i.expires_at > ";

/// The open invitations, the newest first.
pub fn open(connection: &mut AnyConnection, at: Instant) -> QueryResult<Vec<InvitationRow>> {
    let mut sql = Sql::new(OPEN);
    sql.bind(at).push(" ORDER BY i.id DESC");
    sql.load(connection)
}

/// The open invitation of a token's hash.
pub fn by_hash(connection: &mut AnyConnection, token_hash: &str, at: Instant) -> QueryResult<Option<InvitationRow>> {
    let mut sql = Sql::new(OPEN);
    sql.bind(at).push(" AND i.token_hash = ").bind(token_hash);
    sql.first(connection)
}

/// The invitation with an id, open or not.
pub fn by_id(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<InvitationRow>> {
    invitations::table.find(id).select(InvitationRow::as_select()).first(connection).optional()
}

/// Uses an invitation up; gives whether it could still be used. Of two at once one gets it.
pub fn use_up(connection: &mut AnyConnection, id: i64, at: Instant) -> QueryResult<bool> {
    let open = invitations::table
        .filter(invitations::id.eq(id))
        .filter(invitations::used_at.is_null())
        .filter(invitations::revoked_at.is_null());
    Ok(diesel::update(open).set(invitations::used_at.eq(at.naive_utc())).execute(connection)? == 1)
}

/// Revokes an invitation; gives whether it could still be used.
pub fn revoke(connection: &mut AnyConnection, id: i64, at: Instant) -> QueryResult<bool> {
    let open = invitations::table
        .filter(invitations::id.eq(id))
        .filter(invitations::used_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(at.naive_utc()));
    Ok(diesel::update(open).set(invitations::revoked_at.eq(at.naive_utc())).execute(connection)? == 1)
}

/// Revokes the invitations that rest on a person.
pub fn revoke_of(connection: &mut AnyConnection, inviter_id: i64, at: Instant) -> QueryResult<usize> {
    let open = invitations::table
        .filter(invitations::inviter_id.eq(inviter_id))
        .filter(invitations::used_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(at.naive_utc()));
    diesel::update(open).set(invitations::revoked_at.eq(at.naive_utc())).execute(connection)
}

/// Forgets invitations that nobody can use any more.
pub fn prune(connection: &mut AnyConnection, at: Instant) -> QueryResult<usize> {
    let spent = invitations::expires_at
        .le(at.naive_utc())
        .or(invitations::used_at.is_not_null())
        .or(invitations::revoked_at.is_not_null());
    diesel::delete(invitations::table.filter(spent)).execute(connection)
}
