//! Sessions: by the hash of the token alone, so that whoever reads the table can sign in as nobody.
//!
//! The hot path is [`live`]: one read by primary key gives the session and its person, for every request.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::AnyConnection;
use super::schema::{sessions, users};
use super::sql::{Positional, Sql};
use super::users::UserRow;
use crate::clock::Instant;

/// A session as a list shows it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    pub token_hash: String,
    /// JSON; what it means is the web's business.
    pub state: String,
    pub created_at: NaiveDateTime,
    pub used_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
    pub address: String,
    pub user_agent: String,
    views_user_id: Option<i64>,
    views_team_id: Option<i64>,
    views_until: Option<NaiveDateTime>,
}

/// As whom an administrator looks at the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewed {
    User(i64),
    Team(i64),
}

/// A session's look at the panel as somebody else, which has an end that is still to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub token_hash: String,
    /// Whose session it is.
    pub user_id: i64,
    pub email: String,
    pub viewed: Viewed,
    pub until: Instant,
    /// When the session itself runs out, which may be sooner.
    pub expires_at: Instant,
}

impl Look {
    /// Whether it is over by now, by itself or because its session has run out.
    pub fn is_over(&self, at: Instant) -> bool {
        at >= self.until.min(self.expires_at)
    }
}

impl SessionRow {
    /// Whether it looked at the panel as somebody else, and that is over without anybody having written it down.
    pub fn look_is_over(&self, at: Instant) -> bool {
        self.views_until.is_some_and(|until| at >= until.and_utc())
    }

    /// As whom this session looks at the panel, and until when; `None` once that is over.
    pub fn viewed(&self, at: Instant) -> Option<(Viewed, Instant)> {
        let until = self.views_until?.and_utc();
        let viewed = self.views_user_id.map(Viewed::User).or(self.views_team_id.map(Viewed::Team))?;
        (at < until).then_some((viewed, until))
    }
}

/// A session to begin.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = sessions)]
pub struct NewSession {
    pub token_hash: String,
    pub user_id: i64,
    pub state: String,
    pub created_at: NaiveDateTime,
    pub used_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
    pub address: String,
    pub user_agent: String,
}

pub fn insert(connection: &mut AnyConnection, session: NewSession) -> QueryResult<()> {
    diesel::insert_into(sessions::table).values(session).execute(connection).map(|_| ())
}

/// The unexpired session of a token's hash, and whose it is, unless that person is disabled.
pub fn live(
    connection: &mut AnyConnection,
    token_hash: &str,
    at: Instant,
) -> QueryResult<Option<(SessionRow, UserRow)>> {
    // Written out, for the text of a query that is made of types is put together at each asking: a thirtieth of a list.
    let mut sql = Sql::new(
        "SELECT n.token_hash, n.state, n.created_at, n.used_at, n.expires_at, n.address, n.user_agent, n.views_user_id, \
         n.views_team_id, n.views_until, u.id, u.email, u.role, u.epoch, u.created_at, u.disabled_at, u.last_sign_in_at, \
         u.second_factor_at, u.reach FROM sessions n JOIN users u ON u.id = n.user_id WHERE u.disabled_at IS NULL \
         AND n.token_hash = ",
    );
    sql.bind(token_hash).push(" AND n.expires_at > ").bind(at);
    Ok(sql.load_positional(connection)?.pop())
}

/// What [`live`] reads.
type Live = (SessionRow, UserRow);

impl Positional for Live {
    type Columns = (
        (
            Text,
            Text,
            Timestamp,
            Timestamp,
            Timestamp,
            Text,
            Text,
            Nullable<BigInt>,
            Nullable<BigInt>,
            Nullable<Timestamp>,
        ),
        (BigInt, Text, Text, BigInt, Timestamp, Nullable<Timestamp>, Nullable<Timestamp>, Nullable<Timestamp>, Text),
    );
}

/// The unexpired sessions of a person, the one used last first.
pub fn of_user(connection: &mut AnyConnection, user_id: i64, at: Instant) -> QueryResult<Vec<SessionRow>> {
    sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::expires_at.gt(at.naive_utc()))
        .order((sessions::used_at.desc(), sessions::token_hash))
        .select(SessionRow::as_select())
        .load(connection)
}

/// Changes what a session holds. One that has ended meanwhile stays ended.
pub fn set_state(connection: &mut AnyConnection, token_hash: &str, state: &str) -> QueryResult<()> {
    diesel::update(sessions::table.find(token_hash)).set(sessions::state.eq(state)).execute(connection).map(|_| ())
}

/// Makes a session look at the panel as somebody else until then.
pub fn begin_look(connection: &mut AnyConnection, token_hash: &str, viewed: Viewed, until: Instant) -> QueryResult<()> {
    let (user, team) = match viewed {
        Viewed::User(id) => (Some(id), None),
        Viewed::Team(id) => (None, Some(id)),
    };
    let until = Some(until.naive_utc());
    diesel::update(sessions::table.find(token_hash))
        .set((sessions::views_user_id.eq(user), sessions::views_team_id.eq(team), sessions::views_until.eq(until)))
        .execute(connection)
        .map(|_| ())
}

/// Ends the looks as somebody else that `which` names, and gives them: each once, to whoever ends it, however many try.
pub fn end_looks(connection: &mut AnyConnection, which: impl Fn(&Look) -> bool) -> QueryResult<Vec<Look>> {
    // Administrators alone have any, and few of them at a time.
    let rows: Vec<(SessionRow, i64, String)> = sessions::table
        .inner_join(users::table)
        .filter(sessions::views_until.is_not_null())
        .order(sessions::token_hash)
        .select((SessionRow::as_select(), users::id, users::email))
        .load(connection)?;
    let mut ended = Vec::new();
    for look in rows.into_iter().filter_map(look).filter(which) {
        let as_read = sessions::table.find(&look.token_hash).filter(sessions::views_until.eq(look.until.naive_utc()));
        let changed = diesel::update(as_read)
            .set((
                sessions::views_user_id.eq(None::<i64>),
                sessions::views_team_id.eq(None::<i64>),
                sessions::views_until.eq(None::<NaiveDateTime>),
            ))
            .execute(connection)?;
        if changed == 1 {
            ended.push(look);
        }
    }
    Ok(ended)
}

fn look((row, user_id, email): (SessionRow, i64, String)) -> Option<Look> {
    Some(Look {
        user_id,
        email,
        viewed: row.views_user_id.map(Viewed::User).or(row.views_team_id.map(Viewed::Team))?,
        until: row.views_until?.and_utc(),
        expires_at: row.expires_at.and_utc(),
        token_hash: row.token_hash,
    })
}

/// Notes that a session is in use, and until when it lives now.
pub fn touch(connection: &mut AnyConnection, token_hash: &str, at: Instant, until: Instant) -> QueryResult<()> {
    diesel::update(sessions::table.find(token_hash))
        .set((sessions::used_at.eq(at.naive_utc()), sessions::expires_at.eq(until.naive_utc())))
        .execute(connection)
        .map(|_| ())
}

/// Ends a session.
pub fn delete(connection: &mut AnyConnection, token_hash: &str) -> QueryResult<()> {
    diesel::delete(sessions::table.find(token_hash)).execute(connection).map(|_| ())
}

/// Ends a session if it is this person's; gives whether it was.
pub fn delete_of(connection: &mut AnyConnection, user_id: i64, token_hash: &str) -> QueryResult<bool> {
    let mine = sessions::table.find(token_hash).filter(sessions::user_id.eq(user_id));
    Ok(diesel::delete(mine).execute(connection)? == 1)
}

/// Ends all sessions of a person, except `kept`; gives how many.
pub fn delete_others(connection: &mut AnyConnection, user_id: i64, kept: Option<&str>) -> QueryResult<usize> {
    let others = sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::token_hash.ne(kept.unwrap_or_default().to_owned()));
    diesel::delete(others).execute(connection)
}

/// Forgets sessions that have expired.
pub fn prune(connection: &mut AnyConnection, at: Instant) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::expires_at.le(at.naive_utc()))).execute(connection)
}
