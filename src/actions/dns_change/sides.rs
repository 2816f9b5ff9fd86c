//! The two sides of a swap, out of the inventory: at what addresses and names something can be found, or could be.
//!
//! Who holds an address, and who stands behind a balancer, is a fact and asked of all; who that is is told to whom it
//! is visible.

use std::collections::BTreeSet;
use std::net::IpAddr;

use diesel::QueryResult;

use crate::dns_plan::{Code, OwnNames, PlannedChange, Refusal, Side, Swap};
use crate::kinds::instance::{self, Instance};
use crate::kinds::load_balancer;
use crate::kinds::{Held, Key, KindSpec, Role};
use crate::relations::behind::{self, Behind};
use crate::relations::switched::{self, WATCHED};
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
    /// What earlier changes have written, where only that is meant.
    pub written: Vec<PlannedChange>,
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
        _ if from.id == to.id => in_line(connection, scope, &from, now)?,
        _ => switch(connection, scope, &from, &to, ask)?,
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
    sides.swap = Some(Swap { from, to: now, own_names: OwnNames::Move });
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
    sides.swap = Some(Swap { from: old, to: new, own_names: OwnNames::Move });
    Ok(sides)
}

fn switch(
    connection: &mut AnyConnection,
    scope: &Scope,
    from: &ResourceRow,
    to: &ResourceRow,
    ask: &Ask,
) -> QueryResult<Sides> {
    let title = format!("Switch from {} to {}", from.title(), to.title());
    let mut sides = Sides { title, ..Sides::default() };
    let old = behind::behind(connection, scope, from, |_| true)?;
    let new = behind::behind(connection, scope, to, |health| health == "healthy")?;
    sides.judge(to, &new);
    sides.hide(from, &old);
    sides.hide(to, &new);
    let mut from = Side { title: from.title().to_owned(), addresses: old.addresses, hosts: old.hosts };
    // What its own addresses are today is no address to write down (F5); that they are gone from records is right.
    from.addresses.extend(old.own);
    let to = Side { title: to.title().to_owned(), addresses: new.addresses, hosts: new.hosts };
    let own_names = if ask.include_own_names { OwnNames::Move } else { OwnNames::Stay(old.machines) };
    sides.swap = Some(Swap { from, to, own_names });
    Ok(sides)
}

/// A switch of a balancer to itself: the healthy instances behind it now take the place of what the last switch to it
/// has written.
fn in_line(connection: &mut AnyConnection, scope: &Scope, row: &ResourceRow, now: Instant) -> QueryResult<Sides> {
    let title = format!("Bring the records of {} in line", row.title());
    let mut sides = Sides { title, ..Sides::default() };
    let new = behind::behind(connection, scope, row, |health| health == "healthy")?;
    sides.judge(row, &new);
    // What a switch has written may be anybody's.
    let switched = match scope.sees_everything() {
        true => switched::switched(connection, row.id, now - WATCHED)?,
        false => None,
    };
    let Some(switched) = switched else {
        let text = format!("No switch to {} stands whose records could be brought in line.", row.title());
        sides.refusals.push(Refusal::hard(Code::NothingToDo, text));
        return Ok(sides);
    };
    let from = Side {
        title: format!("what stood behind {}", row.title()),
        addresses: switched.addresses(),
        hosts: Vec::new(),
    };
    let to = Side { title: row.title().to_owned(), addresses: new.addresses, hosts: Vec::new() };
    sides.swap = Some(Swap { from, to, own_names: OwnNames::Move });
    sides.written = switched.sets;
    Ok(sides)
}

impl Sides {
    /// Refuses where a part of what stands behind a balancer is not the asker's to see.
    fn hide(&mut self, row: &ResourceRow, behind: &Behind) {
        if behind.is_partly_hidden {
            let text = format!("Not all that stands behind {} is yours to see.", row.title());
            self.refusals.push(Refusal::hard(Code::OutOfSight, text));
        }
    }

    /// What speaks against a balancer as the new side.
    fn judge(&mut self, to: &ResourceRow, new: &Behind) {
        let refuse = |text: String| Refusal::hard(Code::NothingHealthy, text);
        if to.gone_at.is_some() || to.status == "failed" {
            self.refusals.push(refuse(format!("{} is not in service.", to.title())));
        } else if !new.error.is_empty() {
            self.refusals.push(refuse(format!("What stands behind {} is not known: {}.", to.title(), new.error)));
        } else if new.members == 0 {
            self.refusals.push(refuse(format!("Nothing healthy stands behind {}.", to.title())));
        } else if new.left_out > 0 {
            let (left, all) = (new.left_out, new.left_out + new.members);
            self.notes.push(format!("{left} of the {all} targets of {} are not healthy and stay out.", to.title()));
        }
        for twice in &new.ambiguous {
            let text = format!("More than one instance answers to {twice}, a target of {}.", to.title());
            self.refusals.push(Refusal::hard(Code::Ambiguous, text));
        }
    }
}

/// Where an instance is to be found now.
fn now_at(row: &ResourceRow) -> Side {
    let addresses = behind::reached_at(row);
    let instance: Instance = serde_json::from_str(&row.attrs).unwrap_or_default();
    let is_there = row.gone_at.is_none() && instance.state != "terminated";
    let host = Key::host(&instance.public_host).and_then(|key| key.as_host().map(str::to_owned));
    let hosts = host.into_iter().filter(|_| is_there).collect();
    Side { title: row.title().to_owned(), addresses, hosts }
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
