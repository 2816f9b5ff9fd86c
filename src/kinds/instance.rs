//! Instances: virtual machines at a cloud.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::terms::Terms;
use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::{Instant, stored};

#[cfg(test)]
mod tests;

/// A virtual machine. What its list shows comes first: a row's JSON is read no further than that. (Another order is another
/// fingerprint, and the same content: the next sync writes each row over, without a version.)
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Instance {
    pub system_status: String,
    pub instance_status: String,
    pub addresses: Vec<Address>,
    pub instance_type: String,
    pub zone: String,
    /// Of the last launch, not of the creation.
    #[serde(deserialize_with = "stored")]
    pub launched_at: Option<Instant>,
    /// The account that owns it (AWS: twelve digits).
    pub account: String,
    /// The provider's region (`eu-west-1`), which need not be one of ours.
    pub provider_region: String,
    pub instance_id: String,
    /// The `Name` tag, or empty.
    pub name: String,
    /// `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`, or what the provider says.
    pub state: String,
    pub state_reason: String,
    pub image: String,
    pub architecture: String,
    pub platform: String,
    /// `on-demand`, `spot`, …
    pub lifecycle: String,
    pub key_name: String,
    /// The VPC, which names the network of the private addresses; empty outside of one.
    pub network: String,
    pub subnet: String,
    pub security_groups: Vec<String>,
    pub private_host: String,
    pub public_host: String,
    pub tags: Vec<(String, String)>,
}

/// One address of an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    pub address: IpAddr,
    pub sort: AddressSort,
}

/// What sort of address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressSort {
    Public,
    /// A public one that stays when the instance stops.
    Elastic,
    Ipv6,
    Private,
}

pub const SPEC: KindSpec = KindSpec {
    name: "instance",
    path: "instances",
    title: "Instance",
    titles: "Instances",
    about: "Virtual machines, stopped and just terminated ones too, as the cloud accounts among the sources list them.",
    shortcut: 'i',
    facets: ["instance_type", "zone", "provider_region"],
    filters: &[
        "status",
        "region",
        "cluster",
        "environment",
        "role",
        "app",
        "instance_type",
        "zone",
        "provider_region",
        "source",
    ],
    columns: &[
        Column::new("name", "Name").sortable().priority(1),
        Column::new("status", "State").sortable().priority(1),
        Column::new("checks", "Checks").of(&["system_status", "instance_status"]).priority(2),
        Column::new("addresses", "Addresses").priority(1),
        Column::new("cluster", "Cluster").sortable(),
        Column::new("role", "Role").sortable(),
        Column::new("instance_type", "Type").sortable(),
        Column::new("zone", "Zone").sortable().priority(3),
        Column::new("launched_at", "Launched").priority(3),
        Column::new("private_addresses", "Private addresses").of(&["addresses"]).optional().priority(3),
        Column::new("instance_id", "Instance ID").optional().priority(3),
        Column::new("region", "Region").sortable().optional(),
        Column::new("environment", "Environment").sortable().optional(),
        Column::new("app", "App").sortable().optional(),
        Column::new("provider_region", "Provider's region").sortable().optional(),
        Column::new("account", "Account").optional().priority(3),
        Column::new("lifecycle", "Life cycle").optional().priority(3),
        Column::new("platform", "Platform").optional().priority(3),
        Column::new("image", "Image").optional().priority(3),
        Column::new("network", "Network").optional().priority(3),
        Column::new("tags", "Tags").optional().priority(3),
        Column::new("source", "Source").sortable().optional(),
        Column::new("changed_at", "Changed").sortable().optional(),
        Column::new("first_seen_at", "First seen").sortable().optional(),
    ],
    volatile: &["system_status", "instance_status"],
    passage: false,
    tone,
    example: include_str!("examples/instance.json"),
    of: erased::<Instance>(),
};

/// States that end by themselves warn; a stopped instance is somebody's wish and is only quiet.
fn tone(state: &str) -> Tone {
    match state {
        "running" => Tone::Good,
        "pending" | "stopping" | "shutting-down" => Tone::Warn,
        "stopped" | "terminated" => Tone::Muted,
        _ => Tone::Plain,
    }
}

impl Kind for Instance {
    const SPEC: &'static KindSpec = &SPEC;

    fn external_id(&self) -> String {
        self.instance_id.clone()
    }

    fn facts(&self, origin: &Origin) -> Facts {
        Facts {
            name: if self.name.is_empty() { self.instance_id.clone() } else { self.name.clone() },
            status: self.state.clone(),
            due_at: None,
            facets: [self.instance_type.clone(), self.zone.clone(), self.provider_region.clone()],
            keys: self.keys(origin),
            refs: Vec::new(),
            terms: self.terms(),
            tags: self.tags.clone(),
        }
    }

    fn cell(&self, column: &str) -> Cell {
        match column {
            "checks" => self.checks(),
            "addresses" => self.reachable_at(),
            "private_addresses" => Cell::codes(self.of_sort(|sort| sort == AddressSort::Private)),
            "instance_type" => Cell::text(&self.instance_type),
            "zone" => Cell::text(&self.zone),
            "provider_region" => Cell::text(&self.provider_region),
            "instance_id" => Cell::code(&self.instance_id),
            "account" => Cell::code(&self.account),
            "lifecycle" => Cell::text(&self.lifecycle),
            "platform" => Cell::text(&self.platform),
            "image" => Cell::code(&self.image),
            "network" => Cell::code(&self.network),
            "launched_at" => Cell::time(self.launched_at),
            "tags" if !self.tags.is_empty() => Cell::Tags(self.tags.clone()),
            _ => Cell::Empty,
        }
    }

    /// Is it up, how is it reached, what is it, where does it sit, what do people call it.
    fn sections(&self) -> Vec<Section> {
        let state = Section::fields(
            "State",
            [
                ("State", Cell::badge(&self.state, tone(&self.state))),
                ("Reason", Cell::text(&self.state_reason)),
                ("System check", Cell::badge(&self.system_status, check_tone(&self.system_status))),
                ("Instance check", Cell::badge(&self.instance_status, check_tone(&self.instance_status))),
                ("Last launched", Cell::time(self.launched_at)),
            ],
        );
        let mut reach = Section::table(
            "Addresses",
            vec!["Address", "Kind"],
            self.addresses
                .iter()
                .map(|address| vec![Cell::code(address.address.to_string()), Cell::text(address.sort.title())])
                .collect(),
        );
        let hosts = [("Public host", Cell::code(&self.public_host)), ("Private host", Cell::code(&self.private_host))];
        reach.fields = Section::fields("", hosts).fields;
        let machine = Section::fields(
            "Machine",
            [
                ("Type", Cell::text(&self.instance_type)),
                ("Life cycle", Cell::text(&self.lifecycle)),
                ("Platform", Cell::text(&self.platform)),
                ("Architecture", Cell::text(&self.architecture)),
                ("Image", Cell::code(&self.image)),
                ("Key pair", Cell::text(&self.key_name)),
            ],
        );
        let place = Section::fields(
            "Place",
            [
                ("Zone", Cell::text(&self.zone)),
                ("Network", Cell::code(&self.network)),
                ("Subnet", Cell::code(&self.subnet)),
                ("Security groups", Cell::codes(self.security_groups.clone())),
                ("Account", Cell::code(&self.account)),
                ("Provider's region", Cell::text(&self.provider_region)),
                ("Instance ID", Cell::code(&self.instance_id)),
            ],
        );
        let tags = Section::fields("Tags", [("Tags", self.cell("tags"))]);
        [state, reach, machine, place, tags].into_iter().filter(|section| !section.is_empty()).collect()
    }
}

impl Instance {
    /// A terminated instance has given its addresses back, and somebody else may hold them by now.
    fn is_terminated(&self) -> bool {
        self.state == "terminated"
    }

    fn keys(&self, origin: &Origin) -> Vec<Mention> {
        let mut keys = vec![Key::instance(&self.account, &self.provider_region, &self.instance_id)];
        if !self.is_terminated() {
            let network = if self.network.is_empty() { &origin.network } else { &self.network };
            keys.extend(self.addresses.iter().map(|address| Key::address(address.address, network)));
            keys.extend([&self.public_host, &self.private_host].into_iter().filter_map(|host| Key::host(host)));
        }
        keys.into_iter().map(|key| Mention::new(Role::Is, key)).collect()
    }

    fn terms(&self) -> Vec<String> {
        let mut terms = Terms::default();
        terms.extend([&self.instance_id, &self.image, &self.network, &self.subnet]);
        terms.extend(&self.security_groups);
        if !self.is_terminated() {
            terms.extend([&self.public_host, &self.private_host]);
            terms.extend(self.addresses.iter().map(|address| address.address.to_string()));
        }
        terms.tags(&self.tags);
        terms.into_vec()
    }

    fn of_sort(&self, wanted: impl Fn(AddressSort) -> bool) -> Vec<String> {
        self.addresses.iter().filter(|a| wanted(a.sort)).map(|a| written(a.address)).collect()
    }

    /// The addresses to type first: those that the world can reach, or else the private ones.
    fn reachable_at(&self) -> Cell {
        let public = self.of_sort(|sort| sort != AddressSort::Private);
        Cell::codes(if public.is_empty() { self.of_sort(|_| true) } else { public })
    }

    /// Both status checks as one word, the worse one.
    fn checks(&self) -> Cell {
        let worse = [&self.system_status, &self.instance_status]
            .into_iter()
            .filter(|status| !status.is_empty())
            .max_by_key(|status| check_tone(status));
        worse.map_or(Cell::Empty, |status| Cell::badge(status, check_tone(status)))
    }
}

/// An address as one types it, of which a list has a hundred: without a formatter for each of its numbers.
fn written(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets().map(|octet| octet.to_string());
            [&a, ".", &b, ".", &c, ".", &d].concat()
        }
        IpAddr::V6(address) => address.to_string(),
    }
}

impl AddressSort {
    fn title(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Elastic => "elastic",
            Self::Ipv6 => "IPv6",
            Self::Private => "private",
        }
    }
}

/// How a status check is meant (`ok`, `impaired`, `insufficient-data`, `not-applicable`, `initializing`).
fn check_tone(status: &str) -> Tone {
    match status {
        "ok" => Tone::Good,
        "impaired" => Tone::Bad,
        "insufficient-data" => Tone::Warn,
        "not-applicable" => Tone::Muted,
        _ => Tone::Plain,
    }
}
