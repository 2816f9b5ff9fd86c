//! The dance of times to live: lowered before a switch, so that resolvers follow it within a minute, and raised again
//! after it.

use super::{Plan, PlannedChange, ZoneNow};
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
    plan.settled()
}

/// The old times to live of the sets that were lowered and then switched, where nobody has changed them since.
///
/// `lowered` are the changes of [`lower`], `switched` those that came after, each with the set as it was left in
/// `after`.
pub fn restore(lowered: &[PlannedChange], switched: &[PlannedChange], zones: &[ZoneNow]) -> Plan {
    let mut plan = Plan::default();
    for done in lowered {
        let of = &done.change.of;
        let old = done.change.before.iter().flat_map(|set| &set.values).map(|value| value.ttl).max();
        let zone = zones.iter().find(|zone| zone.source == done.source && zone.at == done.at);
        let (Some(old), Some(zone)) = (old, zone) else { continue };
        let left = switched.iter().find(|later| later.at == done.at && later.change.of == *of).unwrap_or(done);
        let (Some(now), Some(left)) = (zone.set(of), left.change.after.as_ref()) else { continue };
        if !now.says_the_same_as(left) {
            plan.notes.push(format!("{of} keeps its time to live: somebody has changed it since."));
            continue;
        }
        let after = with_ttls(now, |_| old);
        plan.changes.extend(zone.plan(Some(now), Some(after), "was lowered for a switch that is over"));
    }
    plan.settled()
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
