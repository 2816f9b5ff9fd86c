//! Load balancers: classic, application, network and gateway ones, with the health of their targets.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::Instant;

/// A load balancer and what stands behind it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadBalancer {
    pub account: String,
    pub provider_region: String,
    /// The ARN, or empty for a classic one.
    pub arn: String,
    pub name: String,
    /// `classic`, `application`, `network`, `gateway`.
    pub balancer_type: String,
    /// `active`, `provisioning`, `active_impaired`, `failed`; classic ones have none and count as `active`.
    pub state: String,
    pub state_reason: String,
    /// `internet-facing`, `internal`, or empty.
    pub scheme: String,
    pub dns_name: String,
    pub network: String,
    pub zones: Vec<String>,
    /// Static addresses, which only network balancers have.
    pub addresses: Vec<IpAddr>,
    pub security_groups: Vec<String>,
    pub listeners: Vec<Listener>,
    pub targets: Vec<Target>,
    /// Why the targets are not known, if they are not.
    pub targets_error: String,
    pub created_at: Option<Instant>,
    pub tags: Vec<(String, String)>,
}

/// A port that a balancer listens on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listener {
    pub protocol: String,
    pub port: u16,
    pub target_port: Option<u16>,
    pub certificate: String,
}

/// One target; identified by group, id and port, so one instance may stand behind several ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    /// The target group's name; empty for a classic balancer.
    pub group: String,
    /// `instance`, `ip`, `lambda`, `alb`.
    pub target_type: String,
    /// An instance id, an address, or an ARN.
    pub id: String,
    pub port: Option<u16>,
    /// `healthy`, `unhealthy`, `unhealthy.draining`, `initial`, `draining`, `unused`, `unavailable`, `unknown`; classic
    /// `InService` is `healthy` and `OutOfService` is `unhealthy`.
    pub health: String,
    pub reason: String,
}

pub const SPEC: KindSpec = KindSpec {
    name: "load_balancer",
    path: "load-balancers",
    title: "Load balancer",
    titles: "Load balancers",
    about: "",
    shortcut: 'l',
    facets: ["", "", ""],
    filters: &["status", "source", "region", "cluster"],
    columns: &[Column::new("name", "Name").sortable().priority(1)],
    volatile: &[],
    passage: false,
    tone: |_| Tone::Plain,
    of: erased::<LoadBalancer>(),
};

impl Kind for LoadBalancer {
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
