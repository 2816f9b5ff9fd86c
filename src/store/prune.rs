//! Forgetting what ended before a moment, slice by slice, table by table.
//!
//! Whatever a page of that moment or of a later one can ask for stays; what is there now stays in any case.
//!
//! **One more table whose rows begin and end**: its line in [`ENDED`], and an index by their end.

use chrono::DateTime;
use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamp};

use super::gate::{self, Turn};
use super::moment::Moment;
use super::sql::{Sql, Value};
use super::{AnyConnection, terms};
use crate::clock::Instant;

/// Rows looked at, or removed, in one transaction.
pub const SLICE: i64 = 500;

/// A table whose rows end, and how they are forgotten.
pub struct Ended {
    /// In the plural, for people.
    pub what: &'static str,
    /// Selects their ends and ids.
    ended: &'static str,
    remove: &'static str,
    /// The end and the id, in parentheses: the order in which they are looked at.
    order: &'static str,
    /// Appends which of them stay nevertheless, when everything before a moment goes.
    unless: fn(&mut Sql, Instant),
    /// Selects the terms that they bear, if they do.
    terms: Option<&'static str>,
}

/// Where a slice ended.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Mark {
    #[diesel(sql_type = Timestamp)]
    until: Moment,
    #[diesel(sql_type = BigInt)]
    id: i64,
}

impl Default for Mark {
    /// Before everything.
    fn default() -> Self {
        Self { until: DateTime::UNIX_EPOCH.into(), id: 0 }
    }
}

macro_rules! ended {
    ($what:literal, $table:literal, $until:literal, $id:literal, $unless:expr, $terms:expr) => {
        Ended {
            what: $what,
            ended: concatcp!("SELECT ", $until, " AS until, ", $id, " AS id FROM ", $table, " WHERE ", $until, " <= "),
            remove: concatcp!("DELETE FROM ", $table, " WHERE "),
            order: concatcp!("(", $until, ", ", $id, ")"),
            unless: $unless,
            terms: $terms,
        }
    };
}

/// The tables, in this order: states decide about terms.
pub const ENDED: &[Ended] = &[
    ended!("states", "resource_versions", "valid_until", "id", unless_gone_since, None),
    ended!("keys", "resource_keys", "until", "resource_id", unless_referred_to, None),
    ended!("refs", "resource_refs", "until", "resource_id", |_, _| (), None),
    ended!(
        "terms",
        "resource_terms",
        "until",
        "resource_id",
        unless_borne_at_its_end,
        Some("SELECT DISTINCT term_id FROM resource_terms WHERE ")
    ),
    ended!("places", "resource_places", "until", "resource_id", |_, _| (), None),
];

/// The last state of what was gone at the moment stays: the list of what was gone then shows it. It is no longer the
/// last one when another has begun by then.
fn unless_gone_since(sql: &mut Sql, before: Instant) {
    sql.push(
        " AND (NOT ended_gone OR EXISTS (SELECT 1 FROM resources r WHERE r.id = resource_versions.resource_id AND r.changed_at <= ",
    );
    sql.bind(before).push(
        ") OR EXISTS (SELECT 1 FROM resource_versions n WHERE n.resource_id = resource_versions.resource_id \
         AND n.id > resource_versions.id AND n.valid_from <= ",
    );
    sql.bind(before).push("))");
}

/// An address that was ours stays known for as long as anything leads to it: that is how a dangling record is found.
fn unless_referred_to(sql: &mut Sql, _: Instant) {
    sql.push(" AND NOT EXISTS (SELECT 1 FROM resource_refs f WHERE f.key = resource_keys.key AND f.until IS NULL)");
}

/// What is gone is found by the terms that it bore at its end.
fn unless_borne_at_its_end(sql: &mut Sql, _: Instant) {
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM resources r WHERE r.id = resource_terms.resource_id AND r.gone_at <= resource_terms.until) \
         AND NOT EXISTS (SELECT 1 FROM resource_versions v WHERE v.resource_id = resource_terms.resource_id AND v.ended_gone \
         AND v.valid_until <= resource_terms.until)",
    );
}

/// Looks at the next slice of what ended by `before`; gives how many of its rows went, and where it ended, if there was
/// one.
pub fn forget(
    connection: &mut AnyConnection,
    table: &Ended,
    before: Instant,
    after: Mark,
) -> QueryResult<(usize, Option<Mark>)> {
    gate::take_turn(connection, Turn::Inventory)?;
    let Some(last) = table.end_of_slice(connection, before, after)? else { return Ok((0, None)) };
    let terms = match table.terms {
        Some(select) => table.terms(connection, select, after, last)?,
        None => Vec::new(),
    };
    let mut sql = Sql::new(table.remove);
    table.within(&mut sql, after, last);
    (table.unless)(&mut sql, before);
    let removed = sql.execute(connection)?;
    terms::forget_unborne(connection, &terms)?;
    Ok((removed, Some(last)))
}

impl Ended {
    fn end_of_slice(&self, connection: &mut AnyConnection, before: Instant, after: Mark) -> QueryResult<Option<Mark>> {
        let mut sql = Sql::new("SELECT until, id FROM (");
        sql.push(self.ended).bind(before).push(" AND ").push(self.order).push(" > ");
        after.append_to(&mut sql);
        sql.push(" ORDER BY 1, 2 LIMIT ").bind(SLICE).push(") x ORDER BY 1 DESC, 2 DESC LIMIT 1");
        sql.first(connection)
    }

    fn terms(
        &self,
        connection: &mut AnyConnection,
        select: &'static str,
        after: Mark,
        last: Mark,
    ) -> QueryResult<Vec<i64>> {
        #[derive(QueryableByName)]
        struct Borne {
            #[diesel(sql_type = BigInt)]
            term_id: i64,
        }
        let mut sql = Sql::new(select);
        self.within(&mut sql, after, last);
        Ok(sql.load::<Borne>(connection)?.into_iter().map(|row| row.term_id).collect())
    }

    /// The rows after one mark, up to and including another.
    fn within(&self, sql: &mut Sql, after: Mark, last: Mark) {
        sql.push(self.order).push(" > ");
        after.append_to(sql);
        sql.push(" AND ").push(self.order).push(" <= ");
        last.append_to(sql);
    }
}

impl Mark {
    fn append_to(self, sql: &mut Sql) {
        sql.push("(").bind(Value::Time(self.until)).push(", ").bind(self.id).push(")");
    }
}
