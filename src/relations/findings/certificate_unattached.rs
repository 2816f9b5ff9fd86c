//! A certificate that is attached nowhere and covers no name that anything answers under.

use std::collections::BTreeMap;

use diesel::QueryResult;

use super::{Found, Given, Rule};
use crate::kinds::{Held, Key, Role, app, certificate, dns_record};
use crate::relations::wildcard;
use crate::store::keys::{self, When};
use crate::store::{AnyConnection, Scope, resources};

pub const RULE: Rule = Rule {
    name: "certificate-attached-nowhere",
    title: "Certificates attached to nothing",
    meaning: "No app uses the certificate, and no app or record has a name that it covers: whether it is renewed matters to nobody.",
    remedy: "Attach it, or delete it at the controller. Its key may still be somewhere: revoke it if you do not know where.",
    spec: &certificate::SPEC,
    walks: &certificate::SPEC,
    find,
};

/// Names below a wildcard that are looked at.
const MOST: usize = 1_000;

fn find(connection: &mut AnyConnection, _given: &Given, ids: &[i64]) -> QueryResult<Vec<Found>> {
    let rows = resources::present(connection, &Scope::unrestricted(), ids)?;
    let loose = rows.into_iter().filter(|row| row.status == "unattached");
    let mut names: BTreeMap<i64, Vec<Key>> = loose.map(|row| (row.id, Vec::new())).collect();
    let ids: Vec<i64> = names.keys().copied().collect();
    for link in keys::of_resources(connection, Held::Key, &ids, When::Now)? {
        if link.role() == Some(Role::Covers) {
            names.entry(link.resource_id).or_default().push(Key::from_stored(&link.key));
        }
    }
    let mut found = Vec::new();
    for (id, names) in names {
        if !is_used(connection, &names)? {
            found.push(Found {
                walked_id: id,
                resource_id: id,
                subject: None,
                words: "is attached to nothing, and nothing has a name that it covers".to_owned(),
                other: None,
                needs: vec![app::SPEC.name, dns_record::SPEC.name],
                doubt: None,
            });
        }
    }
    Ok(found)
}

/// Whether anything goes by one of these names.
fn is_used(connection: &mut AnyConnection, names: &[Key]) -> QueryResult<bool> {
    let stored: Vec<String> = names.iter().map(Key::stored).collect();
    for side in [Held::Key, Held::Ref] {
        if !keys::of_keys(connection, &Scope::unrestricted(), side, &stored, &[Role::Serves], When::Now, 1)?.is_empty()
        {
            return Ok(true);
        }
        for name in names {
            let Some(prefix) = name.stored_below_wildcard() else { continue };
            let below =
                keys::below(connection, &Scope::unrestricted(), side, &prefix, &[Role::Serves], When::Now, MOST)?;
            if below.iter().any(|link| wildcard::covers(name, &Key::from_stored(&link.key))) || below.len() == MOST {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
