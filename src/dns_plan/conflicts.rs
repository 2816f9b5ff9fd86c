//! What may not stand beside what, as every provider has it (RFC 1034 §3.6.2, RFC 2181 §10.1).

use std::collections::{BTreeMap, BTreeSet};

use super::{Code, Refusal, ZoneNow};
use crate::wire::dns::{RecordSet, SetName};

/// What is wrong with the sets of these names once they are as in `sets`.
pub fn conflicts(zone: &ZoneNow, sets: &BTreeMap<SetName, RecordSet>, names: &BTreeSet<&str>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for name in names {
        let here: Vec<&RecordSet> =
            sets.values().filter(|set| set.of.name == **name && !set.values.is_empty()).collect();
        let cname = here.iter().find(|set| set.of.record_type == "CNAME");
        let mut refuse = |text: String| refusals.push(Refusal::hard(Code::Conflict, text));
        let Some(cname) = cname else {
            if !here.is_empty() && zone.hides(name, |hidden| hidden == "CNAME") {
                refuse(format!("{name} can have nothing beside what it has."));
            }
            continue;
        };
        if zone.hides(name, |hidden| *name != zone.at.name || matches!(hidden, "A" | "AAAA")) {
            refuse(format!("{name} cannot have a CNAME beside what else it has."));
        }
        if cname.values.len() > 1 {
            refuse(format!("{name} can have one CNAME only."));
        }
        let apex = *name == zone.at.name;
        if apex && !zone.terms.cname_at_apex {
            refuse(format!("{name} is the apex of its zone, where this provider takes no CNAME."));
        }
        // A provider that takes one at the apex flattens it, so that NS, MX and TXT stand beside it.
        let beside = here.iter().filter(|set| set.of.record_type != "CNAME");
        let beside: Vec<&str> = beside
            .map(|set| set.of.record_type.as_str())
            .filter(|other| !apex || matches!(*other, "A" | "AAAA"))
            .collect();
        if !beside.is_empty() {
            refuse(format!("{name} cannot have a CNAME beside {}.", beside.join(", ")));
        }
    }
    refusals
}
