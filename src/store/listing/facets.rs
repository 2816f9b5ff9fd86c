//! The counts beside a list's filters: read as they are kept, never counted. What a team sees has no counts of its own;
//! of that as much is counted as can be without anybody noticing.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{column, plan, ways};
use crate::kinds::KindSpec;
use crate::store::counts::EVERYWHERE;
use crate::store::scope::Placed;
use crate::store::sql::{Positional, Sql};
use crate::store::{AnyConnection, Scope};

/// So many values of a filter are offered: the most frequent ones. A filter with more is one to type into, not to
/// choose from.
pub(super) const OFFERED: i64 = 24;
/// So far is counted what nobody keeps count of.
pub const COUNTED: i64 = 1_000;

/// The facet under which all of a kind are counted.
pub(super) const ALL: &str = "";

/// How many present resources of a kind there are, in all and by the values of its filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: i64,
    /// There are more than were counted: the others are not in these numbers.
    pub more: bool,
    /// By filter name; the most frequent values first.
    pub values: BTreeMap<String, Vec<(String, i64)>>,
}

/// How many present resources have a value of a filter; those of the filter without a name are all.
#[derive(Queryable)]
pub(super) struct Count {
    pub facet: String,
    pub value: String,
    pub present: i64,
}

impl Positional for Count {
    type Columns = (Text, Text, BigInt);
}

/// The counts of a kind over everything that the asker may see: of its filters' most frequent values, and of those in
/// `chosen` (filter and value) however rare they are.
pub fn facets<'c>(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    chosen: impl IntoIterator<Item = (&'c str, &'c str)>,
) -> QueryResult<Counts> {
    if !scope.sees_everything() {
        return counted_for(connection, scope, spec, chosen);
    }
    let mut counts = Counts::default();
    let mut sql = Sql::default();
    of_facet(&mut sql, spec, ALL);
    for filter in spec.filters {
        sql.push(" UNION ALL SELECT * FROM (");
        of_facet(&mut sql, spec, filter);
        sql.push(" AND present > 0 ORDER BY present DESC, value LIMIT ").bind(OFFERED).push(") x");
    }
    for (facet, value) in chosen {
        sql.push(" UNION ALL ");
        of_facet(&mut sql, spec, facet);
        sql.push(" AND value = ").bind(value);
    }
    for Count { facet, value, present } in sql.load_positional(connection)? {
        if facet == ALL {
            counts.total = present;
            continue;
        }
        let values = counts.values.entry(facet).or_default();
        if !values.iter().any(|(known, _)| *known == value) {
            values.push((value, present));
        }
    }
    Ok(counts)
}

/// The counts of those filters and values, as far as there are any.
pub(super) fn counted(
    connection: &mut AnyConnection,
    spec: &KindSpec,
    wanted: &[(&str, &str)],
) -> QueryResult<Vec<Count>> {
    let mut sql = Sql::default();
    for (position, (facet, value)) in wanted.iter().enumerate() {
        sql.push(if position == 0 { "" } else { " UNION ALL " });
        of_facet(&mut sql, spec, facet);
        sql.push(" AND value = ").bind(*value);
    }
    sql.load_positional(connection)
}

/// How many of a kind are present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub present: i64,
    /// There are more than were counted.
    pub more: bool,
}

/// How many of a kind are present.
pub fn total(connection: &mut AnyConnection, scope: &Scope, spec: &KindSpec) -> QueryResult<Total> {
    if scope.sees_nothing() {
        return Ok(Total::default());
    }
    if !scope.sees_everything() {
        let mut sql = Sql::new("WITH seen AS (SELECT r.id");
        visible(connection, &mut sql, scope, spec)?;
        sql.push(") SELECT '' AS facet, '' AS value, COUNT(*) AS present FROM seen");
        return Ok(capped(sql.load_positional::<Count>(connection)?.first().map_or(0, |count| count.present)));
    }
    let mut sql = Sql::default();
    of_facet(&mut sql, spec, ALL);
    let present = sql.load_positional::<Count>(connection)?.first().map_or(0, |count| count.present);
    Ok(Total { present, more: false })
}

/// How many of each of these kinds are present.
pub fn totals(connection: &mut AnyConnection, scope: &Scope, specs: &[&'static KindSpec]) -> QueryResult<Vec<Total>> {
    if !scope.sees_everything() {
        return specs.iter().map(|spec| total(connection, scope, spec)).collect();
    }
    let names: Vec<&str> = specs.iter().map(|spec| spec.name).collect();
    // A count's `facet` is its kind here.
    let mut sql = Sql::new("SELECT kind, value, present FROM counts WHERE kind IN ");
    sql.bind_list(&names).push(" AND facet = ").bind(ALL).push(" AND cluster = ").bind(EVERYWHERE);
    let counts: Vec<Count> = sql.load_positional(connection)?;
    let of = |spec: &KindSpec| counts.iter().find(|count| count.facet == spec.name).map_or(0, |count| count.present);
    Ok(specs.iter().map(|spec| Total { present: of(spec), more: false }).collect())
}

pub(super) fn of_facet(sql: &mut Sql, spec: &KindSpec, facet: &str) {
    sql.push("SELECT facet, value, present FROM counts WHERE kind = ").bind(spec.name);
    sql.push(" AND facet = ").bind(facet).push(" AND cluster = ").bind(EVERYWHERE);
}

/// The counts over what a team sees, as far as [`COUNTED`].
fn counted_for<'c>(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    chosen: impl IntoIterator<Item = (&'c str, &'c str)>,
) -> QueryResult<Counts> {
    if scope.sees_nothing() {
        return Ok(Counts::default());
    }
    let columns = spec.filters.iter().filter_map(|filter| Some((*filter, column::text(spec, filter)?)));
    let columns: Vec<_> = columns.collect();
    let mut sql = Sql::new("WITH seen AS (SELECT r.id");
    for (_, column) in &columns {
        sql.push(", ").push(column.now.plain);
    }
    visible(connection, &mut sql, scope, spec)?;
    sql.push(") SELECT '' AS facet, '' AS value, COUNT(*) AS present FROM seen");
    for (filter, column) in &columns {
        let column = column.now.plain.trim_start_matches("r.");
        sql.push(" UNION ALL SELECT ").bind(*filter).push(" AS facet, ").push(column);
        sql.push(" AS value, COUNT(*) AS present FROM seen WHERE ").push(column);
        sql.push(" <> '' GROUP BY ").push(column);
    }
    let mut counts = Counts::default();
    for Count { facet, value, present } in sql.load_positional(connection)? {
        if facet.is_empty() {
            let Total { present, more } = capped(present);
            (counts.total, counts.more) = (present, more);
        } else {
            counts.values.entry(facet).or_default().push((value, present));
        }
    }
    let chosen: Vec<(&str, &str)> = chosen.into_iter().collect();
    for (facet, values) in &mut counts.values {
        offer(values, |value| chosen.contains(&(facet.as_str(), value)));
    }
    Ok(counts)
}

/// Leaves the most frequent values, and those that are chosen, however rare.
pub(super) fn offer(values: &mut Vec<(String, i64)>, is_chosen: impl Fn(&str) -> bool) {
    values.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let mut place = 0;
    values.retain(|(value, _)| {
        place += 1;
        place <= OFFERED || is_chosen(value)
    });
}

/// From the present resources of a kind that the asker may see, one more than are counted.
fn visible(connection: &mut AnyConnection, sql: &mut Sql, scope: &Scope, spec: &KindSpec) -> QueryResult<()> {
    let hull = scope.hull().and_then(|(name, values)| Some((column::text(spec, name)?, values)));
    let ways = if hull.is_some() { None } else { ways::to_present(connection, scope, spec)? };
    let (hull, ways) = match ways.as_deref() {
        Some([way]) => (Some((way.column, way.values.clone())), &[][..]),
        ways => (hull, ways.unwrap_or_default()),
    };
    // Where they lead to many, as many as are counted are met soon without them.
    let few = !ways.is_empty() && !plan::has_more(connection, ways::met(spec, ways), plan::FEW)?;
    sql.push(" FROM resources r WHERE r.gone_at IS NULL AND ");
    sql.push(if few { "COALESCE(r.kind, r.kind) = " } else { "r.kind = " }).bind(spec.name);
    if few {
        sql.push(" AND r.id IN (");
        ways::ids(sql, spec, ways);
        sql.push(")");
    }
    if let Some((column, values)) = hull {
        sql.push(" AND ").push(column.now.plain).push(" IN ").bind_list(&values);
    }
    scope.restrict(sql, Placed::Resource);
    sql.push(" LIMIT ").bind(COUNTED + 1);
    Ok(())
}

pub(super) fn capped(counted: i64) -> Total {
    Total { present: counted.min(COUNTED), more: counted > COUNTED }
}
