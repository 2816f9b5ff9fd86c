//! What stands behind a balancer: its targets as the inventory knows them, and the public addresses at which each is
//! reached.
//!
//! Who stands there is a fact and asked of all; who that is is told to whom it is visible.
//!
//! Only public addresses count here: a private one means another machine in each network, and a record does not say
//! which.

use std::collections::BTreeSet;
use std::net::IpAddr;

use diesel::QueryResult;

use crate::dns_plan::Machine;
use crate::kinds::instance::Instance;
use crate::kinds::key::is_public;
use crate::kinds::load_balancer::LoadBalancer;
use crate::kinds::{Held, Key, Role};
use crate::store::keys::{self, When};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

/// What stands behind a balancer.
#[derive(Clone, Debug, Default)]
pub struct Behind {
    /// The instances among its targets, by name.
    pub machines: Vec<Machine>,
    /// Of the machines, and of targets that are addresses; each once.
    pub addresses: Vec<IpAddr>,
    /// Its own names.
    pub hosts: Vec<String>,
    /// Its own addresses.
    pub own: Vec<IpAddr>,
    /// Targets that were taken, and that were not.
    pub members: usize,
    pub left_out: usize,
    /// Why its targets are not known, if they are not.
    pub error: String,
    /// Targets to which more than one instance answers.
    pub ambiguous: Vec<String>,
    /// Some of it is not the asker's to see.
    pub is_partly_hidden: bool,
}

/// What stands behind the balancer `row`, of the targets whose health `takes` takes.
pub fn behind(
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
    let mut rows = resources::present(connection, scope, &ids)?;
    let is_partly_hidden =
        !scope.sees_everything() && resources::present(connection, &everything, &ids)?.len() > rows.len();
    rows.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    let mut behind = Behind {
        machines: rows.iter().map(machine).collect(),
        own: balancer.addresses.iter().map(IpAddr::to_canonical).collect(),
        members: taken.len(),
        left_out: seen.len() - taken.len(),
        ambiguous: ambiguous.collect(),
        is_partly_hidden,
        ..Behind::default()
    };
    behind.addresses.extend(behind.machines.iter().flat_map(|machine| machine.addresses.clone()));
    behind.addresses.extend(addresses);
    let mut once = BTreeSet::new();
    behind.addresses.retain(|address| once.insert(*address));
    if let Some(host) = Key::host(&balancer.dns_name).and_then(|key| key.as_host().map(str::to_owned)) {
        behind.hosts.push(host.clone());
        if host.contains(".elb.") {
            behind.hosts.push(format!("dualstack.{host}"));
        }
    }
    behind.error = balancer.targets_error;
    Ok(behind)
}

/// The public addresses at which an instance is reached now.
pub fn reached_at(row: &ResourceRow) -> Vec<IpAddr> {
    let instance: Instance = serde_json::from_str(&row.attrs).unwrap_or_default();
    if row.gone_at.is_some() || instance.state == "terminated" {
        return Vec::new();
    }
    let addresses = instance.addresses.iter().map(|one| one.address.to_canonical());
    addresses.filter(|address| is_public(*address)).collect()
}

fn machine(row: &ResourceRow) -> Machine {
    let instance: Instance = serde_json::from_str(&row.attrs).unwrap_or_default();
    let tagged = instance.tags.into_iter().filter(|(tag, _)| tag == "Name").map(|(_, name)| name);
    let names = [row.name.clone(), instance.name, instance.instance_id].into_iter().chain(tagged);
    Machine { title: row.title().to_owned(), names: names.collect(), addresses: reached_at(row) }
}
