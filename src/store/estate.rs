//! What there is in each region and cluster, and what is wrong there: sums, for the map and the pages of places.
//!
//! What is present is read as it is kept beside the filters. Alerts and held losses are few, and findings are counted
//! along an index.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::counts::EVERYWHERE;
use super::findings::Column;
use super::keys::When;
use super::scope::Placed;
use super::sql::Sql;
use super::{AnyConnection, Scope, listing};
use crate::clock::Instant;
use crate::kinds::KINDS;

/// So many present resources of a kind share a value of a filter, in a cluster or everywhere.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Counted {
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// `region`, `source`, `environment`; empty for all of the kind.
    #[diesel(sql_type = Text)]
    pub facet: String,
    #[diesel(sql_type = Text)]
    pub value: String,
    /// Empty for what is in no cluster; [`EVERYWHERE`] for the sum over all.
    #[diesel(sql_type = Text)]
    pub cluster: String,
    #[diesel(sql_type = BigInt)]
    pub present: i64,
}

/// What is present, by kind, region, environment, source and cluster.
pub fn counted(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Vec<Counted>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let kinds: Vec<&str> = KINDS.iter().map(|spec| spec.name).collect();
    if !scope.sees_everything() {
        return counted_for(connection, scope, &kinds);
    }
    let mut sql = Sql::new("SELECT kind, facet, value, cluster, present FROM counts WHERE present > 0 AND kind IN ");
    sql.bind_list(&kinds).push(" AND ((facet = 'region') OR (facet IN ('', 'environment', 'source') AND cluster <> ");
    sql.bind(EVERYWHERE).push(" AND cluster <> '')) ORDER BY kind, facet, value, cluster");
    sql.load(connection)
}

/// The same over what a team sees, of which nobody keeps count.
fn counted_for(connection: &mut AnyConnection, scope: &Scope, kinds: &[&str]) -> QueryResult<Vec<Counted>> {
    #[derive(QueryableByName)]
    struct Together {
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Text)]
        region: String,
        #[diesel(sql_type = Text)]
        cluster: String,
        #[diesel(sql_type = Text)]
        environment: String,
        #[diesel(sql_type = Text)]
        source: String,
        #[diesel(sql_type = BigInt)]
        present: i64,
    }
    let mut sql = Sql::new(
        "SELECT r.kind, r.region, r.cluster, r.environment, r.source, COUNT(*) AS present FROM resources r WHERE r.gone_at IS NULL AND ",
    );
    match listing::little(connection, scope)? {
        Some(ids) => sql.push("r.id IN (").append(ids).push(") AND COALESCE(r.kind, r.kind) IN "),
        None => sql.push("r.kind IN "),
    };
    sql.bind_list(kinds);
    scope.restrict(&mut sql, Placed::Resource);
    sql.push(" GROUP BY r.kind, r.region, r.cluster, r.environment, r.source");
    let mut sums: BTreeMap<(String, &str, String, String), i64> = BTreeMap::new();
    for Together { kind, region, cluster, environment, source, present } in sql.load(connection)? {
        let everywhere = EVERYWHERE.to_owned();
        let none = String::new();
        let rows = [
            ("region", region.clone(), everywhere),
            ("region", region, cluster.clone()),
            ("environment", environment, cluster.clone()),
            ("source", source, cluster.clone()),
            ("", none, cluster),
        ];
        let told = rows
            .into_iter()
            .filter(|(facet, value, cluster)| !cluster.is_empty() && (facet.is_empty() || !value.is_empty()));
        for (facet, value, cluster) in told {
            *sums.entry((kind.clone(), facet, value, cluster)).or_default() += present;
        }
    }
    let counted = sums.into_iter().map(|((kind, facet, value, cluster), present)| {
        let facet = facet.to_owned();
        Counted { kind, facet, value, cluster, present }
    });
    Ok(counted.collect())
}

/// So many open alerts of one severity are about what is there.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Alerted {
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub cluster: String,
    #[diesel(sql_type = Text)]
    pub severity: String,
    #[diesel(sql_type = BigInt)]
    pub n: i64,
}

/// The open alerts by where their resource lies, or else the source that they are about.
pub fn alerted(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Vec<Alerted>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT COALESCE(r.region, o.region, '') AS region, COALESCE(r.cluster, o.cluster, '') AS cluster, a.severity, COUNT(*) AS n \
         FROM alerts a LEFT JOIN resources r ON r.id = a.resource_id LEFT JOIN sources o ON o.name = a.source AND a.resource_id IS NULL \
         WHERE a.state <> 'resolved'",
    );
    scope.restrict_id(&mut sql, "a.resource_id", When::Now);
    sql.push(" GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
    sql.load(connection)
}

/// So many findings of a rule lie in one region or cluster.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Found {
    #[diesel(sql_type = Text)]
    pub rule: String,
    #[diesel(sql_type = Text)]
    pub value: String,
    #[diesel(sql_type = BigInt)]
    pub n: i64,
}

/// The findings that nobody ignores, by rule and the value of that column.
pub fn found(connection: &mut AnyConnection, scope: &Scope, column: Column, now: Instant) -> QueryResult<Vec<Found>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let (all, ignored) = match column {
        Column::Source => (
            "SELECT f.rule, f.source AS value, COUNT(*) AS n FROM findings f",
            "SELECT f.rule, f.source AS value, COUNT(*) AS n FROM finding_ignores i JOIN findings f",
        ),
        Column::Region => (
            "SELECT f.rule, f.region AS value, COUNT(*) AS n FROM findings f",
            "SELECT f.rule, f.region AS value, COUNT(*) AS n FROM finding_ignores i JOIN findings f",
        ),
        Column::Cluster => (
            "SELECT f.rule, f.cluster AS value, COUNT(*) AS n FROM findings f",
            "SELECT f.rule, f.cluster AS value, COUNT(*) AS n FROM finding_ignores i JOIN findings f",
        ),
    };
    let mut sql = Sql::new(all);
    if !scope.sees_everything() {
        sql.push(" WHERE f.rule <> ''");
        scope.restrict_id(&mut sql, "f.resource_id", When::Now);
    }
    sql.push(" GROUP BY 1, 2 ORDER BY 1, 2");
    let mut found: Vec<Found> = sql.load(connection)?;
    let mut sql = Sql::new(ignored);
    sql.push(" ON f.rule = i.rule AND f.resource_id = i.resource_id AND f.subject = i.subject WHERE i.until > ");
    sql.bind(now);
    scope.restrict_id(&mut sql, "f.resource_id", When::Now);
    sql.push(" GROUP BY 1, 2 ORDER BY 1, 2");
    for ignored in sql.load::<Found>(connection)? {
        let of_it = |one: &&mut Found| one.rule == ignored.rule && one.value == ignored.value;
        if let Some(one) = found.iter_mut().find(of_it) {
            one.n -= ignored.n;
        }
    }
    found.retain(|one| one.n > 0);
    Ok(found)
}

/// A loss that waits for a decision has rows there.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Held {
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub cluster: String,
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub source: String,
}

/// The held losses of configured sources, once for each place that they touch; for who sees everything.
pub fn held(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Vec<Held>> {
    if !scope.sees_everything() {
        return Ok(Vec::new());
    }
    Sql::new(
        "SELECT DISTINCT r.region, r.cluster, h.id, s.source FROM held_losses h JOIN scopes s ON s.id = h.scope_id \
         JOIN sources o ON o.name = s.source JOIN held_loss_items i ON i.held_loss_id = h.id JOIN resources r ON r.id = i.resource_id \
         WHERE h.state = 'open' AND o.removed_at IS NULL ORDER BY 1, 2, 3",
    )
    .load(connection)
}
