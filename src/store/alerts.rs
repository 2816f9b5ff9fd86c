//! Alerts as state: one open alert per fingerprint, each change of state a row. A team sees those about resources that
//! it sees; those about a source or the panel itself are for whoever sees everything.

use std::cmp::Reverse;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::AnyConnection;
use super::keys::When;
use super::page::{Page, one_more};
use super::scope::Scope;
use super::sql::Sql;
use crate::clock::Instant;

mod standing;

pub use standing::{OpenCounts, leading_to, open_count, open_counts, worst, worst_statement};

/// How soon somebody has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }
}

/// Something that is the case now and that somebody should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The same cause, the same fingerprint.
    pub fingerprint: String,
    pub severity: Severity,
    pub title: String,
    pub body: String,
    /// A path of the panel.
    pub link: String,
    pub resource_id: Option<i64>,
    pub source: String,
    /// When it becomes acute, where that is known: the start of a maintenance.
    pub due_at: Option<Instant>,
}

/// An alert as stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct AlertRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub fingerprint: String,
    #[diesel(sql_type = Text)]
    pub rule: String,
    #[diesel(sql_type = Text)]
    pub severity: String,
    /// `open`, `acknowledged`, `snoozed`, `resolved`.
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Text)]
    pub body: String,
    #[diesel(sql_type = Text)]
    pub link: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub resource_id: Option<i64>,
    #[diesel(sql_type = Text)]
    pub source: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub due_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Timestamp)]
    pub opened_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    pub changed_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub resolved_at: Option<NaiveDateTime>,
}

const SELECT: &str = "SELECT id, fingerprint, rule, severity, state, title, body, link, resource_id, source, due_at, opened_at, \
    changed_at, resolved_at FROM alerts";

/// Worst first, then by when they become acute, then the newest: the index `alerts_by_urgency` has the same words.
const URGENCY: &str = " ORDER BY (CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END), (due_at IS NULL), due_at, \
    opened_at DESC, id DESC";

/// What a rule's evaluation changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    pub opened: usize,
    pub resolved: usize,
}

/// Makes the open alerts of a rule say what is the case now: opens, updates and resolves by fingerprint.
pub fn settle(
    connection: &mut AnyConnection,
    rule: &str,
    conditions: &[Condition],
    at: Instant,
) -> QueryResult<Settled> {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE state <> 'resolved' AND rule = ").bind(rule);
    let mut open: Vec<AlertRow> = sql.load(connection)?;
    let mut settled = Settled::default();
    for condition in conditions {
        match open.iter().position(|alert| alert.fingerprint == condition.fingerprint) {
            Some(position) => update(connection, &open.swap_remove(position), condition, at)?,
            None => settled.opened += begin(connection, rule, condition, at)?,
        }
    }
    for alert in open {
        let mut sql = Sql::new("UPDATE alerts SET state = 'resolved', resolved_at = ");
        sql.bind(at).push(", changed_at = ").bind(at).push(" WHERE state <> 'resolved' AND id = ").bind(alert.id);
        if sql.execute(connection)? == 1 {
            transition(connection, alert.id, &alert.state, "resolved", at)?;
            settled.resolved += 1;
        }
    }
    Ok(settled)
}

fn begin(connection: &mut AnyConnection, rule: &str, condition: &Condition, at: Instant) -> QueryResult<usize> {
    let id = super::ids::take(connection, "alerts", 1)?;
    let mut sql = Sql::new(
        "INSERT INTO alerts (id, fingerprint, rule, severity, state, title, body, link, resource_id, source, due_at, opened_at, changed_at) \
         VALUES (",
    );
    sql.bind(id).push(", ").bind(&condition.fingerprint).push(", ").bind(rule);
    sql.push(", ").bind(condition.severity.as_str()).push(", 'open', ").bind(&condition.title);
    sql.push(", ").bind(&condition.body).push(", ").bind(&condition.link).push(", ");
    match condition.resource_id {
        Some(resource_id) => sql.bind(resource_id),
        None => sql.push("NULL"),
    };
    sql.push(", ").bind(&condition.source).push(", ").bind(condition.due_at).push(", ").bind(at).push(", ").bind(at);
    // Another worker may have opened it a moment ago.
    sql.push(") ON CONFLICT DO NOTHING");
    let opened = sql.execute(connection)?;
    if opened == 1 {
        transition(connection, id, "", "open", at)?;
    }
    Ok(opened)
}

fn update(connection: &mut AnyConnection, alert: &AlertRow, condition: &Condition, at: Instant) -> QueryResult<()> {
    let same = alert.title == condition.title
        && alert.body == condition.body
        && alert.severity == condition.severity.as_str()
        && (&alert.link, alert.resource_id) == (&condition.link, condition.resource_id)
        && alert.due_at == condition.due_at.map(|at| at.naive_utc());
    if same {
        return Ok(());
    }
    let mut sql = Sql::new("UPDATE alerts SET title = ");
    sql.bind(&condition.title).push(", body = ").bind(&condition.body).push(", link = ").bind(&condition.link);
    sql.push(", severity = ").bind(condition.severity.as_str()).push(", due_at = ").bind(condition.due_at);
    // A host may be another's by now, and whoever had it reads of it no more.
    sql.push(", resource_id = ");
    match condition.resource_id {
        Some(resource_id) => sql.bind(resource_id),
        None => sql.push("NULL"),
    };
    sql.push(", changed_at = ").bind(at).push(" WHERE id = ").bind(alert.id);
    sql.execute(connection).map(|_| ())
}

fn transition(connection: &mut AnyConnection, alert: i64, from: &str, to: &str, at: Instant) -> QueryResult<()> {
    let id = super::ids::take(connection, "alert_transitions", 1)?;
    let mut sql =
        Sql::new("INSERT INTO alert_transitions (id, alert_id, at, from_state, to_state, actor, note) VALUES (");
    sql.bind(id)
        .push(", ")
        .bind(alert)
        .push(", ")
        .bind(at)
        .push(", ")
        .bind(from)
        .push(", ")
        .bind(to)
        .push(", 'rule', '')");
    sql.execute(connection).map(|_| ())
}

/// The alerts that are not resolved, worst first, then by when they become acute, then the newest.
pub fn open(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Vec<AlertRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    open_at(connection, scope, &Placed::default())
}

fn open_at(connection: &mut AnyConnection, scope: &Scope, place: &Placed) -> QueryResult<Vec<AlertRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE state <> 'resolved'");
    scope.restrict_id(&mut sql, "alerts.resource_id", When::Now);
    place.append_to(&mut sql);
    sql.push(URGENCY);
    sql.load(connection)
}

/// Which alerts a list asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Those that are resolved, instead of those that are not.
    pub resolved: bool,
    pub severity: Option<Severity>,
    pub place: Placed,
    /// The id of the last one of the page before.
    pub after: Option<i64>,
    pub limit: usize,
}

/// Where that lies which an alert is about: its resource, or else its source.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    pub region: Option<String>,
    pub cluster: Option<String>,
}

impl Placed {
    fn append_to(&self, sql: &mut Sql) {
        let places = [(&self.region, "r.region = ", "o.region = "), (&self.cluster, "r.cluster = ", "o.cluster = ")];
        for (value, of_resource, of_source) in places {
            let Some(value) = value else { continue };
            sql.push(" AND (EXISTS (SELECT 1 FROM resources r WHERE r.id = alerts.resource_id AND ");
            sql.push(of_resource).bind(value);
            sql.push(") OR (resource_id IS NULL AND EXISTS (SELECT 1 FROM sources o WHERE o.name = alerts.source AND ");
            sql.push(of_source).bind(value).push(")))");
        }
    }
}

/// A page of alerts: resolved ones the newest first, the others as [`open`] has them.
pub fn page(connection: &mut AnyConnection, scope: &Scope, wanted: &Wanted) -> QueryResult<Page<AlertRow>> {
    if scope.sees_nothing() {
        return Ok(Page::default());
    }
    let rows = if wanted.resolved {
        resolved(connection, scope, wanted)?
    } else {
        // There are never so many that all of them could not be ordered again for each page.
        let mut rows = open_at(connection, scope, &wanted.place)?;
        rows.retain(|row| wanted.severity.is_none_or(|severity| row.severity == severity.as_str()));
        match wanted.after {
            None => rows,
            // Its place is known even if it was resolved since.
            Some(id) => by_id(connection, scope, id)?.map_or_else(Vec::new, |last| {
                rows.retain(|row| urgency(row) > urgency(&last));
                rows
            }),
        }
    };
    Ok(Page::of(rows, wanted.limit, |row| row.id))
}

fn resolved(connection: &mut AnyConnection, scope: &Scope, wanted: &Wanted) -> QueryResult<Vec<AlertRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE state = 'resolved' AND id < ").bind(wanted.after.unwrap_or(i64::MAX));
    if let Some(severity) = wanted.severity {
        sql.push(" AND severity = ").bind(severity.as_str());
    }
    scope.restrict_id(&mut sql, "alerts.resource_id", When::Now);
    wanted.place.append_to(&mut sql);
    sql.push(" ORDER BY id DESC LIMIT ").bind(one_more(wanted.limit));
    sql.load(connection)
}

/// The order of [`open`], as a key.
fn urgency(row: &AlertRow) -> impl Ord {
    let severity = Severity::parse(&row.severity).unwrap_or(Severity::Info);
    (Reverse(severity), row.due_at.is_none(), row.due_at, Reverse(row.opened_at), Reverse(row.id))
}

fn by_id(connection: &mut AnyConnection, scope: &Scope, id: i64) -> QueryResult<Option<AlertRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE id = ").bind(id);
    scope.restrict_id(&mut sql, "alerts.resource_id", When::Now);
    sql.first(connection)
}

/// The alerts about a resource that are not resolved.
pub fn of_resource(connection: &mut AnyConnection, scope: &Scope, resource_id: i64) -> QueryResult<Vec<AlertRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE state <> 'resolved' AND resource_id = ").bind(resource_id);
    scope.restrict_id(&mut sql, "alerts.resource_id", When::Now);
    sql.push(" ORDER BY id DESC");
    sql.load(connection)
}

/// Forgets at most `limit` alerts that were resolved before `before`, with how they came about; gives how many.
pub fn prune(connection: &mut AnyConnection, before: Instant, limit: i64) -> QueryResult<usize> {
    #[derive(QueryableByName)]
    struct Old {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    // They were opened before, too: that is what the index knows.
    let mut old = Sql::new("SELECT id FROM alerts WHERE state = 'resolved' AND opened_at < ");
    old.bind(before).push(" AND resolved_at < ").bind(before).push(" ORDER BY opened_at, id LIMIT ").bind(limit);
    let ids: Vec<i64> = old.load::<Old>(connection)?.into_iter().map(|old| old.id).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    let mut transitions = Sql::new("DELETE FROM alert_transitions WHERE alert_id IN ");
    transitions.bind_list(&ids);
    transitions.execute(connection)?;
    let mut alerts = Sql::new("DELETE FROM alerts WHERE id IN ");
    alerts.bind_list(&ids);
    alerts.execute(connection)
}
