//! The counts beside a list's filters, read from where sync keeps them current and never counted per page.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::kinds::KindSpec;
use crate::store::sql::Sql;
use crate::store::{AnyConnection, Scope};

/// How many present resources of a kind there are, in all and by the values of its filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: i64,
    /// By filter name; the values in bytewise order.
    pub values: BTreeMap<String, Vec<(String, i64)>>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Text)]
    facet: String,
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = BigInt)]
    present: i64,
}

/// The counts of a kind over everything that the asker may see.
pub fn facets(connection: &mut AnyConnection, scope: &Scope, spec: &KindSpec) -> QueryResult<Counts> {
    let mut counts = Counts::default();
    if scope.sees_nothing() {
        return Ok(counts);
    }
    let mut sql = Sql::new("SELECT facet, value, CAST(SUM(present) AS BIGINT) AS present FROM counts WHERE kind = ");
    sql.bind(spec.name).push(" GROUP BY facet, value HAVING SUM(present) > 0 ORDER BY facet, value");
    for Count { facet, value, present } in sql.load(connection)? {
        if facet.is_empty() {
            counts.total += present;
        } else {
            counts.values.entry(facet).or_default().push((value, present));
        }
    }
    Ok(counts)
}
