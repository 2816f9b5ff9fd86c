//! The machines there are: groups of a role, each with so many machines per region.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::place::Place;

/// How a machine is reached from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Private,
    Public,
    /// An address that stays, and an IPv6 one.
    Elastic,
}

/// Machines that do the same.
#[derive(Debug)]
pub struct Group {
    pub role: &'static str,
    pub team: &'static str,
    pub environment: &'static str,
    pub instance_type: &'static str,
    pub reach: Reach,
    /// Per region.
    counts: [u8; 3],
}

/// The group that is scaled up and down.
pub const ENCODERS: &str = "media-encoder";
/// The group that is being taken down.
pub const OLD_SHOP: &str = "old-shop";

const GROUPS: &[Group] = &[
    group("router", "platform", "c6i.large", Reach::Elastic, [3, 3, 2]),
    group("shop-web", "storefront", "m6i.large", Reach::Public, [4, 3, 2]),
    group("billing-web", "payments", "m6i.large", Reach::Elastic, [2, 2, 1]),
    group("media-origin", "media", "c6gn.xlarge", Reach::Public, [2, 1, 1]),
    group("bastion", "platform", "t4g.nano", Reach::Elastic, [1, 1, 1]),
    group("monitor", "platform", "t4g.small", Reach::Elastic, [1, 1, 1]),
    group(OLD_SHOP, "storefront", "m4.large", Reach::Public, [1, 1, 0]),
    group("postgres", "platform", "r6i.xlarge", Reach::Private, [3, 3, 2]),
    group("redis", "platform", "r6g.large", Reach::Private, [2, 1, 1]),
    group("worker", "storefront", "c6i.xlarge", Reach::Private, [3, 3, 2]),
    group(ENCODERS, "media", "c6g.4xlarge", Reach::Private, [3, 3, 2]),
    Group { environment: "staging", ..group("staging-web", "storefront", "t3.medium", Reach::Public, [2, 0, 0]) },
];

const fn group(
    role: &'static str,
    team: &'static str,
    instance_type: &'static str,
    reach: Reach,
    counts: [u8; 3],
) -> Group {
    Group { role, team, environment: "production", instance_type, reach, counts }
}

/// One machine's place in the plan; what it is like at a moment is said in `machine`.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    pub place: &'static Place,
    pub group: &'static Group,
    /// Within its group, from 0.
    pub index: u8,
    /// How many its group has here.
    pub count: u8,
    /// The last byte of its addresses.
    pub last: u8,
}

/// The machines planned for a region, in order.
pub fn machines(place: &'static Place) -> Vec<Machine> {
    let planned = GROUPS.iter().flat_map(|group| {
        let count = group.counts[place.column];
        (0..count).map(move |index| Machine { place, group, index, count, last: 0 })
    });
    planned.zip(11..).map(|(machine, last)| Machine { last, ..machine }).collect()
}

/// The machines of a role in a region.
pub fn of_role(place: &'static Place, role: &str) -> Vec<Machine> {
    machines(place).into_iter().filter(|machine| machine.group.role == role).collect()
}

impl Machine {
    pub fn name(&self) -> String {
        format!("{}-{}-{}", self.group.role, self.place.code, self.index + 1)
    }

    /// Its public address at the first step.
    pub fn public(&self) -> Option<Ipv4Addr> {
        (self.group.reach != Reach::Private).then(|| self.place.public(self.last))
    }

    pub fn private(&self) -> Ipv4Addr {
        self.place.private(1 + self.index % 3, self.last)
    }

    pub fn v6(&self) -> Option<Ipv6Addr> {
        (self.group.reach == Reach::Elastic).then(|| self.place.v6(self.last.into()))
    }

    /// Its private address, as targets are named by.
    pub fn target(&self) -> String {
        IpAddr::from(self.private()).to_string()
    }
}
