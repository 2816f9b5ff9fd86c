//! One hop: from the mentions of some resources to the resources that meet them, in one batched lookup a role.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::{Look, NODES, wildcard};
use crate::kinds::{Held, Key, Role};
use crate::store::AnyConnection;
use crate::store::keys::{self, Link};

/// Which way a walk goes. Who went towards the target does not turn round, or each record of a balancer would be every
/// other's neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// From the resource itself, every way.
    Start,
    /// Along the refs: a record to what it points at.
    Forward,
    /// Against them: an address to the records that point at it, a name to the apps that go by it.
    Back,
    /// Between a name and what covers it; it ends there.
    Aside,
    /// To whoever depends on it: who refers to it, and the names that it covers.
    Dependents,
    /// To whatever it depends on.
    Needs,
}

/// A resource that was met.
#[derive(Clone, Debug)]
pub struct Meeting {
    pub from: i64,
    pub to: i64,
    pub key: Key,
    pub role: Role,
    pub way: Way,
    /// Someone else meets the same ref as well.
    pub ambiguous: bool,
}

/// A mention that looks for its counterpart.
#[derive(Clone, Debug)]
struct Asking {
    resource: i64,
    side: Held,
    role: Role,
    key: Key,
}

/// Everything that the resources meet and the asker may see, going on in the way by which each was reached. The second
/// value: there is more than [`NODES`].
pub fn meetings(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    resources: &[(i64, Way)],
) -> QueryResult<(Vec<Meeting>, bool)> {
    let ways: BTreeMap<i64, Way> = resources.iter().copied().collect();
    let ids: Vec<i64> = ways.keys().copied().collect();
    let mut asking = Vec::new();
    for side in [Held::Key, Held::Ref] {
        for link in look.of_resources(connection, side, &ids)? {
            if let Some(role) = link.role() {
                asking.push(Asking { resource: link.resource_id, side, role, key: Key::from_stored(&link.key) });
            }
        }
    }
    let mut found = Vec::new();
    let mut truncated = false;
    for (mine, theirs) in [(Held::Ref, Held::Key), (Held::Key, Held::Ref), (Held::Key, Held::Key)] {
        for role in Role::ALL {
            let roles: Vec<Role> = role.meets(mine, theirs).collect();
            let asking: Vec<&Asking> = asking
                .iter()
                .filter(|asking| asking.side == mine && asking.role == role)
                .filter(|asking| ways.get(&asking.resource).is_some_and(|way| goes_on(*way, mine, theirs, role)))
                .collect();
            if roles.is_empty() || asking.is_empty() {
                continue;
            }
            let (meetings, more) = lookup(connection, look, &asking, theirs, &roles)?;
            truncated |= more;
            found.extend(meetings);
        }
    }
    Ok((found, truncated))
}

/// Whether a walk that came by `way` goes on through such a join.
fn goes_on(way: Way, mine: Held, theirs: Held, role: Role) -> bool {
    match way {
        Way::Start => true,
        Way::Forward => (mine, role) == (Held::Ref, Role::PointsAt),
        Way::Back => mine == Held::Key && (theirs == Held::Ref || role == Role::Serves),
        Way::Aside => false,
        Way::Dependents => mine == Held::Key && (theirs == Held::Ref || role == Role::Covers),
        Way::Needs => mine == Held::Ref || (theirs == Held::Key && role == Role::Serves),
    }
}

/// The way on after a join.
fn way(mine: Held, role: Role, theirs: Role) -> Way {
    match (mine, role, theirs) {
        (_, Role::Covers, _) | (_, _, Role::Covers) => Way::Aside,
        (Held::Ref, _, _) => Way::Forward,
        (Held::Key, _, _) => Way::Back,
    }
}

fn lookup(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    asking: &[&Asking],
    theirs: Held,
    roles: &[Role],
) -> QueryResult<(Vec<Meeting>, bool)> {
    let mut askers: BTreeMap<String, Vec<&Asking>> = BTreeMap::new();
    for one in asking {
        askers.entry(one.key.stored()).or_default().push(one);
    }
    let hosts: BTreeSet<Key> =
        asking.iter().filter(|asking| asking.key.as_host().is_some()).map(|asking| asking.key.clone()).collect();
    let mut found: Vec<(Key, Link)> = Vec::new();

    let exact: Vec<String> = askers.keys().cloned().collect();
    let links = look.of_keys(connection, theirs, &exact, roles)?;
    let mut truncated = links.len() > NODES;
    found.extend(links.into_iter().map(|link| (Key::from_stored(&link.key), link)));

    // Their wildcards: a record's answers for hosts that nobody holds, a certificate's covers one label.
    if theirs == Held::Key && roles.contains(&Role::Serves) {
        let plain: Vec<Key> = hosts.iter().filter(|host| !is_wildcard(host)).cloned().collect();
        let answering = wildcard::answering_in(connection, look, &plain)?;
        found.extend(through(connection, look, answering, Role::Serves)?);
    }
    if theirs == Held::Key && roles.contains(&Role::Covers) {
        let parents = hosts.iter().filter_map(|host| Some((host.clone(), host.wildcard_parents().into_iter().next()?)));
        found.extend(through(connection, look, parents.collect(), Role::Covers)?);
    }
    // Our wildcards: everything below, as far as it is ours.
    for host in hosts.iter().filter(|host| is_wildcard(host)) {
        let Some(prefix) = host.stored_below_wildcard() else { continue };
        let links = keys::below(connection, look.scope, theirs, &prefix, roles, look.when(), NODES + 1)?;
        truncated |= links.len() > NODES;
        let covering = asking.iter().any(|asking| asking.key == *host && asking.role == Role::Covers);
        let mut below: BTreeMap<Key, Vec<Link>> = BTreeMap::new();
        for link in links {
            below.entry(Key::from_stored(&link.key)).or_default().push(link);
        }
        below.remove(host);
        let names: Vec<Key> = below.keys().filter(|name| !is_wildcard(name)).cloned().collect();
        let answering = if covering { BTreeMap::new() } else { wildcard::answering_in(connection, look, &names)? };
        for (name, links) in below {
            if if covering { wildcard::covers(host, &name) } else { answering.get(&name) == Some(host) } {
                found.extend(links.into_iter().map(|link| (host.clone(), link)));
            }
        }
    }
    Ok((joined(&askers, &found), truncated))
}

/// Who holds the wildcards, each under the host that it stands for.
fn through(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    wildcards: BTreeMap<Key, Key>,
    role: Role,
) -> QueryResult<Vec<(Key, Link)>> {
    let mut hosts: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    for (host, wildcard) in wildcards {
        hosts.entry(wildcard.stored()).or_default().push(host);
    }
    let stored: Vec<String> = hosts.keys().cloned().collect();
    let links = look.of_keys(connection, Held::Key, &stored, &[role])?;
    Ok(links
        .into_iter()
        .flat_map(|link| {
            let hosts = hosts.get(&link.key).cloned().unwrap_or_default();
            hosts.into_iter().map(move |host| (host, link.clone()))
        })
        .collect())
}

/// Pairs each asker of a key with each who answered for it.
fn joined(askers: &BTreeMap<String, Vec<&Asking>>, found: &[(Key, Link)]) -> Vec<Meeting> {
    let mut by_key: BTreeMap<&Key, Vec<&Link>> = BTreeMap::new();
    for (key, link) in found {
        by_key.entry(key).or_default().push(link);
    }
    let mut meetings = Vec::new();
    for (key, links) in by_key {
        let stored = key.stored();
        for asking in askers.get(&stored).into_iter().flatten() {
            let others = links.iter().filter(|link| link.resource_id != asking.resource);
            let holders: BTreeSet<i64> = others
                .clone()
                .filter(|link| asking.side == Held::Ref && link.role() == Some(Role::Is))
                .map(|link| link.resource_id)
                .collect();
            for link in others {
                let Some(role) = link.role() else { continue };
                meetings.push(Meeting {
                    from: asking.resource,
                    to: link.resource_id,
                    // The name that was meant; a wildcard only where we are the wildcard.
                    key: if link.key == stored { key.clone() } else { specific(key, &link.key) },
                    role,
                    way: way(asking.side, asking.role, role),
                    ambiguous: role == Role::Is && holders.len() > 1,
                });
            }
        }
    }
    meetings
}

fn specific(key: &Key, stored: &str) -> Key {
    if is_wildcard(key) { Key::from_stored(stored) } else { key.clone() }
}

fn is_wildcard(key: &Key) -> bool {
    key.as_host().is_some_and(|host| host.starts_with("*."))
}
