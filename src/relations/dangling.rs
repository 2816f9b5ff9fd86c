//! Refs that lead to an address of ours which nobody holds any more: what a stranger may hold tomorrow.
//!
//! Ours is what a resource of ours ever held, and the networks of the configuration. That nobody holds it is certain only when
//! everything that could hold it was listed completely and lately; until then it is unsure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::wildcard;
use crate::clock::Instant;
use crate::config::NetworkConfig;
use crate::kinds::{Held, Key, Role, instance, load_balancer};
use crate::store::keys::{self, Link, When};
use crate::store::rows::ResourceRow;
use crate::store::sql::Sql;
use crate::store::{AnyConnection, Scope, resources};

/// Former holders that are named for one key.
const FORMER: usize = 20;

/// A ref that leads to what was ours.
#[derive(Clone, Debug)]
pub struct Dangling {
    pub key: Key,
    pub certainty: Certainty,
    /// Who had it, the last one first; empty if only a configured network says that it is ours.
    pub formerly: Vec<Former>,
    /// The configured network that it lies in.
    pub network: Option<String>,
}

/// How sure it is that nobody holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certainty {
    Dangling,
    /// Something that could hold it is not fully known: why, in words.
    Unsure(String),
}

/// Someone who had the address once.
#[derive(Clone, Debug)]
pub struct Former {
    pub row: ResourceRow,
    pub since: Instant,
    pub until: Instant,
}

#[derive(QueryableByName)]
struct ScopeState {
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    confirmed_at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    every_seconds: i64,
}

/// The refs of `resource` that dangle at the moment `now`.
pub fn dangling(
    connection: &mut AnyConnection,
    scope: &Scope,
    resource: &ResourceRow,
    networks: &[NetworkConfig],
    now: Instant,
) -> QueryResult<Vec<Dangling>> {
    if scope.sees_nothing() || resource.gone_at.is_some() {
        return Ok(Vec::new());
    }
    let refs = keys::of_resources(connection, Held::Ref, &[resource.id], When::Now)?;
    let pointed: BTreeSet<Key> = refs
        .iter()
        .filter(|link| link.role() == Some(Role::PointsAt))
        .map(|link| Key::from_stored(&link.key))
        .filter(|key| key.as_address().is_some() || key.as_host().is_some())
        .collect();
    let roles: Vec<Role> = Role::PointsAt.meets(Held::Ref, Held::Key).collect();
    let stored: Vec<String> = pointed.iter().map(Key::stored).collect();
    let held = keys::held_now(connection, &stored, &roles)?;
    let hosts: Vec<Key> = pointed.iter().filter(|key| key.as_host().is_some()).cloned().collect();
    let answered = wildcard::answering(connection, &hosts, When::Now)?;
    let unheld: Vec<Key> =
        pointed.into_iter().filter(|key| !held.contains(&key.stored()) && !answered.contains_key(key)).collect();
    let stored: Vec<String> = unheld.iter().map(Key::stored).collect();
    let mut holders: BTreeMap<Key, Vec<Link>> = BTreeMap::new();
    for link in keys::held_before(connection, &stored, &roles, FORMER)? {
        holders.entry(Key::from_stored(&link.key)).or_default().push(link);
    }

    let mut dangling = Vec::new();
    for key in unheld {
        let links = holders.remove(&key).unwrap_or_default();
        let network = within(&key, networks);
        if links.is_empty() && network.is_none() {
            continue;
        }
        let formerly = former(connection, scope, links)?;
        let certainty = certainty(connection, &formerly, now)?;
        dangling.push(Dangling { key, certainty, formerly, network });
    }
    Ok(dangling)
}

/// The configured network that an address lies in. A private address means something only within the network of its name.
fn within(key: &Key, networks: &[NetworkConfig]) -> Option<String> {
    let address: IpAddr = key.as_address()?.parse().ok()?;
    networks
        .iter()
        .filter(|network| network.cidr.contains(&address))
        .find(|network| key.is_public_address() || *key == Key::address(address, &network.name))
        .map(|network| network.name.clone())
}

fn former(connection: &mut AnyConnection, scope: &Scope, links: Vec<Link>) -> QueryResult<Vec<Former>> {
    let ids: Vec<i64> = links.iter().map(|link| link.resource_id).collect();
    let rows: HashMap<i64, ResourceRow> =
        resources::of_ids(connection, scope, &ids, None)?.into_iter().map(|row| (row.id, row)).collect();
    Ok(links
        .into_iter()
        .filter_map(|link| {
            let row = rows.get(&link.resource_id)?.clone();
            Some(Former { row, since: link.since(), until: link.until()? })
        })
        .collect())
}

/// Sure only if every scope of the kinds that could hold it was listed completely, within two of its source's intervals.
fn certainty(connection: &mut AnyConnection, formerly: &[Former], now: Instant) -> QueryResult<Certainty> {
    let mut kinds = BTreeSet::from([instance::SPEC.name.to_owned(), load_balancer::SPEC.name.to_owned()]);
    kinds.extend(formerly.iter().map(|former| former.row.kind.clone()));
    let kinds: Vec<String> = kinds.into_iter().collect();
    let mut sql = Sql::new(
        "SELECT s.source, s.name, s.state, s.confirmed_at, COALESCE(o.every_seconds, 0) AS every_seconds \
         FROM scopes s LEFT JOIN sources o ON o.name = s.source WHERE s.gone_at IS NULL AND s.kind IN ",
    );
    sql.bind_list(&kinds).push(" ORDER BY s.source, s.kind, s.name");
    let scopes: Vec<ScopeState> = sql.load(connection)?;
    if scopes.is_empty() {
        return Ok(Certainty::Unsure("nothing that could hold the address was ever listed".to_owned()));
    }
    for scope in scopes {
        if scope.state != "complete" {
            let text = format!("{} {}: the last listing is {}", scope.source, scope.name, scope.state);
            return Ok(Certainty::Unsure(text));
        }
        let oldest = now - TimeDelta::seconds(2 * scope.every_seconds);
        if scope.confirmed_at.is_none_or(|confirmed| confirmed.and_utc() < oldest) {
            return Ok(Certainty::Unsure(format!("{} {}: the last listing is stale", scope.source, scope.name)));
        }
    }
    Ok(Certainty::Dangling)
}
