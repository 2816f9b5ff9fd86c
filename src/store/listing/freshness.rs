//! How far a list can be trusted: over the scopes that its filter can reach.
//!
//! Only `source` and `scope` narrow them. A cluster or an app does not: a scope that was not listed completely may hold
//! more of them. For a team nothing narrows them, or the answer would tell whether there is a zone of that name.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamp};

use super::ListQuery;
use super::column;
use super::filter::By;
use crate::clock::Instant;
use crate::store::moment::Moment;
use crate::store::sql::{Positional, Sql};
use crate::store::{AnyConnection, Scope};

/// The trust in what is listed, and in what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The oldest confirmation; `None` if a scope never had one, or there is no scope at all.
    pub confirmed_at: Option<Instant>,
    /// Every scope's last listing was complete and is applied. False if there is none: that proves nothing either.
    pub complete: bool,
}

#[derive(Queryable)]
struct Answer {
    question: i64,
    confirmed_at: Option<Moment>,
}

impl Positional for Answer {
    type Columns = (BigInt, Nullable<Timestamp>);
}

/// Four questions about the scopes, each answered by the first row of an index: there may be thousands of them, and a
/// page has no time to count.
const ANY: i64 = 0;
const INCOMPLETE: i64 = 1;
const UNCONFIRMED: i64 = 2;
const OLDEST: i64 = 3;
const QUESTIONS: [(i64, &str); 4] = [
    (ANY, ""),
    // In the order of the one index that holds no others.
    (INCOMPLETE, " AND s.state <> 'complete' ORDER BY s.source, s.name"),
    (UNCONFIRMED, " AND s.confirmed_at IS NULL"),
    (OLDEST, " AND s.confirmed_at IS NOT NULL ORDER BY s.confirmed_at"),
];

/// The freshness of what `query` lists.
pub(super) fn of(connection: &mut AnyConnection, scope: &Scope, query: &ListQuery) -> QueryResult<Freshness> {
    let answers: Vec<Answer> = statement(scope, query).load_positional(connection)?;
    let answer = |question: i64| answers.iter().find(|answer| answer.question == question);
    if answer(ANY).is_none() {
        return Ok(Freshness { confirmed_at: None, complete: false });
    }
    let oldest = answer(OLDEST).filter(|_| answer(UNCONFIRMED).is_none()).and_then(|answer| answer.confirmed_at);
    // What was true then is known no better than what was confirmed since, and a page of then does not claim to be
    // younger.
    let confirmed_at = oldest.map(|oldest| oldest.and_utc()).map(|oldest| query.at.map_or(oldest, |at| at.min(oldest)));
    Ok(Freshness { confirmed_at, complete: answer(INCOMPLETE).is_none() })
}

/// The statement that asks them all, for a look at how a database means to answer it.
pub fn statement(scope: &Scope, query: &ListQuery) -> Sql {
    Sql::union_all(QUESTIONS.map(|(question, condition)| {
        let mut sql = Sql::new("SELECT ");
        sql.bind(question).push(" AS question, s.confirmed_at FROM scopes s WHERE s.gone_at IS NULL");
        reached(&mut sql, scope, query);
        sql.push(condition).push(" LIMIT 1");
        sql
    }))
}

/// The scopes that the query's filters can reach.
fn reached(sql: &mut Sql, scope: &Scope, query: &ListQuery) {
    sql.push(" AND s.kind = ").bind(query.spec.name);
    if !scope.sees_everything() {
        return;
    }
    let source = column::text(query.spec, "source");
    for filter in &query.filters {
        match filter.by {
            By::Scope => sql.push(" AND s.name IN ").bind_list(filter.values()),
            By::Column(column) if Some(column) == source => sql.push(" AND s.source IN ").bind_list(filter.values()),
            _ => &mut *sql,
        };
    }
}
