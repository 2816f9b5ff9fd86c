//! Which hosts there are to ask: those that a certificate here names or hangs on, what is known below its wildcards,
//! and the domains of apps, whoever has their certificates.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::kinds::{Held, Key, Role, app, certificate};
use crate::placement::glob;
use crate::store::keys::{self, When};
use crate::store::{AnyConnection, Scope};

/// Keys read at once.
const BATCH: usize = 10_000;

/// Every host, each once. The value: it is named as such, and does not only lie below a wildcard.
pub fn all(connection: &mut AnyConnection, except: &[String]) -> QueryResult<BTreeMap<Key, bool>> {
    let mut hosts = BTreeMap::new();
    let mut wildcards = Vec::new();
    let both = [app::SPEC.name, certificate::SPEC.name];
    for (side, role, kinds) in
        [(Held::Ref, Role::Serves, &both[..]), (Held::Key, Role::Covers, &[certificate::SPEC.name][..])]
    {
        let mut after = String::new();
        loop {
            let found = keys::of_kinds(connection, side, role, kinds, &after, BATCH)?;
            let Some(last) = found.last() else { break };
            after.clone_from(last);
            for key in found.iter().map(|stored| Key::from_stored(stored)) {
                match key.as_host() {
                    Some(host) if host.starts_with("*.") => wildcards.push(key),
                    Some(host) if is_askable(host) => drop(hosts.insert(key, true)),
                    _ => {}
                }
            }
        }
    }
    for wildcard in wildcards {
        for host in below(connection, &wildcard)? {
            hosts.entry(host).or_insert(false);
        }
    }
    let left_alone =
        |host: &Key| except.iter().any(|pattern| glob(&pattern.to_lowercase(), host.as_host().unwrap_or_default()));
    hosts.retain(|host, _| !left_alone(host));
    Ok(hosts)
}

/// What is known one label below a wildcard; no certificate stands for more.
fn below(connection: &mut AnyConnection, wildcard: &Key) -> QueryResult<Vec<Key>> {
    let Some(prefix) = wildcard.stored_below_wildcard() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for side in [Held::Key, Held::Ref] {
        for link in keys::below(connection, &Scope::unrestricted(), side, &prefix, &[Role::Serves], When::Now, BATCH)? {
            let host = Key::from_stored(&link.key);
            let is_covered = host.wildcard_parents().first() == Some(wildcard);
            if is_covered && host.as_host().is_some_and(is_askable) {
                found.push(host);
            }
        }
    }
    Ok(found)
}

/// Whether a server can be asked for that name: it is whole, and no service's label.
fn is_askable(host: &str) -> bool {
    !host.contains('*') && !host.starts_with('_') && !host.contains("._")
}
