//! Repoint, replace, switch: in every set that leads to the one side, what that side has gives way to what the other
//! has.
//!
//! A set may hold more than the plan's own values; those stay as they are. Values are taken over in pairs, so that time
//! to live, comment, tags, proxying and the provider's id stay with the record. A name that leads clients somewhere
//! leads them somewhere at every moment. A balancer's own addresses are never written into records: they change
//! whenever its provider likes (F5).

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Code, OwnNames, Plan, PlannedChange, Refusal, ZoneNow};
use crate::kinds::dns_record::leads_to_an_address;
use crate::kinds::key::normal_host;
use crate::wire::dns::{RecordSet, RecordValue, SetName};

/// What one side of a swap can be found at, and put in as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    pub title: String,
    /// For the old side everything that records may say; for the new one only what they may say from now on.
    pub addresses: Vec<IpAddr>,
    /// Host names that are the side itself.
    pub hosts: Vec<String>,
}

/// What takes whose place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    pub from: Side,
    pub to: Side,
    pub own_names: OwnNames,
}

/// The plan of a swap over these zones.
pub fn swap(zones: &[ZoneNow], swap: &Swap) -> Plan {
    let mut plan = Plan::default();
    for zone in zones {
        for (name, sets) in zone.by_name() {
            plan.absorb(swap.name(zone, name, &sets));
        }
    }
    plan.settled()
}

/// The plan of a swap over the names alone that other changes have written.
pub fn swap_within(zones: &[ZoneNow], swap: &Swap, written: &[PlannedChange]) -> Plan {
    let within = |zone: &ZoneNow| {
        let of_zone = written.iter().filter(|done| done.source == zone.source && done.at == zone.at);
        let names: BTreeSet<&str> = of_zone.map(|done| done.change.of.name.as_str()).collect();
        let sets = zone.sets.iter().filter(|set| names.contains(set.of.name.as_str())).cloned();
        ZoneNow { sets: sets.collect(), ..zone.clone() }
    };
    let zones: Vec<ZoneNow> = zones.iter().map(within).collect();
    self::swap(&zones, swap)
}

impl Swap {
    /// What becomes of the sets of one name.
    fn name(&self, zone: &ZoneNow, name: &str, sets: &[&RecordSet]) -> Plan {
        let mut plan = Plan::default();
        let (found, mut others): (Vec<&RecordSet>, Vec<&RecordSet>) =
            sets.iter().partition(|set| self.leads_there(set));
        if found.is_empty() {
            return plan;
        }
        let elses = found.iter().find_map(|set| zone.marks.get(&set.of)?.someone_elses.as_ref());
        if let Some(who) = elses {
            plan.notes.push(format!("{name} is left alone: it is marked as someone else's ({who})."));
            return plan;
        }
        let (own, found): (Vec<&RecordSet>, Vec<&RecordSet>) =
            found.into_iter().partition(|set| self.stays(zone, set).is_some());
        if let Some(why) = own.first().and_then(|set| self.stays(zone, set)) {
            plan.notes.push(format!("{name} is left alone: {why}."));
            plan.own_names += own.len();
            others.extend(&own);
        }
        let addressed: Vec<&RecordSet> = found.iter().copied().filter(|set| is_address(&set.of)).collect();
        let whole = addressed.iter().all(|set| self.hits(set).count() == set.values.len());
        let family = |set: &&RecordSet| self.to.addresses.iter().any(|address| fits(&set.of, *address));
        if !addressed.is_empty() && self.to.addresses.is_empty() && !self.to.hosts.is_empty() {
            let alone = whole && others.is_empty() && addressed.len() == found.len() && !zone.hides(name, |_| true);
            plan.absorb(self.turn_into_name(zone, name, &addressed, alone));
            return plan;
        }
        let answers = !own.is_empty()
            || sets.iter().any(|set| is_address(&set.of) && (family(set) || self.hits(set).count() < set.values.len()));
        for set in found {
            if !is_address(&set.of) {
                plan.absorb(self.host(zone, set));
            } else if family(&set) || answers {
                plan.changes.extend(self.addresses(zone, set));
            } else {
                plan.refusals.push(Refusal::hard(
                    Code::NoCounterpart,
                    format!("{} would be left empty: {} has no address of that sort.", set.of, self.to.title),
                ));
            }
        }
        plan
    }

    /// Why a set is left where it is, as a machine's own name.
    fn stays(&self, zone: &ZoneNow, set: &RecordSet) -> Option<String> {
        self.own_names.keep(&zone.at.name, set, zone.marks.get(&set.of))
    }

    /// Whether a set leads to the old side.
    pub fn leads_there(&self, set: &RecordSet) -> bool {
        self.hits(set).next().is_some()
    }

    /// The values of a set that are the old side's.
    fn hits<'s>(&'s self, set: &'s RecordSet) -> impl Iterator<Item = &'s RecordValue> {
        set.values.iter().filter(|value| self.is_from(&set.of, value))
    }

    fn is_from(&self, of: &SetName, value: &RecordValue) -> bool {
        if is_address(of) {
            let address = value.content.parse::<IpAddr>().map(|address| address.to_canonical());
            address.is_ok_and(|address| self.from.addresses.contains(&address))
        } else {
            let target = value.content.split_whitespace().last().and_then(normal_host);
            target.is_some_and(|target| self.from.hosts.contains(&target))
        }
    }

    /// Old addresses out, new ones in.
    fn addresses(&self, zone: &ZoneNow, set: &RecordSet) -> Option<PlannedChange> {
        let new: Vec<String> =
            self.to.addresses.iter().filter(|address| fits(&set.of, **address)).map(ToString::to_string).collect();
        let gone = new.is_empty();
        let after = take_over(set, &new, |value| self.is_from(&set.of, value));
        let mut planned = zone.plan(Some(set), Some(after), self.why())?;
        if gone {
            planned
                .warnings
                .push(format!("{} has no address of this sort; clients are left with the others.", self.to.title));
        }
        if set.values.iter().any(|value| value.proxied) {
            planned.warnings.push("It is proxied: clients see the provider's addresses before and after.".to_owned());
        }
        Some(planned)
    }

    /// A record that says the old side's name says the new one's.
    fn host(&self, zone: &ZoneNow, set: &RecordSet) -> Plan {
        let mut plan = Plan::default();
        let rewritten =
            set.of.record_type == "CNAME" || (leads_to_an_address(&set.of.record_type) && zone.terms.aliases);
        if !rewritten {
            plan.notes.push(format!(
                "{} leads to {} and is left alone: records of this type are changed by hand.",
                set.of, self.from.title
            ));
            return plan;
        }
        let Some(host) = self.counterpart(set) else {
            plan.refusals.push(Refusal::hard(
                Code::NoCounterpart,
                format!("{} says a name, and {} has none.", set.of, self.to.title),
            ));
            return plan;
        };
        let after = take_over(set, &[host], |value| self.is_from(&set.of, value));
        plan.changes.extend(zone.plan(Some(set), Some(after), self.why()));
        plan
    }

    /// The new name of the same sort: who said `dualstack.` goes on to say so.
    fn counterpart(&self, set: &RecordSet) -> Option<String> {
        const DUAL: &str = "dualstack.";
        let dual = self.hits(set).any(|value| value.content.starts_with(DUAL));
        let fitting = self.to.hosts.iter().find(|host| host.starts_with(DUAL) == dual);
        fitting.or(self.to.hosts.first()).cloned()
    }

    /// The new side has a name and no addresses that may be written: its name takes the place of all the addresses, in
    /// one write.
    fn turn_into_name(&self, zone: &ZoneNow, name: &str, addressed: &[&RecordSet], alone: bool) -> Plan {
        let mut plan = Plan::default();
        let apex = name == zone.at.name;
        let Some(first) = addressed.first().filter(|_| alone && (!apex || zone.terms.cname_at_apex)) else {
            let why = if apex { "an alias is not possible at the apex here" } else { "other records stand beside it" };
            plan.refusals.push(Refusal::hard(
                Code::NoCounterpart,
                format!("{name} cannot become a CNAME of {}: {why}.", self.to.title),
            ));
            return plan;
        };
        let of = SetName { name: name.to_owned(), record_type: "CNAME".to_owned() };
        let value = first.values.first().cloned().unwrap_or_default();
        let content = self.to.hosts.first().cloned().unwrap_or_default();
        let value = RecordValue { id: None, content, modified_on: None, ..value };
        let cname = RecordSet { of, values: vec![value], comments: first.comments.clone() };
        plan.changes.extend(addressed.iter().filter_map(|set| zone.plan(Some(set), None, self.why())));
        plan.changes.extend(zone.plan(None, Some(cname), self.why()));
        plan
    }

    fn why(&self) -> String {
        format!("leads to {}", self.from.title)
    }
}

/// The set with `new` in the place of the values that `leaves` says. Each new value continues an old one as far as
/// there are any.
pub fn take_over(set: &RecordSet, new: &[String], leaves: impl Fn(&RecordValue) -> bool) -> RecordSet {
    let stays: BTreeSet<&str> =
        set.values.iter().filter(|value| !leaves(value)).map(|value| value.content.as_str()).collect();
    let leaving: BTreeSet<&str> =
        set.values.iter().filter(|value| leaves(value)).map(|value| value.content.as_str()).collect();
    // What is there under its own id stays under it.
    let mut coming =
        new.iter().filter(|content| !stays.contains(content.as_str()) && !leaving.contains(content.as_str()));
    let model = set.values.iter().find(|value| leaves(value)).or(set.values.first()).cloned().unwrap_or_default();
    let mut values = Vec::with_capacity(set.values.len().max(new.len()));
    for value in &set.values {
        if !leaves(value) || new.contains(&value.content) {
            values.push(value.clone());
        } else if let Some(content) = coming.next() {
            values.push(RecordValue { content: content.clone(), modified_on: None, ..value.clone() });
        }
    }
    values.extend(coming.map(|content| RecordValue {
        id: None,
        content: content.clone(),
        modified_on: None,
        ..model.clone()
    }));
    RecordSet { values, ..set.clone() }
}

pub fn is_address(of: &SetName) -> bool {
    matches!(of.record_type.as_str(), "A" | "AAAA")
}

fn fits(of: &SetName, address: IpAddr) -> bool {
    match of.record_type.as_str() {
        "A" => address.is_ipv4(),
        "AAAA" => address.is_ipv6(),
        _ => false,
    }
}
