//! A record that leads to an instance that is stopped, with nothing running at the same address.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use super::{Found, Given, Rule};
use crate::kinds::{Held, Key, Role, dns_record, instance};
use crate::store::keys::{self, When};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

pub const RULE: Rule = Rule {
    name: "record-to-stopped-instance",
    title: "Records that point at a stopped instance",
    meaning: "The record points at an address of an instance that is not running: whoever follows it gets no answer.",
    remedy: "Start the instance, or point the record at one that is running.",
    spec: &dns_record::SPEC,
    walks: &instance::SPEC,
    find,
};

/// Records of one address that are told of.
const MOST: usize = 1_000;

fn find(connection: &mut AnyConnection, _given: &Given, ids: &[i64]) -> QueryResult<Vec<Found>> {
    let everything = Scope::unrestricted();
    let stopped: Vec<i64> = resources::present(connection, &Scope::unrestricted(), ids)?
        .iter()
        .filter(|row| is_stopped(row))
        .map(|row| row.id)
        .collect();
    if stopped.is_empty() {
        return Ok(Vec::new());
    }
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for link in keys::of_resources(connection, Held::Key, &stopped, When::Now)? {
        if link.role() == Some(Role::Is) {
            held.insert(link.key, link.resource_id);
        }
    }
    let addresses: Vec<String> = held.keys().cloned().collect();
    // Somebody else may have the address as well, and run.
    let holders = keys::of_keys(connection, &everything, Held::Key, &addresses, &[Role::Is], When::Now, usize::MAX)?;
    let others: BTreeSet<i64> = holders.iter().map(|link| link.resource_id).collect();
    let running: BTreeSet<i64> =
        resources::present(connection, &Scope::unrestricted(), &others.into_iter().collect::<Vec<_>>())?
            .iter()
            .filter(|row| !is_stopped(row))
            .map(|row| row.id)
            .collect();
    for link in &holders {
        if running.contains(&link.resource_id) {
            held.remove(&link.key);
        }
    }
    let addresses: Vec<String> = held.keys().cloned().collect();
    let links = keys::of_keys(connection, &everything, Held::Ref, &addresses, &[Role::PointsAt], When::Now, MOST)?;
    let ids: Vec<i64> = links.iter().map(|link| link.resource_id).collect();
    let records: BTreeSet<i64> = resources::present(connection, &everything, &ids)?
        .into_iter()
        .filter(|row| row.kind == dns_record::SPEC.name)
        .map(|row| row.id)
        .collect();
    Ok(links
        .into_iter()
        .filter(|link| records.contains(&link.resource_id))
        .filter_map(|link| {
            let holder = *held.get(&link.key)?;
            Some(Found {
                walked_id: holder,
                resource_id: link.resource_id,
                subject: Some(Key::from_stored(&link.key)),
                words: "belongs to an instance that is stopped".to_owned(),
                other: Some((holder, None)),
                needs: vec![instance::SPEC.name],
                doubt: None,
            })
        })
        .collect())
}

fn is_stopped(row: &ResourceRow) -> bool {
    row.kind == instance::SPEC.name && matches!(row.status.as_str(), "stopped" | "stopping")
}
