//! What a pass over the inventory writes: the findings that it has and the stored ones have not, and that it was made.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};

use super::findings::{COLUMNS, DOUBTED, FindingRow, Share};
use super::sql::{Sql, Value, insert_rows};
use super::{AnyConnection, ids};
use crate::clock::Instant;

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

/// What of the stored findings of those walked resources differs from `drafts`: those to write, and the ids of those to
/// remove.
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

/// The findings of a rule, counted: what pages tell until its next pass.
pub fn count(connection: &mut AnyConnection, rule: &str) -> QueryResult<Vec<Share>> {
    let mut sql = Sql::new(concatcp!(
        "SELECT f.rule, f.needs, ",
        DOUBTED,
        " AS doubt, COUNT(*) AS n FROM findings f WHERE f.rule = "
    ));
    sql.bind(rule).push(" GROUP BY 1, 2, 3");
    sql.load(connection)
}

/// Writes that a rule went over everything, and what it found by numbers.
pub fn pass_over(
    connection: &mut AnyConnection,
    rule: &str,
    counts: Vec<Share>,
    state_of: &str,
    began_at: Instant,
    ended_at: Instant,
) -> QueryResult<()> {
    let mut sql = Sql::new("DELETE FROM finding_counts WHERE rule = ");
    sql.bind(rule);
    sql.execute(connection)?;
    let counts = counts.into_iter().map(|Share { rule, needs, doubt, n }| {
        let row: Vec<Value> = vec![rule.into(), needs.into(), doubt.into(), n.into()];
        row
    });
    let head = "INSERT INTO finding_counts (rule, needs, doubt, n) VALUES ";
    insert_rows(connection, head, counts.collect(), "")?;
    let row = vec![rule.into(), began_at.into(), ended_at.into(), state_of.into()];
    insert_rows(
        connection,
        "INSERT INTO finding_passes (rule, began_at, ended_at, state_of) VALUES ",
        vec![row],
        " ON CONFLICT (rule) DO UPDATE SET began_at = excluded.began_at, ended_at = excluded.ended_at, state_of = excluded.state_of",
    )
    .map(|_| ())
}

/// A text that is another one whenever a resource came, moved, was linked differently, or went: the counter of what
/// placement had to look at, and the last ends.
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
