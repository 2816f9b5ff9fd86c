//! Lists: one page of a kind's resources, filtered, sorted, now or at a past moment.
//!
//! Paging is by keyset only: a page begins after the last row of the one before it, so the millionth row costs what the
//! first does. Which index a query walks is decided here and not by the planner, because SQLite has no statistics to go
//! by: see [`plan`].
//!
//! **One more filter**: a line in [`Filter::named`] and its condition in `filter.rs`. **One more sort**: a line in
//! [`Sort::parse`].

use diesel::prelude::*;

pub mod column;
pub mod cursor;
pub mod facets;
pub mod filter;
pub mod freshness;
mod keyset;
mod past_facets;
mod plan;
mod slice;
mod ways;

pub use cursor::{Cursor, CursorError};
pub use facets::{Counts, Total, facets, total, totals};
pub use filter::Filter;
pub use freshness::Freshness;
pub use keyset::Sort;
pub use past_facets::facets_at;
use ways::Way;
pub(super) use ways::little;

use super::rows::{ResourceRow, Wanted};
use super::sql::Sql;
use super::{AnyConnection, Scope};
use crate::clock::Instant;
use crate::kinds::KindSpec;

/// The most rows of one page.
pub const MOST: usize = 1_000;

/// What is asked of a list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    pub spec: &'static KindSpec,
    /// Words that each must be part of the name or of another search term.
    pub text: Option<String>,
    pub filters: Vec<Filter>,
    pub sort: Sort,
    pub limit: usize,
    /// The columns to fill; which they are changes neither the rows nor their order.
    pub wanted: Wanted,
    /// As it was then; `None` is now.
    pub at: Option<Instant>,
    /// The tombstones instead of what is there.
    pub gone: bool,
    /// Set by [`ListQuery::starting_at`]; one that does not fit the rest is an error of [`list`].
    pub cursor: Option<Cursor>,
}

/// One page of a list, and how far it can be trusted.
#[derive(Clone, Debug)]
pub struct Page {
    pub rows: Vec<ResourceRow>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
    /// Where the page before this one ends; `None` on the first one.
    pub previous: Option<Cursor>,
    /// The oldest confirmation over the scopes that the filter can reach; `None` if one was never confirmed.
    pub confirmed_at: Option<Instant>,
    /// Whether each of those scopes was listed completely: only then does a missing row prove an absence.
    pub complete: bool,
}

impl ListQuery {
    /// Everything of that kind that is there, by name.
    pub fn of(spec: &'static KindSpec) -> Self {
        Self {
            spec,
            text: None,
            filters: Vec::new(),
            sort: Sort::by_name(),
            limit: 100,
            wanted: Wanted::ALL,
            at: None,
            gone: false,
            cursor: None,
        }
    }

    /// Goes on at a cursor that an earlier page of the same query gave. Call it last: it is checked against everything
    /// else.
    ///
    /// # Errors
    /// [`CursorError`] for a cursor of another query, and for one that was changed on its way.
    pub fn starting_at(mut self, cursor: &str) -> Result<Self, CursorError> {
        let cursor = Cursor::parse(cursor)?;
        cursor.check(&self)?;
        self.cursor = Some(cursor);
        Ok(self)
    }
}

/// The rows of the first page of `query`, for who does not ask how far they can be trusted, or whether there are more.
pub fn first(connection: &mut AnyConnection, scope: &Scope, query: &ListQuery) -> QueryResult<Vec<ResourceRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let (narrowed, ways) = narrowed(connection, scope, query)?;
    slice::rows(connection, scope, narrowed.as_ref().unwrap_or(query), &ways, None, query.limit.clamp(1, MOST))
}

/// The page that `query` asks for.
pub fn list(connection: &mut AnyConnection, scope: &Scope, query: &ListQuery) -> QueryResult<Page> {
    if let Some(cursor) = &query.cursor {
        cursor.check(query).map_err(|error| diesel::result::Error::QueryBuilderError(Box::new(error)))?;
    }
    if scope.sees_nothing() {
        return Ok(Page { rows: Vec::new(), next: None, previous: None, confirmed_at: None, complete: false });
    }
    let limit = query.limit.clamp(1, MOST);
    let from = query.cursor.as_ref();
    let backwards = from.is_some_and(Cursor::is_backwards);

    let (narrowed, ways) = narrowed(connection, scope, query)?;
    let mut rows = slice::rows(connection, scope, narrowed.as_ref().unwrap_or(query), &ways, from, limit + 1)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    if let Some(at) = query.at {
        rows.iter_mut().for_each(|row| row.look_back(at));
    }
    if backwards {
        rows.reverse();
    }
    let next = if backwards { !rows.is_empty() } else { more };
    let previous = if backwards { more } else { from.is_some() && !rows.is_empty() };
    let Freshness { confirmed_at, complete } = freshness::of(connection, scope, query)?;
    Ok(Page {
        next: rows.last().filter(|_| next).map(|row| Cursor::after(query, row)),
        previous: rows.first().filter(|_| previous).map(|row| Cursor::before(query, row)),
        rows,
        confirmed_at,
        complete,
    })
}

/// The same list with a filter more, by which it can be walked: every resource that the asker may see has one of its
/// values. Or, where no one filter can say it, the ways that lead there.
fn narrowed(
    connection: &mut AnyConnection,
    scope: &Scope,
    query: &ListQuery,
) -> QueryResult<(Option<ListQuery>, Vec<Way>)> {
    let with = |name: &str, values: Vec<String>| {
        let mut narrowed = query.clone();
        narrowed.filters.extend(Filter::named(query.spec, name, values));
        narrowed
    };
    if let Some((name, values)) = scope.hull() {
        return Ok((Some(with(name, values)), Vec::new()));
    }
    if query.at.is_some() || query.gone {
        return Ok((None, Vec::new()));
    }
    Ok(match ways::to_present(connection, scope, query.spec)?.as_deref() {
        Some([way]) => (Some(with(way.name, way.values.clone())), Vec::new()),
        ways => (None, ways.unwrap_or_default().to_vec()),
    })
}

/// The statement that reads the rows of the first page of `query`, for a look at how a database means to answer it.
pub fn statement(connection: &mut AnyConnection, query: &ListQuery) -> QueryResult<Sql> {
    slice::statement(connection, &Scope::unrestricted(), query)
}
