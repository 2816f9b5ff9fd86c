//! From an ask to a plan: what the inventory knows, what the providers say this moment, and what the rules make of it.
//!
//! A team's plan is made of its own sets alone, as if there were no others. What is not all its own is not there; a
//! swap leaves it out and says nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use super::ask::{Ask, Sort};
use super::later::{self, written};
use super::sides::{self, Sides};
use super::touched::touch;
use super::whose::Holdings;
use super::zones::{self, How, OfZones, Wanted};
use crate::context::Context;
use crate::dns_plan::{self, Code, Edit, Limit, Plan, PlannedChange, Refusal, Since, Swap, ZoneNow, guard};
use crate::kinds::key::normal_host;
use crate::store::dns_changes;
use crate::store::{AnyConnection, Scope, StoreError};
use crate::wire::dns::{RecordSet, SetName};

/// A plan that is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub title: String,
    pub plan: Plan,
    /// The resources that it is about.
    pub subjects: Vec<i64>,
    /// The preparation that it follows, or the change whose old times to live it restores.
    pub follows: Option<i64>,
}

/// What the inventory gives an ask.
#[derive(Default)]
struct Known {
    title: String,
    zones: Vec<Wanted>,
    refusals: Vec<Refusal>,
    notes: Vec<String>,
    subjects: Vec<i64>,
    swap: Option<Swap>,
    follows: Option<i64>,
    /// What another change has written.
    written: Vec<PlannedChange>,
    /// What came after it over the same sets, the oldest first.
    since: Vec<Since>,
}

/// Plans what is asked, from fresh reads. `None` where something that it names is not there for the asker.
pub async fn draft(context: &Context, scope: &Scope, ask: &Ask) -> Result<Option<Draft>, StoreError> {
    let (reach, asked, now) = (scope.clone(), ask.clone(), context.clock.now());
    let known = context.db.read(move |connection| know(connection, &reach, &asked, now)).await?;
    let Some(known) = known else { return Ok(None) };
    let how = if ask.is_swap() && known.written.is_empty() { How::Whole } else { How::Names };
    let (mut now, unread) = zones::read(context, known.zones.clone(), how).await;
    let mut listed = zones::listed(context, &now);
    let holdings = hold(context, scope, &known, &now).await?;
    let unknown = match scope.sees_everything() {
        true => BTreeSet::new(),
        false => keep_own(ask, &known, &mut now, &listed, &holdings),
    };
    let mut plan = match (&known.swap, ask.action) {
        (Some(swap), _) if known.written.is_empty() => dns_plan::swap(&now, swap),
        (Some(swap), _) => dns_plan::swap_within(&now, swap, &known.written),
        (None, Sort::Undo) => dns_plan::way_back(&known.written, &now, &known.since),
        (None, Sort::Restore) => dns_plan::restore(&known.written, &known.since, &now),
        (None, _) => zones::shaped(context, dns_plan::edit(&now, &edits_but(ask, &unknown))),
    };
    if let Some(seconds) = ask.prepare_ttl_seconds.filter(|_| ask.is_swap()) {
        plan = dns_plan::lower(&plan, &now, seconds);
    }
    plan.refusals.extend(unread);
    plan.refusals.extend(unknown.iter().map(of_nobody));
    plan.refusals.extend(known.refusals);
    plan.notes.extend(known.notes);
    // Where somebody says why there is nothing to do, or something else speaks against it, that there is nothing is no
    // news.
    let nothing = plan.refusals.iter().position(|refusal| refusal.code.is_calm());
    if let (Some(nothing), true) = (nothing, plan.refusals.len() > 1) {
        plan.refusals.remove(nothing);
    }
    let limit = |zone: &ZoneNow| Limit { source: zone.source.clone(), at: zone.at.clone(), most: zone.most_per_write };
    plan.limits = now.iter().map(limit).collect();
    let confirm = known.swap.as_ref().map(|swap| swap.to.title.clone());
    plan = match ask.action {
        // The way back and the old times to live state exactly their sets, which somebody has agreed to before.
        Sort::Undo | Sort::Restore => only_hard(guard(plan, &now, None)),
        _ => guard(plan, &now, confirm.as_deref()),
    };
    plan.sight = if scope.sees_everything() { 0 } else { scope.fingerprint() };
    let reach = scope.clone();
    let plan = context
        .db
        .read(move |connection| {
            touch(connection, &reach, &mut plan, &now)?;
            Ok(plan)
        })
        .await?;
    let mut subjects = known.subjects;
    for of in &unknown {
        // Nothing that no listing has shown is in the plan.
        listed.values_mut().for_each(|sets| drop(sets.remove(of)));
    }
    subjects.extend(about(ask, &plan, &listed, &holdings));
    Ok(Some(Draft { title: known.title, plan, subjects, follows: known.follows }))
}

/// What the inventory has under the names in question: those of which something is asked, or that lead to the old side
/// this moment.
async fn hold(
    context: &Context,
    scope: &Scope,
    known: &Known,
    now: &[ZoneNow],
) -> Result<OfZones<Holdings>, StoreError> {
    let mut asked = Vec::new();
    for wanted in &known.zones {
        let mut names = wanted.names.clone();
        if let Some(swap) = &known.swap {
            let of_zone = now.iter().filter(|zone| zone.source == wanted.source && zone.at == wanted.at);
            let leading = of_zone.flat_map(|zone| &zone.sets).filter(|set| swap.leads_there(set));
            names.extend(leading.map(|set| set.of.name.clone()));
        }
        asked.push((wanted.clone(), names));
    }
    let scope = scope.clone();
    let held = context.db.read(move |connection| {
        let mut held = BTreeMap::new();
        for (wanted, names) in asked {
            let holdings = Holdings::of(connection, &scope, &wanted, &names)?;
            held.insert((wanted.source, wanted.at), holdings);
        }
        Ok(held)
    });
    held.await
}

/// Leaves the asker's own sets in the zones; gives those that an edit names and that are no longer known to be.
fn keep_own(
    ask: &Ask,
    known: &Known,
    zones: &mut [ZoneNow],
    listed: &OfZones<BTreeMap<SetName, Vec<String>>>,
    holdings: &OfZones<Holdings>,
) -> BTreeSet<SetName> {
    let mut unknown = BTreeSet::new();
    for zone in zones {
        let key = (zone.source.clone(), zone.at.clone());
        let (Some(held), Some(values)) = (holdings.get(&key), listed.get(&key)) else {
            zone.sets.clear();
            continue;
        };
        let as_left = |of: &SetName| {
            let done = known.written.iter().find(|done| done.at == zone.at && done.change.of == *of);
            done.is_some_and(|done| same(zone.set(of), done.change.after.as_ref()))
        };
        let is_own = |of: &SetName| held.is_own(of, values.get(of).map_or(&[], Vec::as_slice), as_left(of));
        let edited = ask.records.iter().filter(|edit| normal_host(&edit.zone).as_deref() == Some(&zone.at.name));
        unknown.extend(edited.filter_map(Edit::of).filter(|of| !is_own(of)));
        let written = known.written.iter().filter(|done| done.at == zone.at).map(|done| &done.change.of);
        let foreign: BTreeSet<SetName> =
            zone.sets.iter().map(|set| &set.of).chain(written).filter(|of| !is_own(of)).cloned().collect();
        zone.sets.retain(|set| !foreign.contains(&set.of));
        zone.hidden = Some(foreign);
        let seen = known.zones.iter().find(|wanted| wanted.source == zone.source && wanted.at == zone.at);
        zone.records = seen.map_or(0, |wanted| usize::try_from(wanted.seen).unwrap_or_default());
    }
    unknown
}

/// The edits of all other sets.
fn edits_but(ask: &Ask, unknown: &BTreeSet<SetName>) -> Vec<Edit> {
    ask.records.iter().filter(|edit| edit.of().is_none_or(|of| !unknown.contains(&of))).cloned().collect()
}

/// The inventory says that a set is the asker's, and its provider shows more.
fn of_nobody(of: &SetName) -> Refusal {
    let text = format!("{of} holds something that no listing has shown yet, so that nobody knows whose it is.");
    Refusal::hard(Code::OutOfSight, text)
}

/// The resources that the sets of a plan consist of, and those that were asked for.
fn about(
    ask: &Ask,
    plan: &Plan,
    listed: &OfZones<BTreeMap<SetName, Vec<String>>>,
    holdings: &OfZones<Holdings>,
) -> BTreeSet<i64> {
    let mut subjects = BTreeSet::new();
    for (zone, held) in holdings {
        let edited = ask.records.iter().filter(|edit| normal_host(&edit.zone).as_deref() == Some(&zone.1.name));
        let planned = plan.changes.iter().filter(|planned| planned.source == zone.0 && planned.at == zone.1);
        let sets = edited.filter_map(Edit::of).chain(planned.map(|planned| planned.change.of.clone()));
        let values = listed.get(zone);
        for of in sets.collect::<BTreeSet<_>>() {
            let values = values.and_then(|values| values.get(&of)).map_or(&[] as &[String], Vec::as_slice);
            subjects.extend(held.subjects(&of, values));
        }
    }
    subjects
}

fn same(one: Option<&RecordSet>, other: Option<&RecordSet>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.says_the_same_as(other),
        (None, None) => true,
        _ => false,
    }
}

fn only_hard(mut plan: Plan) -> Plan {
    plan.refusals.retain(|refusal| !refusal.overridable);
    plan
}

fn know(
    connection: &mut AnyConnection,
    scope: &Scope,
    ask: &Ask,
    now: crate::clock::Instant,
) -> QueryResult<Option<Known>> {
    let known = match ask.action {
        Sort::Edit => of_edits(connection, scope, ask)?,
        Sort::Undo | Sort::Restore => of_change(connection, scope, ask)?,
        Sort::Repoint | Sort::Replace | Sort::Switch => {
            let sides = sides::sides(connection, scope, ask, now)?;
            match sides {
                Some(sides) => Some(of_sides(connection, scope, ask, sides)?),
                None => None,
            }
        }
    };
    let Some(mut known) = known else { return Ok(None) };
    for zone in &mut known.zones {
        zone.mark(connection, scope)?;
    }
    Ok(Some(known))
}

fn of_edits(connection: &mut AnyConnection, scope: &Scope, ask: &Ask) -> QueryResult<Option<Known>> {
    let found = zones::of_edits(connection, scope, &ask.records, ask.source.as_deref())?;
    let Some((zones, refusals)) = found else { return Ok(None) };
    let title = match ask.records.as_slice() {
        [one] => {
            let of = one.of().map_or_else(|| one.name.clone(), |of| of.to_string());
            format!("{} {of}", ["Create", "Update", "Delete"][one.op as usize])
        }
        several => format!("Edit {} record sets", several.len()),
    };
    Ok(Some(Known { title, zones, refusals, ..Known::default() }))
}

fn of_sides(connection: &mut AnyConnection, scope: &Scope, ask: &Ask, sides: Sides) -> QueryResult<Known> {
    let zones = match &sides.swap {
        Some(swap) if sides.written.is_empty() => zones::of_side(connection, scope, &swap.from)?,
        Some(_) => {
            let sets = sides.written.iter().map(|done| (done.source.as_str(), &done.at, &done.change.of));
            zones::of_sets(connection, scope, sets)?
        }
        None => Vec::new(),
    };
    let follows = match ask.prepare_ttl_seconds {
        None => dns_changes::due::prepared_for(connection, ask.from, ask.to)?,
        Some(_) => None,
    };
    // What others have prepared comes back when they are done with it.
    let follows = match follows {
        Some(change) if dns_changes::find(connection, scope, change)?.is_some() => Some(change),
        _ => None,
    };
    let title = match ask.prepare_ttl_seconds {
        None => sides.title,
        Some(seconds) => format!("{}: lower TTLs to {seconds} s first", sides.title),
    };
    let Sides { swap, refusals, notes, subjects, written, .. } = sides;
    Ok(Known { title, zones, refusals, notes, subjects, swap, follows, written, ..Known::default() })
}

/// Of a way back, and of old times to live: the sets as the earlier change left them.
fn of_change(connection: &mut AnyConnection, scope: &Scope, ask: &Ask) -> QueryResult<Option<Known>> {
    let Some(change) = ask.of else { return Ok(None) };
    let Some(row) = dns_changes::find(connection, scope, change)? else { return Ok(None) };
    // The old times to live are those of before the preparation.
    let first = row.follows.filter(|_| ask.action == Sort::Restore).unwrap_or(change);
    let written = written(connection, first)?;
    let since = later::since(connection, scope, first, &written)?;
    let all = written.iter().map(|done| (done.source.as_str(), &done.at, &done.change.of));
    let zones = zones::of_sets(connection, scope, all)?;
    let title = match ask.action {
        Sort::Restore => format!("Restore the TTLs after: {}", row.title),
        _ => format!("Way back of: {}", row.title),
    };
    // Of a switch that was prepared the preparation stands when it is taken back, and its end is due again.
    let follows = match (ask.action, row.action.as_str()) {
        (Sort::Undo, "prepare" | "restore") => None,
        (Sort::Undo, _) => row.follows,
        _ => Some(change),
    };
    let subjects = dns_changes::subjects(connection, change)?;
    Ok(Some(Known { title, zones, follows, subjects, written, since, ..Known::default() }))
}
