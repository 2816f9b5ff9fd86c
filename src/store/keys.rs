//! Who holds a key, and who refers to it: now, at a past moment, or ever.
//!
//! Everything is asked in batches, a bounded number of queries for however many keys. Keys are given and received in
//! their stored spelling (see [`crate::kinds::key`]).

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::moment::Moment;
use super::sql::{Positional, Sql};
use super::{AnyConnection, Scope};
use crate::clock::Instant;
use crate::kinds::{Held, Role};

/// Keys of one query.
const BATCH: usize = 1_024;

/// A resource's mention of a key, and when it was true.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Link {
    pub resource_id: i64,
    /// In the stored spelling.
    pub key: String,
    role: String,
    since: Moment,
    until: Option<Moment>,
}

impl Positional for Link {
    type Columns = (BigInt, Text, Text, Timestamp, Nullable<Timestamp>);
}

/// A key without its holder.
#[derive(QueryableByName)]
struct HeldKey {
    #[diesel(sql_type = Text)]
    key: String,
}

impl Link {
    pub fn role(&self) -> Option<Role> {
        Role::parse(&self.role)
    }

    pub fn since(&self) -> Instant {
        self.since.and_utc()
    }

    /// `None` while it is true.
    pub fn until(&self) -> Option<Instant> {
        self.until.map(|until| until.and_utc())
    }
}

/// Which mentions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Now,
    At(Instant),
    Ever,
}

impl From<Option<Instant>> for When {
    fn from(at: Option<Instant>) -> Self {
        at.map_or(Self::Now, Self::At)
    }
}

/// What these resources hold, or refer to.
pub fn of_resources(connection: &mut AnyConnection, side: Held, ids: &[i64], when: When) -> QueryResult<Vec<Link>> {
    let mut links = Vec::new();
    for ids in ids.chunks(BATCH) {
        let mut sql = select(side);
        sql.push("l.resource_id IN ").bind_list(ids);
        during(&mut sql, when);
        sql.push(" ORDER BY l.resource_id, l.key, l.role, l.since");
        links.extend(sql.load_positional::<Link>(connection)?);
    }
    Ok(links)
}

/// A mention, and 0 where it is of what is held, 1 where it is of what is referred to.
#[derive(Queryable)]
struct Sided {
    side: i64,
    link: Link,
}

impl Positional for Sided {
    type Columns = (BigInt, <Link as Positional>::Columns);
}

/// What these resources hold, and what they refer to, in one statement for both; each by resource, key, role and time.
pub fn mentions(connection: &mut AnyConnection, ids: &[i64], when: When) -> QueryResult<Vec<(Held, Link)>> {
    fn place(link: &Link) -> (i64, &str, &str, Moment) {
        (link.resource_id, &link.key, &link.role, link.since)
    }
    let mut mentions: Vec<(Held, Link)> = Vec::new();
    for ids in ids.chunks(BATCH) {
        let sides = [
            "SELECT CAST(0 AS BIGINT) AS side, l.resource_id, l.key, l.role, l.since, l.until FROM resource_keys l WHERE ",
            "SELECT CAST(1 AS BIGINT) AS side, l.resource_id, l.key, l.role, l.since, l.until FROM resource_refs l WHERE ",
        ];
        let sql = Sql::union_all(sides.map(|select| {
            let mut sql = Sql::new(select);
            sql.push("l.resource_id IN ").bind_list(ids);
            during(&mut sql, when);
            sql
        }));
        let rows: Vec<Sided> = sql.load_positional(connection)?;
        mentions.extend(rows.into_iter().map(|row| (if row.side == 0 { Held::Key } else { Held::Ref }, row.link)));
    }
    mentions.sort_by(|(_, one), (_, other)| place(one).cmp(&place(other)));
    Ok(mentions)
}

/// Who holds these keys, or refers to them, in one of these roles, of those that the asker may see; at most `most` of
/// them.
pub fn of_keys(
    connection: &mut AnyConnection,
    scope: &Scope,
    side: Held,
    keys: &[String],
    roles: &[Role],
    when: When,
    most: usize,
) -> QueryResult<Vec<Link>> {
    let mut links: Vec<Link> = Vec::new();
    for keys in keys.chunks(BATCH) {
        let mut sql = select(side);
        sql.push("l.key IN ").bind_list(keys);
        in_roles(&mut sql, roles);
        during(&mut sql, when);
        scope.restrict_id(&mut sql, "l.resource_id", when);
        sql.push(" ORDER BY l.key, l.role, l.resource_id, l.since LIMIT ")
            .bind(bound(most.saturating_sub(links.len())));
        links.extend(sql.load_positional::<Link>(connection)?);
    }
    Ok(links)
}

/// The same for every key that begins with `prefix`.
pub fn below(
    connection: &mut AnyConnection,
    scope: &Scope,
    side: Held,
    prefix: &str,
    roles: &[Role],
    when: When,
    most: usize,
) -> QueryResult<Vec<Link>> {
    let mut sql = select(side);
    sql.push("l.key >= ").bind(prefix).push(" AND l.key < ").bind(format!("{prefix}\u{10FFFF}"));
    in_roles(&mut sql, roles);
    during(&mut sql, when);
    scope.restrict_id(&mut sql, "l.resource_id", when);
    sql.push(" ORDER BY l.key, l.role, l.resource_id, l.since LIMIT ").bind(bound(most));
    sql.load_positional(connection)
}

/// The keys of a role that present resources of these kinds hold, or refer to, each once and in order; at most `most`
/// after `after`.
pub fn of_kinds(
    connection: &mut AnyConnection,
    side: Held,
    role: Role,
    kinds: &[&str],
    after: &str,
    most: usize,
) -> QueryResult<Vec<String>> {
    let mut sql = Sql::new(match side {
        Held::Key => "SELECT DISTINCT l.key FROM resource_keys l JOIN resources r ON r.id = l.resource_id WHERE ",
        Held::Ref => "SELECT DISTINCT l.key FROM resource_refs l JOIN resources r ON r.id = l.resource_id WHERE ",
    });
    sql.push("l.until IS NULL AND r.gone_at IS NULL AND l.role = ").bind(role.as_str()).push(" AND r.kind IN ");
    sql.bind_list(kinds).push(" AND l.key > ").bind(after).push(" ORDER BY l.key LIMIT ").bind(bound(most));
    Ok(sql.load::<HeldKey>(connection)?.into_iter().map(|row| row.key).collect())
}

/// Which of these keys somebody holds now in one of these roles.
pub fn held_now(connection: &mut AnyConnection, keys: &[String], roles: &[Role]) -> QueryResult<BTreeSet<String>> {
    let mut held = BTreeSet::new();
    for keys in keys.chunks(BATCH) {
        let mut sql = Sql::new("SELECT DISTINCT l.key FROM resource_keys l WHERE l.until IS NULL AND l.key IN ");
        sql.bind_list(keys);
        in_roles(&mut sql, roles);
        held.extend(sql.load::<HeldKey>(connection)?.into_iter().map(|row| row.key));
    }
    Ok(held)
}

/// Who held these keys and does so no more: of each key at most `most`, the last one first.
pub fn held_before(
    connection: &mut AnyConnection,
    keys: &[String],
    roles: &[Role],
    most: usize,
) -> QueryResult<Vec<Link>> {
    let mut links: Vec<Link> = Vec::new();
    for keys in keys.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT f.resource_id, f.key, f.role, f.since, f.until FROM (SELECT l.*, ROW_NUMBER() OVER (PARTITION BY l.key \
             ORDER BY l.until DESC, l.since DESC, l.resource_id DESC) AS place FROM resource_keys l \
             WHERE l.until IS NOT NULL AND l.key IN ",
        );
        sql.bind_list(keys);
        in_roles(&mut sql, roles);
        sql.push(") f WHERE f.place <= ").bind(bound(most)).push(" ORDER BY f.key, f.place");
        links.extend(sql.load_positional::<Link>(connection)?);
    }
    Ok(links)
}

fn select(side: Held) -> Sql {
    Sql::new(match side {
        Held::Key => "SELECT l.resource_id, l.key, l.role, l.since, l.until FROM resource_keys l WHERE ",
        Held::Ref => "SELECT l.resource_id, l.key, l.role, l.since, l.until FROM resource_refs l WHERE ",
    })
}

fn in_roles(sql: &mut Sql, roles: &[Role]) {
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    sql.push(" AND l.role IN ").bind_list(&roles);
}

fn during(sql: &mut Sql, when: When) {
    match when {
        When::Now => sql.push(" AND l.until IS NULL"),
        When::At(at) => {
            sql.push(" AND l.since <= ").bind(at).push(" AND (l.until IS NULL OR l.until > ").bind(at).push(")")
        }
        When::Ever => sql,
    };
}

fn bound(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
