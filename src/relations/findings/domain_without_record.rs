//! A domain of an app that no record answers for.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::{Found, Given, Rule};
use crate::kinds::{Key, Role, app, dns_record, zone};
use crate::relations::wildcard;
use crate::store::{AnyConnection, unmet};

pub const RULE: Rule = Rule {
    name: "domain-without-record",
    title: "Domains of apps without a record",
    meaning: "The app should answer under this domain, but no record of ours has that name, nor does a wildcard cover it: \
              nobody finds the app there.",
    remedy: "Create a record that points the domain at the cluster, or take the domain off the app.",
    spec: &app::SPEC,
    walks: &app::SPEC,
    find,
};

fn find(connection: &mut AnyConnection, _given: &Given, ids: &[i64]) -> QueryResult<Vec<Found>> {
    let unheld = unmet::unheld(connection, ids, Role::Serves, &[Role::Serves])?;
    let hosts: Vec<Key> = unheld.iter().map(|one| one.key.clone()).collect();
    let answered = wildcard::answering(connection, &hosts)?;
    let zones = zones_of(connection, &hosts)?;
    let lacking = unheld.into_iter().filter(|one| !answered.contains_key(&one.key));
    Ok(lacking
        .map(|one| {
            let host = one.key.as_host().unwrap_or_default();
            let zone = ancestors(host).find(|name| zones.contains(*name));
            Found {
                walked_id: one.resource_id,
                resource_id: one.resource_id,
                words: match zone {
                    Some(zone) => format!("has no record in {zone}"),
                    None => "has no record here".to_owned(),
                },
                doubt: zone.is_none().then(|| "no zone that is listed here would hold it".to_owned()),
                subject: Some(one.key),
                other: None,
                needs: vec![dns_record::SPEC.name],
            }
        })
        .collect())
}

/// Those zones of ours that could hold any of these hosts.
fn zones_of(connection: &mut AnyConnection, hosts: &[Key]) -> QueryResult<BTreeSet<String>> {
    let names: BTreeSet<String> =
        hosts.iter().filter_map(Key::as_host).flat_map(ancestors).map(str::to_owned).collect();
    Ok(unmet::named(connection, &zone::SPEC, &names.into_iter().collect::<Vec<_>>())?.into_iter().collect())
}

/// The host and every name above it, the longest first.
fn ancestors(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, parent)| parent))
}
