//! API tokens: by hash, with an end, and with what is known of their use.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{api_tokens, users};
use super::users::UserRow;
use super::{AnyConnection, ids};
use crate::clock::Instant;
use crate::roles::TokenScope;

/// A token as a list shows it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
pub struct TokenRow {
    pub id: i64,
    pub name: String,
    /// The first characters, by which its owner knows it again.
    pub prefix: String,
    scope: String,
    pub created_by: String,
    pub user_id: Option<i64>,
    /// Separated by spaces; empty is everywhere.
    pub allowed_networks: String,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
    pub last_used_at: Option<NaiveDateTime>,
    pub last_used_address: String,
    pub revoked_at: Option<NaiveDateTime>,
}

impl TokenRow {
    /// The scope; a word that this program does not know may do the least.
    pub fn scope(&self) -> TokenScope {
        TokenScope::parse(&self.scope).unwrap_or(TokenScope::Generated)
    }
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub prefix: String,
    pub token_hash: String,
    pub scope: TokenScope,
    pub created_by: String,
    pub user_id: Option<i64>,
    pub allowed_networks: String,
    pub created_at: Instant,
    pub expires_at: Instant,
}

pub fn insert(connection: &mut AnyConnection, token: &NewToken) -> QueryResult<i64> {
    let id = ids::take(connection, "api_tokens", 1)?;
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(id),
            api_tokens::name.eq(&token.name),
            api_tokens::prefix.eq(&token.prefix),
            api_tokens::token_hash.eq(&token.token_hash),
            api_tokens::scope.eq(token.scope.as_str()),
            api_tokens::created_by.eq(&token.created_by),
            api_tokens::user_id.eq(token.user_id),
            api_tokens::allowed_networks.eq(&token.allowed_networks),
            api_tokens::created_at.eq(token.created_at.naive_utc()),
            api_tokens::expires_at.eq(token.expires_at.naive_utc()),
            api_tokens::last_used_address.eq(""),
        ))
        .execute(connection)?;
    Ok(id)
}

/// The token of a hash and its owner, alive or not: a dead one deserves an answer that says why.
pub fn by_hash(connection: &mut AnyConnection, token_hash: &str) -> QueryResult<Option<(TokenRow, Option<UserRow>)>> {
    api_tokens::table
        .left_join(users::table)
        .filter(api_tokens::token_hash.eq(token_hash))
        .select((TokenRow::as_select(), Option::<UserRow>::as_select()))
        .first(connection)
        .optional()
}

pub fn by_id(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<TokenRow>> {
    api_tokens::table.find(id).select(TokenRow::as_select()).first(connection).optional()
}

/// All tokens, or those of one person; the newest first.
pub fn all(connection: &mut AnyConnection, user_id: Option<i64>) -> QueryResult<Vec<TokenRow>> {
    let tokens = api_tokens::table.order(api_tokens::id.desc()).select(TokenRow::as_select());
    match user_id {
        Some(user_id) => tokens.filter(api_tokens::user_id.eq(user_id)).load(connection),
        None => tokens.load(connection),
    }
}

/// Notes the use of a token.
pub fn touch(connection: &mut AnyConnection, id: i64, at: Instant, address: &str) -> QueryResult<()> {
    diesel::update(api_tokens::table.find(id))
        .set((api_tokens::last_used_at.eq(at.naive_utc()), api_tokens::last_used_address.eq(address)))
        .execute(connection)
        .map(|_| ())
}

/// Revokes a token; gives whether it was alive.
pub fn revoke(connection: &mut AnyConnection, id: i64, at: Instant) -> QueryResult<bool> {
    let alive = api_tokens::table.filter(api_tokens::id.eq(id)).filter(api_tokens::revoked_at.is_null());
    Ok(diesel::update(alive).set(api_tokens::revoked_at.eq(at.naive_utc())).execute(connection)? == 1)
}

/// Revokes all tokens of a person; gives how many were alive.
pub fn revoke_of(connection: &mut AnyConnection, user_id: i64, at: Instant) -> QueryResult<usize> {
    let alive = api_tokens::table
        .filter(api_tokens::user_id.eq(user_id))
        .filter(api_tokens::revoked_at.is_null())
        .filter(api_tokens::expires_at.gt(at.naive_utc()));
    diesel::update(alive).set(api_tokens::revoked_at.eq(at.naive_utc())).execute(connection)
}
