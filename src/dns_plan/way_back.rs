//! The way back: what was there before, restored exactly, as long as nobody has changed it since.

use std::collections::{BTreeMap, BTreeSet};

use super::ttl::with_ttls_of;
use super::{Code, Plan, PlannedChange, Refusal, ZoneNow};
use crate::wire::dns::{RecordSet, RecordValue, SetName};

/// What the panel itself has written over a set since.
#[derive(Clone, Debug, PartialEq)]
pub struct Since {
    pub change: i64,
    /// `None` where the change is not the asker's to see.
    pub title: Option<String>,
    /// Nothing of it is in the way of a way back: old times to live that came back by themselves, or itself the way
    /// back of something that came on top.
    pub is_neutral: bool,
    /// With the set as it was left in `after`.
    pub done: PlannedChange,
}

impl Since {
    /// Whether it is about the same set.
    pub fn is_over(&self, earlier: &PlannedChange) -> bool {
        let done = &self.done;
        done.source == earlier.source && done.at == earlier.at && done.change.of == earlier.change.of
    }
}

/// The plan that takes `applied` back. Each of them holds in `after` the set as the change left it; what is so again
/// already is passed over, and what somebody has changed since refuses. `since` is what the panel has written there
/// after it, the oldest first: times to live that came back by themselves stay, everything else is taken back before it.
pub fn way_back(applied: &[PlannedChange], zones: &[ZoneNow], since: &[Since]) -> Plan {
    let mut plan = Plan::default();
    let mut first: BTreeMap<i64, (&str, Vec<&SetName>)> = BTreeMap::new();
    for done in applied {
        let of = &done.change.of;
        let Some(zone) = zones.iter().find(|zone| zone.source == done.source && zone.at == done.at) else {
            plan.refusals.push(Refusal::hard(Code::ReadOnly, format!("{} could not be read again.", done.at.name)));
            continue;
        };
        let now = zone.set(of);
        let is_hidden = zone.hidden.as_ref().is_some_and(|hidden| hidden.contains(of));
        let on_top: Vec<&Since> = since.iter().filter(|since| since.is_over(done)).collect();
        let as_left = on_top.last().is_some_and(|last| same(now, last.done.change.after.as_ref()));
        let last = on_top.iter().rev().copied().find(|since| !since.is_neutral);
        if !is_hidden && same(now, done.change.before.as_ref()) {
            plan.notes.push(format!("{of} is as it was before already."));
        } else if !is_hidden && same(now, done.change.after.as_ref()) {
            let before = done.change.before.as_ref().map(|set| with_ids_of(set, now));
            plan.changes.extend(zone.plan(now, before, "is as it was before again"));
        } else if !is_hidden && as_left && last.is_none() && differ_in_ttls(now, done.change.after.as_ref()) {
            let before = done.change.before.as_ref().map(|set| with_ids_of(&with_ttls_of(set, now), now));
            plan.changes.extend(zone.plan(now, before, "is as it was before again, but for its time to live"));
        } else if let Some((last, title)) =
            last.filter(|_| as_left && !is_hidden).and_then(|last| Some((last, last.title.as_deref()?)))
        {
            first.entry(last.change).or_insert((title, Vec::new())).1.push(of);
        } else {
            plan.refusals.push(Refusal::hard(
                Code::ChangedSince,
                format!("{of} has been changed since by somebody else; the way back would undo that too."),
            ));
        }
    }
    plan.refusals.extend(first.into_iter().map(|(change, (title, sets))| go_first(change, title, &sets)));
    plan.settled()
}

/// Says which change has to be taken back first.
fn go_first(change: i64, title: &str, sets: &[&SetName]) -> Refusal {
    let sets = match sets {
        [one] => format!("{one} was"),
        several => format!("{} of its sets, {} among them, were", several.len(), several[0]),
    };
    let text = format!("{sets} changed after it by “{title}” (change {change}), which has to be taken back first.");
    Refusal { change: Some(change), ..Refusal::hard(Code::ChangedSince, text) }
}

fn same(one: Option<&RecordSet>, other: Option<&RecordSet>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.says_the_same_as(other),
        (None, None) => true,
        _ => false,
    }
}

/// Whether two sets say the same but for their times to live.
fn differ_in_ttls(now: Option<&RecordSet>, then: Option<&RecordSet>) -> bool {
    match (now, then) {
        (Some(now), Some(then)) => now.says_the_same_as(&with_ttls_of(then, Some(now))),
        _ => false,
    }
}

/// The set as it was, each value under the id that it has now, if it still has it; the other ids are of records that
/// are gone.
fn with_ids_of(set: &RecordSet, now: Option<&RecordSet>) -> RecordSet {
    let alive: BTreeSet<&str> =
        now.into_iter().flat_map(|set| &set.values).filter_map(|value| value.id.as_deref()).collect();
    let kept = |value: &RecordValue| value.id.clone().filter(|id| alive.contains(id.as_str()));
    let values =
        set.values.iter().map(|value| RecordValue { id: kept(value), modified_on: None, ..value.clone() }).collect();
    RecordSet { values, ..set.clone() }
}
