//! The way back: what was there before, restored exactly, as long as nobody has changed it since.

use std::collections::BTreeSet;

use super::{Code, Plan, PlannedChange, Refusal, ZoneNow};
use crate::wire::dns::{RecordSet, RecordValue};

/// The plan that takes `applied` back. Each of them holds in `after` the set as the change left it; what is so again
/// already is passed over, and what somebody has changed since refuses.
pub fn way_back(applied: &[PlannedChange], zones: &[ZoneNow]) -> Plan {
    let mut plan = Plan::default();
    for done in applied {
        let of = &done.change.of;
        let Some(zone) = zones.iter().find(|zone| zone.source == done.source && zone.at == done.at) else {
            plan.refusals.push(Refusal::hard(Code::ReadOnly, format!("{} could not be read again.", done.at.name)));
            continue;
        };
        let now = zone.set(of);
        let is_hidden = zone.hidden.as_ref().is_some_and(|hidden| hidden.contains(of));
        if !is_hidden && same(now, done.change.before.as_ref()) {
            plan.notes.push(format!("{of} is as it was before already."));
        } else if !is_hidden && same(now, done.change.after.as_ref()) {
            let before = done.change.before.as_ref().map(|set| with_ids_of(set, now));
            plan.changes.extend(zone.plan(now, before, "is as it was before again"));
        } else {
            plan.refusals.push(Refusal::hard(
                Code::ChangedSince,
                format!("{of} has been changed since by somebody else; the way back would undo that too."),
            ));
        }
    }
    plan.settled()
}

fn same(one: Option<&RecordSet>, other: Option<&RecordSet>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.says_the_same_as(other),
        (None, None) => true,
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
