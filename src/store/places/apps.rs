//! Which app a record or a certificate serves: the one that has its host among its domains.
//!
//! A record serves the host that it is named after, a certificate the domains that it is attached to and the names that
//! it covers. A wildcard stands for one label: of an app `*.shop.example.com` has `www.shop.example.com`, and a
//! certificate for it covers that. Each question is one statement for a slice of rows, and each step of it one look
//! into an index of keys.
//!
//! `rtrim(key, replace(key, '.', ''))` is a stored host without its last label, which is its first one: both databases
//! know it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::placement::Place;
use crate::store::AnyConnection;
use crate::store::sql::Sql;

/// A row that may be placed by relation.
#[derive(Clone, Debug, QueryableByName)]
pub struct Standing {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// It was found to serve an app when it was last looked at.
    #[diesel(sql_type = Bool)]
    pub in_app: bool,
}

/// An app that has a host of a row among its domains, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
pub struct Claim {
    /// The row.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The app has it by a wildcard alone.
    #[diesel(sql_type = Bool)]
    pub wide: bool,
    #[diesel(sql_type = Text)]
    pub app: String,
    #[diesel(sql_type = Text)]
    pub region: String,
    #[diesel(sql_type = Text)]
    pub cluster: String,
    #[diesel(sql_type = Text)]
    pub environment: String,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

impl Claim {
    pub fn place(&self) -> Place {
        Place {
            region: self.region.clone(),
            cluster: self.cluster.clone(),
            app: self.app.clone(),
            environment: self.environment.clone(),
            ..Place::default()
        }
    }
}

/// Those of these rows that are there.
pub fn standing(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<Standing>> {
    let mut sql = Sql::new(
        "SELECT o.id, o.kind, EXISTS (SELECT 1 FROM resource_places p WHERE p.resource_id = o.id AND p.position = 2 \
         AND p.until IS NULL) AS in_app FROM resources o WHERE o.gone_at IS NULL AND o.id IN ",
    );
    sql.bind_list(ids);
    sql.load(connection)
}

/// Whether there is any app: without one a million records need not be asked whose they are.
pub fn are_there(connection: &mut AnyConnection) -> QueryResult<bool> {
    let sql = Sql::new("SELECT a.id FROM resources a WHERE a.kind = 'app' AND a.gone_at IS NULL LIMIT 1");
    Ok(sql.first::<Id>(connection)?.is_some())
}

/// The apps that have these records' names among their domains.
pub fn of_records(connection: &mut AnyConnection, records: &[i64]) -> QueryResult<Vec<Claim>> {
    records_statement(records).load(connection)
}

/// The apps that these certificates serve.
pub fn of_certificates(connection: &mut AnyConnection, certificates: &[i64]) -> QueryResult<Vec<Claim>> {
    certificates_statement(certificates).load(connection)
}

/// The rows that serve these apps, did so, or may from now on.
pub fn serving(connection: &mut AnyConnection, ids: &[i64]) -> QueryResult<Vec<i64>> {
    let mut sql = Sql::new("SELECT a.id FROM resources a WHERE a.kind = 'app' AND a.id IN ");
    sql.bind_list(ids);
    let apps: Vec<i64> = sql.load::<Id>(connection)?.into_iter().map(|row| row.id).collect();
    if apps.is_empty() {
        return Ok(Vec::new());
    }
    Ok(serving_statement(&apps).load::<Id>(connection)?.into_iter().map(|row| row.id).collect())
}

/// Of an app that holds a domain or, by its key, a certificate.
const OF_APP: &str = " AND f.until IS NULL AND a.id = f.resource_id AND a.kind = 'app' AND a.gone_at IS NULL AND a.app <> '' \
    AND m.until IS NULL AND m.resource_id IN ";

/// What [`of_records`] asks.
pub fn records_statement(records: &[i64]) -> Sql {
    const HELD: &str = "a.app, a.region, a.cluster, a.environment FROM resource_keys m CROSS JOIN resources o \
        CROSS JOIN resource_refs f CROSS JOIN resources a WHERE m.role = 'serves' AND o.id = m.resource_id \
        AND o.facet_a IN ('A', 'AAAA', 'CNAME', 'ALIAS', 'ANAME') AND f.role = 'serves'";
    let mut sql = Sql::new("SELECT m.resource_id AS id, FALSE AS wide, ");
    sql.push(HELD).push(" AND f.key = m.key").push(OF_APP).bind_list(records);
    sql.push(" UNION SELECT m.resource_id AS id, TRUE AS wide, ").push(HELD);
    sql.push(" AND f.key = rtrim(m.key, replace(m.key, '.', '')) || '*' AND f.key <> m.key").push(OF_APP);
    sql.bind_list(records);
    sql
}

/// What [`of_certificates`] asks.
pub fn certificates_statement(certificates: &[i64]) -> Sql {
    const HEAD: &str = "SELECT m.resource_id AS id, FALSE AS wide, a.app, a.region, a.cluster, a.environment FROM ";
    const BY: &str = " m CROSS JOIN resource_refs f CROSS JOIN resources a WHERE ";
    let mut sql = Sql::default();
    let attached = "m.role = 'serves' AND f.role = 'serves' AND f.key = m.key";
    let covered = "m.role = 'covers' AND f.role = 'serves' AND f.key = m.key";
    let below_wildcard = "m.role = 'covers' AND f.role = 'serves' AND substr(m.key, length(m.key)) = '*' AND f.key > rtrim(m.key, '*') \
         AND f.key < rtrim(m.key, '*') || '\u{10FFFF}' AND rtrim(f.key, replace(f.key, '.', '')) || '*' = m.key";
    let of_wildcard =
        "m.role = 'covers' AND f.role = 'serves' AND f.key = rtrim(m.key, replace(m.key, '.', '')) || '*'";
    for (table, meets) in [
        ("resource_refs", attached),
        ("resource_keys", covered),
        ("resource_keys", below_wildcard),
        ("resource_keys", of_wildcard),
    ] {
        sql.push(HEAD).push(table).push(BY).push(meets).push(OF_APP).bind_list(certificates).push(" UNION ");
    }
    sql.push(HEAD).push("resource_refs m CROSS JOIN resource_keys f CROSS JOIN resources a WHERE ");
    sql.push("m.role = 'is' AND f.role = 'is' AND f.key = m.key").push(OF_APP).bind_list(certificates);
    sql
}

/// What [`serving`] asks, of apps. Also by domains that they had: who served those serves them no more.
pub fn serving_statement(apps: &[i64]) -> Sql {
    let mut sql = Sql::default();
    let by_domain = "resource_refs f CROSS JOIN resource_keys m WHERE f.role = 'serves' AND m.role IN ('serves', 'covers') \
         AND m.key = f.key";
    let attached =
        "resource_refs f CROSS JOIN resource_refs m WHERE f.role = 'serves' AND m.role = 'serves' AND m.key = f.key";
    let by_wildcard = "resource_refs f CROSS JOIN resource_keys m WHERE f.role = 'serves' AND m.role = 'covers' \
         AND m.key = rtrim(f.key, replace(f.key, '.', '')) || '*'";
    let below_wildcard = "resource_refs f CROSS JOIN resource_keys m WHERE f.role = 'serves' AND m.role IN ('serves', 'covers') \
         AND substr(f.key, length(f.key)) = '*' AND m.key > rtrim(f.key, '*') AND m.key < rtrim(f.key, '*') || '\u{10FFFF}' \
         AND rtrim(m.key, replace(m.key, '.', '')) || '*' = f.key";
    for meets in [by_domain, attached, by_wildcard, below_wildcard] {
        sql.push("SELECT m.resource_id AS id FROM ").push(meets).push(" AND m.until IS NULL AND f.resource_id IN ");
        sql.bind_list(apps).push(" UNION ");
    }
    sql.push("SELECT m.resource_id AS id FROM resource_keys f CROSS JOIN resource_refs m WHERE f.role = 'is' AND m.role = 'is' ");
    sql.push("AND m.key = f.key AND m.until IS NULL AND f.resource_id IN ").bind_list(apps);
    sql
}
