//! Load balancers: classic, application, network and gateway ones, with the health of their targets.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::terms::Terms;
use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::{Instant, stored};

mod health;
#[cfg(test)]
mod tests;

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
    /// Who stands behind it, as `group/id:port`: what makes a version when it changes. Set by
    /// [`LoadBalancer::with_targets`].
    pub members: Vec<String>,
    /// The same with their health, which flickers and makes no version.
    pub targets: Vec<Target>,
    /// Why the targets are not known, if they are not.
    pub targets_error: String,
    #[serde(deserialize_with = "stored")]
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
    about: "Classic, application, network and gateway load balancers with the targets behind them, as the cloud accounts among \
            the sources list them.",
    shortcut: 'l',
    facets: ["balancer_type", "scheme", "provider_region"],
    filters: &[
        "status",
        "region",
        "cluster",
        "environment",
        "role",
        "app",
        "balancer_type",
        "scheme",
        "provider_region",
        "source",
    ],
    columns: &[
        Column::new("name", "Name").sortable().priority(1),
        Column::new("status", "State").sortable().priority(1),
        Column::new("health", "Targets").of(&["targets", "targets_error", "members"]).priority(1),
        Column::new("balancer_type", "Type").sortable(),
        Column::new("scheme", "Scheme").sortable(),
        Column::new("cluster", "Cluster").sortable(),
        Column::new("ports", "Ports").of(&["listeners"]).priority(3),
        Column::new("dns_name", "Host").priority(3),
        Column::new("addresses", "Static addresses").optional().priority(3),
        Column::new("zones", "Zones").optional().priority(3),
        Column::new("network", "Network").optional().priority(3),
        Column::new("role", "Role").sortable().optional(),
        Column::new("app", "App").sortable().optional(),
        Column::new("region", "Region").sortable().optional(),
        Column::new("environment", "Environment").sortable().optional(),
        Column::new("provider_region", "Provider's region").sortable().optional(),
        Column::new("account", "Account").optional().priority(3),
        Column::new("created_at", "Created").optional().priority(3),
        Column::new("tags", "Tags").optional().priority(3),
        Column::new("source", "Source").sortable().optional(),
        Column::new("changed_at", "Changed").sortable().optional(),
        Column::new("first_seen_at", "First seen").sortable().optional(),
    ],
    volatile: &["targets", "targets_error"],
    passage: false,
    tone,
    example: include_str!("examples/load_balancer.json"),
    of: erased::<LoadBalancer>(),
};

/// Where clients expect TLS.
const HTTPS: u16 = 443;

fn tone(state: &str) -> Tone {
    match state {
        "active" => Tone::Good,
        "active_impaired" => Tone::Warn,
        "failed" => Tone::Bad,
        _ => Tone::Plain,
    }
}

impl Kind for LoadBalancer {
    const SPEC: &'static KindSpec = &SPEC;

    /// The ARN, or the name of a classic one, which has none; no name looks like an ARN.
    fn external_id(&self) -> String {
        if self.arn.is_empty() { self.name.clone() } else { self.arn.clone() }
    }

    fn facts(&self, origin: &Origin) -> Facts {
        let network = if self.network.is_empty() { &origin.network } else { &self.network };
        Facts {
            name: self.name.clone(),
            status: self.state.clone(),
            due_at: None,
            facets: [self.balancer_type.clone(), self.scheme.clone(), self.provider_region.clone()],
            keys: self.keys(network),
            refs: self.refs(network),
            terms: self.terms(),
            tags: self.tags.clone(),
        }
    }

    fn cell(&self, column: &str) -> Cell {
        match column {
            // Of a past moment it is kept which targets there were, and not how they were.
            "health" if self.targets.is_empty() && !self.members.is_empty() => Cell::Empty,
            "health" => health::summary(&self.targets, &self.targets_error),
            "balancer_type" => Cell::text(&self.balancer_type),
            "scheme" => Cell::text(&self.scheme),
            "ports" => Cell::codes(self.listeners.iter().map(Listener::label).collect()),
            "dns_name" => Cell::code(&self.dns_name),
            "addresses" => Cell::codes(self.addresses.iter().map(ToString::to_string).collect()),
            "zones" => Cell::codes(self.zones.clone()),
            "network" => Cell::code(&self.network),
            "provider_region" => Cell::text(&self.provider_region),
            "account" => Cell::code(&self.account),
            "created_at" => Cell::time(self.created_at),
            "tags" if !self.tags.is_empty() => Cell::Tags(self.tags.clone()),
            _ => Cell::Empty,
        }
    }

    /// Does it work, who is ill behind it, what does it listen on, where is it.
    fn sections(&self) -> Vec<Section> {
        let state = Section::fields(
            "State",
            [
                ("State", Cell::badge(&self.state, tone(&self.state))),
                ("Reason", Cell::text(&self.state_reason)),
                ("Targets", self.cell("health")),
                ("Why targets are not known", Cell::text(&self.targets_error)),
            ],
        );
        let reach = Section::fields(
            "Reached at",
            [
                ("Host", self.cell("dns_name")),
                ("Static addresses", self.cell("addresses")),
                ("Scheme", Cell::text(&self.scheme)),
            ],
        );
        let place = Section::fields(
            "Place",
            [
                ("Type", Cell::text(&self.balancer_type)),
                ("Network", Cell::code(&self.network)),
                ("Zones", self.cell("zones")),
                ("Security groups", Cell::codes(self.security_groups.clone())),
                ("Account", Cell::code(&self.account)),
                ("Provider's region", Cell::text(&self.provider_region)),
                ("ARN", Cell::code(&self.arn)),
                ("Created", Cell::time(self.created_at)),
            ],
        );
        let tags = Section::fields("Tags", [("Tags", self.cell("tags"))]);
        [state, health::table(&self.targets, &self.targets_error), reach, self.listeners_table(), place, tags]
            .into_iter()
            .filter(|section| !section.is_empty())
            .collect()
    }
}

impl LoadBalancer {
    /// The same balancer with these targets behind it, sorted, the worst first on a page but never in what is stored.
    pub fn with_targets(mut self, mut targets: Vec<Target>) -> Self {
        targets.sort();
        self.members = targets.iter().map(Target::member).collect();
        self.members.dedup();
        self.targets = targets;
        self
    }

    /// The port of its targets to which it hands TLS on as it comes; `None` where it ends TLS itself, or passes none.
    pub fn hands_tls_on(&self) -> Option<u16> {
        let plain = |listener: &&Listener| listener.port == HTTPS && listener.protocol.eq_ignore_ascii_case("TCP");
        let listener = self.listeners.iter().find(plain)?;
        // Newer balancers say it of each target instead; where these differ, nobody can tell which are for TLS.
        let mut ports = self.targets.iter().filter_map(|target| target.port);
        let common = ports.next().filter(|first| ports.all(|port| port == *first));
        Some(listener.target_port.or(common).unwrap_or(HTTPS))
    }

    fn keys(&self, network: &str) -> Vec<Mention> {
        let mut keys = vec![Key::load_balancer(&self.account, &self.provider_region, &self.name)];
        keys.extend(Key::host(&self.dns_name));
        // AWS answers under this name too, with AAAA records, and its own console writes it into alias records.
        if self.dns_name.contains(".elb.") {
            keys.extend(Key::host(&format!("dualstack.{}", self.dns_name)));
        }
        keys.extend(self.addresses.iter().map(|address| Key::address(*address, network)));
        keys.into_iter().map(|key| Mention::new(Role::Is, key)).collect()
    }

    fn refs(&self, network: &str) -> Vec<Mention> {
        let mut keys: Vec<Key> = self.targets.iter().filter_map(|target| self.leads_to(target, network)).collect();
        keys.sort();
        keys.dedup();
        keys.into_iter().map(|key| Mention::new(Role::PointsAt, key)).collect()
    }

    /// What a target is; nothing for a function (`lambda`), which is no kind here.
    fn leads_to(&self, target: &Target, network: &str) -> Option<Key> {
        match target.target_type.as_str() {
            "instance" => Some(Key::instance(&self.account, &self.provider_region, &target.id)),
            "ip" => Some(Key::address(target.id.parse().ok()?, network)),
            // arn:aws:elasticloadbalancing:<region>:<account>:loadbalancer/app/<name>/<hash>
            "alb" => {
                let parts: Vec<&str> = target.id.splitn(6, ':').collect();
                let &[_, _, _, region, account, balancer] = parts.as_slice() else { return None };
                Some(Key::load_balancer(account, region, balancer.split('/').nth(2)?))
            }
            _ => None,
        }
    }

    fn terms(&self) -> Vec<String> {
        let mut terms = Terms::default();
        terms.extend([&self.dns_name, &self.arn, &self.network]);
        terms.extend(self.addresses.iter().map(ToString::to_string));
        terms.extend(&self.security_groups);
        terms.extend(self.targets.iter().map(|target| &target.group));
        terms.tags(&self.tags);
        terms.into_vec()
    }

    fn listeners_table(&self) -> Section {
        let row = |listener: &Listener| {
            vec![
                Cell::code(listener.label()),
                listener.target_port.map_or(Cell::Empty, |port| Cell::Code(port.to_string())),
                Cell::code(&listener.certificate),
            ]
        };
        let rows = self.listeners.iter().map(row).collect();
        Section::table("Listeners", vec!["Listens on", "Target port", "Certificate"], rows)
    }
}

impl Listener {
    /// `HTTPS:443`.
    fn label(&self) -> String {
        format!("{}:{}", self.protocol, self.port)
    }
}

impl Target {
    /// Which target it is, without how it is: `group/id:port`.
    fn member(&self) -> String {
        let group = if self.group.is_empty() { String::new() } else { format!("{}/", self.group) };
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        format!("{group}{}{port}", self.id)
    }
}
