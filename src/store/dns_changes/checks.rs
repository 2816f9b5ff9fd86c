//! What each server of a zone was last seen to serve of a change.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text, Timestamp};

use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::sql::Sql;

/// What a server says.
#[derive(Clone, Debug, QueryableByName)]
pub struct CheckRow {
    #[diesel(sql_type = Text)]
    pub zone: String,
    #[diesel(sql_type = Text)]
    pub server: String,
    #[diesel(sql_type = Integer)]
    pub served: i32,
    #[diesel(sql_type = Integer)]
    pub judged: i32,
    #[diesel(sql_type = Integer)]
    pub answering: i32,
    #[diesel(sql_type = Text)]
    pub trouble: String,
    #[diesel(sql_type = Timestamp)]
    asked_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    served_at: Option<NaiveDateTime>,
}

impl CheckRow {
    pub fn asked_at(&self) -> Instant {
        self.asked_at.and_utc()
    }

    pub fn served_at(&self) -> Option<Instant> {
        self.served_at.map(|at| at.and_utc())
    }
}

/// What is to be written down of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub zone: String,
    pub server: String,
    pub served: i32,
    pub judged: i32,
    /// Of those served: that are answered with the provider's own addresses, so that no more can be seen.
    pub answering: i32,
    pub trouble: String,
}

/// Writes down what a server said; the moment at which it first served everything stays.
pub fn write(connection: &mut AnyConnection, change: i64, seen: &Seen, at: Instant) -> QueryResult<()> {
    let served_at = (seen.served == seen.judged && seen.trouble.is_empty()).then_some(at);
    let mut sql = Sql::new(
        "INSERT INTO dns_change_checks (change_id, zone, server, served, judged, answering, trouble, asked_at, served_at) VALUES (",
    );
    sql.bind(change).push(", ").bind(&seen.zone).push(", ").bind(&seen.server).push(", ").bind(seen.served);
    sql.push(", ").bind(seen.judged).push(", ").bind(seen.answering).push(", ").bind(&seen.trouble);
    sql.push(", ").bind(at).push(", ").bind(served_at);
    sql.push(
        ") ON CONFLICT (change_id, zone, server) DO UPDATE SET served = excluded.served, judged = excluded.judged, \
         answering = excluded.answering, trouble = excluded.trouble, asked_at = excluded.asked_at, \
         served_at = CASE WHEN excluded.served_at IS NULL THEN NULL \
         ELSE COALESCE(dns_change_checks.served_at, excluded.served_at) END",
    );
    sql.execute(connection).map(|_| ())
}

/// What the servers of a change say, by zone and server.
pub fn of(connection: &mut AnyConnection, change: i64) -> QueryResult<Vec<CheckRow>> {
    let mut sql = Sql::new(
        "SELECT zone, server, served, judged, answering, trouble, asked_at, served_at FROM dns_change_checks WHERE change_id = ",
    );
    sql.bind(change).push(" ORDER BY zone, server");
    sql.load(connection)
}
