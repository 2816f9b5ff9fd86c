//! What pages say of the alerts that are not resolved, of which there may be tens of thousands: the worst few, and how
//! many there are.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{AlertRow, SELECT, Severity, URGENCY};
use crate::store::AnyConnection;
use crate::store::keys::When;
use crate::store::scope::Scope;
use crate::store::sql::Sql;

/// The first of [`super::open`].
pub fn worst(connection: &mut AnyConnection, scope: &Scope, limit: usize) -> QueryResult<Vec<AlertRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    worst_statement(scope, limit).load(connection)
}

/// The statement of [`worst`].
pub fn worst_statement(scope: &Scope, limit: usize) -> Sql {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE state <> 'resolved'");
    scope.restrict_id(&mut sql, "alerts.resource_id", When::Now);
    sql.push(URGENCY).push(" LIMIT ");
    sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    sql
}

/// How many are not resolved, of those two severities that somebody has to see to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenCounts {
    pub critical: usize,
    pub warnings: usize,
}

/// Counts what [`super::open`] has.
pub fn open_counts(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<OpenCounts> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = Text)]
        severity: String,
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let mut counts = OpenCounts::default();
    if scope.sees_nothing() {
        return Ok(counts);
    }
    let mut sql = if scope.sees_everything() {
        Sql::new("SELECT severity, CAST(SUM(n) AS BIGINT) AS n FROM alert_counts WHERE state <> 'resolved'")
    } else {
        Sql::new("SELECT severity, COUNT(*) AS n FROM alerts WHERE state <> 'resolved'")
    };
    scope.restrict_id(&mut sql, "alerts.resource_id", When::Now);
    sql.push(" GROUP BY severity ORDER BY severity");
    let counted: Vec<Counted> = sql.load(connection)?;
    for Counted { severity, n } in counted {
        let n = usize::try_from(n).unwrap_or_default();
        match Severity::parse(&severity) {
            Some(Severity::Critical) => counts.critical = n,
            Some(Severity::Warning) => counts.warnings = n,
            _ => {}
        }
    }
    Ok(counts)
}

/// Those of `links` to which an alert that is not resolved leads.
pub fn leading_to(connection: &mut AnyConnection, scope: &Scope, links: &[String]) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Link {
        #[diesel(sql_type = Text)]
        link: String,
    }
    if scope.sees_nothing() || links.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT DISTINCT link FROM alerts WHERE state <> 'resolved' AND link IN ");
    sql.bind_list(links);
    scope.restrict_id(&mut sql, "alerts.resource_id", When::Now);
    Ok(sql.load::<Link>(connection)?.into_iter().map(|row| row.link).collect())
}

/// How many alerts are not resolved, for the bell.
pub fn open_count(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        open: i64,
    }
    if scope.sees_nothing() {
        return Ok(0);
    }
    let mut sql = if scope.sees_everything() {
        Sql::new(
            "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) AS open FROM alert_counts WHERE state IN ('open', 'acknowledged')",
        )
    } else {
        Sql::new("SELECT COUNT(*) AS open FROM alerts WHERE state IN ('open', 'acknowledged')")
    };
    scope.restrict_id(&mut sql, "alerts.resource_id", When::Now);
    Ok(sql.first::<Count>(connection)?.map_or(0, |count| count.open))
}
