//! The plan: each host with the addresses to look at, written down before anybody looks.
//!
//! What the plan lacks is gone, unless it is a resolver that failed: a host keeps the targets that it had then.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use futures_util::{StreamExt, stream};

use super::{Network, addresses, hosts};
use crate::clock::Instant;
use crate::config::ProbeConfig;
use crate::kinds::Key;
use crate::net::dns::Unresolved;
use crate::relations::endpoints::{At, Endpoint, endpoints};
use crate::store::gate::{self, Turn};
use crate::store::served_certificates::Outcome;
use crate::store::served_certificates::targets::{self, Planned, Seen};
use crate::store::{AnyConnection, Db, Priority, Scope, StoreError};

/// Hosts planned at once.
const AT_ONCE: usize = 100;
/// Names asked for side by side.
const RESOLVED_AT_ONCE: usize = 8;
/// No more addresses of one name are looked at; a content network has hundreds that are all the same.
const ADDRESSES: usize = 16;

/// What is to be looked at.
#[derive(Debug, Default)]
pub struct Plan {
    pub hosts: usize,
    /// Targets that are not looked at on purpose.
    pub left_alone: usize,
    pub targets: Vec<Target>,
}

/// One address of one host.
#[derive(Clone, Debug)]
pub struct Target {
    pub id: i64,
    pub host: Key,
    pub address: IpAddr,
    pub port: u16,
}

/// A host with its places, and whether it is named as such.
struct Asked {
    host: Key,
    named: bool,
    places: Vec<Endpoint>,
}

/// Addresses with their ports, and how each is known.
type Found<'p> = BTreeMap<(IpAddr, u16), &'p Endpoint>;

/// What names resolved to.
type Resolved = BTreeMap<String, Result<Vec<IpAddr>, Unresolved>>;

/// Makes the plan and writes it down.
pub async fn make(db: &Db, config: &ProbeConfig, network: &Network) -> Result<Plan, StoreError> {
    let (now, except) = (db.clock.now(), config.except.clone());
    let all = db.read(move |connection| hosts::all(connection, &except)).await?;
    let all: Vec<(Key, bool)> = all.into_iter().collect();
    let mut plan = Plan { hosts: all.len(), ..Plan::default() };
    for some in all.chunks(AT_ONCE) {
        let asked = places(db, some.to_vec()).await?;
        let resolved = resolve(&asked, network, config.patience).await;
        let config = config.clone();
        let (targets, left_alone) = db
            .write_as(Priority::Background, move |connection| write(connection, &asked, &resolved, &config, now))
            .await?;
        plan.targets.extend(targets);
        plan.left_alone += left_alone;
    }
    db.write_as(Priority::Background, move |connection| {
        gate::take_turn(connection, Turn::Served)?;
        targets::end_plan(connection, now)
    })
    .await?;
    Ok(plan)
}

async fn places(db: &Db, hosts: Vec<(Key, bool)>) -> Result<Vec<Asked>, StoreError> {
    db.read(move |connection| {
        let keys: Vec<Key> = hosts.iter().map(|(host, _)| host.clone()).collect();
        let mut found = endpoints(connection, &Scope::unrestricted(), &keys)?;
        let asked = hosts.into_iter().map(|(host, named)| {
            let places = found.remove(&host).unwrap_or_default();
            Asked { host, named, places }
        });
        Ok(asked.collect())
    })
    .await
}

async fn resolve(asked: &[Asked], network: &Network, patience: Duration) -> Resolved {
    let places = asked.iter().flat_map(|asked| &asked.places);
    let names = places.filter_map(|place| if let At::Name(name) = &place.at { Some(name.clone()) } else { None });
    let names: BTreeSet<String> = names.collect();
    let answers = stream::iter(names).map(|name| async move {
        let answer = network.addresses(&name, patience).await;
        (name, answer)
    });
    answers.buffer_unordered(RESOLVED_AT_ONCE).collect().await
}

fn write(
    connection: &mut AnyConnection,
    asked: &[Asked],
    resolved: &Resolved,
    config: &ProbeConfig,
    now: Instant,
) -> diesel::QueryResult<(Vec<Target>, usize)> {
    gate::take_turn(connection, Turn::Served)?;
    let (mut wanted, mut left_alone) = (Vec::new(), 0);
    for Asked { host, named, places } in asked {
        let (found, failed) = addresses_of(places, resolved, config.port);
        if !failed.is_empty() {
            targets::keep(connection, host, now)?;
        }
        // A name below a wildcard that leads nowhere is nobody's mistake: it may be there for its mail alone.
        if found.is_empty() && *named {
            let why =
                if places.is_empty() { "the records here give it no address".to_owned() } else { failed.join("; ") };
            let id = targets::plan(connection, &nowhere(host, config.port), now)?;
            targets::record(connection, id, &Seen::Nothing { outcome: Outcome::Unresolved, error: why }, now)?;
            super::verdict::judge_host(connection, host, now)?;
        }
        for ((address, port), place) in found {
            let (via, proxied) = (place.via.clone(), place.proxied);
            let planned = Planned { host: host.clone(), address: address.to_string(), port, via, proxied };
            let id = targets::plan(connection, &planned, now)?;
            match refusal(address, config) {
                None => wanted.push(Target { id, host: host.clone(), address, port }),
                Some(why) => {
                    left_alone += 1;
                    let seen = Seen::Nothing { outcome: Outcome::NotProbed, error: why.to_owned() };
                    targets::record(connection, id, &seen, now)?;
                    super::verdict::judge_host(connection, host, now)?;
                }
            }
        }
    }
    Ok((wanted, left_alone))
}

/// Each address and port once, with the first place that gives it, and what could not be resolved.
fn addresses_of<'p>(places: &'p [Endpoint], resolved: &Resolved, usual: u16) -> (Found<'p>, Vec<String>) {
    let (mut found, mut failed) = (Found::new(), Vec::new());
    for place in places {
        let addresses: &[IpAddr] = match &place.at {
            At::Address(address) => std::slice::from_ref(address),
            At::Name(name) => match resolved.get(name) {
                Some(Ok(addresses)) => &addresses[..addresses.len().min(ADDRESSES)],
                Some(Err(why)) => {
                    failed.push(format!("{name}: {why}"));
                    &[]
                }
                None => &[],
            },
        };
        for address in addresses {
            found.entry((*address, place.port.unwrap_or(usual))).or_insert(place);
        }
    }
    (found, failed)
}

fn nowhere(host: &Key, port: u16) -> Planned {
    Planned { host: host.clone(), address: String::new(), port, via: String::new(), proxied: false }
}

fn refusal(address: IpAddr, config: &ProbeConfig) -> Option<&'static str> {
    match () {
        () if !addresses::is_of_one(address) => Some("no single host can have this address"),
        () if !config.private_addresses && !addresses::is_public(address) => {
            Some("a private address; the configuration does not say private_addresses = true")
        }
        () => None,
    }
}
