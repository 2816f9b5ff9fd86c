//! Wildcards, in both directions: who answers for a host, and for which hosts a wildcard answers.
//!
//! A certificate's `*.example.com` covers exactly one label (RFC 6125, 6.4.3). A record's answers at any depth, but
//! only where nothing is closer (RFC 4592): not for a name that exists, nor below one that exists, also if only because
//! something is below it. Which of them answers does not depend on who asks; who may see the answer is decided where it
//! is shown.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use diesel::prelude::*;

use super::Look;
use crate::kinds::{Held, Key, Role};
use crate::store::keys::{self, When};
use crate::store::{AnyConnection, Scope};

/// For each host that no record holds itself: the wildcard that answers in its place now, if there is one.
pub fn answering(connection: &mut AnyConnection, hosts: &[Key]) -> QueryResult<BTreeMap<Key, Key>> {
    answering_in(connection, &mut Look::at(&Scope::unrestricted(), None), hosts)
}

/// The same at the moment of a look.
pub fn answering_in(
    connection: &mut AnyConnection,
    look: &mut Look<'_>,
    hosts: &[Key],
) -> QueryResult<BTreeMap<Key, Key>> {
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for host in hosts {
        asked.insert(host.stored());
        asked
            .extend(host.wildcard_parents().iter().flat_map(|wildcard| [wildcard.stored(), parent(wildcard).stored()]));
    }
    let asked: Vec<String> = asked.into_iter().collect();
    let everything = Scope::unrestricted();
    let links = look.of_keys_of_all(connection, &everything, Held::Key, &asked, &[Role::Serves])?;
    let held: HashSet<String> = links.into_iter().map(|link| link.key).collect();
    let mut answers = BTreeMap::new();
    for host in hosts {
        if let Some(wildcard) = closest(connection, host, &held, look.when())? {
            answers.insert(host.clone(), wildcard);
        }
    }
    Ok(answers)
}

/// The wildcard directly below the closest existing ancestor of a host that does not exist itself.
fn closest(connection: &mut AnyConnection, host: &Key, held: &HashSet<String>, when: When) -> QueryResult<Option<Key>> {
    let candidates = host.wildcard_parents();
    if !candidates.iter().any(|wildcard| held.contains(&wildcard.stored())) {
        return Ok(None);
    }
    let mut name = host.clone();
    for wildcard in candidates {
        if held.contains(&name.stored()) || something_is_below(connection, &name, when)? {
            return Ok(None);
        }
        if held.contains(&wildcard.stored()) {
            return Ok(Some(wildcard));
        }
        name = parent(&wildcard);
    }
    Ok(None)
}

/// Whether a name exists because a record is below it (RFC 4592, 2.2.2: an empty non-terminal).
fn something_is_below(connection: &mut AnyConnection, name: &Key, when: When) -> QueryResult<bool> {
    let prefix = format!("{}.", name.stored());
    let everything = Scope::unrestricted();
    Ok(!keys::below(connection, &everything, Held::Key, &prefix, &[Role::Serves], when, 1)?.is_empty())
}

/// `*.example.com` → `example.com`.
fn parent(wildcard: &Key) -> Key {
    wildcard.as_host().and_then(|host| host.strip_prefix("*.")).and_then(Key::host).unwrap_or_else(|| wildcard.clone())
}

/// Whether a certificate for `wildcard` is one for `host`.
pub fn covers(wildcard: &Key, host: &Key) -> bool {
    host.wildcard_parents().first() == Some(wildcard)
}
