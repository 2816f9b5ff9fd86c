//! Instances: virtual machines at a cloud.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::Instant;

/// A virtual machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Instance {
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
    pub instance_type: String,
    pub zone: String,
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
    pub addresses: Vec<Address>,
    pub private_host: String,
    pub public_host: String,
    /// Of the last launch, not of the creation.
    pub launched_at: Option<Instant>,
    pub system_status: String,
    pub instance_status: String,
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
    about: "",
    shortcut: 'i',
    facets: ["", "", ""],
    filters: &["status", "source", "region", "cluster"],
    columns: &[Column::new("name", "Name").sortable().priority(1)],
    volatile: &[],
    passage: false,
    tone: |_| Tone::Plain,
    of: erased::<Instance>(),
};

impl Kind for Instance {
    const SPEC: &'static KindSpec = &SPEC;

    fn external_id(&self) -> String {
        String::new()
    }

    fn facts(&self, _origin: &Origin) -> Facts {
        Facts::default()
    }

    fn cell(&self, _column: &str) -> Cell {
        Cell::Empty
    }

    fn sections(&self) -> Vec<Section> {
        Vec::new()
    }
}
