//! The ways to what a team sees: for each of its rules a column and the values by which an index leads to what the rule
//! admits. A pattern is resolved to the values that there are, which an index tells value by value without reading a
//! row.
//!
//! They only narrow: that a row is visible is always asked of the row itself. They know of what is present; a past
//! moment and tombstones go by what rules name plainly ([`Scope::hull`]).

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::column::{self, Column};
use super::plan;
use crate::kinds::{KINDS, KindSpec};
use crate::placement::glob;
use crate::store::sql::{Positional, Sql};
use crate::store::{AnyConnection, Scope};

/// So many values of a column are looked at for one pattern.
const VALUES: i64 = 1_000;
/// So many resources are looked at one by one.
const LITTLE: i64 = 5_000;
/// Columns of a rule, the one that admits least first.
const NAMES: [&str; 3] = ["app", "cluster", "region"];

/// A column, and the values that its rules admit.
#[derive(Clone, Debug)]
pub struct Way {
    /// As a filter is named.
    pub name: &'static str,
    pub column: Column,
    pub values: Vec<String>,
}

/// The ways to all that is present of a kind and visible; `None` where there is none for one of the rules, or nothing
/// is hidden.
pub(super) fn to_present(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
) -> QueryResult<Option<Vec<Way>>> {
    let mut resolved: BTreeMap<(&str, String), Option<Vec<String>>> = BTreeMap::new();
    let mut ways: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for place in scope.places() {
        let fields = [&place.app, &place.cluster, &place.region];
        let named = NAMES.into_iter().zip(fields).filter(|(_, pattern)| pattern.chars().any(|letter| letter != '*'));
        let mut way = None;
        for (name, pattern) in named {
            let values = match resolved.get(&(name, pattern.clone())) {
                Some(values) => values.clone(),
                None => {
                    let values = resolve(connection, spec, name, pattern)?;
                    resolved.insert((name, pattern.clone()), values.clone());
                    values
                }
            };
            if let Some(values) = values {
                way = Some((name, values));
                break;
            }
        }
        let Some((name, values)) = way else { return Ok(None) };
        ways.entry(name).or_default().extend(values);
    }
    let ways = ways.into_iter().filter_map(|(name, mut values)| {
        values.sort();
        values.dedup();
        Some(Way { name, column: column::text(spec, name)?, values })
    });
    let ways: Vec<Way> = ways.collect();
    Ok((!ways.is_empty()).then_some(ways))
}

/// Selects the `id` of everything that a team sees, of what is there and of what is gone, where all of that together is
/// little. What is selected may be more: of each row it has to be asked whether it is visible.
pub fn little(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Option<Sql>> {
    let mut ways = Vec::new();
    for &spec in KINDS {
        let Some(of_kind) = to_present(connection, scope, spec)? else { return Ok(None) };
        ways.push((spec, of_kind));
    }
    let mut all = Sql::new("SELECT r.id FROM resources r WHERE r.gone_at IS NOT NULL AND r.kind IN ");
    all.bind_list(&KINDS.iter().map(|spec| spec.name).collect::<Vec<_>>());
    for (spec, of_kind) in &ways {
        all.push(" UNION ALL ");
        ids(&mut all, spec, of_kind);
    }
    let mut one_each = Sql::new("SELECT 1 AS one FROM (");
    one_each.append(all.clone()).push(") w");
    if plan::has_more(connection, one_each, LITTLE)? {
        return Ok(None);
    }
    let mut each_once = Sql::new("SELECT DISTINCT w.id FROM (");
    each_once.append(all).push(") w");
    Ok(Some(each_once))
}

/// The values of a column that match; `None` if there are too many to be looked at.
fn resolve(
    connection: &mut AnyConnection,
    spec: &KindSpec,
    name: &'static str,
    pattern: &str,
) -> QueryResult<Option<Vec<String>>> {
    let Some((prefix, _)) = pattern.split_once('*') else { return Ok(Some(vec![pattern.to_owned()])) };
    let Some(column) = column::text(spec, name) else { return Ok(None) };
    // From value to value, each by one step down the index.
    let next = |sql: &mut Sql, than: &'static str| {
        sql.push("SELECT ")
            .push(column.now.plain)
            .push(" AS value FROM resources r WHERE r.gone_at IS NULL AND r.kind = ");
        sql.bind(spec.name).push(" AND ").push(column.now.plain).push(than);
    };
    let end = |sql: &mut Sql| {
        sql.push(" ORDER BY ").push(column.now.plain).push(" LIMIT 1");
    };
    let mut sql = Sql::new("WITH RECURSIVE met(value) AS (SELECT * FROM (");
    next(&mut sql, " >= ");
    sql.bind(prefix).push(" AND ").push(column.now.plain).push(" > ''");
    end(&mut sql);
    sql.push(") x UNION ALL SELECT (");
    next(&mut sql, " > met.value");
    end(&mut sql);
    // Every text that begins so is less than this, byte by byte.
    sql.push(") FROM met WHERE met.value < ").bind(format!("{prefix}\u{10ffff}"));
    sql.push(") SELECT value FROM met WHERE value IS NOT NULL LIMIT ").bind(VALUES + 1);
    let met: Vec<Value> = sql.load_positional(connection)?;
    if i64::try_from(met.len()).is_ok_and(|met| met > VALUES) {
        return Ok(None);
    }
    Ok(Some(met.into_iter().map(|met| met.value).filter(|value| glob(pattern, value)).collect()))
}

#[derive(Queryable)]
struct Value {
    value: String,
}

impl Positional for Value {
    type Columns = (Text,);
}

/// Appends a select of the ids of what is present of the kind and lies on one of the ways.
pub(super) fn ids(sql: &mut Sql, spec: &KindSpec, ways: &[Way]) {
    for (position, way) in ways.iter().enumerate() {
        sql.push(if position == 0 { "" } else { " UNION ALL " });
        sql.push("SELECT r.id FROM resources r WHERE r.gone_at IS NULL AND r.kind = ").bind(spec.name);
        sql.push(" AND ").push(way.column.now.plain).push(" IN ").bind_list(&way.values);
    }
}

/// Selects one row for each of these.
pub(super) fn met(spec: &KindSpec, ways: &[Way]) -> Sql {
    let mut sql = Sql::new("SELECT 1 AS one FROM (");
    ids(&mut sql, spec, ways);
    sql.push(") w");
    sql
}
