//! Where a host answers: the addresses that our own records give for it, through CNAMEs, balancers and wildcards.
//!
//! Many hosts are followed at once, a bounded number of queries for each step of all of them. What our records do not
//! say is left as a name for a resolver: a host that no record here holds, a target outside, a balancer without
//! addresses of its own, and whatever stands behind a provider's proxy.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use diesel::prelude::*;

use super::{HOPS, NODES, wildcard};
use crate::kinds::dns_record;
use crate::kinds::load_balancer::{self, LoadBalancer};
use crate::kinds::{Held, Key, Role};
use crate::store::keys::{self, Link, When};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

/// A place to which a host leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    pub at: At,
    /// Where it is not the usual one: behind a balancer that hands TLS on.
    pub port: Option<u16>,
    /// How it is known, for people: `record`, `balancer eu-edge`.
    pub via: String,
    /// A provider's proxy answers, and not what the record says.
    pub proxied: bool,
}

/// An address, or the name to ask a resolver for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    Address(IpAddr),
    Name(String),
}

/// What one name leads to by itself.
#[derive(Clone, Debug, Default)]
struct Step {
    ends: BTreeSet<Endpoint>,
    onward: BTreeSet<Key>,
    /// Something here holds the name.
    is_held: bool,
}

/// The places of each host. One that our records hold without leading anywhere has none.
pub fn endpoints(
    connection: &mut AnyConnection,
    scope: &Scope,
    hosts: &[Key],
) -> QueryResult<BTreeMap<Key, Vec<Endpoint>>> {
    let mut steps: BTreeMap<Key, Step> = BTreeMap::new();
    let mut frontier: BTreeSet<Key> = hosts.iter().filter(|host| host.as_host().is_some()).cloned().collect();
    for _ in 0..HOPS {
        if frontier.is_empty() || steps.len() > NODES {
            break;
        }
        let names: Vec<Key> = frontier.into_iter().collect();
        let found = look(connection, scope, &names)?;
        frontier = found.values().flat_map(|step| step.onward.iter().cloned()).collect();
        steps.extend(found);
        frontier.retain(|name| !steps.contains_key(name));
    }
    Ok(hosts.iter().map(|host| (host.clone(), reached(&steps, host))).collect())
}

/// Everything at the ends of the ways from a host; a loop ends by itself.
fn reached(steps: &BTreeMap<Key, Step>, host: &Key) -> Vec<Endpoint> {
    let mut ends: BTreeMap<(At, Option<u16>), Endpoint> = BTreeMap::new();
    let (mut seen, mut waiting) = (BTreeSet::from([host]), vec![host]);
    while let Some(name) = waiting.pop() {
        let Some(step) = steps.get(name) else { continue };
        for end in &step.ends {
            ends.entry((end.at.clone(), end.port)).or_insert_with(|| end.clone());
        }
        if !step.is_held {
            let at = At::Name(name.as_host().unwrap_or_default().to_owned());
            ends.entry((at.clone(), None)).or_insert(Endpoint {
                at,
                port: None,
                via: "resolver".to_owned(),
                proxied: false,
            });
        }
        waiting.extend(step.onward.iter().filter(|next| seen.insert(next)));
    }
    ends.into_values().collect()
}

/// One step from each of the names.
fn look(connection: &mut AnyConnection, scope: &Scope, names: &[Key]) -> QueryResult<BTreeMap<Key, Step>> {
    let holders = holders(connection, scope, names)?;
    let ids: BTreeSet<i64> = holders.values().flatten().copied().collect();
    let rows = present(connection, scope, &ids.into_iter().collect::<Vec<_>>())?;
    let mut mentions = Mentions::of(connection, rows.keys().copied().collect())?;
    let held_by = balancers_at(connection, scope, &mentions)?;
    mentions.add(connection, held_by.values().flatten().map(|row| row.id).collect())?;
    let behind = behind(connection, scope, rows.values().chain(held_by.values().flatten()), &mentions)?;

    let mut steps: BTreeMap<Key, Step> = names.iter().map(|name| (name.clone(), Step::default())).collect();
    for (name, ids) in holders {
        let Some(step) = steps.get_mut(&name) else { continue };
        for row in ids.iter().filter_map(|id| rows.get(id)) {
            step.is_held = true;
            if row.kind == dns_record::SPEC.name {
                step.record(&name, row, &mentions, &held_by, &behind);
            } else {
                step.machine(&name, row, &mentions, &behind);
            }
        }
    }
    Ok(steps)
}

impl Step {
    fn record(
        &mut self,
        name: &Key,
        row: &ResourceRow,
        mentions: &Mentions,
        held_by: &BTreeMap<Key, Vec<ResourceRow>>,
        behind: &BTreeMap<i64, Vec<Endpoint>>,
    ) {
        let (leads, proxied) = (dns_record::leads_to_an_address(row.facet(0)), dns_record::is_proxied(row.facet(2)));
        let targets = || mentions.refs(row.id, Role::PointsAt).filter(|_| leads);
        if targets().next().is_none() {
            return;
        }
        if proxied {
            let at = At::Name(name.as_host().unwrap_or_default().to_owned());
            self.ends.insert(Endpoint { at, port: None, via: "proxy".to_owned(), proxied: true });
            return;
        }
        for key in targets() {
            match address_of(key) {
                Some(address) => {
                    self.ends.insert(Endpoint::at(address, "record"));
                    for balancer in held_by.get(key).into_iter().flatten() {
                        self.ends.extend(behind.get(&balancer.id).into_iter().flatten().cloned());
                    }
                }
                None if key.as_host().is_some() => {
                    self.onward.insert(key.clone());
                }
                None => {}
            }
        }
    }

    /// A balancer or an instance that goes by the name.
    fn machine(&mut self, name: &Key, row: &ResourceRow, mentions: &Mentions, behind: &BTreeMap<i64, Vec<Endpoint>>) {
        let via = called(row);
        let addresses = mentions.addresses(row.id);
        if addresses.is_empty() {
            let at = At::Name(name.as_host().unwrap_or_default().to_owned());
            self.ends.insert(Endpoint { at, port: None, via: via.clone(), proxied: false });
        }
        self.ends.extend(addresses.into_iter().map(|address| Endpoint::at(address, &via)));
        self.ends.extend(behind.get(&row.id).into_iter().flatten().cloned());
    }
}

impl Endpoint {
    fn at(address: IpAddr, via: &str) -> Self {
        Self { at: At::Address(address), port: None, via: via.to_owned(), proxied: false }
    }
}

/// Who holds each name: records, or the wildcard record that answers for it, and what goes by it as its own.
fn holders(connection: &mut AnyConnection, scope: &Scope, names: &[Key]) -> QueryResult<BTreeMap<Key, BTreeSet<i64>>> {
    let answering = wildcard::answering(connection, names)?;
    let mut asked: BTreeMap<String, Vec<&Key>> = BTreeMap::new();
    for name in names {
        asked.entry(answering.get(name).unwrap_or(name).stored()).or_default().push(name);
        asked.entry(name.stored()).or_default().push(name);
    }
    let stored: Vec<String> = asked.keys().cloned().collect();
    let roles = [Role::Serves, Role::Is];
    let links = keys::of_keys(connection, scope, Held::Key, &stored, &roles, When::Now, usize::MAX)?;
    let mut holders: BTreeMap<Key, BTreeSet<i64>> = BTreeMap::new();
    for link in links {
        for name in asked.get(&link.key).into_iter().flatten() {
            holders.entry((*name).clone()).or_default().insert(link.resource_id);
        }
    }
    Ok(holders)
}

/// The balancers that hold the addresses to which the records lead.
fn balancers_at(
    connection: &mut AnyConnection,
    scope: &Scope,
    mentions: &Mentions,
) -> QueryResult<BTreeMap<Key, Vec<ResourceRow>>> {
    let pointed =
        mentions.refs.values().flatten().filter(|(role, key)| *role == Role::PointsAt && key.as_address().is_some());
    let stored: BTreeSet<String> = pointed.map(|(_, key)| key.stored()).collect();
    let stored: Vec<String> = stored.into_iter().collect();
    let links = keys::of_keys(connection, scope, Held::Key, &stored, &[Role::Is], When::Now, usize::MAX)?;
    let rows = present(connection, scope, &links.iter().map(|link| link.resource_id).collect::<Vec<_>>())?;
    let mut held: BTreeMap<Key, Vec<ResourceRow>> = BTreeMap::new();
    for link in links {
        let balancer = rows.get(&link.resource_id).filter(|row| row.kind == load_balancer::SPEC.name);
        held.entry(Key::from_stored(&link.key)).or_default().extend(balancer.cloned());
    }
    Ok(held)
}

/// The machines behind those balancers that hand TLS on: each of them sends a certificate of its own.
fn behind<'r>(
    connection: &mut AnyConnection,
    scope: &Scope,
    rows: impl Iterator<Item = &'r ResourceRow>,
    mentions: &Mentions,
) -> QueryResult<BTreeMap<i64, Vec<Endpoint>>> {
    let mut behind: BTreeMap<i64, Vec<Endpoint>> = BTreeMap::new();
    let mut members: Vec<(i64, u16, String, &Key)> = Vec::new();
    for row in rows.filter(|row| row.kind == load_balancer::SPEC.name) {
        let balancer: Option<LoadBalancer> = serde_json::from_str(&row.attrs).ok();
        let Some(port) = balancer.and_then(|balancer| balancer.hands_tls_on()) else { continue };
        let via = format!("behind {}", row.title());
        for key in mentions.refs(row.id, Role::PointsAt) {
            match address_of(key) {
                Some(address) => {
                    let endpoint = Endpoint { port: Some(port), ..Endpoint::at(address, &via) };
                    behind.entry(row.id).or_default().push(endpoint);
                }
                None => members.push((row.id, port, via.clone(), key)),
            }
        }
    }
    let stored: BTreeSet<String> = members.iter().map(|(.., key)| key.stored()).collect();
    let stored: Vec<String> = stored.into_iter().collect();
    let links = keys::of_keys(connection, scope, Held::Key, &stored, &[Role::Is], When::Now, usize::MAX)?;
    let machines = present(connection, scope, &links.iter().map(|link| link.resource_id).collect::<Vec<_>>())?;
    let own = Mentions::of(connection, machines.keys().copied().collect())?;
    for (balancer, port, via, key) in members {
        for link in links.iter().filter(|link| link.key == key.stored()) {
            let addresses = own.addresses(link.resource_id).into_iter();
            let ends = addresses.map(|address| Endpoint { port: Some(port), ..Endpoint::at(address, &via) });
            behind.entry(balancer).or_default().extend(ends);
        }
    }
    Ok(behind)
}

/// What resources hold and refer to.
#[derive(Default)]
struct Mentions {
    keys: HashMap<i64, Vec<(Role, Key)>>,
    refs: HashMap<i64, Vec<(Role, Key)>>,
}

impl Mentions {
    fn of(connection: &mut AnyConnection, ids: Vec<i64>) -> QueryResult<Self> {
        let mut mentions = Self::default();
        mentions.add(connection, ids)?;
        Ok(mentions)
    }

    fn add(&mut self, connection: &mut AnyConnection, ids: Vec<i64>) -> QueryResult<()> {
        let ids: BTreeSet<i64> = ids.into_iter().filter(|id| !self.keys.contains_key(id)).collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        self.keys.extend(ids.iter().map(|id| (*id, Vec::new())));
        for (side, link) in keys::mentions(connection, &ids, When::Now)? {
            let into = match side {
                Held::Key => &mut self.keys,
                Held::Ref => &mut self.refs,
            };
            into.entry(link.resource_id).or_default().extend(mention(&link));
        }
        Ok(())
    }

    fn refs(&self, id: i64, wanted: Role) -> impl Iterator<Item = &Key> {
        self.refs.get(&id).into_iter().flatten().filter(move |(role, _)| *role == wanted).map(|(_, key)| key)
    }

    /// The addresses that something is: the public ones, or else the others.
    fn addresses(&self, id: i64) -> Vec<IpAddr> {
        let all = || self.keys.get(&id).into_iter().flatten().filter(|(role, _)| *role == Role::Is).map(|(_, key)| key);
        let public: Vec<IpAddr> = all().filter(|key| key.is_public_address()).filter_map(address_of).collect();
        if public.is_empty() { all().filter_map(address_of).collect() } else { public }
    }
}

fn mention(link: &Link) -> Option<(Role, Key)> {
    Some((link.role()?, Key::from_stored(&link.key)))
}

fn address_of(key: &Key) -> Option<IpAddr> {
    key.as_address()?.parse().ok()
}

/// `balancer eu-edge`, `instance web-1`.
fn called(row: &ResourceRow) -> String {
    let sort = if row.kind == load_balancer::SPEC.name { "balancer" } else { "instance" };
    format!("{sort} {}", row.title())
}

/// Those of them that are present, by id.
fn present(connection: &mut AnyConnection, scope: &Scope, ids: &[i64]) -> QueryResult<BTreeMap<i64, ResourceRow>> {
    Ok(resources::present(connection, scope, ids)?.into_iter().map(|row| (row.id, row)).collect())
}
