//! Which index answers a list: decided here, in words that both databases read the same way.
//!
//! Either the rows are walked in the list's order and looked at one by one until the page is full, which is quick when
//! many match; or the few that one restriction admits are fetched and sorted. How many each admits is known from the
//! counts beside the filters, or found by counting up to [`FEW`] in the index, which costs less than guessing wrong
//! once. Everything that must not choose the index is spelled dull (see `column.rs`).

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use super::column::{CHANGED, Column, Index, Spelling};
use super::filter::By;
use super::ways::{self, Way};
use super::{Filter, ListQuery, facets};
use crate::clock::Instant;
use crate::store::AnyConnection;
use crate::store::sql::Sql;
use crate::store::words::Found;

/// So many rows are fetched and sorted for one page without anybody noticing.
pub(super) const FEW: i64 = 5_000;
/// So many rows are looked at in the list's order, most of them in vain, for less than it costs to sort as many.
const WALKED: i64 = 2_000;
/// So many are looked at in the list's order where that is the exception: a page of a moment at which little was there.
const LOOKED_AT: i64 = 20_000;
/// With up to so many terms that contain a word, sorting what bears them is quicker than asking each resource for its
/// terms.
const TERMS: i64 = 100_000;

/// One condition of a list over `resources r`, and over `resource_versions v`.
#[derive(Clone, Debug)]
pub(super) enum Restriction<'q> {
    Column(Column, &'q Filter),
    Scope(&'q Filter),
    Missing(bool),
    Terms(Found),
    /// Its current state was true at that moment already.
    Since(Instant),
    /// On one of the ways to what the asker may see.
    Ways(&'q [Way]),
}

/// How the rows of a sub-select are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drive {
    /// In the list's order, by its index.
    Order,
    /// In the list's order, within one value of a restriction.
    Within(usize),
    /// Through the restriction, then sorted.
    Through(usize),
}

#[derive(QueryableByName)]
struct One {
    #[allow(dead_code, reason = "whether there is one is all that is asked")]
    #[diesel(sql_type = Integer)]
    one: i32,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// The restrictions that follow from the filters; those by terms are added by the caller.
pub(super) fn restrictions(query: &ListQuery) -> Vec<Restriction<'_>> {
    let mut restrictions = Vec::new();
    for filter in &query.filters {
        match filter.by {
            By::Column(column) => restrictions.push(Restriction::Column(column, filter)),
            By::Scope => restrictions.push(Restriction::Scope(filter)),
            By::Missing => {
                let wanted = |value: &str| filter.values().iter().any(|given| given == value);
                if wanted("true") != wanted("false") {
                    restrictions.push(Restriction::Missing(wanted("true")));
                }
            }
            By::Tag => {}
        }
    }
    restrictions
}

/// The way through what is present.
pub(super) fn drive(
    connection: &mut AnyConnection,
    query: &ListQuery,
    restrictions: &[Restriction<'_>],
    by_name: bool,
) -> QueryResult<Drive> {
    if restrictions.is_empty() {
        return Ok(Drive::Order);
    }
    let is_ordered = |restriction: &Restriction<'_>| {
        by_name
            && matches!(restriction, Restriction::Column(column, filter) if column.index == Index::ByName && filter.values().len() == 1)
    };
    if restrictions.len() == 1 && is_ordered(&restrictions[0]) {
        return Ok(Drive::Within(0));
    }
    let admitted = Admitted::by(connection, query, restrictions)?;
    let within = (0..restrictions.len())
        .filter(|position| is_ordered(&restrictions[*position]))
        .min_by_key(|position| admitted.of(*position).unwrap_or(i64::MAX));
    if let Some(walked) = within.and_then(|position| admitted.walked(position, query.limit))
        && walked <= WALKED
    {
        return Ok(within.map_or(Drive::Order, Drive::Within));
    }
    let mut fewest = None;
    for (position, restriction) in restrictions.iter().enumerate() {
        let n = match (admitted.of(position), restriction.probe(query)) {
            (_, None) => continue,
            (Some(n), Some(_)) => n,
            // Most of what there is, as a rule: it is not worth being counted, nor more than a look.
            (None, Some(probe)) if matches!(restriction, Restriction::Since(_)) => {
                let few = admitted.too_few_to_walk(query.limit).min(FEW);
                if has_more(connection, probe, few)? { continue } else { few }
            }
            (None, Some(probe)) => count(connection, probe, FEW)?,
        };
        if n <= FEW && fewest.is_none_or(|(least, _)| n < least) {
            fewest = Some((n, position));
        }
    }
    if let Some((_, position)) = fewest {
        return Ok(Drive::Through(position));
    }
    for (position, restriction) in restrictions.iter().enumerate() {
        if let Restriction::Terms(Found::Many(many)) = restriction
            && count(connection, many.probe(), TERMS)? <= TERMS
        {
            return Ok(Drive::Through(position));
        }
    }
    Ok(within.map_or(Drive::Order, Drive::Within))
}

/// How many present resources each restriction admits, where the counts beside the filters tell.
struct Admitted {
    total: i64,
    by_position: Vec<Option<i64>>,
}

impl Admitted {
    fn by(connection: &mut AnyConnection, query: &ListQuery, restrictions: &[Restriction<'_>]) -> QueryResult<Self> {
        let mut wanted = vec![("", "")];
        let mut asked = vec![None; restrictions.len()];
        for (restriction, asked) in restrictions.iter().zip(&mut asked) {
            if let Restriction::Column(_, filter) = restriction
                && query.spec.filters.contains(&filter.name())
            {
                wanted.extend(filter.values().iter().map(|value| (filter.name(), value.as_str())));
                *asked = Some(filter.name());
            }
        }
        let counts = facets::counted(connection, query.spec, &wanted)?;
        let of = |name: &str| counts.iter().filter(|count| count.facet == name).map(|count| count.present).sum();
        Ok(Self { total: of(""), by_position: asked.into_iter().map(|name| name.map(of)).collect() })
    }

    fn of(&self, position: usize) -> Option<i64> {
        self.by_position[position]
    }

    /// With so many rows that fit, [`LOOKED_AT`] rows of the list hold a page of them.
    fn too_few_to_walk(&self, limit: usize) -> i64 {
        i64::try_from(limit).unwrap_or(i64::MAX).saturating_mul(self.total) / LOOKED_AT
    }

    /// How many rows are looked at until a page is full, walking within the restriction at `position`, if the others
    /// know nothing of it and of each other. `None` where that cannot be said.
    fn walked(&self, position: usize, limit: usize) -> Option<i64> {
        let mut walked = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        for (_, n) in self.by_position.iter().enumerate().filter(|(other, _)| *other != position) {
            walked = walked.saturating_mul(self.total.max(1)) / (*n)?.max(1);
        }
        Some(walked.min(self.of(position)?))
    }
}

/// Whether `rows`, which selects one number, has more than `most`; for a quarter of what counting them takes.
pub(super) fn has_more(connection: &mut AnyConnection, mut rows: Sql, most: i64) -> QueryResult<bool> {
    rows.push(" LIMIT 1 OFFSET ").bind(most);
    Ok(rows.first::<One>(connection)?.is_some())
}

/// How many rows `rows` has, counted to one more than `most`.
fn count(connection: &mut AnyConnection, mut rows: Sql, most: i64) -> QueryResult<i64> {
    rows.push(" LIMIT ").bind(most + 1);
    let mut sql = Sql::new("SELECT COUNT(*) AS n FROM (");
    sql.append(rows).push(") x");
    Ok(sql.first::<Number>(connection)?.map_or(0, |number| number.n))
}

impl Restriction<'_> {
    /// Selects one row for each that it admits, by an index; `None` if it has none.
    fn probe(&self, query: &ListQuery) -> Option<Sql> {
        let mut sql = Sql::new("SELECT 1 AS one FROM resources r WHERE r.gone_at IS NULL");
        match self {
            Self::Column(column, filter) if column.index != Index::None => {
                sql.push(" AND r.kind = ").bind(query.spec.name).push(" AND ");
                sql.push(column.now.plain).push(" IN ").bind_list(filter.values());
            }
            Self::Since(at) => {
                sql.push(" AND r.kind = ").bind(query.spec.name).push(" AND r.changed_at <= ").bind(*at);
            }
            Self::Scope(filter) => {
                sql = Sql::new("SELECT 1 AS one FROM resources r WHERE r.scope_id IN ");
                sql.append(filter.scope_ids(query.spec));
            }
            Self::Missing(true) => sql = Sql::new("SELECT 1 AS one FROM resources r WHERE r.missing_since IS NOT NULL"),
            Self::Terms(Found::Ids(ids)) => {
                sql = Sql::new("SELECT 1 AS one FROM resource_terms t WHERE t.term_id IN ");
                sql.bind_list(ids);
            }
            Self::Ways(ways) => sql = ways::met(query.spec, ways),
            Self::Column(..) | Self::Missing(false) | Self::Terms(Found::Many(_)) => return None,
        }
        Some(sql)
    }

    /// Whether its index begins with the kind; otherwise the kind must not choose the index.
    pub(super) fn goes_by_kind(&self) -> bool {
        matches!(self, Self::Column(..) | Self::Since(_))
    }

    /// Appends the condition, `AND` included. `sharp` lets it choose the index.
    pub(super) fn append_to(&self, sql: &mut Sql, query: &ListQuery, versions: bool, sharp: bool) {
        let spelled = |spelling: Spelling| if sharp { spelling.plain } else { spelling.dull };
        // Each row is asked anyhow whether it is visible.
        if let (Self::Ways(_), false) = (self, sharp) {
            return;
        }
        sql.push(" AND ");
        match self {
            Self::Column(column, filter) => {
                sql.push(spelled(column.of(versions)));
                // One value is an equality, which leaves the rest of the index in order.
                match filter.values() {
                    [value] => sql.push(" = ").bind(value),
                    values => sql.push(" IN ").bind_list(values),
                };
            }
            Self::Since(at) => {
                sql.push(spelled(CHANGED.of(versions))).push(" <= ").bind(*at);
            }
            Self::Scope(filter) => {
                sql.push(if sharp { "r.scope_id" } else { "COALESCE(r.scope_id, r.scope_id)" }).push(" IN ");
                sql.append(filter.scope_ids(query.spec));
            }
            Self::Missing(true) => {
                sql.push("r.missing_since IS NOT NULL");
            }
            Self::Missing(false) => {
                sql.push("r.missing_since IS NULL");
            }
            Self::Ways(ways) => {
                sql.push("r.id IN (");
                ways::ids(sql, query.spec, ways);
                sql.push(")");
            }
            Self::Terms(found) if sharp => {
                sql.push("r.id IN (SELECT t.resource_id FROM resource_terms t WHERE ");
                found.append_to(sql, true);
                held(sql, query, versions);
                sql.push(")");
            }
            Self::Terms(found) => {
                sql.push("EXISTS (SELECT 1 FROM resource_terms t WHERE t.resource_id = r.id AND ");
                found.append_to(sql, false);
                held(sql, query, versions);
                sql.push(")");
            }
        }
    }
}

/// A resource bears the term at the moment asked for; a tombstone those that it had at its end.
fn held(sql: &mut Sql, query: &ListQuery, versions: bool) {
    match query.at {
        _ if query.gone && versions => sql.push(" AND t.since < v.valid_until AND t.until >= v.valid_until"),
        _ if query.gone => sql.push(" AND (t.until IS NULL OR t.until >= r.gone_at)"),
        None => sql.push(" AND t.until IS NULL"),
        Some(at) => {
            sql.push(" AND t.since <= ").bind(at).push(" AND (t.until IS NULL OR t.until > ").bind(at).push(")")
        }
    };
}
