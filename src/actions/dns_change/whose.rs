//! Whose a record set is. A team changes what is its own and learns nothing of the rest.
//!
//! A set is the asker's when each record that the inventory has of it is, and each value that its provider shows this
//! moment is one of those: a value that nobody has listed yet may be anybody's. A set that is not there yet, and such a
//! value, is the asker's in a zone that is, and at a host of an app that is, for the types that lead to a host: such a
//! record is that app's once it is listed.
//!
//! Everything is looked up for everybody here, and compared with what the asker sees; so this is the place that must
//! not tell.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use super::zones::Wanted;
use crate::kinds::dns_record::leads_to_an_address;
use crate::kinds::{Held, Key, Role, app};
use crate::store::keys::{self, When};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};
use crate::wire::dns::SetName;

/// Whether the asker may change the set of a record that they see, as far as the inventory knows.
pub fn may_change(connection: &mut AnyConnection, scope: &Scope, record: &ResourceRow) -> QueryResult<bool> {
    if scope.sees_everything() {
        return Ok(true);
    }
    let names = std::slice::from_ref(&record.name);
    let rows = resources::of_scope(connection, &Scope::unrestricted(), record.scope_id, names)?;
    let mut set = rows.iter().filter(|row| row.facet(0) == record.facet(0));
    Ok(set.all(|row| scope.admits(&row.region, &row.cluster, &row.app)))
}

/// What the inventory has under some names of a zone, and how much of it the asker sees.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    records: BTreeMap<SetName, Vec<Holding>>,
    zone: i64,
    sees_zone: bool,
    /// The apps that have a name among their domains.
    apps: BTreeMap<String, Vec<(i64, bool)>>,
}

/// A record.
#[derive(Clone, Debug)]
struct Holding {
    id: i64,
    external_id: String,
    is_seen: bool,
    is_placed: bool,
}

impl Holdings {
    /// What there is under these names of a zone.
    pub fn of(
        connection: &mut AnyConnection,
        scope: &Scope,
        zone: &Wanted,
        names: &BTreeSet<String>,
    ) -> QueryResult<Self> {
        let everything = Scope::unrestricted();
        let asked: Vec<String> = names.iter().cloned().collect();
        let rows = match zone.scope {
            Some(listing) => resources::of_scope(connection, &everything, listing, &asked)?,
            None => Vec::new(),
        };
        let mut records: BTreeMap<SetName, Vec<Holding>> = BTreeMap::new();
        for row in rows {
            let of = SetName { record_type: row.facet(0).to_owned(), name: row.name.clone() };
            let holding = Holding {
                id: row.id,
                is_seen: scope.admits(&row.region, &row.cluster, &row.app),
                is_placed: [&row.region, &row.cluster, &row.app].iter().any(|place| !place.is_empty()),
                external_id: row.external_id,
            };
            records.entry(of).or_default().push(holding);
        }
        let zones = resources::of_ids(connection, scope, &[zone.resource], None)?;
        let sees_zone = zones.iter().any(|row| row.gone_at.is_none());
        Ok(Self { records, zone: zone.resource, sees_zone, apps: apps(connection, scope, names)? })
    }

    /// Whether the set is the asker's. `values` are the records that the provider shows of it, where it was asked; with
    /// `as_left` they are what a change has left there that the asker sees.
    pub fn is_own(&self, of: &SetName, values: &[String], as_left: bool) -> bool {
        let known = self.records.get(of).map(Vec::as_slice).unwrap_or_default();
        // What a change has made and nobody's rule has placed is still that change's to take back.
        if known.iter().any(|record| !record.is_seen && (record.is_placed || !as_left)) {
            return false;
        }
        let unlisted = values.iter().any(|value| known.iter().all(|record| record.external_id != *value));
        as_left || self.is_open(of) || !(known.is_empty() || unlisted)
    }

    /// Whether what nobody has listed of a set yet is the asker's.
    fn is_open(&self, of: &SetName) -> bool {
        let apps = self.apps.get(&of.name).filter(|_| leads_to_an_address(&of.record_type));
        self.sees_zone || apps.is_some_and(|apps| apps.iter().all(|(_, is_seen)| *is_seen))
    }

    /// The resources that a set consists of; of what is not listed yet the apps whose host it is, or else its zone.
    pub fn subjects(&self, of: &SetName, values: &[String]) -> Vec<i64> {
        let known = self.records.get(of).map(Vec::as_slice).unwrap_or_default();
        let mut subjects: Vec<i64> = known.iter().map(|record| record.id).collect();
        let unlisted = values.iter().any(|value| known.iter().all(|record| record.external_id != *value));
        if known.is_empty() || unlisted {
            match self.apps.get(&of.name).filter(|_| leads_to_an_address(&of.record_type)) {
                Some(apps) => subjects.extend(apps.iter().map(|(id, _)| *id)),
                None => subjects.push(self.zone),
            }
        }
        subjects
    }
}

/// The apps that have these names among their domains, by the name itself or else by a wildcard, and whether the asker
/// sees them.
fn apps(
    connection: &mut AnyConnection,
    scope: &Scope,
    names: &BTreeSet<String>,
) -> QueryResult<BTreeMap<String, Vec<(i64, bool)>>> {
    let everything = Scope::unrestricted();
    let spellings = |name: &String| -> Vec<String> {
        let key = Key::host(name);
        let wildcard = key.as_ref().and_then(|key| key.wildcard_parents().into_iter().next());
        key.into_iter().chain(wildcard).map(|key| key.stored()).collect()
    };
    let asked: BTreeSet<String> = names.iter().flat_map(spellings).collect();
    let asked: Vec<String> = asked.into_iter().collect();
    let links = keys::of_keys(connection, &everything, Held::Ref, &asked, &[Role::Serves], When::Now, usize::MAX)?;
    let ids: Vec<i64> = links.iter().map(|link| link.resource_id).collect();
    let rows = resources::present(connection, &everything, &ids)?;
    let rows: BTreeMap<i64, bool> = rows
        .iter()
        .filter(|row| row.kind == app::SPEC.name)
        .map(|row| (row.id, scope.admits(&row.region, &row.cluster, &row.app)))
        .collect();
    let mut apps = BTreeMap::new();
    for name in names {
        let having = |spelling: String| -> Vec<(i64, bool)> {
            let links = links.iter().filter(|link| link.key == spelling);
            links
                .filter_map(|link| rows.get_key_value(&link.resource_id))
                .map(|(id, is_seen)| (*id, *is_seen))
                .collect()
        };
        let found = spellings(name).into_iter().map(having).find(|found| !found.is_empty());
        apps.extend(found.map(|found| (name.clone(), found)));
    }
    Ok(apps)
}
