//! Findings as the last pass left them, and what people have ignored of them. Counts and pages are ranges of indexes; whoever shows a
//! finding looks at it again first (`relations::findings`).

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::page::{Page, one_more};
use super::sql::{Sql, Value, insert_rows};
use super::{AnyConnection, Scope, ids};
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

const COLUMNS: &str = "SELECT f.id, f.rule, f.walked_id, f.resource_id, f.subject, f.name, f.source, f.region, f.cluster, f.needs, f.doubt, \
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
    Ok(Page::of(statement(rule, wanted, now).load(connection)?, wanted.limit, |row: &FindingRow| row.id))
}

/// The statement of [`page`].
pub fn statement(rule: &str, wanted: &Wanted, now: Instant) -> Sql {
    let mut sql = Sql::new(COLUMNS);
    sql.bind(now).push(" WHERE f.rule = ").bind(rule);
    for (column, value) in
        [(" AND f.source = ", &wanted.source), (" AND f.region = ", &wanted.region), (" AND f.cluster = ", &wanted.cluster)]
    {
        if let Some(value) = value {
            sql.push(column).bind(value);
        }
    }
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
        sql.bind(values.last().cloned().unwrap_or_default()).push(match column {
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
    sql.first(connection)
}

/// How many findings of a rule share what makes them sure, counted to one more than [`COUNTED`] in all.
#[derive(Clone, Debug, QueryableByName)]
pub struct Share {
    #[diesel(sql_type = Text)]
    pub needs: String,
    #[diesel(sql_type = Text)]
    pub doubt: String,
    #[diesel(sql_type = BigInt)]
    pub n: i64,
}

/// The findings of a rule that nobody ignores.
pub fn shares(connection: &mut AnyConnection, scope: &Scope, rule: &str, now: Instant) -> QueryResult<Vec<Share>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT x.needs, x.doubt, COUNT(*) AS n FROM (SELECT f.needs, CASE WHEN f.doubt = '' THEN '' ELSE 'doubted' END AS doubt \
         FROM findings f WHERE f.rule = ",
    );
    sql.bind(rule).push(
        " AND NOT EXISTS (SELECT 1 FROM finding_ignores i WHERE i.rule = f.rule AND i.resource_id = f.resource_id \
         AND i.subject = f.subject AND i.until > ",
    );
    sql.bind(now).push(") LIMIT ").bind(COUNTED + 1).push(") x GROUP BY x.needs, x.doubt ORDER BY x.needs, x.doubt");
    sql.load(connection)
}

/// How many findings of a rule are ignored.
pub fn ignored(connection: &mut AnyConnection, scope: &Scope, rule: &str, now: Instant) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    if scope.sees_nothing() {
        return Ok(0);
    }
    let mut sql = Sql::new(
        "SELECT COUNT(*) AS n FROM finding_ignores i JOIN findings f ON f.rule = i.rule AND f.resource_id = i.resource_id \
         AND f.subject = i.subject WHERE i.rule = ",
    );
    sql.bind(rule).push(" AND i.until > ").bind(now);
    Ok(sql.first::<Number>(connection)?.map_or(0, |number| number.n))
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

/// A finding to be: what identifies it, and what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub walked_id: i64,
    pub resource_id: i64,
    pub subject: String,
    pub name: String,
    pub source: String,
    pub region: String,
    pub cluster: String,
    pub needs: String,
    pub doubt: String,
}

impl Draft {
    fn same(&self, row: &FindingRow) -> bool {
        let kept = [&row.subject, &row.name, &row.source, &row.region, &row.cluster, &row.needs, &row.doubt];
        kept == [&self.subject, &self.name, &self.source, &self.region, &self.cluster, &self.needs, &self.doubt]
            && (row.walked_id, row.resource_id) == (self.walked_id, self.resource_id)
    }
}

/// What of the stored findings of those walked resources differs from `drafts`: those to write, and the ids of those to remove.
pub fn differences(
    connection: &mut AnyConnection,
    rule: &str,
    walked: &[i64],
    drafts: Vec<Draft>,
    now: Instant,
) -> QueryResult<(Vec<Draft>, Vec<i64>)> {
    let mut sql = Sql::new(COLUMNS);
    sql.bind(now).push(" WHERE f.rule = ").bind(rule).push(" AND f.walked_id IN ").bind_list(walked);
    let stored: Vec<FindingRow> = sql.load(connection)?;
    let mut stored: BTreeMap<(i64, String), FindingRow> =
        stored.into_iter().map(|row| ((row.resource_id, row.subject.clone()), row)).collect();
    let mut fresh = Vec::new();
    for draft in drafts {
        match stored.remove(&(draft.resource_id, draft.subject.clone())) {
            Some(row) if draft.same(&row) => {}
            _ => fresh.push(draft),
        }
    }
    Ok((fresh, stored.into_values().map(|row| row.id).collect()))
}

/// Removes findings, and writes new ones or what is different about old ones.
pub fn write(
    connection: &mut AnyConnection,
    rule: &str,
    fresh: Vec<Draft>,
    over: &[i64],
    now: Instant,
) -> QueryResult<()> {
    if !over.is_empty() {
        let mut sql = Sql::new("DELETE FROM findings WHERE id IN ");
        sql.bind_list(over);
        sql.execute(connection)?;
    }
    if fresh.is_empty() {
        return Ok(());
    }
    let first = ids::take(connection, "findings", fresh.len())?;
    let rows = (first..).zip(fresh).map(|(id, draft)| {
        let Draft { walked_id, resource_id, subject, name, source, region, cluster, needs, doubt } = draft;
        let mut row: Vec<Value> = vec![id.into(), rule.into(), walked_id.into(), resource_id.into()];
        row.extend([subject, name, source, region, cluster, needs, doubt].map(Value::from));
        row.push(now.into());
        row
    });
    insert_rows(
        connection,
        "INSERT INTO findings (id, rule, walked_id, resource_id, subject, name, source, region, cluster, needs, doubt, found_at) VALUES ",
        rows.collect(),
        " ON CONFLICT (rule, resource_id, subject) DO UPDATE SET walked_id = excluded.walked_id, name = excluded.name, \
         source = excluded.source, region = excluded.region, cluster = excluded.cluster, needs = excluded.needs, doubt = excluded.doubt",
    )
    .map(|_| ())
}

/// Forgets the findings of a rule whose resource, or what was looked at, is gone; gives how many.
pub fn forget_gone(connection: &mut AnyConnection, rule: &str) -> QueryResult<usize> {
    let mut sql = Sql::new("DELETE FROM findings WHERE rule = ");
    sql.bind(rule).push(
        " AND EXISTS (SELECT 1 FROM resources r WHERE r.id IN (findings.walked_id, findings.resource_id) AND r.gone_at IS NOT NULL)",
    );
    sql.execute(connection)
}

/// Forgets what nobody ignores any more.
pub fn forget_ignores(connection: &mut AnyConnection, before: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new("DELETE FROM finding_ignores WHERE until <= ");
    sql.bind(before);
    sql.execute(connection)
}

/// When a rule last went over everything.
#[derive(Clone, Debug, QueryableByName)]
pub struct PassRow {
    #[diesel(sql_type = Text)]
    pub rule: String,
    #[diesel(sql_type = Timestamp)]
    pub began_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    pub ended_at: NaiveDateTime,
    /// How the inventory looked when it began, see [`state_of_inventory`].
    #[diesel(sql_type = Text)]
    pub state_of: String,
}

pub fn passes(connection: &mut AnyConnection) -> QueryResult<BTreeMap<String, PassRow>> {
    let rows: Vec<PassRow> =
        Sql::new("SELECT rule, began_at, ended_at, state_of FROM finding_passes ORDER BY rule").load(connection)?;
    Ok(rows.into_iter().map(|row| (row.rule.clone(), row)).collect())
}

pub fn pass_over(
    connection: &mut AnyConnection,
    rule: &str,
    state_of: &str,
    began_at: Instant,
    ended_at: Instant,
) -> QueryResult<()> {
    let row = vec![rule.into(), began_at.into(), ended_at.into(), state_of.into()];
    insert_rows(
        connection,
        "INSERT INTO finding_passes (rule, began_at, ended_at, state_of) VALUES ",
        vec![row],
        " ON CONFLICT (rule) DO UPDATE SET began_at = excluded.began_at, ended_at = excluded.ended_at, state_of = excluded.state_of",
    )
    .map(|_| ())
}

/// A text that is another one whenever a resource came, moved, was linked differently, or went: the counter of what placement had to
/// look at, and the last ends.
pub fn state_of_inventory(connection: &mut AnyConnection) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Moved {
        #[diesel(sql_type = BigInt)]
        next_id: i64,
    }
    #[derive(QueryableByName)]
    struct Gone {
        #[diesel(sql_type = Timestamp)]
        gone_at: NaiveDateTime,
    }
    let moved: Option<Moved> =
        Sql::new("SELECT next_id FROM id_blocks WHERE name = 'placement_due'").first(connection)?;
    let mut state = moved.map_or(0, |moved| moved.next_id).to_string();
    for spec in crate::kinds::KINDS {
        let mut sql = Sql::new("SELECT r.gone_at FROM resources r WHERE r.gone_at IS NOT NULL AND r.kind = ");
        sql.bind(spec.name).push(" ORDER BY r.gone_at DESC LIMIT 1");
        let last: Option<Gone> = sql.first(connection)?;
        let micros = last.map_or(0, |gone| gone.gone_at.and_utc().timestamp_micros());
        state.push(' ');
        state.push_str(&micros.to_string());
    }
    Ok(state)
}
