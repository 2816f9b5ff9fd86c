//! Where sessions end. With a session ends what was looked at through it as somebody else, and that is in the audit.

use diesel::QueryResult;

use super::view_as;
use crate::store::{AnyConnection, Db, sessions};

/// Ends a session.
pub fn end(connection: &mut AnyConnection, db: &Db, token_hash: &str) -> QueryResult<()> {
    view_as::end_looks(connection, db, |look| look.token_hash == token_hash)?;
    sessions::delete(connection, token_hash)
}

/// Ends a session if it is this person's; gives whether it was.
pub fn end_of(connection: &mut AnyConnection, db: &Db, user_id: i64, token_hash: &str) -> QueryResult<bool> {
    view_as::end_looks(connection, db, |look| look.user_id == user_id && look.token_hash == token_hash)?;
    sessions::delete_of(connection, user_id, token_hash)
}

/// Ends all sessions of a person, except `kept`; gives how many.
pub fn end_others(connection: &mut AnyConnection, db: &Db, user_id: i64, kept: Option<&str>) -> QueryResult<usize> {
    view_as::end_looks(connection, db, |look| look.user_id == user_id && kept != Some(look.token_hash.as_str()))?;
    sessions::delete_others(connection, user_id, kept)
}

/// Forgets sessions that have run out; gives how many. Looks whose hour has passed end too: nobody may have come back
/// to see it.
pub fn end_expired(connection: &mut AnyConnection, db: &Db) -> QueryResult<usize> {
    let at = db.clock.now();
    view_as::end_looks(connection, db, |look| look.is_over(at))?;
    sessions::prune(connection, at)
}
