//! ELBv2: application, network and gateway balancers, their listeners, target groups, target health and tags.

use std::net::IpAddr;

use serde::Deserialize;

use super::endpoint::Service;
use super::line::Request;
use super::unknowns::Unknowns;
use super::xml::{Members, time};
use crate::kinds::load_balancer::{Listener, LoadBalancer, Target};

const TYPES: &[&str] = &["application", "network", "gateway"];
const STATES: &[&str] = &["provisioning", "active", "active_impaired", "failed"];
const HEALTH: &[&str] = &["initial", "healthy", "unhealthy", "unhealthy.draining", "unused", "draining", "unavailable"];

pub(super) fn balancers(marker: Option<String>) -> Request {
    paged("DescribeLoadBalancers", marker)
}

pub(super) fn groups(marker: Option<String>) -> Request {
    paged("DescribeTargetGroups", marker)
}

pub(super) fn listeners(balancer: &str, marker: Option<String>) -> Request {
    paged("DescribeListeners", marker).with("LoadBalancerArn", balancer)
}

pub(super) fn health(group: &str) -> Request {
    Request::new(Service::ElbV2, "DescribeTargetHealth").with("TargetGroupArn", group)
}

/// At most 20 ARNs.
pub(super) fn tags(balancers: &[String]) -> Request {
    let balancers = balancers.iter().map(String::as_str);
    Request::new(Service::ElbV2, "DescribeTags").with_members("ResourceArns", balancers)
}

fn paged(action: &'static str, marker: Option<String>) -> Request {
    Request::new(Service::ElbV2, action).with("PageSize", "400").with_some("Marker", marker)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BalancersPage {
    #[serde(default)]
    pub load_balancers: Members<BalancerItem>,
    pub next_marker: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct BalancerItem {
    pub load_balancer_arn: String,
    load_balancer_name: String,
    #[serde(rename = "DNSName")]
    dns_name: String,
    created_time: String,
    scheme: String,
    vpc_id: String,
    state: State,
    #[serde(rename = "Type")]
    balancer_type: String,
    availability_zones: Members<Zone>,
    security_groups: Members<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct State {
    code: String,
    reason: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Zone {
    zone_name: String,
    load_balancer_addresses: Members<StaticAddress>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct StaticAddress {
    #[serde(rename = "IpAddress")]
    public: String,
    #[serde(rename = "PrivateIPv4Address")]
    private: String,
    #[serde(rename = "IPv6Address")]
    ipv6: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupsPage {
    #[serde(default)]
    pub target_groups: Members<Group>,
    pub next_marker: Option<String>,
}

/// A target group; it may belong to no balancer, and then nobody asks for its health.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Group {
    pub target_group_arn: String,
    target_group_name: String,
    target_type: String,
    pub load_balancer_arns: Members<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HealthPage {
    #[serde(default)]
    target_health_descriptions: Members<HealthItem>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HealthItem {
    target: TargetItem,
    target_health: Health,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TargetItem {
    id: String,
    port: Option<u16>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Health {
    state: String,
    reason: String,
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListenersPage {
    #[serde(default)]
    pub listeners: Members<ListenerItem>,
    pub next_marker: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListenerItem {
    protocol: String,
    port: Option<u16>,
    certificates: Members<CertificateItem>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct CertificateItem {
    certificate_arn: String,
}

impl BalancerItem {
    /// The balancer without what other calls tell of it.
    pub fn into_balancer(self, account: &str, region: &str, unknowns: &mut Unknowns) -> LoadBalancer {
        unknowns.check("balancer type", &self.balancer_type, TYPES);
        unknowns.check("balancer state", &self.state.code, STATES);
        let zones = self.availability_zones.member;
        let mut addresses: Vec<IpAddr> = zones
            .iter()
            .flat_map(|zone| &zone.load_balancer_addresses.member)
            .flat_map(|address| [&address.public, &address.private, &address.ipv6])
            .filter_map(|text| text.parse().ok())
            .collect();
        addresses.sort();
        let mut zones: Vec<_> = zones.into_iter().map(|zone| zone.zone_name).collect();
        zones.sort();
        let mut security_groups = self.security_groups.member;
        security_groups.sort();
        LoadBalancer {
            account: account.to_owned(),
            provider_region: region.to_owned(),
            arn: self.load_balancer_arn,
            name: self.load_balancer_name,
            balancer_type: self.balancer_type,
            state: self.state.code,
            state_reason: self.state.reason,
            scheme: self.scheme,
            dns_name: self.dns_name,
            network: self.vpc_id,
            zones,
            addresses,
            security_groups,
            created_at: time(&self.created_time),
            ..LoadBalancer::default()
        }
    }
}

impl HealthPage {
    /// The targets of `group`.
    pub fn into_targets(self, group: &Group, unknowns: &mut Unknowns) -> Vec<Target> {
        let items = self.target_health_descriptions.member;
        let target = |item: HealthItem| {
            let Health { state, reason, description } = item.target_health;
            unknowns.check("target health", &state, HEALTH);
            Target {
                group: group.target_group_name.clone(),
                target_type: group.target_type.clone(),
                id: item.target.id,
                port: item.target.port,
                health: state,
                reason: if description.is_empty() { reason } else { description },
            }
        };
        items.into_iter().map(target).collect()
    }
}

impl ListenerItem {
    /// The listener; those of gateway balancers have no port.
    pub fn into_listener(self) -> Option<Listener> {
        let certificate = self.certificates.member.into_iter().next().unwrap_or_default().certificate_arn;
        Some(Listener { protocol: self.protocol, port: self.port?, target_port: None, certificate })
    }
}
