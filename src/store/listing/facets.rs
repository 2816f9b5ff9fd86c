//! The counts beside a list's filters: read as they are kept, never counted.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::kinds::KindSpec;
use crate::store::counts::EVERYWHERE;
use crate::store::sql::{Positional, Sql};
use crate::store::{AnyConnection, Scope};

/// So many values of a filter are offered: the most frequent ones. A filter with more is one to type into, not to choose from.
const OFFERED: i64 = 24;

/// The facet under which all of a kind are counted.
const ALL: &str = "";

/// How many present resources of a kind there are, in all and by the values of its filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: i64,
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

/// The counts of a kind over everything that the asker may see: of its filters' most frequent values, and of those in `chosen` (filter
/// and value) however rare they are.
pub fn facets<'c>(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    chosen: impl IntoIterator<Item = (&'c str, &'c str)>,
) -> QueryResult<Counts> {
    let mut counts = Counts::default();
    if scope.sees_nothing() {
        return Ok(counts);
    }
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
pub fn total(connection: &mut AnyConnection, scope: &Scope, spec: &KindSpec) -> QueryResult<i64> {
    if scope.sees_nothing() {
        return Ok(0);
    }
    let mut sql = Sql::default();
    of_facet(&mut sql, spec, ALL);
    Ok(sql.load_positional::<Count>(connection)?.first().map_or(0, |count| count.present))
}

fn of_facet(sql: &mut Sql, spec: &KindSpec, facet: &str) {
    sql.push("SELECT facet, value, present FROM counts WHERE kind = ").bind(spec.name);
    sql.push(" AND facet = ").bind(facet).push(" AND cluster = ").bind(EVERYWHERE);
}
