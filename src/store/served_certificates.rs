//! What each target of each host was last seen to send.
//!
//! A target is planned, looked at and judged by `probe`, in that order; pages and rules read what came of it. What was
//! read last stays through looks that saw nothing: that nobody could look says nothing about the certificate.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use const_format::concatcp;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamp};

use super::AnyConnection;
use super::page::{Page, one_more};
use super::scope::Scope;
use super::sql::{Sql, Value};
use crate::clock::Instant;
use crate::kinds::Key;
use crate::served::{Chain, Finding, Judgement};

pub mod targets;
mod told;

use told::{restrict, told};

/// How the last look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody has looked yet.
    Waiting,
    Read,
    Unreachable,
    /// The host has no address that anybody knows.
    Unresolved,
    NotProbed,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Read => "read",
            Self::Unreachable => "unreachable",
            Self::Unresolved => "unresolved",
            Self::NotProbed => "not_probed",
        }
    }
}

/// A target of a host as stored.
#[derive(Clone, Debug, QueryableByName)]
pub struct ServedRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    host: String,
    #[diesel(sql_type = Text)]
    pub address: String,
    #[diesel(sql_type = Integer)]
    pub port: i32,
    #[diesel(sql_type = Text)]
    pub via: String,
    #[diesel(sql_type = Bool)]
    pub proxied: bool,
    #[diesel(sql_type = Text)]
    pub outcome: String,
    #[diesel(sql_type = Text)]
    pub error: String,
    #[diesel(sql_type = Text)]
    chain: String,
    #[diesel(sql_type = Text)]
    pub fingerprint: String,
    #[diesel(sql_type = Text)]
    pub judgement: String,
    #[diesel(sql_type = Integer)]
    pub rank: i32,
    #[diesel(sql_type = Text)]
    findings: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub resource_id: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    not_after: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    checked_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    read_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Timestamp)]
    since: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    good_at: Option<NaiveDateTime>,
}

const SELECT: &str = "SELECT s.id, s.host, s.address, s.port, s.via, s.proxied, s.outcome, s.error, s.chain, s.fingerprint, s.judgement, \
    s.rank, s.findings, s.resource_id, s.not_after, s.checked_at, s.read_at, s.since, s.good_at FROM served_certificates s \
    WHERE s.gone_at IS NULL";
/// The order of lists: the worst first, of what ends soon the first to end, and else a domain at a time.
const ORDER: &str = concatcp!("s.rank, ", END, ", s.host, s.address, s.port, s.id");
/// When what ends soon does; one and the same moment for whatever else is said, of which targets stay together.
const END: &str =
    "CASE WHEN s.judgement = 'ends_soon' AND s.not_after IS NOT NULL THEN s.not_after ELSE '1970-01-01 00:00:00' END";

impl ServedRow {
    /// The host in its shown spelling.
    pub fn host(&self) -> String {
        Key::from_stored(&self.host).as_host().unwrap_or_default().to_owned()
    }

    /// What was read last; `None` before anything was.
    pub fn chain(&self) -> Option<Chain> {
        serde_json::from_str(&self.chain).ok()
    }

    /// What there is to say, the worst first.
    pub fn findings(&self) -> Vec<Finding> {
        serde_json::from_str(&self.findings).unwrap_or_default()
    }

    /// Whoever asks for the host comes upon this address; that of a machine behind a balancer is its owner's to know.
    pub fn is_in_the_open(&self) -> bool {
        !self.via.starts_with("behind")
    }

    pub fn not_after(&self) -> Option<Instant> {
        self.not_after.map(|at| at.and_utc())
    }

    pub fn checked_at(&self) -> Option<Instant> {
        self.checked_at.map(|at| at.and_utc())
    }

    pub fn read_at(&self) -> Option<Instant> {
        self.read_at.map(|at| at.and_utc())
    }

    pub fn since(&self) -> Instant {
        self.since.and_utc()
    }

    pub fn good_at(&self) -> Option<Instant> {
        self.good_at.map(|at| at.and_utc())
    }
}

/// What a judgement writes.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The worst first, and never empty.
    pub findings: Vec<Finding>,
    pub resource_id: Option<i64>,
    pub judge_at: Option<Instant>,
}

/// Writes what a target amounts to; `since` moves only when the worst becomes another.
pub fn write_judgement(
    connection: &mut AnyConnection,
    row: &ServedRow,
    judged: &Judged,
    at: Instant,
) -> QueryResult<()> {
    let Some(worst) = judged.findings.first() else { return Ok(()) };
    let name = worst.judgement.as_str();
    let findings = serde_json::to_string(&judged.findings).unwrap_or_default();
    let mut sql = Sql::new("UPDATE served_certificates SET judgement = ");
    sql.bind(name).push(", rank = ").bind(worst.rank()).push(", findings = ").bind(findings);
    sql.push(", resource_id = ");
    match judged.resource_id {
        Some(id) => sql.bind(id),
        None => sql.push("NULL"),
    };
    sql.push(", judge_at = ").bind(judged.judge_at);
    if name != row.judgement {
        sql.push(", since = ").bind(at);
    }
    if row.outcome == Outcome::Read.as_str() && worst.rank() >= Finding::WORST_THAT_IS_NOT_BAD {
        sql.push(", good_at = ").bind(row.checked_at());
    }
    sql.push(" WHERE id = ").bind(row.id);
    sql.execute(connection).map(|_| ())
}

/// The hosts, as keys, with a target of which time alone has made something else.
pub fn due_for_judging(connection: &mut AnyConnection, now: Instant, limit: i64) -> QueryResult<Vec<Key>> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = Text)]
        host: String,
    }
    let mut sql = Sql::new(
        "SELECT DISTINCT host FROM served_certificates WHERE gone_at IS NULL AND judge_at IS NOT NULL AND judge_at <= ",
    );
    sql.bind(now).push(" ORDER BY host LIMIT ").bind(limit);
    Ok(sql.load::<Due>(connection)?.into_iter().map(|due| Key::from_stored(&due.host)).collect())
}

/// The targets of a host.
pub fn of_host(connection: &mut AnyConnection, scope: &Scope, host: &Key) -> QueryResult<Vec<ServedRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" AND s.host = ").bind(host.stored());
    restrict(&mut sql, scope);
    sql.push(" ORDER BY ").push(ORDER);
    let rows = sql.load(connection)?;
    told(connection, scope, rows)
}

/// At most `most` targets of the hosts that a resource answers under or covers, the worst first.
pub fn of_resource(
    connection: &mut AnyConnection,
    scope: &Scope,
    resource: i64,
    most: usize,
) -> QueryResult<Vec<ServedRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(SELECT);
    sql.push(
        " AND (s.host IN (SELECT key FROM resource_refs WHERE until IS NULL AND role = 'serves' AND resource_id = ",
    )
    .bind(resource);
    sql.push(" UNION SELECT key FROM resource_keys WHERE until IS NULL AND role = 'covers' AND resource_id = ")
        .bind(resource);
    sql.push(
        ") OR s.wildcard IN (SELECT key FROM resource_keys WHERE until IS NULL AND role = 'covers' AND resource_id = ",
    );
    sql.bind(resource).push("))");
    restrict(&mut sql, scope);
    sql.push(" ORDER BY ").push(ORDER).push(" LIMIT ").bind(one_more(most));
    let rows = sql.load(connection)?;
    told(connection, scope, rows)
}

/// Everything that is served badly, the worst first.
pub fn bad(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Vec<ServedRow>> {
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" AND s.rank <= ").bind(Finding::WORST_THAT_IS_NOT_BAD);
    restrict(&mut sql, scope);
    sql.push(" ORDER BY ").push(ORDER);
    let rows = sql.load(connection)?;
    told(connection, scope, rows)
}

/// The worst judgement of what is served badly, for each of these resources of which something is.
pub fn worst_of(
    connection: &mut AnyConnection,
    scope: &Scope,
    resources: &[i64],
) -> QueryResult<BTreeMap<i64, Judgement>> {
    #[derive(QueryableByName)]
    struct Bad {
        #[diesel(sql_type = BigInt)]
        resource_id: i64,
        #[diesel(sql_type = Text)]
        judgement: String,
    }
    if scope.sees_nothing() {
        return Ok(BTreeMap::new());
    }
    let mut sql =
        Sql::new("SELECT s.resource_id, s.judgement FROM served_certificates s WHERE s.gone_at IS NULL AND s.rank < ");
    sql.bind(Finding::WORST_THAT_IS_NOT_BAD).push(" AND s.resource_id IN ").bind_list(resources);
    restrict(&mut sql, scope);
    sql.push(" ORDER BY ").push(ORDER);
    let mut worst = BTreeMap::new();
    for bad in sql.load::<Bad>(connection)? {
        if let Some(judgement) = Judgement::parse(&bad.judgement) {
            worst.entry(bad.resource_id).or_insert(judgement);
        }
    }
    Ok(worst)
}

/// Which targets a list asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub judgement: Option<Judgement>,
    pub host: Option<Key>,
    /// The id of the last one of the page before.
    pub after: Option<i64>,
    pub limit: usize,
}

/// A page of targets, the worst first.
pub fn page(connection: &mut AnyConnection, scope: &Scope, wanted: &Wanted) -> QueryResult<Page<ServedRow>> {
    if scope.sees_nothing() {
        return Ok(Page::default());
    }
    if let Some(after) = wanted.after
        && !scope.sees_everything()
    {
        // Another's target marks no place.
        let mut sql = Sql::new(SELECT);
        sql.push(" AND s.id = ").bind(after);
        restrict(&mut sql, scope);
        if sql.first::<ServedRow>(connection)?.is_none() {
            return Ok(Page::default());
        }
    }
    let mut sql = Sql::new(SELECT);
    if let Some(judgement) = wanted.judgement {
        sql.push(" AND s.judgement = ").bind(judgement.as_str());
    }
    if let Some(host) = &wanted.host {
        sql.push(" AND s.host = ").bind(host.stored());
    }
    if let Some(after) = wanted.after {
        // Where the last page ended, even if that target is gone or has become better since.
        sql.push(concatcp!(" AND (", ORDER, ") > (SELECT ", ORDER, " FROM served_certificates s WHERE s.id = "));
        sql.bind(after).push(")");
    }
    restrict(&mut sql, scope);
    sql.push(" ORDER BY ").push(ORDER).push(" LIMIT ").bind(one_more(wanted.limit));
    let rows = sql.load(connection)?;
    Ok(Page::of(told(connection, scope, rows)?, wanted.limit, |row: &ServedRow| row.id))
}

/// How many targets there are of each judgement.
pub fn counts(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<Vec<(Judgement, i64)>> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = Text)]
        judgement: String,
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    if scope.sees_nothing() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT s.judgement, COUNT(*) AS n FROM served_certificates s WHERE s.gone_at IS NULL");
    restrict(&mut sql, scope);
    sql.push(" GROUP BY s.judgement");
    let counts: Vec<Count> = sql.load(connection)?;
    let of = |judgement: Judgement| {
        counts.iter().find(|count| count.judgement == judgement.as_str()).map_or(0, |count| count.n)
    };
    Ok(Judgement::ALL.map(|judgement| (judgement, of(judgement))).to_vec())
}

/// How many hosts are served badly by one of their targets, and how many targets there are.
pub fn bad_hosts(connection: &mut AnyConnection, scope: &Scope) -> QueryResult<(i64, i64)> {
    #[derive(QueryableByName)]
    struct Hosts {
        #[diesel(sql_type = BigInt)]
        bad: i64,
        #[diesel(sql_type = BigInt)]
        targets: i64,
    }
    if scope.sees_nothing() {
        return Ok((0, 0));
    }
    let mut sql = Sql::new(
        "SELECT (SELECT COUNT(DISTINCT s.host) FROM served_certificates s WHERE s.gone_at IS NULL AND s.rank < ",
    );
    sql.bind(Finding::WORST_THAT_IS_NOT_BAD);
    restrict(&mut sql, scope);
    sql.push(") AS bad, (SELECT COUNT(*) FROM served_certificates s WHERE s.gone_at IS NULL");
    restrict(&mut sql, scope);
    sql.push(") AS targets");
    Ok(sql.first::<Hosts>(connection)?.map_or((0, 0), |hosts| (hosts.bad, hosts.targets)))
}

impl From<Outcome> for Value {
    fn from(outcome: Outcome) -> Self {
        Self::Text(outcome.as_str().to_owned())
    }
}
