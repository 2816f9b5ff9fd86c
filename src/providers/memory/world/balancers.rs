//! The load balancers: an edge in each region, and one more of another type.

use std::net::IpAddr;

use super::fleet::{self, Machine};
use super::place::{ACCOUNT, Place};
use super::{Moment, drift, machine, seed};
use crate::kinds::load_balancer::{Listener, LoadBalancer, Target};

/// The balancers of the region.
pub fn balancers(place: &'static Place, moment: &Moment) -> Vec<LoadBalancer> {
    let second = if place.code == "eu" { classic(place, moment) } else { ingest(place, moment) };
    vec![edge(place, moment), second]
}

/// The host name under which the region's edge answers; records lead to it.
pub fn edge_host(place: &Place) -> String {
    host(place, &format!("{}-edge", place.code))
}

/// The host name of the region's second balancer.
pub fn second_host(place: &Place) -> String {
    let name = if place.code == "eu" { "eu-legacy".to_owned() } else { format!("{}-ingest", place.code) };
    host(place, &name)
}

/// An application balancer before the routers. In `us` one router has been failing its checks for good.
fn edge(place: &'static Place, moment: &Moment) -> LoadBalancer {
    let name = format!("{}-edge", place.code);
    let targets = fleet::of_role(place, "router").into_iter().map(|router| {
        let broken = place.code == "us" && router.index == 2;
        let flickers = router.index == 0 && drift::target_flickers(moment.step);
        target(&name, &router, moment.step, 80, broken || flickers)
    });
    LoadBalancer {
        balancer_type: "application".to_owned(),
        listeners: vec![
            listener("HTTPS", 443, 80, &format!("arn:made-up:acm:{}", seed::uuid(&name))),
            listener("HTTP", 80, 80, ""),
        ],
        ..balancer(place, &name, moment)
    }
    .with_targets(targets.collect())
}

/// A classic one before the shop's own machines, from before the edge.
fn classic(place: &'static Place, moment: &Moment) -> LoadBalancer {
    let targets = fleet::of_role(place, "shop-web").into_iter().map(|shop| Target {
        group: String::new(),
        port: None,
        ..target("", &shop, moment.step, 80, shop.index == 3)
    });
    LoadBalancer {
        balancer_type: "classic".to_owned(),
        state: "active".to_owned(),
        arn: String::new(),
        listeners: vec![listener("HTTP", 80, 8080, "")],
        ..balancer(place, "eu-legacy", moment)
    }
    .with_targets(targets.collect())
}

/// A network balancer with addresses of its own, which passes streams on to the origins' private addresses.
fn ingest(place: &'static Place, moment: &Moment) -> LoadBalancer {
    let name = format!("{}-ingest", place.code);
    let targets = fleet::of_role(place, "media-origin").into_iter().map(|origin| Target {
        target_type: "ip".to_owned(),
        id: origin.target(),
        ..target(&name, &origin, moment.step, 1935, place.code == "ap")
    });
    LoadBalancer {
        balancer_type: "network".to_owned(),
        addresses: [240, 241].map(|last| IpAddr::V4(place.public(last))).to_vec(),
        listeners: vec![listener("TCP", 1935, 1935, "")],
        ..balancer(place, &name, moment)
    }
    .with_targets(targets.collect())
}

fn balancer(place: &Place, name: &str, moment: &Moment) -> LoadBalancer {
    LoadBalancer {
        account: ACCOUNT.to_owned(),
        provider_region: place.provider_region.to_owned(),
        arn: format!(
            "arn:aws:elasticloadbalancing:{}:{ACCOUNT}:loadbalancer/{name}/{}",
            place.provider_region,
            seed::hex(name, 16)
        ),
        name: name.to_owned(),
        state: "active".to_owned(),
        scheme: "internet-facing".to_owned(),
        dns_name: host(place, name),
        network: place.network.to_owned(),
        zones: (0..2).map(|index| place.zone(index)).collect(),
        security_groups: vec!["edge-production".to_owned()],
        created_at: Some(moment.at(-700, 11)),
        tags: [("environment", "production"), ("role", "edge"), ("team", "platform")]
            .map(|(tag, value)| (tag.to_owned(), value.to_owned()))
            .to_vec(),
        ..LoadBalancer::default()
    }
}

fn host(place: &Place, name: &str) -> String {
    format!("{name}-{}.{}.elb.example.net", 1_000_000_000 + seed::number(name, 900_000_000), place.provider_region)
}

fn listener(protocol: &str, port: u16, target_port: u16, certificate: &str) -> Listener {
    Listener {
        protocol: protocol.to_owned(),
        port,
        target_port: Some(target_port),
        certificate: certificate.to_owned(),
    }
}

fn target(group: &str, member: &Machine, step: u64, port: u16, fails: bool) -> Target {
    Target {
        group: group.to_owned(),
        target_type: "instance".to_owned(),
        id: machine::id(member, step),
        port: Some(port),
        health: if fails { "unhealthy" } else { "healthy" }.to_owned(),
        reason: if fails { "Target.Timeout" } else { "" }.to_owned(),
    }
}
