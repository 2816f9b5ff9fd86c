//! Refs that lead to an address of ours which nobody holds any more: what a stranger may hold tomorrow.
//!
//! Ours is what a resource of ours ever held, and the networks of the configuration. That nobody holds it is certain
//! only when everything that could hold it was listed completely and lately; until then it is unsure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use chrono::TimeDelta;
use diesel::QueryResult;

use super::{Look, wildcard};
use crate::clock::Instant;
use crate::config::NetworkConfig;
use crate::kinds::{Held, Key, Role, instance, load_balancer};
use crate::store::doubt::Doubts;
use crate::store::keys::{self, Link};
use crate::store::rows::ResourceRow;
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

/// The refs of `resource` that dangle at the moment `now`.
pub fn dangling(
    connection: &mut AnyConnection,
    scope: &Scope,
    resource: &ResourceRow,
    networks: &[NetworkConfig],
    now: Instant,
) -> QueryResult<Vec<Dangling>> {
    of(connection, &mut Look::at(scope, None), resource, networks, now)
}

/// The same by a look at the present.
pub(super) fn of(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    resource: &ResourceRow,
    networks: &[NetworkConfig],
    now: Instant,
) -> QueryResult<Vec<Dangling>> {
    let scope = look.scope;
    if scope.sees_nothing() || resource.gone_at.is_some() {
        return Ok(Vec::new());
    }
    let refs = look.of_resources(connection, Held::Ref, &[resource.id])?;
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
    let answered = wildcard::answering(connection, &hosts)?;
    let unheld: Vec<Key> =
        pointed.into_iter().filter(|key| !held.contains(&key.stored()) && !answered.contains_key(key)).collect();
    let stored: Vec<String> = unheld.iter().map(Key::stored).collect();
    let mut holders: BTreeMap<Key, Vec<Link>> = BTreeMap::new();
    for link in keys::held_before(connection, &stored, &roles, FORMER)? {
        holders.entry(Key::from_stored(&link.key)).or_default().push(link);
    }

    let mut dangling = Vec::new();
    let mut doubts = Doubts::at(now, scope);
    for key in unheld {
        let links = holders.remove(&key).unwrap_or_default();
        let network = within(&key, networks);
        if links.is_empty() && network.is_none() {
            continue;
        }
        let formerly = former(connection, scope, links)?;
        let certainty = certainty(connection, &formerly, &mut doubts)?;
        dangling.push(Dangling { key, certainty, formerly, network });
    }
    Ok(dangling)
}

/// The configured network that an address lies in. A private address means something only within the network of its
/// name.
pub(super) fn within(key: &Key, networks: &[NetworkConfig]) -> Option<String> {
    let address: IpAddr = key.as_address()?.parse().ok()?;
    networks
        .iter()
        .filter(|network| network.cidr.contains(&address))
        .find(|network| key.is_public_address() || *key == Key::address(address, &network.name))
        .map(|network| network.name.clone())
}

fn former(connection: &mut AnyConnection, scope: &Scope, links: Vec<Link>) -> QueryResult<Vec<Former>> {
    let mut links = links;
    if !scope.sees_everything() {
        let mut seen = Vec::new();
        for link in links {
            if was_theirs(connection, scope, link.resource_id, link.until())? {
                seen.push(link);
            }
        }
        links = seen;
    }
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

/// Whether the asker saw a resource just before it let go of something. It is named as it is now, so it has to be
/// visible both then and now.
pub(super) fn was_theirs(
    connection: &mut AnyConnection,
    scope: &Scope,
    id: i64,
    until: Option<Instant>,
) -> QueryResult<bool> {
    let then = until.map(|until| until - TimeDelta::milliseconds(1));
    Ok(!resources::of_ids(connection, scope, &[id], then)?.is_empty())
}

/// Sure only if every scope of the kinds that could hold it was listed completely, within two of its source's
/// intervals.
fn certainty(connection: &mut AnyConnection, formerly: &[Former], doubts: &mut Doubts) -> QueryResult<Certainty> {
    let mut kinds = BTreeSet::from([instance::SPEC.name, load_balancer::SPEC.name]);
    kinds.extend(formerly.iter().map(|former| former.row.kind.as_str()));
    Ok(doubts.about(connection, kinds)?.map_or(Certainty::Dangling, Certainty::Unsure))
}
