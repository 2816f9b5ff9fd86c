//! Classic balancers: they have no ARN, no state and no target groups, and name their instances themselves.

use serde::Deserialize;

use super::endpoint::Service;
use super::line::Request;
use super::unknowns::Unknowns;
use super::xml::{Members, time};
use crate::kinds::load_balancer::{Listener, LoadBalancer, Target};

pub(super) fn balancers(marker: Option<String>) -> Request {
    Request::new(Service::ElbClassic, "DescribeLoadBalancers").with("PageSize", "400").with_some("Marker", marker)
}

pub(super) fn health(balancer: &str) -> Request {
    Request::new(Service::ElbClassic, "DescribeInstanceHealth").with("LoadBalancerName", balancer)
}

/// At most 20 names.
pub(super) fn tags(balancers: &[String]) -> Request {
    let balancers = balancers.iter().map(String::as_str);
    Request::new(Service::ElbClassic, "DescribeTags").with_members("LoadBalancerNames", balancers)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BalancersPage {
    #[serde(default)]
    pub load_balancer_descriptions: Members<BalancerItem>,
    pub next_marker: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct BalancerItem {
    pub load_balancer_name: String,
    #[serde(rename = "DNSName")]
    dns_name: String,
    scheme: String,
    /// In capitals here, and only here.
    #[serde(rename = "VPCId")]
    vpc_id: String,
    created_time: String,
    listener_descriptions: Members<ListenerDescription>,
    pub instances: Members<InstanceItem>,
    availability_zones: Members<String>,
    security_groups: Members<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListenerDescription {
    listener: ListenerItem,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListenerItem {
    protocol: String,
    load_balancer_port: u16,
    instance_port: Option<u16>,
    #[serde(rename = "SSLCertificateId")]
    certificate: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct InstanceItem {
    pub instance_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HealthPage {
    #[serde(default)]
    instance_states: Members<HealthItem>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HealthItem {
    instance_id: String,
    state: String,
    description: String,
}

impl BalancerItem {
    /// The balancer with its listeners, and without its targets.
    pub fn into_balancer(self, account: &str, region: &str) -> LoadBalancer {
        let listener = |described: ListenerDescription| {
            let ListenerItem { protocol, load_balancer_port, instance_port, certificate } = described.listener;
            Listener { protocol, port: load_balancer_port, target_port: instance_port, certificate }
        };
        let mut listeners: Vec<_> = self.listener_descriptions.member.into_iter().map(listener).collect();
        listeners.sort_by_key(|listener| listener.port);
        let (mut zones, mut security_groups) = (self.availability_zones.member, self.security_groups.member);
        zones.sort();
        security_groups.sort();
        LoadBalancer {
            account: account.to_owned(),
            provider_region: region.to_owned(),
            name: self.load_balancer_name,
            balancer_type: "classic".to_owned(),
            state: "active".to_owned(),
            scheme: self.scheme,
            dns_name: self.dns_name,
            network: self.vpc_id,
            zones,
            security_groups,
            listeners,
            created_at: time(&self.created_time),
            ..LoadBalancer::default()
        }
    }

    /// Its instances as targets whose health nobody knows yet.
    pub fn targets(&self) -> Vec<Target> {
        self.instances.member.iter().map(|instance| target(instance.instance_id.clone(), "unknown", "")).collect()
    }
}

impl HealthPage {
    /// `targets` with the health that this answer tells; one it says nothing about stays unknown.
    pub fn apply(self, targets: &mut [Target], unknowns: &mut Unknowns) {
        for item in self.instance_states.member {
            unknowns.check("instance health", &item.state, &["InService", "OutOfService", "Unknown"]);
            let health = match item.state.as_str() {
                "InService" => "healthy",
                "OutOfService" => "unhealthy",
                _ => "unknown",
            };
            let reason = if item.description == "N/A" { "" } else { &item.description };
            for listed in targets.iter_mut().filter(|target| target.id == item.instance_id) {
                *listed = target(item.instance_id.clone(), health, reason);
            }
        }
    }
}

fn target(id: String, health: &str, reason: &str) -> Target {
    Target {
        group: String::new(),
        target_type: "instance".to_owned(),
        id,
        port: None,
        health: health.to_owned(),
        reason: reason.to_owned(),
    }
}
