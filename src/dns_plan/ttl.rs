//! The dance of times to live: lowered before a switch, so that resolvers follow it within a minute, and raised again
//! after it.

use super::{Code, Plan, PlannedChange, Refusal, Since, ZoneNow};
use crate::wire::dns::{RecordSet, RecordValue};

/// The sets that `intended` will change, with times to live of at most `seconds`. Automatic and proxied ones are the
/// provider's own.
pub fn lower(intended: &Plan, zones: &[ZoneNow], seconds: i64) -> Plan {
    let (refusals, notes) = (intended.refusals.clone(), intended.notes.clone());
    let mut plan = Plan { refusals, notes, own_names: intended.own_names, ..Plan::default() };
    for planned in &intended.changes {
        let zone = zones.iter().find(|zone| zone.source == planned.source && zone.at == planned.at);
        let Some((zone, before)) = zone.zip(planned.change.before.as_ref()) else { continue };
        let least = zone.terms.least_ttl.max(seconds);
        let after = with_ttls(before, |value| value.ttl.min(least));
        plan.changes.extend(zone.plan(Some(before), Some(after), "is about to be switched"));
    }
    if plan.changes.is_empty() && plan.refusals.is_empty() && !intended.changes.is_empty() {
        let text = format!(
            "Nothing has to be lowered: resolvers hold none of the records that would be changed for longer than {seconds} \
             seconds, or as long as their provider says."
        );
        plan.refusals.push(Refusal::hard(Code::NothingToLower, text));
    }
    plan.settled()
}

/// The old times to live of the sets that were lowered and then switched, where nobody has changed them since.
///
/// `lowered` are the changes of [`lower`], each with the set as it was left in `after`; `since` is what the panel has
/// written over them, the oldest first: who has left them at the lowered ones has decided nothing.
pub fn restore(lowered: &[PlannedChange], since: &[Since], zones: &[ZoneNow]) -> Plan {
    let mut plan = Plan::default();
    for done in lowered {
        let of = &done.change.of;
        let old = longest(done.change.before.as_ref());
        let zone = zones.iter().find(|zone| zone.source == done.source && zone.at == done.at);
        let (Some(old), Some(zone)) = (old, zone) else { continue };
        let left = since.iter().rev().find(|since| since.is_over(done)).map_or(done, |last| &last.done);
        let (Some(now), Some(left)) = (zone.set(of), left.change.after.as_ref()) else { continue };
        if longest(Some(now)) != longest(done.change.after.as_ref()) || !now.says_the_same_as(left) {
            plan.notes.push(format!("{of} keeps its time to live: somebody has changed it since."));
            continue;
        }
        let after = with_ttls(now, |_| old);
        plan.changes.extend(zone.plan(Some(now), Some(after), "was lowered for a switch that is over"));
    }
    plan.settled()
}

/// The longest time to live of a set.
fn longest(set: Option<&RecordSet>) -> Option<i64> {
    set.into_iter().flat_map(|set| &set.values).map(|value| value.ttl).max()
}

/// The set with the times to live of another.
pub fn with_ttls_of(set: &RecordSet, other: Option<&RecordSet>) -> RecordSet {
    match longest(other) {
        Some(ttl) => with_ttls(set, |_| ttl),
        None => set.clone(),
    }
}

fn with_ttls(set: &RecordSet, ttl: impl Fn(&RecordValue) -> i64) -> RecordSet {
    /// The provider's own choice.
    const AUTOMATIC: i64 = 1;
    let value = |value: &RecordValue| {
        let own = value.proxied || value.ttl == AUTOMATIC;
        RecordValue { ttl: if own { value.ttl } else { ttl(value) }, ..value.clone() }
    };
    RecordSet { values: set.values.iter().map(value).collect(), ..set.clone() }
}
