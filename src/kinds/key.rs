//! Keys: the strings under which resources meet. Equal strings mean equal things, so each class has one spelling.
//!
//! | class | spelling |
//! | --- | --- |
//! | public address | `ip:192.0.2.7`, `ip:2001:db8::7` (RFC 5952) |
//! | private, shared or unique-local address | `ip:<network>/10.0.0.7` |
//! | host name | `host:app.example.com` (A-labels, lower case, no final dot; a wildcard keeps its `*`) |
//! | app | `app:<controller source>/<name>` |
//! | instance | `instance:<account>/<region>/<id>` |
//! | load balancer | `load_balancer:<account>/<region>/<name>` |
//! | zone | `zone:<source>/<name>` |
//! | database | `database:<source>/<name>` |
//!
//! A key is held or referred to in a [`Role`], and [`Role::meets`] says which roles join. Hosts are *stored* with their
//! labels reversed (`host:com.example.app`), so that everything below a wildcard is one range of the index; they are
//! never *shown* so.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A key in its shown spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(String);

/// In which sense a resource holds a key, or refers to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is this: an instance and its address, a balancer and its host name.
    Is,
    /// It answers under this: a record under its name, an app under its domain.
    Serves,
    /// It spans this: a certificate its names, a zone its records.
    Covers,
    /// It leads to this: a record to its content, a balancer to its targets, an event to its instance.
    PointsAt,
}

/// Whether a mention is something that the resource holds, or that it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    Key,
    Ref,
}

/// A key in a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mention {
    pub key: Key,
    pub role: Role,
}

/// The joins there are: `(mine, my role, theirs, their role)`. Each holds in both directions.
///
/// Two records of one name both *serve* it, and do not meet; a certificate *covers* what a record or an app serves.
const MEETINGS: &[(Held, Role, Held, Role)] = &[
    (Held::Ref, Role::Is, Held::Key, Role::Is),
    (Held::Ref, Role::PointsAt, Held::Key, Role::Is),
    (Held::Ref, Role::PointsAt, Held::Key, Role::Serves),
    (Held::Ref, Role::Serves, Held::Key, Role::Serves),
    (Held::Ref, Role::Serves, Held::Key, Role::Covers),
    (Held::Ref, Role::Covers, Held::Key, Role::Covers),
    (Held::Key, Role::Serves, Held::Key, Role::Covers),
];

impl Role {
    pub const ALL: [Self; 4] = [Self::Is, Self::Serves, Self::Covers, Self::PointsAt];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::Serves => "serves",
            Self::Covers => "covers",
            Self::PointsAt => "points_at",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The roles on the side `theirs` that a mention of ours, on the side `mine` and in this role, joins with.
    pub fn meets(self, mine: Held, theirs: Held) -> impl Iterator<Item = Self> {
        MEETINGS.iter().filter_map(move |&(one, one_role, other, other_role)| {
            if (one, one_role, other) == (mine, self, theirs) {
                Some(other_role)
            } else if (other, other_role, one) == (mine, self, theirs) {
                Some(one_role)
            } else {
                None
            }
        })
    }
}

impl Mention {
    pub fn new(role: Role, key: Key) -> Self {
        Self { key, role }
    }
}

impl Key {
    /// An address. Public ones mean the same thing everywhere; the others only within `network`.
    pub fn address(address: IpAddr, network: &str) -> Self {
        let address = address.to_canonical();
        if is_public(address) { Self(format!("ip:{address}")) } else { Self(format!("ip:{network}/{address}")) }
    }

    /// A host name, or `None` for what cannot be one (empty, a bad label, over 253 bytes).
    pub fn host(name: &str) -> Option<Self> {
        normal_host(name).map(|host| Self(format!("host:{host}")))
    }

    pub fn instance(account: &str, region: &str, id: &str) -> Self {
        Self(format!("instance:{account}/{region}/{id}"))
    }

    pub fn load_balancer(account: &str, region: &str, name: &str) -> Self {
        Self(format!("load_balancer:{account}/{region}/{name}"))
    }

    pub fn zone(source: &str, name: &str) -> Self {
        Self(format!("zone:{source}/{name}"))
    }

    pub fn app(source: &str, name: &str) -> Self {
        Self(format!("app:{source}/{name}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host name, if this key is one.
    pub fn as_host(&self) -> Option<&str> {
        self.0.strip_prefix("host:")
    }

    /// The address as text, if this key is one, without its network.
    pub fn as_address(&self) -> Option<&str> {
        let rest = self.0.strip_prefix("ip:")?;
        Some(rest.rsplit_once('/').map_or(rest, |(_, address)| address))
    }

    /// The network that this address is of, if it is a private one.
    pub fn network(&self) -> Option<&str> {
        Some(self.0.strip_prefix("ip:")?.rsplit_once('/')?.0)
    }

    /// Whether this is a public address, which means the same thing in every network.
    pub fn is_public_address(&self) -> bool {
        self.0.strip_prefix("ip:").is_some_and(|rest| !rest.contains('/'))
    }

    /// The spelling in the database: as shown, but hosts have their labels reversed.
    pub fn stored(&self) -> String {
        match self.as_host() {
            Some(host) => format!("host:{}", reversed(host)),
            None => self.0.clone(),
        }
    }

    /// The key of a stored spelling.
    pub fn from_stored(stored: &str) -> Self {
        match stored.strip_prefix("host:") {
            Some(host) => Self(format!("host:{}", reversed(host))),
            None => Self(stored.to_owned()),
        }
    }

    /// The wildcard keys that may stand for this host, closest first: `a.b.example` gives `*.b.example`, `*.example`.
    pub fn wildcard_parents(&self) -> Vec<Self> {
        let Some(host) = self.as_host().filter(|host| !host.starts_with("*.")) else { return Vec::new() };
        let mut parents = Vec::new();
        let mut rest = host;
        while let Some((_, parent)) = rest.split_once('.') {
            parents.push(Self(format!("host:*.{parent}")));
            rest = parent;
        }
        parents
    }

    /// For a wildcard key, the stored prefix that everything below its parent begins with.
    pub fn stored_below_wildcard(&self) -> Option<String> {
        let parent = self.as_host()?.strip_prefix("*.")?;
        Some(format!("host:{}.", reversed(parent)))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host name in its one spelling: A-labels, lower case, no final dot. Underscores and a leading `*` label are kept.
pub fn normal_host(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let ascii = if name.is_ascii() { name.to_ascii_lowercase() } else { idna::domain_to_ascii(name).ok()? };
    let fits = !ascii.is_empty()
        && ascii.len() <= 253
        && ascii.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*'))
        });
    fits.then_some(ascii)
}

/// Whether an address is routed on the public internet, and so means the same machine to everybody.
///
/// Not public: RFC 1918, RFC 6598 (shared), RFC 4193 (unique local), loopback, link-local, unspecified. The
/// documentation ranges (RFC 5737, RFC 3849) count as public: examples and tests are made of them.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && second & 0b1100_0000 == 64;
            !(shared || v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified())
        }
        IpAddr::V6(v6) => {
            !(v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unspecified())
        }
    }
}

fn reversed(host: &str) -> String {
    let mut reversed = String::with_capacity(host.len());
    for (position, label) in host.rsplit('.').enumerate() {
        if position > 0 {
            reversed.push('.');
        }
        reversed.push_str(label);
    }
    reversed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_each_host() {
        for name in ["App.Example.com.", "app.example.com", "APP.EXAMPLE.COM"] {
            assert_eq!(Key::host(name).map(|key| key.to_string()).as_deref(), Some("host:app.example.com"));
        }
        assert_eq!(
            Key::host("bücher.example").map(|key| key.to_string()).as_deref(),
            Some("host:xn--bcher-kva.example")
        );
        assert_eq!(
            Key::host("_acme._tcp.example").map(|key| key.to_string()).as_deref(),
            Some("host:_acme._tcp.example")
        );
        for bad in ["", ".", "a..b", "with space.example", &"a".repeat(64)] {
            assert_eq!(Key::host(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn private_addresses_of_two_networks_never_meet() {
        let address: IpAddr = [10, 0, 0, 7].into();
        assert_ne!(Key::address(address, "vpc-1"), Key::address(address, "vpc-2"));
        let public: IpAddr = [192, 0, 2, 7].into();
        assert_eq!(Key::address(public, "vpc-1"), Key::address(public, "vpc-2"));
        assert_eq!(Key::address(public, "x").as_str(), "ip:192.0.2.7");
        assert_eq!(Key::address(address, "vpc-1").as_address(), Some("10.0.0.7"));
        let mapped: IpAddr = "::ffff:192.0.2.7".parse().unwrap_or(public);
        assert_eq!(Key::address(mapped, "x").as_str(), "ip:192.0.2.7");
    }

    #[test]
    fn hosts_are_stored_reversed_and_come_back() {
        let key = Key::host("*.apps.example.com").unwrap_or_else(|| unreachable!());
        assert_eq!(key.stored(), "host:com.example.apps.*");
        assert_eq!(Key::from_stored(&key.stored()), key);
        assert_eq!(key.stored_below_wildcard().as_deref(), Some("host:com.example.apps."));
    }

    #[test]
    fn siblings_do_not_meet_and_meetings_are_mutual() {
        assert_eq!(Role::Serves.meets(Held::Key, Held::Key).collect::<Vec<_>>(), [Role::Covers]);
        assert_eq!(Role::Covers.meets(Held::Key, Held::Key).collect::<Vec<_>>(), [Role::Serves]);
        assert_eq!(Role::PointsAt.meets(Held::Ref, Held::Key).collect::<Vec<_>>(), [Role::Is, Role::Serves]);
        assert_eq!(Role::Is.meets(Held::Key, Held::Ref).collect::<Vec<_>>(), [Role::Is, Role::PointsAt]);
    }
}
