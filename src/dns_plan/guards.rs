//! What a plan may not do without somebody's word, and what it may not do at all.

use std::collections::{BTreeMap, BTreeSet};

use super::{Code, Plan, Refusal, ZoneNow, weight};
use crate::guard::MANY;

/// More than this share of a zone is much, where it has [`MANY`] records or more.
const MUCH_PER_CENT: usize = 30;

/// What is known of a set beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Its records, by their ids in the inventory.
    pub records: Vec<i64>,
    /// Whose it is, as somebody has noted.
    pub someone_elses: Option<String>,
    /// Its name leads to a database server.
    pub database: bool,
    /// Somebody has noted that it is a machine's own name.
    pub own_name: bool,
}

/// The plan with what speaks against it. `confirm` is what has to be typed for a swap over much of a zone: the name of
/// the new side. Of a swap only its own statement's sets are in the plan, so nothing else has to be counted; edits may
/// be anything.
pub fn guard(mut plan: Plan, zones: &[ZoneNow], confirm: Option<&str>) -> Plan {
    let mut refusals = Vec::new();
    for zone in zones {
        let own = || plan.changes.iter().filter(|planned| planned.source == zone.source && planned.at == zone.at);
        let touched: usize = own().map(|planned| weight(&planned.change)).sum();
        if touched == 0 {
            continue;
        }
        if let Some(why) = &zone.read_only {
            refusals.push(Refusal::hard(Code::ReadOnly, format!("{} cannot be written: {why}.", zone.at.name)));
        }
        for planned in own() {
            let of = &planned.change.of;
            if matches!(of.record_type.as_str(), "NS" | "SOA" | "MX") {
                refusals
                    .push(Refusal::soft(Code::ProtectedType, format!("{of} decides where a whole domain is found.")));
            }
            let marks = zone.marks.get(of);
            if marks.is_some_and(|marks| marks.database) {
                refusals.push(Refusal::soft(Code::DatabaseServer, format!("{of} leads to a database server.")));
            }
            if let Some(who) = marks.and_then(|marks| marks.someone_elses.as_ref()) {
                refusals.push(Refusal::hard(Code::SomeoneElses, format!("{of} is marked as someone else's ({who}).")));
            }
        }
        if zone.records as u64 >= MANY && touched * 100 > zone.records * MUCH_PER_CENT {
            let seen = if zone.hidden.is_some() { " that you see" } else { "" };
            let text = format!("It changes {touched} of the {} records of {}{seen}.", zone.records, zone.at.name);
            let confirm = confirm.map(str::to_owned);
            refusals.push(Refusal { confirm, ..Refusal::soft(Code::LargeShare, text) });
        }
    }
    let mut seen = BTreeSet::new();
    plan.refusals.extend(refusals);
    plan.refusals.retain(|refusal| seen.insert((refusal.code, refusal.text.clone())));
    warn(&mut plan);
    plan
}

/// Says of each name that it will no longer lead anywhere; with a swap that cannot be.
fn warn(plan: &mut Plan) {
    let mut names: BTreeMap<(String, String), bool> = BTreeMap::new();
    for planned in &plan.changes {
        let name = (planned.at.name.clone(), planned.change.of.name.clone());
        *names.entry(name).or_default() |= planned.change.after.is_some();
    }
    for planned in &mut plan.changes {
        let name = (planned.at.name.clone(), planned.change.of.name.clone());
        if names.get(&name) == Some(&false) {
            planned.warnings.push("Nothing takes its place.".to_owned());
        }
    }
}
