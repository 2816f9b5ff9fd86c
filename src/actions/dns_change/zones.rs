//! The zones that an ask is about: found in the inventory, read at their providers this moment (F13).
//!
//! A zone is found for whoever has a record in it, or a host. What of it is theirs is asked set by set (`whose.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::QueryResult;
use futures_util::future::join_all;

use super::whose::Holdings;
use crate::context::{Context, Reach};
use crate::dns_plan::{Code, Edit, Marks, Plan, PlannedChange, Refusal, Side, ZoneNow};
use crate::kinds::key::normal_host;
use crate::kinds::{Held, Key, Kind, Role, dns_record, zone};
use crate::providers::Provider;
use crate::store::keys::{self, When};
use crate::store::rows::ResourceRow;
use crate::store::scopes::ScopeRow;
use crate::store::{AnyConnection, Scope, annotations, resources, scopes};
use crate::wire::dns::{RecordSet, SetChange, SetName, ZoneAt};

/// Up to so many records a zone is read as a whole, so that what the inventory has not seen yet is in the plan too.
const WHOLE: i64 = 20_000;

/// By source and zone.
pub type OfZones<T> = BTreeMap<(String, ZoneAt), T>;

/// A zone that has to be read, as the inventory knows it.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub source: String,
    pub at: ZoneAt,
    /// The zone's own row.
    pub resource: i64,
    /// The scope of its records, where they were ever listed.
    pub scope: Option<i64>,
    /// Records that the inventory knows of it.
    pub records: i64,
    /// And that the asker sees.
    pub seen: i64,
    pub names: BTreeSet<String>,
    pub marks: BTreeMap<SetName, Marks>,
}

/// The zones with records that lead to a side.
pub fn of_side(connection: &mut AnyConnection, scope: &Scope, side: &Side) -> QueryResult<Vec<Wanted>> {
    let keys: Vec<String> = side
        .addresses
        .iter()
        .map(|address| Key::address(*address, ""))
        .chain(side.hosts.iter().filter_map(|host| Key::host(host)))
        .map(|key| key.stored())
        .collect();
    let links = keys::of_keys(connection, scope, Held::Ref, &keys, &[Role::PointsAt], When::Now, usize::MAX)?;
    let ids: BTreeSet<i64> = links.iter().map(|link| link.resource_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut names: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for ids in ids.chunks(1_024) {
        for row in resources::of_ids(connection, scope, ids, None)? {
            if row.kind == dns_record::SPEC.name && row.gone_at.is_none() {
                names.entry(row.scope_id).or_default().insert(row.name);
            }
        }
    }
    let mut wanted = Vec::new();
    for (records, names) in names {
        let Some(listing) = scopes::by_id(connection, scope, records)? else { continue };
        let (source, id) = (&listing.source, &listing.parent_external_id);
        let zones = resources::by_external_id(connection, &Scope::unrestricted(), &zone::SPEC, source, id)?;
        if let Some(zone) = zones.first() {
            wanted.push(Wanted::listed(connection, scope, zone, Some(listing), names)?);
        }
    }
    Ok(wanted)
}

/// The zones that edits name, or why there is not exactly one of a name. `None` where something that they name is not
/// the asker's, which is all that whoever sees a part is told.
pub fn of_edits(
    connection: &mut AnyConnection,
    scope: &Scope,
    edits: &[Edit],
    source: Option<&str>,
) -> QueryResult<Option<(Vec<Wanted>, Vec<Refusal>)>> {
    let bounded = !scope.sees_everything();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut refusals = Vec::new();
    if bounded && edits.iter().any(|edit| edit.of().is_none()) {
        return Ok(None);
    }
    for edit in edits {
        match (normal_host(&edit.zone), edit.of()) {
            (Some(zone), of) => names.entry(zone).or_default().extend(of.map(|of| of.name)),
            (None, _) => refusals.push(Refusal::hard(Code::Invalid, format!("{} is no zone.", edit.zone.trim()))),
        }
    }
    let mut wanted = Vec::new();
    for (name, names) in names {
        let everything = Scope::unrestricted();
        let mut zones = resources::named(connection, &everything, &zone::SPEC, std::slice::from_ref(&name))?;
        zones.retain(|row| source.is_none_or(|source| row.source == source));
        let mut found = Vec::new();
        for zone in &zones {
            let zone = Wanted::of(connection, scope, zone, names.clone())?;
            if !bounded || edits_own(connection, scope, &zone, edits)? {
                found.push(zone);
            }
        }
        match found.as_slice() {
            [] if bounded => return Ok(None),
            [] => refusals.push(Refusal::hard(Code::Invalid, format!("No source here has a zone {name}."))),
            [_] => wanted.append(&mut found),
            several => {
                let sources: Vec<&str> = several.iter().map(|zone| zone.source.as_str()).collect();
                let named = if bounded { String::new() } else { format!(": {}", sources.join(", ")) };
                let text = format!("{} sources have a zone {name}{named}. Say which.", several.len());
                refusals.push(Refusal::hard(Code::Ambiguous, text));
            }
        }
    }
    Ok(Some((wanted, refusals)))
}

/// Whether all that is edited there is the asker's, as far as the inventory knows.
fn edits_own(connection: &mut AnyConnection, scope: &Scope, zone: &Wanted, edits: &[Edit]) -> QueryResult<bool> {
    let held = Holdings::of(connection, scope, zone, &zone.names)?;
    let there = edits.iter().filter(|edit| normal_host(&edit.zone).as_deref() == Some(&zone.at.name));
    Ok(there.filter_map(Edit::of).all(|of| held.is_own(&of, &[], false)))
}

/// The zones of sets that are known already.
pub fn of_sets<'s>(
    connection: &mut AnyConnection,
    scope: &Scope,
    sets: impl Iterator<Item = (&'s str, &'s ZoneAt, &'s SetName)>,
) -> QueryResult<Vec<Wanted>> {
    let mut zones: BTreeMap<(&str, &ZoneAt), BTreeSet<String>> = BTreeMap::new();
    for (source, at, of) in sets {
        zones.entry((source, at)).or_default().insert(of.name.clone());
    }
    let mut wanted = Vec::new();
    for ((source, at), names) in zones {
        let zones = resources::by_external_id(connection, &Scope::unrestricted(), &zone::SPEC, source, &at.id)?;
        if let Some(zone) = zones.first() {
            wanted.push(Wanted { at: at.clone(), ..Wanted::of(connection, scope, zone, names)? });
        }
    }
    Ok(wanted)
}

impl Wanted {
    fn of(
        connection: &mut AnyConnection,
        scope: &Scope,
        zone: &ResourceRow,
        names: BTreeSet<String>,
    ) -> QueryResult<Self> {
        let listing = scopes::of_parent(connection, &zone.source, dns_record::SPEC.name, &zone.external_id)?;
        Self::listed(connection, scope, zone, listing, names)
    }

    fn listed(
        connection: &mut AnyConnection,
        scope: &Scope,
        zone: &ResourceRow,
        listing: Option<ScopeRow>,
        names: BTreeSet<String>,
    ) -> QueryResult<Self> {
        let records = listing.as_ref().map_or(0, |listing| listing.present);
        let seen = match &listing {
            Some(listing) if !scope.sees_everything() => resources::count_of_scope(connection, scope, listing.id)?,
            _ => records,
        };
        Ok(Self {
            source: zone.source.clone(),
            at: ZoneAt { id: zone.external_id.clone(), name: zone.name.clone() },
            resource: zone.id,
            scope: listing.map(|listing| listing.id),
            records,
            seen,
            names,
            marks: BTreeMap::new(),
        })
    }

    /// What people and placement say of its records.
    pub fn mark(&mut self, connection: &mut AnyConnection, scope: &Scope) -> QueryResult<()> {
        let Some(records) = self.scope else { return Ok(()) };
        let names: Vec<String> = self.names.iter().cloned().collect();
        let rows = resources::of_scope(connection, scope, records, &names)?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let said = annotations::of(connection, scope, &ids)?;
        for row in rows {
            let of = SetName { record_type: row.facet(0).to_owned(), name: row.name };
            let marks = self.marks.entry(of).or_default();
            marks.records.push(row.id);
            marks.database |= row.role == "database";
            marks.own_name |= said.get(&row.id).is_some_and(|said| said.own_name);
            let elses = said.get(&row.id).map(|said| &said.someone_elses).filter(|elses| !elses.is_empty());
            marks.someone_elses = marks.someone_elses.take().or(elses.cloned());
        }
        Ok(())
    }
}

/// How much of a zone is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// All of it, where it is not huge: a swap finds what the inventory has not.
    Whole,
    /// The names in question.
    Names,
}

/// Reads the zones at their providers, all at once.
pub async fn read(context: &Context, wanted: Vec<Wanted>, how: How) -> (Vec<ZoneNow>, Vec<Refusal>) {
    let read = wanted.into_iter().map(|wanted| async move {
        let (name, source) = (wanted.at.name.clone(), wanted.source.clone());
        read_one(context, wanted, how).await.map_err(|why| {
            Refusal::hard(Code::ReadOnly, format!("{name} of {source} cannot be changed from here: {why}."))
        })
    });
    let (mut zones, mut refusals) = (Vec::new(), Vec::new());
    for read in join_all(read).await {
        match read {
            Ok(zone) => zones.push(zone),
            Err(refusal) => refusals.push(refusal),
        }
    }
    (zones, refusals)
}

async fn read_one(context: &Context, wanted: Wanted, how: How) -> Result<ZoneNow, String> {
    let provider = provider(context, &wanted.source)?;
    let dns = provider.dns().ok_or("its provider changes no records")?;
    let whole = how == How::Whole && wanted.records <= WHOLE;
    let read = dns.read(&wanted.at, (!whole).then_some(&wanted.names)).await.map_err(|error| error.to_string())?;
    let records = if whole {
        read.sets.iter().map(|set| set.values.len()).sum()
    } else {
        usize::try_from(wanted.records).unwrap_or_default()
    };
    Ok(ZoneNow {
        source: wanted.source,
        at: wanted.at,
        sets: read.sets,
        records,
        read_only: read.read_only,
        most_per_write: read.most_per_write,
        terms: dns.terms(),
        marks: wanted.marks,
        hidden: None,
    })
}

/// The records of each set that was read, under the ids that a listing gives them.
pub fn listed(context: &Context, zones: &[ZoneNow]) -> OfZones<BTreeMap<SetName, Vec<String>>> {
    let mut listed = OfZones::new();
    for zone in zones {
        let mut sets = BTreeMap::new();
        if let Ok(provider) = provider(context, &zone.source)
            && let Some(dns) = provider.dns()
        {
            for set in &zone.sets {
                let records = dns.records(&zone.at, set);
                sets.insert(set.of.clone(), records.iter().map(Kind::external_id).collect());
            }
        }
        listed.insert((zone.source.clone(), zone.at.clone()), sets);
    }
    listed
}

/// The plan with each set that somebody typed in the form in which its provider keeps it: what is read back after the
/// write has to be what was planned.
pub fn shaped(context: &Context, mut plan: Plan) -> Plan {
    for planned in std::mem::take(&mut plan.changes) {
        match shape(context, &planned) {
            Ok(Some(after)) if planned.change.before.as_ref().is_some_and(|before| after.says_the_same_as(before)) => {}
            Ok(after) => {
                let change = SetChange { after, ..planned.change };
                plan.changes.push(PlannedChange { change, ..planned });
            }
            Err(why) => plan.refusals.push(Refusal::hard(Code::Invalid, format!("{why}."))),
        }
    }
    plan.settled()
}

fn shape(context: &Context, planned: &PlannedChange) -> Result<Option<RecordSet>, String> {
    let Some(after) = planned.change.after.clone() else { return Ok(None) };
    let provider = provider(context, &planned.source)?;
    let dns = provider.dns().ok_or("its provider changes no records")?;
    dns.shaped(&planned.at, after).map(Some)
}

/// The provider of a source, if it can be asked.
pub fn provider(context: &Context, source: &str) -> Result<Arc<dyn Provider>, String> {
    let connected = context.sources.iter().find(|connected| connected.config.name == source);
    match connected.map(|connected| &connected.reach) {
        Some(Reach::Ready(provider)) => Ok(Arc::clone(provider)),
        Some(Reach::NotConfigured { missing }) => Err(format!("the source is not configured: {missing}")),
        None => Err("the source is not in the configuration any more".to_owned()),
    }
}
