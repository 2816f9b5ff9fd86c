//! EC2 DescribeInstances: the request, the answer, and what of it makes an [`Instance`].

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;

use super::endpoint::Service;
use super::line::Request;
use super::tags::Tag;
use super::unknowns::Unknowns;
use super::xml::{Items, time};
use crate::kinds::instance::{Address, AddressSort, Instance};

const STATES: &[&str] = &["pending", "running", "shutting-down", "terminated", "stopping", "stopped"];
const LIFECYCLES: &[&str] = &["on-demand", "spot", "scheduled", "capacity-block", "interruptible-capacity-reservation"];

/// A page; the largest there is, because unpaged calls draw from a smaller allowance.
pub(super) fn request(token: Option<String>) -> Request {
    Request::new(Service::Ec2, "DescribeInstances").with("MaxResults", "1000").with_some("NextToken", token)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstancesAnswer {
    #[serde(default)]
    reservation_set: Items<Reservation>,
    pub next_token: Option<String>,
}

/// A reservation may come in several parts; nothing here depends on it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reservation {
    #[serde(default)]
    instances_set: Items<InstanceItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstanceItem {
    pub instance_id: String,
    #[serde(default)]
    image_id: String,
    #[serde(default)]
    instance_state: StateItem,
    #[serde(default)]
    state_reason: Reason,
    #[serde(default)]
    private_dns_name: String,
    #[serde(default)]
    dns_name: String,
    #[serde(default)]
    key_name: String,
    #[serde(default)]
    instance_type: String,
    #[serde(default)]
    launch_time: String,
    #[serde(default)]
    placement: Placement,
    #[serde(default)]
    subnet_id: String,
    #[serde(default)]
    vpc_id: String,
    #[serde(default)]
    private_ip_address: String,
    #[serde(default)]
    ip_address: String,
    #[serde(default)]
    ipv6_address: String,
    #[serde(default)]
    group_set: Items<Group>,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    platform: String,
    #[serde(default)]
    platform_details: String,
    #[serde(default)]
    instance_lifecycle: String,
    #[serde(default)]
    network_interface_set: Items<Interface>,
    #[serde(default)]
    tag_set: Items<Tag>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StateItem {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Placement {
    availability_zone: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Group {
    group_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interface {
    #[serde(default, rename = "ipv6AddressesSet")]
    ipv6: Items<Ipv6>,
    #[serde(default)]
    private_ip_addresses_set: Items<PrivateIp>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Ipv6 {
    ipv6_address: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PrivateIp {
    private_ip_address: String,
    association: Association,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Association {
    public_ip: String,
    /// `amazon` for a passing address, the account for an elastic one.
    ip_owner_id: String,
}

impl InstancesAnswer {
    pub fn into_items(self) -> impl Iterator<Item = InstanceItem> {
        self.reservation_set.item.into_iter().flat_map(|reservation| reservation.instances_set.item)
    }
}

impl InstanceItem {
    /// The instance, of an account and its region; `network` stands in where there is no VPC. Lists are sorted, because
    /// AWS promises no order and a changed order is no change.
    pub fn into_instance(self, account: &str, region: &str, network: &str, unknowns: &mut Unknowns) -> Instance {
        let gone = self.instance_state.name == "terminated";
        let addresses = if gone { Vec::new() } else { self.addresses() };
        let host = |name: String| if gone { String::new() } else { name };
        let lifecycle = non_empty(self.instance_lifecycle).unwrap_or_else(|| "on-demand".to_owned());
        unknowns.check("instance state", &self.instance_state.name, STATES);
        unknowns.check("instance life cycle", &lifecycle, LIFECYCLES);
        let mut tags: Vec<_> = self.tag_set.item.into_iter().map(Tag::into_pair).collect();
        tags.sort();
        let mut security_groups: Vec<_> = self.group_set.item.into_iter().map(|group| group.group_id).collect();
        security_groups.sort();
        Instance {
            account: account.to_owned(),
            provider_region: region.to_owned(),
            name: tags.iter().find(|(name, _)| name == "Name").map(|(_, value)| value.clone()).unwrap_or_default(),
            instance_id: self.instance_id,
            state: self.instance_state.name,
            state_reason: self.state_reason.message,
            instance_type: self.instance_type,
            zone: self.placement.availability_zone,
            image: self.image_id,
            architecture: self.architecture,
            platform: non_empty(self.platform_details).unwrap_or(self.platform),
            lifecycle,
            key_name: self.key_name,
            network: non_empty(self.vpc_id).unwrap_or_else(|| network.to_owned()),
            subnet: self.subnet_id,
            security_groups,
            addresses,
            private_host: host(self.private_dns_name),
            public_host: host(self.dns_name),
            launched_at: time(&self.launch_time),
            system_status: String::new(),
            instance_status: String::new(),
            tags,
        }
    }

    /// Every address once, by sort. What the interfaces say of an address is more exact than what the instance says.
    fn addresses(&self) -> Vec<Address> {
        let mut sorts = BTreeMap::new();
        let mut add = |text: &str, sort| {
            if let Ok(address) = text.parse::<IpAddr>() {
                sorts.insert(address, sort);
            }
        };
        add(&self.private_ip_address, AddressSort::Private);
        add(&self.ip_address, AddressSort::Public);
        add(&self.ipv6_address, AddressSort::Ipv6);
        for interface in &self.network_interface_set.item {
            for ipv6 in &interface.ipv6.item {
                add(&ipv6.ipv6_address, AddressSort::Ipv6);
            }
            for private in &interface.private_ip_addresses_set.item {
                add(&private.private_ip_address, AddressSort::Private);
                let owner = private.association.ip_owner_id.as_str();
                let elastic = !owner.is_empty() && owner != "amazon";
                let sort = if elastic { AddressSort::Elastic } else { AddressSort::Public };
                add(&private.association.public_ip, sort);
            }
        }
        let mut addresses: Vec<_> = sorts.into_iter().map(|(address, sort)| Address { address, sort }).collect();
        addresses.sort_by_key(|address| (address.sort, address.address));
        addresses
    }
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
