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
        // A switch may leave none but proxied values, which were never lowered.
        if longest(Some(now)).is_none() {
            continue;
        }
        if longest(Some(now)) != longest(done.change.after.as_ref()) || !now.says_the_same_as(left) {
            plan.notes.push(format!("{of} keeps its time to live: somebody has changed it since."));
            continue;
        }
        let after = with_ttls(now, |_| old);
        plan.changes.extend(zone.plan(Some(now), Some(after), "was lowered for a switch that is over"));
    }
    plan.settled()
}

/// The longest time to live of a set, of those that are not the provider's own.
fn longest(set: Option<&RecordSet>) -> Option<i64> {
    let values = set.into_iter().flat_map(|set| &set.values);
    values.filter(|value| !is_the_providers(value)).map(|value| value.ttl).max()
}

/// Whether the provider chooses the time to live.
fn is_the_providers(value: &RecordValue) -> bool {
    const AUTOMATIC: i64 = 1;
    value.proxied || value.ttl == AUTOMATIC
}

/// The set with the times to live of another.
pub fn with_ttls_of(set: &RecordSet, other: Option<&RecordSet>) -> RecordSet {
    match longest(other) {
        Some(ttl) => with_ttls(set, |_| ttl),
        None => set.clone(),
    }
}

fn with_ttls(set: &RecordSet, ttl: impl Fn(&RecordValue) -> i64) -> RecordSet {
    let value = |value: &RecordValue| {
        let ttl = if is_the_providers(value) { value.ttl } else { ttl(value) };
        RecordValue { ttl, ..value.clone() }
    };
    RecordSet { values: set.values.iter().map(value).collect(), ..set.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns_plan::swap;
    use crate::dns_plan::tests::{move_over, of_sets, record};
    use crate::wire::dns::SetChange;

    /// The proxied one was never lowered, so it says nothing of the others.
    #[test]
    fn a_proxied_value_does_not_keep_those_beside_it_low() {
        let mut set = record("a.example.com", "A", &["192.0.2.1", "192.0.2.2"]);
        set.values[1].proxied = true;
        let zones = [of_sets(vec![set])];
        let lowered = lower(&swap(&zones, &move_over()), &zones, 60);
        let mut switched = record("a.example.com", "A", &["198.51.100.1"]);
        switched.values[0].ttl = 60;
        let change = SetChange { after: Some(switched.clone()), ..lowered.changes[0].change.clone() };
        let done = PlannedChange { change, ..lowered.changes[0].clone() };
        let since = [Since { change: 2, title: None, is_neutral: false, done }];
        let raised = restore(&lowered.changes, &since, &[of_sets(vec![switched])]);
        let after = raised.changes[0].change.after.as_ref().map(|set| set.values[0].ttl);
        assert_eq!((after, raised.notes), (Some(300), Vec::new()));
    }
}
