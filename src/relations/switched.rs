//! What a switch has left behind: the sets that go by a balancer since then, and how far they are from what stands
//! behind it by now (F5).
//!
//! A switch writes down the addresses of the machines behind a balancer, and machines come and go. A switch of a
//! balancer to itself brings its sets in line again, so what counts is the last switch to it and whatever has brought
//! it in line since.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::TimeDelta;
use diesel::QueryResult;

use super::behind::behind;
use crate::clock::Instant;
use crate::dns_plan::PlannedChange;
use crate::kinds::dns_record::{self, DnsRecord};
use crate::store::dns_changes::{due, sets};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources, scopes};
use crate::wire::dns::{RecordSet, SetName, ZoneAt};

/// Switches of longer ago are anybody's records by now.
pub const WATCHED: TimeDelta = TimeDelta::days(90);

/// What goes by a balancer.
#[derive(Clone, Debug, Default)]
pub struct Switched {
    /// The last switch to it, or what brought its sets in line since.
    pub change: i64,
    /// Each set as it was written last.
    pub sets: Vec<PlannedChange>,
    /// The addresses that these changes have put into each set.
    addresses: Vec<BTreeSet<IpAddr>>,
}

/// The addresses of sets, by source, zone and set.
type Says<'s> = BTreeMap<(&'s str, &'s ZoneAt, &'s SetName), BTreeSet<IpAddr>>;

/// How its sets and the machines behind it differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Divergence {
    pub change: i64,
    /// Sets that are to be written.
    pub sets: usize,
    /// Written into sets once, and behind it no more.
    pub strangers: BTreeSet<IpAddr>,
    /// Healthy behind it, and not in each of its sets.
    pub missing: BTreeSet<IpAddr>,
}

/// What goes by a balancer, if a switch to it stands that was applied after `since`.
pub fn switched(connection: &mut AnyConnection, balancer: i64, since: Instant) -> QueryResult<Option<Switched>> {
    let mut changes = due::switches_about(connection, balancer, since)?;
    let Some(first) = changes.iter().rposition(|change| change.from_id != change.to_id) else { return Ok(None) };
    let changes = changes.split_off(first);
    if changes.first().is_none_or(|change| change.to_id != Some(balancer)) {
        return Ok(None);
    }
    let mut found: BTreeMap<(String, ZoneAt, SetName), (PlannedChange, BTreeSet<IpAddr>)> = BTreeMap::new();
    for change in &changes {
        for row in sets::of(connection, change.id)?.iter().filter(|row| row.written_at().is_some()) {
            let Ok(done) = serde_json::from_str::<PlannedChange>(&row.change) else { continue };
            let before = addresses(done.change.before.as_ref());
            let after = addresses(done.change.after.as_ref());
            let key = (done.source.clone(), done.at.clone(), done.change.of.clone());
            let (written, ours) = found.entry(key).or_insert_with(|| (done.clone(), BTreeSet::new()));
            ours.retain(|address| after.contains(address));
            ours.extend(after.difference(&before));
            *written = done;
        }
    }
    let (sets, addresses) = found.into_values().filter(|(_, ours)| !ours.is_empty()).unzip();
    Ok(changes.last().map(|last| Switched { change: last.id, sets, addresses }))
}

/// How what goes by a balancer differs from what stands behind it, if it does.
pub fn divergence(
    connection: &mut AnyConnection,
    scope: &Scope,
    balancer: &ResourceRow,
    since: Instant,
) -> QueryResult<Option<Divergence>> {
    let Some(switched) = switched(connection, balancer.id, since)? else { return Ok(None) };
    let all: BTreeSet<IpAddr> = behind(connection, scope, balancer, |_| true)?.addresses.into_iter().collect();
    let healthy = behind(connection, scope, balancer, |health| health == "healthy")?.addresses;
    // Where nothing is known to stand behind it, another rule has something to say.
    if all.is_empty() {
        return Ok(None);
    }
    let now = now(connection, scope, &switched)?;
    let mut divergence = Divergence { change: switched.change, ..Divergence::default() };
    for (done, ours) in switched.sets.iter().zip(&switched.addresses) {
        let key = (done.source.as_str(), &done.at, &done.change.of);
        let Some(says) = now.get(&key) else { continue };
        // Who has taken all of it out has decided otherwise.
        if says.is_disjoint(ours) {
            continue;
        }
        let strangers: Vec<IpAddr> =
            says.intersection(ours).filter(|address| !all.contains(address)).copied().collect();
        let fits = |address: &&IpAddr| address.is_ipv4() == (done.change.of.record_type == "A");
        let missing: Vec<IpAddr> =
            healthy.iter().filter(fits).filter(|address| !says.contains(address)).copied().collect();
        divergence.sets += usize::from(!strangers.is_empty() || !missing.is_empty());
        divergence.strangers.extend(strangers);
        divergence.missing.extend(missing);
    }
    Ok((divergence.sets > 0).then_some(divergence))
}

impl Switched {
    /// Every address that was put into a set.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let all: BTreeSet<IpAddr> = self.addresses.iter().flatten().copied().collect();
        all.into_iter().collect()
    }
}

/// What the inventory knows of the sets at this moment.
fn now<'s>(connection: &mut AnyConnection, scope: &Scope, switched: &'s Switched) -> QueryResult<Says<'s>> {
    let mut zones: BTreeMap<(&str, &ZoneAt), Vec<&SetName>> = BTreeMap::new();
    for done in &switched.sets {
        zones.entry((&done.source, &done.at)).or_default().push(&done.change.of);
    }
    let mut now = Says::new();
    for ((source, at), sets) in zones {
        let Some(listing) = scopes::of_parent(connection, source, dns_record::SPEC.name, &at.id)? else { continue };
        let names: BTreeSet<String> = sets.iter().map(|of| of.name.clone()).collect();
        let names: Vec<String> = names.into_iter().collect();
        for row in resources::of_scope(connection, scope, listing.id, &names)? {
            let record: DnsRecord = serde_json::from_str(&row.attrs).unwrap_or_default();
            let of = sets.iter().find(|of| of.name == row.name && of.record_type == record.record_type);
            if let (Some(of), Ok(address)) = (of, record.content.parse::<IpAddr>()) {
                now.entry((source, at, *of)).or_default().insert(address.to_canonical());
            }
        }
    }
    Ok(now)
}

fn addresses(set: Option<&RecordSet>) -> BTreeSet<IpAddr> {
    let contents = set.into_iter().flat_map(|set| &set.values).map(|value| value.content.parse::<IpAddr>());
    contents.flatten().map(|address| address.to_canonical()).collect()
}
