//! A moment as a column holds it, read and written without a format string.
//!
//! SQLite keeps it as text, and a page reads hundreds of them: diesel's own conversion tries patterns one after the
//! other, which takes longer than finding the row. What is written is what diesel writes, byte for byte, since texts
//! are compared; what is not in that form is left to diesel.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Timestamp;
use diesel::sqlite::{Sqlite, SqliteValue};

use crate::clock::{Instant, push_instant, read_instant};

/// A moment in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, FromSqlRow, AsExpression)]
#[diesel(sql_type = Timestamp)]
pub struct Moment(NaiveDateTime);

impl Moment {
    pub fn and_utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }
}

impl From<Instant> for Moment {
    fn from(at: Instant) -> Self {
        Self(at.naive_utc())
    }
}

impl FromSql<Timestamp, Sqlite> for Moment {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        match read(value.read_text().as_bytes()) {
            Some(at) => Ok(Self(at)),
            None => <NaiveDateTime as FromSql<Timestamp, Sqlite>>::from_sql(value).map(Self),
        }
    }
}

impl FromSql<Timestamp, Pg> for Moment {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Timestamp, Sqlite> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        match written(self.0) {
            Some(text) => {
                out.set_value(text);
                Ok(IsNull::No)
            }
            None => ToSql::<Timestamp, Sqlite>::to_sql(&self.0, out),
        }
    }
}

impl ToSql<Timestamp, Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamp, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}

/// Reads the two forms that a clock of whole milliseconds leaves behind.
fn read(text: &[u8]) -> Option<NaiveDateTime> {
    read_instant(text, b' ')
}

/// The same back, for years of four digits and whole milliseconds.
fn written(at: NaiveDateTime) -> Option<String> {
    let mut text = String::with_capacity(23);
    push_instant(&mut text, at, ' ').then_some(text)
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use proptest::prelude::*;

    use super::*;

    diesel::table! {
        kept (id) { id -> BigInt, ours -> Timestamp, theirs -> Timestamp }
    }

    proptest! {
        #[test]
        fn it_is_read_and_written_as_diesel_would(millis in -30_000_000_000_000_i64..253_402_300_800_000, nanos in prop_oneof![4 => Just(0_i64), 1 => 0..1_000_000_i64]) {
            let at = DateTime::from_timestamp_nanos(0).naive_utc()
                + chrono::TimeDelta::milliseconds(millis) + chrono::TimeDelta::nanoseconds(nanos);
            let theirs = at.format("%F %T%.f").to_string();
            if let Some(ours) = written(at) {
                prop_assert_eq!(&ours, &theirs);
            }
            prop_assert!(read(theirs.as_bytes()).is_none_or(|read| read == at));
            prop_assert_eq!(written(at).is_some(), nanos == 0 && (1_000..10_000).contains(&at.year()));
        }

        #[test]
        fn what_is_no_moment_is_not_taken_for_one(text in "[0-9:. -]{19}|[0-9:. -]{23}") {
            prop_assert_eq!(read(text.as_bytes()).is_some(), NaiveDateTime::parse_from_str(&text, "%F %T%.f").is_ok_and(|at| written(at).as_ref() == Some(&text) || text.ends_with(".000")));
        }
    }

    #[test]
    fn both_ways_through_a_database_are_the_same() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        connection
            .batch_execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, ours TEXT NOT NULL, theirs TEXT NOT NULL)")
            .unwrap();
        for at in
            ["2026-11-21T03:10:22Z", "2026-11-21T03:10:22.120Z", "0800-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z"]
        {
            let at: Instant = at.parse().unwrap();
            let values = (kept::ours.eq(Moment::from(at)), kept::theirs.eq(at.naive_utc()));
            diesel::insert_into(kept::table).values(values).execute(&mut connection).unwrap();
            let same: Vec<(Moment, Moment)> = kept::table
                .filter(kept::ours.eq(kept::theirs))
                .select((kept::ours, kept::theirs))
                .load(&mut connection)
                .unwrap();
            assert_eq!(same.last(), Some(&(Moment::from(at), Moment::from(at))));
        }
    }
}
