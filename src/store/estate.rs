//! What there is in each region and cluster, and what is wrong there: sums, for the map and the pages of places.
//!
//! What is present is read as it is kept beside the filters. Alerts and held losses are few, and findings are counted along an index.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::counts::EVERYWHERE;
use super::findings::Column;
use super::sql::Sql;
use super::{AnyConnection, Scope};
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
    let mut sql = Sql::new("SELECT kind, facet, value, cluster, present FROM counts WHERE present > 0 AND kind IN ");
    sql.bind_list(&kinds).push(" AND ((facet = 'region') OR (facet IN ('', 'environment', 'source') AND cluster <> ");
    sql.bind(EVERYWHERE).push(" AND cluster <> '')) ORDER BY kind, facet, value, cluster");
    sql.load(connection)
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
    Sql::new(
        "SELECT COALESCE(r.region, o.region, '') AS region, COALESCE(r.cluster, o.cluster, '') AS cluster, a.severity, COUNT(*) AS n \
         FROM alerts a LEFT JOIN resources r ON r.id = a.resource_id LEFT JOIN sources o ON o.name = a.source AND a.resource_id IS NULL \
         WHERE a.state <> 'resolved' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    .load(connection)
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
            "SELECT f.rule, f.source AS value, COUNT(*) AS n FROM findings f GROUP BY f.rule, f.source ORDER BY 1, 2",
            "SELECT f.rule, f.source AS value, COUNT(*) AS n FROM finding_ignores i JOIN findings f",
        ),
        Column::Region => (
            "SELECT f.rule, f.region AS value, COUNT(*) AS n FROM findings f GROUP BY f.rule, f.region ORDER BY 1, 2",
            "SELECT f.rule, f.region AS value, COUNT(*) AS n FROM finding_ignores i JOIN findings f",
        ),
        Column::Cluster => (
            "SELECT f.rule, f.cluster AS value, COUNT(*) AS n FROM findings f GROUP BY f.rule, f.cluster ORDER BY 1, 2",
            "SELECT f.rule, f.cluster AS value, COUNT(*) AS n FROM finding_ignores i JOIN findings f",
        ),
    };
    let mut found: Vec<Found> = Sql::new(all).load(connection)?;
    let mut sql = Sql::new(ignored);
    sql.push(" ON f.rule = i.rule AND f.resource_id = i.resource_id AND f.subject = i.subject WHERE i.until > ");
    sql.bind(now).push(" GROUP BY 1, 2 ORDER BY 1, 2");
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

/// The held losses of configured sources, once for each place that they touch.
pub fn held(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Vec<Held>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    Sql::new(
        "SELECT DISTINCT r.region, r.cluster, h.id, s.source FROM held_losses h JOIN scopes s ON s.id = h.scope_id \
         JOIN sources o ON o.name = s.source JOIN held_loss_items i ON i.held_loss_id = h.id JOIN resources r ON r.id = i.resource_id \
         WHERE h.state = 'open' AND o.removed_at IS NULL ORDER BY 1, 2, 3",
    )
    .load(connection)
}
