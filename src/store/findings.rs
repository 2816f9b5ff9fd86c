//! Findings as the last pass left them, and what people have ignored of them. Counts and pages are ranges of indexes;
//! whoever shows a finding looks at it again first (`relations::findings`).

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::keys::When;
use super::page::{Page, one_more};
use super::sql::{Sql, Value, insert_rows};
use super::{AnyConnection, Scope};
use crate::clock::Instant;

/// So far findings are counted.
pub const COUNTED: i64 = 1_000;

/// A finding as stored.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct FindingRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub rule: String,
    #[diesel(sql_type = BigInt)]
    pub walked_id: i64,
    #[diesel(sql_type = BigInt)]
    pub resource_id: i64,
    /// In the stored spelling of keys; empty where the resource itself is it.
    #[diesel(sql_type = Text)]
    pub subject: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub source: String,
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub cluster: String,
    /// Names of kinds, apart by spaces.
    #[diesel(sql_type = Text)]
    pub needs: String,
    #[diesel(sql_type = Text)]
    pub doubt: String,
    #[diesel(sql_type = Timestamp)]
    pub found_at: NaiveDateTime,
    /// Set while it is ignored.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub ignored_until: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Text>)]
    pub ignored_reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub ignored_by: Option<String>,
}

pub(super) const COLUMNS: &str = "SELECT f.id, f.rule, f.walked_id, f.resource_id, f.subject, f.name, f.source, f.region, f.cluster, f.needs, f.doubt, \
    f.found_at, i.until AS ignored_until, i.reason AS ignored_reason, i.ignored_by FROM findings f LEFT JOIN finding_ignores i \
    ON i.rule = f.rule AND i.resource_id = f.resource_id AND i.subject = f.subject AND i.until > ";

/// What is asked of the findings of a rule.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub source: Option<String>,
    pub region: Option<String>,
    pub cluster: Option<String>,
    /// Only those that are ignored, or only those that are not.
    pub ignored: Option<bool>,
    pub limit: usize,
    /// Name and id of the last one of the page before.
    pub after: Option<(String, i64)>,
}

/// A page of a rule's findings, by name.
pub fn page(
    connection: &mut AnyConnection,
    scope: &Scope,
    rule: &str,
    wanted: &Wanted,
    now: Instant,
) -> QueryResult<Page<FindingRow>> {
    if scope.sees_nothing() {
        return Ok(Page::default());
    }
    Ok(Page::of(statement(scope, rule, wanted, now).load(connection)?, wanted.limit, |row: &FindingRow| row.id))
}

/// The statement of [`page`].
pub fn statement(scope: &Scope, rule: &str, wanted: &Wanted, now: Instant) -> Sql {
    let mut sql = Sql::new(COLUMNS);
    sql.bind(now).push(" WHERE f.rule = ").bind(rule);
    for (column, value) in [
        (" AND f.source = ", &wanted.source),
        (" AND f.region = ", &wanted.region),
        (" AND f.cluster = ", &wanted.cluster),
    ] {
        if let Some(value) = value {
            sql.push(column).bind(value);
        }
    }
    scope.restrict_id(&mut sql, "f.resource_id", When::Now);
    match wanted.ignored {
        Some(true) => sql.push(" AND i.until IS NOT NULL"),
        Some(false) => sql.push(" AND i.until IS NULL"),
        None => &mut sql,
    };
    if let Some(after) = &wanted.after {
        sql.push(" AND (f.name, f.id) > (").bind(&after.0).push(", ").bind(after.1).push(")");
    }
    sql.push(" ORDER BY f.name, f.id LIMIT ").bind(one_more(wanted.limit));
    sql
}

/// What findings can be chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Source,
    Region,
    Cluster,
}

impl Column {
    pub const ALL: [Self; 3] = [Self::Source, Self::Region, Self::Cluster];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Region => "region",
            Self::Cluster => "cluster",
        }
    }
}

/// Values of a column that are offered.
const OFFERED: usize = 24;

/// The first values of a column among the findings of a rule, in order: each is one step along an index.
pub fn values(connection: &mut AnyConnection, scope: &Scope, rule: &str, column: Column) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Valued {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let mut values: Vec<String> = Vec::new();
    while !scope.sees_nothing() && values.len() < OFFERED {
        let mut sql = Sql::new(match column {
            Column::Source => "SELECT f.source AS value FROM findings f WHERE f.rule = ",
            Column::Region => "SELECT f.region AS value FROM findings f WHERE f.rule = ",
            Column::Cluster => "SELECT f.cluster AS value FROM findings f WHERE f.rule = ",
        });
        sql.bind(rule).push(match column {
            Column::Source => " AND f.source > ",
            Column::Region => " AND f.region > ",
            Column::Cluster => " AND f.cluster > ",
        });
        // Nothing is smaller than the empty value, which is no choice.
        sql.bind(values.last().cloned().unwrap_or_default());
        scope.restrict_id(&mut sql, "f.resource_id", When::Now);
        sql.push(match column {
            Column::Source => " ORDER BY f.source LIMIT 1",
            Column::Region => " ORDER BY f.region LIMIT 1",
            Column::Cluster => " ORDER BY f.cluster LIMIT 1",
        });
        let Some(next) = sql.first::<Valued>(connection)? else { break };
        values.push(next.value);
    }
    Ok(values)
}

/// One finding of a rule.
pub fn find(
    connection: &mut AnyConnection,
    scope: &Scope,
    rule: &str,
    id: i64,
    now: Instant,
) -> QueryResult<Option<FindingRow>> {
    if scope.sees_nothing() {
        return Ok(None);
    }
    let mut sql = Sql::new(COLUMNS);
    sql.bind(now).push(" WHERE f.rule = ").bind(rule).push(" AND f.id = ").bind(id);
    scope.restrict_id(&mut sql, "f.resource_id", When::Now);
    sql.first(connection)
}

/// How many findings of a rule share what makes them sure.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Share {
    #[diesel(sql_type = Text)]
    pub rule: String,
    #[diesel(sql_type = Text)]
    pub needs: String,
    /// Empty where nothing but the listings makes them unsure.
    #[diesel(sql_type = Text)]
    pub doubt: String,
    #[diesel(sql_type = BigInt)]
    pub n: i64,
}

/// The findings of these rules that nobody ignores: as many as the last pass over everything has counted, without those
/// that people ignore now.
pub fn shares(connection: &mut AnyConnection, scope: &Scope, rules: &[&str], now: Instant) -> QueryResult<Vec<Share>> {
    if scope.sees_nothing() || rules.is_empty() {
        return Ok(Vec::new());
    }
    if !scope.sees_everything() {
        return shares_of(connection, scope, rules, now);
    }
    let mut sql = Sql::new("SELECT rule, needs, doubt, n FROM finding_counts WHERE rule IN ");
    sql.bind_list(rules).push(" ORDER BY rule, needs, doubt");
    let mut shares: Vec<Share> = sql.load(connection)?;
    for ignored in ignored_shares(connection, now)? {
        let same = |share: &&mut Share| {
            (&share.rule, &share.needs, &share.doubt) == (&ignored.rule, &ignored.needs, &ignored.doubt)
        };
        if let Some(share) = shares.iter_mut().find(same) {
            share.n = (share.n - ignored.n).max(0);
        }
    }
    shares.retain(|share| share.n > 0);
    Ok(shares)
}

/// The same of what a team sees, of which no pass keeps count: counted to one more than [`COUNTED`].
fn shares_of(connection: &mut AnyConnection, scope: &Scope, rules: &[&str], now: Instant) -> QueryResult<Vec<Share>> {
    let mut sql = Sql::default();
    for (position, rule) in rules.iter().enumerate() {
        sql.push(if position == 0 { "" } else { " UNION ALL " });
        sql.push(concatcp!(
            "SELECT x.rule, x.needs, x.doubt, COUNT(*) AS n FROM (SELECT f.rule, f.needs, ",
            DOUBTED,
            " AS doubt FROM findings f WHERE f.rule = "
        ));
        sql.bind(*rule).push(
            " AND NOT EXISTS (SELECT 1 FROM finding_ignores i WHERE i.rule = f.rule AND i.resource_id = f.resource_id \
             AND i.subject = f.subject AND i.until > ",
        );
        sql.bind(now).push(")");
        scope.restrict_id(&mut sql, "f.resource_id", When::Now);
        sql.push(" LIMIT ").bind(COUNTED + 1).push(") x GROUP BY x.rule, x.needs, x.doubt");
    }
    sql.load(connection)
}

/// The text of whether a finding is doubted, which is what counts of its doubt.
pub(super) const DOUBTED: &str = "CASE WHEN f.doubt = '' THEN '' ELSE 'doubted' END";

fn ignored_shares(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Share>> {
    let mut sql = Sql::new(concatcp!(
        "SELECT f.rule, f.needs, ",
        DOUBTED,
        // From the few that are ignored; the other way round each finding would be asked whether it is.
        " AS doubt, COUNT(*) AS n FROM finding_ignores i CROSS JOIN findings f WHERE f.rule = i.rule \
         AND f.resource_id = i.resource_id AND f.subject = i.subject AND i.until > "
    ));
    sql.bind(now).push(" GROUP BY 1, 2, 3");
    sql.load(connection)
}

/// How many findings are ignored, by rule.
pub fn ignored(connection: &mut AnyConnection, scope: &Scope, now: Instant) -> QueryResult<BTreeMap<String, i64>> {
    #[derive(QueryableByName)]
    struct Ignored {
        #[diesel(sql_type = Text)]
        rule: String,
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    if scope.sees_nothing() {
        return Ok(BTreeMap::new());
    }
    let mut sql = Sql::new(
        "SELECT i.rule, COUNT(*) AS n FROM finding_ignores i JOIN findings f ON f.rule = i.rule AND f.resource_id = i.resource_id \
         AND f.subject = i.subject WHERE i.until > ",
    );
    sql.bind(now);
    scope.restrict_id(&mut sql, "i.resource_id", When::Now);
    sql.push(" GROUP BY i.rule");
    Ok(sql.load::<Ignored>(connection)?.into_iter().map(|row| (row.rule, row.n)).collect())
}

/// Tells nobody of it until then.
pub fn ignore(
    connection: &mut AnyConnection,
    finding: &FindingRow,
    until: Instant,
    reason: &str,
    by: &str,
    at: Instant,
) -> QueryResult<()> {
    let row = vec![
        Value::from(&finding.rule),
        finding.resource_id.into(),
        Value::from(&finding.subject),
        until.into(),
        reason.into(),
        by.into(),
        at.into(),
    ];
    insert_rows(
        connection,
        "INSERT INTO finding_ignores (rule, resource_id, subject, until, reason, ignored_by, ignored_at) VALUES ",
        vec![row],
        " ON CONFLICT (rule, resource_id, subject) DO UPDATE SET until = excluded.until, reason = excluded.reason, \
         ignored_by = excluded.ignored_by, ignored_at = excluded.ignored_at",
    )
    .map(|_| ())
}

/// Tells of it again; gives whether it was ignored.
pub fn heed(connection: &mut AnyConnection, finding: &FindingRow) -> QueryResult<bool> {
    let mut sql = Sql::new("DELETE FROM finding_ignores WHERE rule = ");
    sql.bind(&finding.rule).push(" AND resource_id = ").bind(finding.resource_id);
    sql.push(" AND subject = ").bind(&finding.subject);
    Ok(sql.execute(connection)? > 0)
}

/// Forgets what nobody ignores any more.
pub fn forget_ignores(connection: &mut AnyConnection, before: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new("DELETE FROM finding_ignores WHERE until <= ");
    sql.bind(before);
    sql.execute(connection)
}
