//! The two sides of a swap, out of the inventory: at what addresses and names something can be found, or could be.
//!
//! Only public addresses are swapped: a private one means another machine in each network, and a record does not say which.
//!
//! Who holds an address, and who stands behind a balancer, is a fact and asked of all; who that is is told to whom it is visible.

use std::collections::BTreeSet;
use std::net::IpAddr;

use diesel::QueryResult;

use crate::dns_plan::{Code, Refusal, Side, Swap};
use crate::kinds::instance::{self, Instance};
use crate::kinds::key::is_public;
use crate::kinds::load_balancer::{self, LoadBalancer};
use crate::kinds::{Held, Key, KindSpec, Role};
use crate::store::doubt::Doubts;
use crate::store::keys::{self, When};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

use super::ask::{Ask, Sort};
use crate::clock::Instant;

/// Both sides, and what speaks against the whole.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    pub swap: Option<Swap>,
    pub title: String,
    pub refusals: Vec<Refusal>,
    pub notes: Vec<String>,
    pub subjects: Vec<i64>,
}

/// What an ask means, as far as the inventory knows. `None` where a resource is not there for the asker.
pub fn sides(connection: &mut AnyConnection, scope: &Scope, ask: &Ask, now: Instant) -> QueryResult<Option<Sides>> {
    let spec = if ask.action == Sort::Switch { &load_balancer::SPEC } else { &instance::SPEC };
    let Some(from) = side_row(connection, scope, spec, ask.from)? else { return Ok(None) };
    let to = match ask.action {
        Sort::Repoint => Some(from.clone()),
        _ => side_row(connection, scope, spec, ask.to)?,
    };
    let Some(to) = to else { return Ok(None) };
    let mut sides = match ask.action {
        Sort::Repoint => repoint(connection, scope, &from)?,
        Sort::Replace => replace(connection, scope, &from, &to)?,
        _ => switch(connection, scope, &from, &to)?,
    };
    sides.subjects = vec![from.id, to.id];
    sides.subjects.dedup();
    if let Some(why) = Doubts::at(now, scope).about(connection, [instance::SPEC.name, load_balancer::SPEC.name])? {
        let text = format!("What the inventory knows of the machines may be old: {why}.");
        sides.refusals.push(Refusal::soft(Code::Unsure, text));
    }
    Ok(Some(sides))
}

fn side_row(
    connection: &mut AnyConnection,
    scope: &Scope,
    spec: &KindSpec,
    id: Option<i64>,
) -> QueryResult<Option<ResourceRow>> {
    let Some(id) = id else { return Ok(None) };
    resources::find(connection, scope, spec, id, None)
}

fn repoint(connection: &mut AnyConnection, scope: &Scope, row: &ResourceRow) -> QueryResult<Sides> {
    let mut sides = Sides { title: format!("Repoint the records of {}", row.title()), ..Sides::default() };
    let now = now_at(row);
    let mut from = Side { title: format!("an address that {} had", row.title()), ..Side::default() };
    let mut former = once_at(connection, row)?;
    former.addresses.retain(|address| !now.addresses.contains(address));
    former.hosts.retain(|host| !now.hosts.contains(host));
    unheld(connection, scope, row, former, &mut from, &mut sides)?;
    if now.addresses.is_empty() {
        sides.refusals.push(Refusal::hard(
            Code::NoCounterpart,
            format!("{} has no public address that is known now.", row.title()),
        ));
    }
    sides.swap = Some(Swap { from, to: now });
    Ok(sides)
}

fn replace(connection: &mut AnyConnection, scope: &Scope, from: &ResourceRow, to: &ResourceRow) -> QueryResult<Sides> {
    let title = format!("Replace {} by {}", from.title(), to.title());
    let mut sides = Sides { title, ..Sides::default() };
    if from.id == to.id {
        sides.refusals.push(Refusal::hard(Code::NothingToDo, "It cannot take its own place."));
    }
    let mut old = Side { title: from.title().to_owned(), ..Side::default() };
    let once = once_at(connection, from)?;
    unheld(connection, scope, from, once, &mut old, &mut sides)?;
    let new = now_at(to);
    if new.addresses.is_empty() || to.gone_at.is_some() || to.status != "running" {
        sides
            .refusals
            .push(Refusal::hard(Code::NoCounterpart, format!("{} is not running with a public address.", to.title())));
    }
    sides.swap = Some(Swap { from: old, to: new });
    Ok(sides)
}

fn switch(connection: &mut AnyConnection, scope: &Scope, from: &ResourceRow, to: &ResourceRow) -> QueryResult<Sides> {
    let title = format!("Switch from {} to {}", from.title(), to.title());
    let mut sides = Sides { title, ..Sides::default() };
    if from.id == to.id {
        sides.refusals.push(Refusal::hard(Code::NothingToDo, "It cannot take its own place."));
    }
    let old = balancer(connection, scope, from, |_| true)?;
    let new = balancer(connection, scope, to, |health| health == "healthy")?;
    let refuse = |text: String| Refusal::hard(Code::NothingHealthy, text);
    let mut swap = Swap { from: old.side, to: new.side };
    for (side, row) in [(old.is_partly_hidden, from), (new.is_partly_hidden, to)] {
        if side {
            let text = format!("Not all that stands behind {} is yours to see.", row.title());
            sides.refusals.push(Refusal::hard(Code::OutOfSight, text));
        }
    }
    // What its own addresses are today is no address to write down (F5); that they are gone from records is right.
    swap.from.addresses.extend(old.own);
    if to.gone_at.is_some() || to.status == "failed" {
        sides.refusals.push(refuse(format!("{} is not in service.", to.title())));
    } else if !new.error.is_empty() {
        sides.refusals.push(refuse(format!("What stands behind {} is not known: {}.", to.title(), new.error)));
    } else if new.members == 0 {
        sides.refusals.push(refuse(format!("Nothing healthy stands behind {}.", to.title())));
    } else if new.left_out > 0 {
        let (left, all) = (new.left_out, new.left_out + new.members);
        sides.notes.push(format!("{left} of the {all} targets of {} are not healthy and stay out.", to.title()));
    }
    for twice in new.ambiguous {
        let text = format!("More than one instance answers to {twice}, a target of {}.", to.title());
        sides.refusals.push(Refusal::hard(Code::Ambiguous, text));
    }
    sides.swap = Some(swap);
    Ok(sides)
}

/// Where an instance is to be found now.
fn now_at(row: &ResourceRow) -> Side {
    let instance: Instance = serde_json::from_str(&row.attrs).unwrap_or_default();
    if row.gone_at.is_some() || instance.state == "terminated" {
        return Side { title: row.title().to_owned(), ..Side::default() };
    }
    let mut addresses: Vec<IpAddr> = instance.addresses.iter().map(|one| one.address.to_canonical()).collect();
    addresses.retain(|address| is_public(*address));
    let host = Key::host(&instance.public_host).and_then(|key| key.as_host().map(str::to_owned));
    Side { title: row.title().to_owned(), addresses, hosts: host.into_iter().collect() }
}

/// Where it is to be found, or ever was.
fn once_at(connection: &mut AnyConnection, row: &ResourceRow) -> QueryResult<Side> {
    let mut side = Side { title: row.title().to_owned(), ..Side::default() };
    let (mut addresses, mut hosts) = (BTreeSet::new(), BTreeSet::new());
    let private: Instance = serde_json::from_str(&row.attrs).unwrap_or_default();
    for link in keys::of_resources(connection, Held::Key, &[row.id], When::Ever)? {
        let key = Key::from_stored(&link.key);
        if key.is_public_address() {
            addresses.extend(key.as_address().and_then(|address| address.parse::<IpAddr>().ok()));
        }
        hosts.extend(key.as_host().filter(|host| *host != private.private_host).map(str::to_owned));
    }
    side.addresses = addresses.into_iter().collect();
    side.hosts = hosts.into_iter().collect();
    Ok(side)
}

/// Takes over into `side` what nobody else holds by now: a record to another's address is the other's affair.
fn unheld(
    connection: &mut AnyConnection,
    scope: &Scope,
    row: &ResourceRow,
    once: Side,
    side: &mut Side,
    sides: &mut Sides,
) -> QueryResult<()> {
    let all: Vec<(Key, Result<IpAddr, String>)> = once
        .addresses
        .into_iter()
        .map(|address| (Key::address(address, ""), Ok(address)))
        .chain(once.hosts.into_iter().filter_map(|host| Some((Key::host(&host)?, Err(host)))))
        .collect();
    let stored: Vec<String> = all.iter().map(|(key, _)| key.stored()).collect();
    let everything = Scope::unrestricted();
    let links = keys::of_keys(connection, &everything, Held::Key, &stored, &[Role::Is], When::Now, usize::MAX)?;
    let others: Vec<i64> = links.iter().map(|link| link.resource_id).filter(|id| *id != row.id).collect();
    let rows = resources::of_ids(connection, scope, &others, None)?;
    for (key, place) in all {
        let other = links.iter().find(|link| link.key == key.stored() && link.resource_id != row.id);
        match (other, place) {
            (None, Ok(address)) => side.addresses.push(address),
            (None, Err(host)) => side.hosts.push(host),
            (Some(other), _) => {
                let Some(holder) = rows.iter().find(|row| row.id == other.resource_id).map(ResourceRow::title) else {
                    continue;
                };
                let at = key.as_address().or(key.as_host()).unwrap_or_default();
                sides.notes.push(format!("Records to {at} are left alone: it is {holder}'s by now."));
            }
        }
    }
    Ok(())
}

/// What stands behind a balancer.
struct Behind {
    side: Side,
    /// Its own addresses.
    own: Vec<IpAddr>,
    /// Targets that were taken, and that were not.
    members: usize,
    left_out: usize,
    error: String,
    ambiguous: Vec<String>,
    /// Some of it is not the asker's to see.
    is_partly_hidden: bool,
}

fn balancer(
    connection: &mut AnyConnection,
    scope: &Scope,
    row: &ResourceRow,
    takes: impl Fn(&str) -> bool,
) -> QueryResult<Behind> {
    let balancer: LoadBalancer = serde_json::from_str(&row.attrs).unwrap_or_default();
    let (mut keys, mut addresses, mut taken) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut seen = BTreeSet::new();
    for target in &balancer.targets {
        seen.insert(&target.id);
        if !takes(&target.health) {
            continue;
        }
        taken.insert(&target.id);
        match target.target_type.as_str() {
            "ip" => addresses.extend(target.id.parse::<IpAddr>().ok().filter(|address| is_public(*address))),
            "instance" => {
                keys.insert(Key::instance(&balancer.account, &balancer.provider_region, &target.id).stored());
            }
            _ => {}
        }
    }
    let stored: Vec<String> = keys.into_iter().collect();
    let everything = Scope::unrestricted();
    let links = keys::of_keys(connection, &everything, Held::Key, &stored, &[Role::Is], When::Now, usize::MAX)?;
    let ambiguous = stored.iter().filter(|key| links.iter().filter(|link| link.key == **key).count() > 1).cloned();
    let ids: Vec<i64> = links.iter().map(|link| link.resource_id).collect();
    let mut members = resources::present(connection, scope, &ids)?;
    let is_partly_hidden =
        !scope.sees_everything() && resources::present(connection, &everything, &ids)?.len() > members.len();
    members.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    let mut side = Side { title: row.title().to_owned(), ..Side::default() };
    side.addresses.extend(members.iter().flat_map(|row| now_at(row).addresses));
    side.addresses.extend(addresses);
    let mut once = BTreeSet::new();
    side.addresses.retain(|address| once.insert(*address));
    if let Some(host) = Key::host(&balancer.dns_name).and_then(|key| key.as_host().map(str::to_owned)) {
        side.hosts.push(host.clone());
        if host.contains(".elb.") {
            side.hosts.push(format!("dualstack.{host}"));
        }
    }
    Ok(Behind {
        side,
        own: balancer.addresses.iter().map(IpAddr::to_canonical).collect(),
        members: taken.len(),
        left_out: seen.len() - taken.len(),
        error: balancer.targets_error,
        ambiguous: ambiguous.collect(),
        is_partly_hidden,
    })
}
