//! A machine's own name: by which it is found itself, whatever it serves beside others.
//!
//! A switch takes a machine out of what a balancer's names lead to, and leaves the machine its own name: whoever signs
//! in to it tomorrow by that name means that machine. A repoint and a replacement of the machine are about just these
//! names, and move them.

use std::net::IpAddr;

use super::Marks;
use super::swap::is_address;
use crate::wire::dns::RecordSet;

/// A machine that stands behind a balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    pub title: String,
    /// What it is called: its name, its tag `Name`, its id.
    pub names: Vec<String>,
    pub addresses: Vec<IpAddr>,
}

/// What becomes of machines' own names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OwnNames {
    /// They go where everything else goes.
    #[default]
    Move,
    /// Those of these machines stay, and so do those that somebody has marked as such.
    Stay(Vec<Machine>),
}

impl OwnNames {
    /// Why a set of the zone of that name stays, if it does: half a sentence.
    pub fn keep(&self, zone: &str, set: &RecordSet, marks: Option<&Marks>) -> Option<String> {
        let Self::Stay(machines) = self else { return None };
        if !is_address(&set.of) {
            return None;
        }
        if marks.is_some_and(|marks| marks.own_name) {
            return Some("it is marked as a machine's own name".to_owned());
        }
        let [value] = set.values.as_slice() else { return None };
        let address = value.content.parse::<IpAddr>().ok()?.to_canonical();
        let host = set.of.name.as_str();
        // A zone's apex is a site, whatever machine is called like it.
        let label = host.split('.').next().filter(|_| host != zone);
        let of_it = |machine: &&Machine| machine.addresses.contains(&address) && machine.is_called(host, label);
        let machine = machines.iter().find(of_it)?;
        Some(format!("it is the own name of {}", machine.title))
    }
}

impl Machine {
    /// Whether a host is called like it, by the whole name or by its first label.
    fn is_called(&self, host: &str, label: Option<&str>) -> bool {
        let mut names = self.names.iter().map(|name| name.trim_end_matches('.')).filter(|name| !name.is_empty());
        let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
        names.any(|name| is(name, host) || label.is_some_and(|label| is(name, label)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{move_over, plain, record, told};
    use super::super::{Swap, swap};
    use super::*;

    fn routers() -> OwnNames {
        let machine = |number: u8, names: &[&str]| Machine {
            title: format!("router-{number}"),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            addresses: vec![[192, 0, 2, number].into(), format!("2001:db8::{number}").parse().unwrap()],
        };
        OwnNames::Stay(vec![
            machine(1, &["Router-1", "i-0abc"]),
            machine(2, &["router-2.example.com.", "i-0def"]),
            machine(3, &["", "i-0fed"]),
        ])
    }

    #[test]
    fn the_first_label_the_whole_name_and_the_id_are_a_machines_own() {
        for (name, record_type, content, expected) in [
            ("router-1.example.com", "A", "192.0.2.1", true),
            ("router-1.example.com", "AAAA", "2001:db8::1", true),
            ("i-0abc.example.com", "A", "192.0.2.1", true),
            ("router-2.example.com", "A", "192.0.2.2", true),
            ("router-2.example.org", "A", "192.0.2.2", false),
            ("router-1.example.com", "A", "192.0.2.2", false),
            ("www.example.com", "A", "192.0.2.1", false),
            ("router-10.example.com", "A", "192.0.2.1", false),
            (".example.com", "A", "192.0.2.3", false),
            ("router-1.example.com", "CNAME", "lb.example.net", false),
        ] {
            let kept = routers().keep("example.com", &record(name, record_type, &[content]), None);
            assert_eq!(kept.is_some(), expected, "{name} {record_type} {content}: {kept:?}");
        }
        let apex = record("router-1.example.com", "A", &["192.0.2.1"]);
        assert_eq!(routers().keep("router-1.example.com", &apex, None), None, "a zone's apex is a site");
        assert_eq!(
            OwnNames::Move.keep("example.com", &record("router-1.example.com", "A", &["192.0.2.1"]), None),
            None
        );
    }

    #[test]
    fn a_name_with_two_addresses_is_a_service_unless_somebody_says_otherwise() {
        let both = record("router-1.example.com", "A", &["192.0.2.1", "192.0.2.2"]);
        assert_eq!(routers().keep("example.com", &both, None), None);
        let marks = Marks { own_name: true, ..Marks::default() };
        assert_eq!(
            routers().keep("example.com", &both, Some(&marks)).as_deref(),
            Some("it is marked as a machine's own name")
        );
        assert_eq!(OwnNames::Move.keep("example.com", &both, Some(&marks)), None, "somebody wants them all");
    }

    /// A switch takes machines out of what they serve together, and leaves each its own name.
    #[test]
    fn a_machines_own_name_stays_with_it() {
        let blue = Machine {
            title: "blue-1".to_owned(),
            names: vec!["blue-1".to_owned()],
            addresses: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
        };
        let mut staying = Swap { own_names: OwnNames::Stay(vec![blue]), ..move_over() };
        staying.from.addresses.push("2001:db8::1".parse().unwrap());
        let zone = plain(vec![
            record("blue-1.example.com", "A", &["192.0.2.1"]),
            record("blue-1.example.com", "AAAA", &["2001:db8::1"]),
            record("blue-2.example.com", "A", &["192.0.2.2"]),
            record("www.example.com", "A", &["192.0.2.1", "192.0.2.2"]),
        ]);
        let plan = swap(std::slice::from_ref(&zone), &staying);
        insta::assert_snapshot!(told(&plan), @r"
        blue-2.example.com A: 192.0.2.2 -> 198.51.100.1 198.51.100.2 198.51.100.3
        www.example.com A: 192.0.2.1 192.0.2.2 -> 198.51.100.1 198.51.100.2 198.51.100.3
        blue-1.example.com is left alone: it is the own name of blue-1.
        ");
        assert_eq!(plan.own_names, 2);
        let moving = Swap { own_names: OwnNames::Move, ..staying.clone() };
        assert!(
            told(&swap(std::slice::from_ref(&zone), &moving))
                .contains("blue-1.example.com A: 192.0.2.1 -> 198.51.100.1")
        );
        // What stays beside it is no reason to leave a name empty, and none to make a CNAME of it.
        let mut by_name = staying;
        by_name.to.addresses.clear();
        let zone = plain(vec![
            record("blue-1.example.com", "A", &["192.0.2.1"]),
            record("blue-1.example.com", "AAAA", &["2001:db8::1", "2001:db8::2"]),
        ]);
        insta::assert_snapshot!(told(&swap(&[zone], &by_name)), @r"
        no-counterpart: blue-1.example.com cannot become a CNAME of new: other records stand beside it.
        blue-1.example.com is left alone: it is the own name of blue-1.
        ");
    }
}
