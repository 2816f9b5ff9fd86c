//! A record that leads to an address or a host that was ours and that nobody of ours holds any more: whoever holds it
//! next answers under our name.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use super::{Found, Given, Rule};
use crate::kinds::{Held, Key, Role, dns_record, instance, load_balancer};
use crate::relations::{dangling, wildcard};
use crate::store::keys::{self, Link};
use crate::store::{AnyConnection, unmet};

pub const RULE: Rule = Rule {
    name: "dangling-record",
    title: "Records that point at something no longer ours",
    meaning: "The record points at an address or a host that was ours once, and nothing of ours holds it now. Whoever gets it \
              next answers under this name.",
    remedy: "Point the record at whatever replaced the former holder, or delete it.",
    spec: &dns_record::SPEC,
    walks: &dns_record::SPEC,
    find,
};

fn find(connection: &mut AnyConnection, given: &Given, ids: &[i64]) -> QueryResult<Vec<Found>> {
    let roles: Vec<Role> = Role::PointsAt.meets(Held::Ref, Held::Key).collect();
    let unheld = unmet::unheld(connection, ids, Role::PointsAt, &roles)?;
    let stored: BTreeSet<String> = unheld.iter().map(|one| one.key.stored()).collect();
    let mut last: BTreeMap<Key, Link> = BTreeMap::new();
    for link in keys::held_before(connection, &stored.into_iter().collect::<Vec<_>>(), &roles, 1)? {
        last.insert(Key::from_stored(&link.key), link);
    }
    let ours = |key: &Key| last.contains_key(key) || dangling::within(key, &given.networks).is_some();
    let hosts: Vec<Key> =
        unheld.iter().map(|one| &one.key).filter(|key| key.as_host().is_some() && ours(key)).cloned().collect();
    let answered = wildcard::answering(connection, &hosts)?;
    let lost = unheld.into_iter().filter(|one| ours(&one.key) && !answered.contains_key(&one.key));
    Ok(lost
        .map(|one| {
            let former = last.get(&one.key);
            let mut needs = vec![instance::SPEC.name, load_balancer::SPEC.name];
            if one.key.as_host().is_some() {
                needs.push(dns_record::SPEC.name);
            }
            let words = match (former, dangling::within(&one.key, &given.networks)) {
                (Some(_), _) => "is held by nothing of ours any more".to_owned(),
                (None, Some(network)) => format!("lies in our network {network}, and nothing of ours holds it"),
                (None, None) => String::new(),
            };
            Found {
                walked_id: one.resource_id,
                resource_id: one.resource_id,
                other: former.map(|link| (link.resource_id, link.until())),
                subject: Some(one.key),
                words,
                needs,
                doubt: None,
            }
        })
        .collect())
}
