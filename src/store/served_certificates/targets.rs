//! Which targets there are to look at, and what a look brought.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Outcome;
use crate::clock::Instant;
use crate::kinds::Key;
use crate::served::{Chain, Finding, Judgement};
use crate::store::sql::Sql;
use crate::store::{AnyConnection, ids};

/// A target that is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub host: Key,
    /// Empty where the host has none.
    pub address: String,
    pub port: u16,
    pub via: String,
    pub proxied: bool,
}

/// What a look brought.
#[derive(Clone, Debug)]
pub enum Seen {
    Chain { chain: Chain, broke_off: String },
    Nothing { outcome: Outcome, error: String },
}

/// Notes that a target is to be looked at, by the plan of that moment; gives its id.
pub fn plan(connection: &mut AnyConnection, target: &Planned, planned: Instant) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut known = Sql::new("UPDATE served_certificates SET planned_at = ");
    known.bind(planned).push(", gone_at = NULL, via = ").bind(&target.via).push(", proxied = ").bind(target.proxied);
    known.push(" WHERE host = ").bind(target.host.stored()).push(" AND address = ").bind(&target.address);
    known.push(" AND port = ").bind(i32::from(target.port)).push(" RETURNING id");
    if let Some(known) = known.first::<Id>(connection)? {
        return Ok(known.id);
    }
    let id = ids::take(connection, "served_certificates", 1)?;
    let wildcard = target.host.wildcard_parents().first().map(Key::stored).unwrap_or_default();
    let mut sql = Sql::new(
        "INSERT INTO served_certificates (id, host, wildcard, address, port, via, proxied, outcome, error, chain, fingerprint, judgement, \
         rank, findings, planned_at, since) VALUES (",
    );
    sql.bind(id).push(", ").bind(target.host.stored()).push(", ").bind(wildcard).push(", ").bind(&target.address);
    sql.push(", ").bind(i32::from(target.port)).push(", ").bind(&target.via).push(", ").bind(target.proxied).push(", ");
    sql.bind(Outcome::Waiting).push(", '', '', '', ").bind(Judgement::Unknown.as_str()).push(", ");
    sql.bind(Finding::new(Judgement::Unknown, "").rank()).push(", '[]', ").bind(planned).push(", ").bind(planned);
    sql.push(")");
    sql.execute(connection)?;
    Ok(id)
}

/// Keeps the targets of a host for which the plan of that moment could not be made whole.
pub fn keep(connection: &mut AnyConnection, host: &Key, planned: Instant) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE served_certificates SET planned_at = ");
    sql.bind(planned).push(" WHERE gone_at IS NULL AND address <> '' AND host = ").bind(host.stored());
    sql.execute(connection).map(|_| ())
}

/// What the plan of that moment lacks, nothing leads to any more; gives how many.
pub fn end_plan(connection: &mut AnyConnection, planned: Instant) -> QueryResult<usize> {
    let mut sql = Sql::new("UPDATE served_certificates SET gone_at = ");
    sql.bind(planned).push(" WHERE gone_at IS NULL AND planned_at < ").bind(planned);
    sql.execute(connection)
}

/// Writes down what a look brought. What was read before stays when nothing was read this time.
pub fn record(connection: &mut AnyConnection, id: i64, seen: &Seen, at: Instant) -> QueryResult<()> {
    let mut sql = Sql::new("UPDATE served_certificates SET checked_at = ");
    sql.bind(at);
    match seen {
        Seen::Chain { chain, broke_off } => {
            let own = chain.own();
            let fingerprint = own.map(|own| own.fingerprint.clone()).unwrap_or_default();
            sql.push(", read_at = ")
                .bind(at)
                .push(", outcome = ")
                .bind(Outcome::Read)
                .push(", error = ")
                .bind(broke_off);
            sql.push(", fingerprint = ").bind(fingerprint);
            sql.push(", not_after = ").bind(own.and_then(|own| own.not_after));
            sql.push(", chain = ").bind(serde_json::to_string(chain).unwrap_or_default());
        }
        Seen::Nothing { outcome, error } => {
            sql.push(", outcome = ").bind(*outcome).push(", error = ").bind(error);
        }
    }
    sql.push(" WHERE id = ").bind(id);
    sql.execute(connection).map(|_| ())
}

/// Forgets at most `limit` targets to which nothing has led since `before`; gives how many.
pub fn prune(connection: &mut AnyConnection, before: Instant, limit: i64) -> QueryResult<usize> {
    let mut sql = Sql::new(
        "DELETE FROM served_certificates WHERE id IN (SELECT id FROM served_certificates WHERE gone_at IS NOT NULL AND gone_at < ",
    );
    sql.bind(before).push(" ORDER BY gone_at LIMIT ").bind(limit).push(")");
    sql.execute(connection)
}
