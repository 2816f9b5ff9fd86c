//! How far a list can be trusted: over the scopes that its filter can reach.
//!
//! Only `source` and `scope` narrow them. A cluster or an app does not: a scope that was not listed completely may hold more of them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamp};

use super::ListQuery;
use super::column;
use super::filter::By;
use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::sql::Sql;

/// The trust in what is listed, and in what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The oldest confirmation; `None` if a scope never had one, or there is no scope at all.
    pub confirmed_at: Option<Instant>,
    /// Every scope's last listing was complete and is applied. False if there is none: that proves nothing either.
    pub complete: bool,
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    scopes: i64,
    #[diesel(sql_type = BigInt)]
    complete: i64,
    #[diesel(sql_type = BigInt)]
    confirmed: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    oldest: Option<NaiveDateTime>,
}

/// The freshness of what `query` lists.
pub(super) fn of(connection: &mut AnyConnection, query: &ListQuery) -> QueryResult<Freshness> {
    let mut sql = Sql::new(
        "SELECT COUNT(*) AS scopes, CAST(COALESCE(SUM(CASE WHEN s.state = 'complete' THEN 1 ELSE 0 END), 0) AS BIGINT) AS complete, \
         COUNT(s.confirmed_at) AS confirmed, MIN(s.confirmed_at) AS oldest FROM scopes s WHERE s.gone_at IS NULL AND s.kind = ",
    );
    sql.bind(query.spec.name);
    let source = column::text(query.spec, "source");
    for filter in &query.filters {
        match filter.by {
            By::Scope => sql.push(" AND s.name IN ").bind_list(filter.values()),
            By::Column(column) if Some(column) == source => sql.push(" AND s.source IN ").bind_list(filter.values()),
            _ => &mut sql,
        };
    }
    let sum: Option<Sum> = sql.first(connection)?;
    let Some(sum) = sum.filter(|sum| sum.scopes > 0) else {
        return Ok(Freshness { confirmed_at: None, complete: false });
    };
    let oldest = sum.oldest.filter(|_| sum.confirmed == sum.scopes).map(|at| at.and_utc());
    // What was true then is known no better than what was confirmed since, and a page of then does not claim to be younger.
    let confirmed_at = oldest.map(|oldest| query.at.map_or(oldest, |at| at.min(oldest)));
    Ok(Freshness { confirmed_at, complete: sum.complete == sum.scopes })
}
