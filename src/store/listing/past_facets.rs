//! The counts beside a list's filters at a past moment. Nobody keeps them: they are those of now, less what has come
//! since, and more what was there instead. Both are ranges of indexes by time, so this costs what has changed since,
//! and not what there is.
//!
//! Of what changed more than [`CHANGED`] times since then the numbers are not known; then the values that there ever
//! were are offered without any. Whether it did is told by the indexes alone, before a row is read. What a team saw is
//! counted row by row, as its numbers of now are.

use std::collections::BTreeMap;

use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::facets::{ALL, COUNTED, Count, Counts, OFFERED, Total, capped, of_facet, offer};
use super::{column, plan};
use crate::clock::Instant;
use crate::kinds::KindSpec;
use crate::store::scope::Placed;
use crate::store::sql::{Positional, Sql};
use crate::store::{AnyConnection, Scope};

/// So many rows are looked at.
const CHANGED: i64 = 1_000;

/// What filters look at, as a query's columns have it and as [`column::text`] names it.
const NAMES: [&str; 11] = [
    "status",
    "source",
    "region",
    "cluster",
    "app",
    "role",
    "app_type",
    "environment",
    "facet_a",
    "facet_b",
    "facet_c",
];
const OF_NOW: &str = "r.status, r.source, r.region, r.cluster, r.app, r.role, r.app_type, r.environment, r.facet_a, r.facet_b, r.facet_c \
    FROM resources r WHERE r.kind = ";
const OF_THEN: &str = "v.status, v.source, v.region, v.cluster, v.app, v.role, v.app_type, v.environment, v.facet_a, v.facet_b, v.facet_c \
    FROM resource_versions v WHERE v.kind = ";

/// A state, and by how much it changes the numbers.
#[derive(Queryable)]
struct State {
    weight: i64,
    values: Values,
}

type Values = (String, String, String, String, String, String, String, String, String, String, String);

impl Positional for State {
    type Columns = (BigInt, (Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Text));
}

impl State {
    fn values(self) -> [String; 11] {
        self.values.into()
    }
}

/// Differences by filter and value.
type Differences = BTreeMap<&'static str, BTreeMap<String, i64>>;

/// The counts of a kind at that moment over everything that the asker may see; see [`facets`](super::facets()). Where
/// the numbers are not known, `more` says so, and the values are those that there ever were.
pub fn facets_at<'c>(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &'static KindSpec,
    at: Instant,
    chosen: impl IntoIterator<Item = (&'c str, &'c str)>,
) -> QueryResult<Counts> {
    if scope.sees_nothing() {
        return Ok(Counts::default());
    }
    let chosen: Vec<(&str, &str)> = chosen.into_iter().collect();
    if !scope.sees_everything() {
        let seen: Vec<State> = seen(scope, spec, at).load_positional(connection)?;
        let Total { present, more } = capped(i64::try_from(seen.len()).unwrap_or(i64::MAX));
        return Ok(Counts { total: present, more, values: offered(sums(spec, seen), &chosen) });
    }
    let known = !plan::has_more(connection, changes(spec, at), CHANGED)?;
    let states: Vec<State> = if known { differing(spec, at).load_positional(connection)? } else { Vec::new() };
    let least = if known { 1 } else { 0 };
    let difference: i64 = states.iter().map(|state| state.weight).sum();
    let mut differences = sums(spec, states);
    for (filter, value) in &chosen {
        if let Some(filter) = spec.filters.iter().find(|known| *known == filter) {
            differences.entry(filter).or_default().entry((*value).to_owned()).or_default();
        }
    }
    let (mut then, total) = named(connection, spec, &differences)?;
    for (filter, values) in differences.into_iter().filter(|_| known) {
        for (value, by) in values {
            *then.entry(filter).or_default().entry(value).or_default() += by;
        }
    }
    // Of what nobody counts any value may have been there.
    then.values_mut().for_each(|values| values.retain(|_, present| *present >= least));
    let total = if known { total + difference } else { 0 };
    Ok(Counts { total, more: !known, values: offered(then, &chosen) })
}

/// Selects one row for each that has changed since.
fn changes(spec: &KindSpec, at: Instant) -> Sql {
    let mut sql = Sql::new("SELECT 1 AS one FROM (SELECT 1 FROM resources r WHERE r.kind = ");
    sql.bind(spec.name).push(" AND r.gone_at IS NULL AND r.changed_at > ").bind(at);
    sql.push(" UNION ALL SELECT 1 FROM resources r WHERE r.kind = ").bind(spec.name);
    sql.push(" AND r.gone_at IS NOT NULL AND r.gone_at > ").bind(at);
    sql.push(" UNION ALL SELECT 1 FROM resource_versions v WHERE v.kind = ").bind(spec.name);
    sql.push(" AND v.valid_until > ").bind(at).push(") x");
    sql
}

/// What is there now and was not so then counts one less, and what was there then and is not so now counts one more.
fn differing(spec: &KindSpec, at: Instant) -> Sql {
    let mut sql = Sql::new(concatcp!("SELECT * FROM (SELECT CAST(-1 AS BIGINT) AS weight, ", OF_NOW));
    sql.bind(spec.name).push(" AND r.gone_at IS NULL AND r.changed_at > ").bind(at);
    sql.push(") x UNION ALL SELECT * FROM (SELECT CAST(CASE WHEN r.changed_at <= ").bind(at);
    sql.push(concatcp!(" THEN 1 ELSE 0 END AS BIGINT) AS weight, ", OF_NOW)).bind(spec.name);
    sql.push(" AND r.gone_at IS NOT NULL AND r.gone_at > ").bind(at);
    sql.push(") x UNION ALL SELECT * FROM (SELECT CAST(CASE WHEN v.valid_from <= ").bind(at);
    sql.push(concatcp!(" THEN 1 ELSE 0 END AS BIGINT) AS weight, ", OF_THEN)).bind(spec.name);
    sql.push(" AND v.valid_until > ").bind(at).push(") x");
    sql
}

/// The states of then that the asker may see, one more than are counted.
fn seen(scope: &Scope, spec: &KindSpec, at: Instant) -> Sql {
    let mut sql = Sql::new(concatcp!("SELECT * FROM (SELECT CAST(1 AS BIGINT) AS weight, ", OF_NOW));
    sql.bind(spec.name).push(" AND r.gone_at IS NULL AND COALESCE(r.changed_at, r.changed_at) <= ").bind(at);
    if let Some((column, values)) = scope.hull()
        && let Some(column) = column::text(spec, column)
    {
        sql.push(" AND ").push(column.now.plain).push(" IN ").bind_list(&values);
    }
    scope.restrict(&mut sql, Placed::Resource);
    sql.push(" LIMIT ").bind(COUNTED + 1);
    sql.push(concatcp!(") x UNION ALL SELECT * FROM (SELECT CAST(1 AS BIGINT) AS weight, ", OF_NOW)).bind(spec.name);
    sql.push(" AND r.gone_at IS NOT NULL AND r.gone_at > ").bind(at);
    sql.push(" AND COALESCE(r.changed_at, r.changed_at) <= ").bind(at);
    scope.restrict(&mut sql, Placed::Resource);
    sql.push(" LIMIT ").bind(COUNTED + 1);
    sql.push(concatcp!(") x UNION ALL SELECT * FROM (SELECT CAST(1 AS BIGINT) AS weight, ", OF_THEN)).bind(spec.name);
    sql.push(" AND v.valid_until > ").bind(at).push(" AND COALESCE(v.valid_from, v.valid_from) <= ").bind(at);
    scope.restrict(&mut sql, Placed::Version);
    sql.push(" LIMIT ").bind(COUNTED + 1).push(") x LIMIT ").bind(COUNTED + 1);
    sql
}

/// The weights of the states by filter and value.
fn sums(spec: &KindSpec, states: Vec<State>) -> Differences {
    let columns = spec.filters.iter().filter_map(|filter| Some((*filter, column::text(spec, filter)?.id)));
    let positions = columns.filter_map(|(filter, id)| Some((filter, NAMES.iter().position(|name| *name == id)?)));
    let positions: Vec<(&'static str, usize)> = positions.collect();
    let mut sums = Differences::new();
    for state in states.into_iter().filter(|state| state.weight != 0) {
        let weight = state.weight;
        let values = state.values();
        for (filter, position) in &positions {
            let value = &values[*position];
            if !value.is_empty() {
                let sums = sums.entry(filter).or_default();
                match sums.get_mut(value) {
                    Some(sum) => *sum += weight,
                    None => drop(sums.insert(value.clone(), weight)),
                }
            }
        }
    }
    sums
}

/// How many there are now: of the values named, of as many others as may be offered, also where there are none any
/// more, and in all. One text for each kind, whatever is named.
fn named(
    connection: &mut AnyConnection,
    spec: &'static KindSpec,
    differences: &Differences,
) -> QueryResult<(Differences, i64)> {
    let mut sql = Sql::default();
    of_facet(&mut sql, spec, ALL);
    for filter in spec.filters {
        sql.push(" UNION ALL SELECT * FROM (");
        of_facet(&mut sql, spec, filter);
        sql.push(" ORDER BY present DESC, value LIMIT ").bind(2 * OFFERED).push(") x UNION ALL ");
        of_facet(&mut sql, spec, filter);
        let values = differences.get(filter).into_iter().flat_map(BTreeMap::keys);
        // No value is empty, but a list of none would be another text.
        let values: Vec<&str> = std::iter::once("").chain(values.map(String::as_str)).collect();
        sql.push(" AND value IN ").bind_list(&values);
    }
    let (mut named, mut total) = (Differences::new(), 0);
    for Count { facet, value, present } in sql.load_positional(connection)? {
        if facet == ALL {
            total = present;
        } else if let Some(filter) = spec.filters.iter().find(|known| **known == facet) {
            named.entry(filter).or_default().insert(value, present);
        }
    }
    Ok((named, total))
}

/// The most frequent values, and those that are chosen, however rare.
fn offered(counts: Differences, chosen: &[(&str, &str)]) -> BTreeMap<String, Vec<(String, i64)>> {
    let offered = counts.into_iter().map(|(filter, values)| {
        let mut values: Vec<(String, i64)> = values.into_iter().collect();
        offer(&mut values, |value| chosen.contains(&(filter, value)));
        (filter.to_owned(), values)
    });
    offered.collect()
}
