//! How much there is of everything, and that none of it is anybody's.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::*;
use crate::config::{Config, Environment};
use crate::error::Fault;
use crate::net::http::Http;
use crate::providers::build::try_sources;
use crate::providers::{Built, Parts};

#[tokio::test]
async fn the_platform_is_as_large_as_it_says() {
    let platform = platform().await;
    let counts: Vec<(&str, usize)> =
        ["instance", "maintenance_event", "load_balancer", "zone", "dns_record", "app", "certificate"]
            .map(|kind| (kind, all(&platform, kind).len()))
            .to_vec();
    let promised = [
        ("instance", 64),
        ("maintenance_event", 3),
        ("load_balancer", 6),
        ("zone", 9),
        ("dns_record", 388),
        ("app", 40),
        ("certificate", 15),
    ];
    assert_eq!(counts, promised);
    let regions: Vec<usize> =
        ["aws-eu", "aws-us", "aws-ap"].map(|source| platform[source].all("instance").len()).to_vec();
    assert_eq!(regions, [27, 22, 15]);
}

#[tokio::test]
async fn the_zones_are_of_unequal_size() {
    let platform = platform().await;
    let cloudflare = &platform["cloudflare"];
    let scopes = cloudflare.scopes();
    let sizes: Vec<String> = scopes
        .iter()
        .filter(|scope| scope.kind.as_str() == "dns_record")
        .map(|scope| format!("{} {}", scope.name, cloudflare.count("dns_record", &scope.name)))
        .collect();
    let promised = [
        "shop.example 146",
        "media.example 58",
        "billing.example 39",
        "edge.example.net 68",
        "example.com 30",
        "example.org 19",
        "spring-sale.example 13",
        "next-brand.example 0",
    ];
    assert_eq!(sizes, promised);
}

#[tokio::test]
async fn there_are_forty_apps_of_three_teams() {
    let platform = platform().await;
    let apps = all(&platform, "app");
    let teams: BTreeSet<&str> = apps.iter().map(|app| text(app, "owner")).collect();
    assert_eq!((apps.len(), teams), (40, BTreeSet::from(["media", "payments", "storefront"])));
    let states: BTreeSet<&str> = apps.iter().map(|app| text(app, "state")).collect();
    assert_eq!(states, BTreeSet::from(["degraded", "down", "maintenance", "up"]), "something of everything");
}

#[tokio::test]
async fn nothing_is_told_twice() {
    for (source, told) in platform().await {
        for scope in told.scopes() {
            let kind = scope.kind.as_str();
            let resources = told.resources(kind, &scope.name);
            let ids: BTreeSet<String> = resources.iter().map(|resource| identity(kind, resource)).collect();
            assert_eq!(ids.len(), resources.len(), "{source} {kind} {}", scope.name);
            assert!(!ids.contains(""), "{source} {kind} {}", scope.name);
        }
    }
}

#[tokio::test]
async fn every_address_is_a_private_one_or_of_the_documentation_networks() {
    let platform = platform().await;
    let instances = all(&platform, "instance");
    let records = all(&platform, "dns_record");
    let balancers = all(&platform, "load_balancer");
    let held = instances.iter().flat_map(addresses);
    let pointed_at = records.iter().filter(|record| matches!(text(record, "type"), "A" | "AAAA"));
    let balanced = balancers.iter().flat_map(|balancer| balancer["addresses"].as_array().into_iter().flatten());
    let addresses =
        held.chain(pointed_at.map(|record| text(record, "content"))).chain(balanced.filter_map(Value::as_str));
    for address in addresses {
        let reserved = match address.parse::<IpAddr>().unwrap() {
            IpAddr::V4(v4) => v4.is_documentation() || v4.is_private(),
            IpAddr::V6(v6) => v6.segments()[..2] == [0x2001, 0xdb8],
        };
        assert!(reserved, "{address} may be somebody's");
    }
}

#[tokio::test]
async fn every_name_is_reserved_for_examples() {
    let platform = platform().await;
    let reserved = |name: &str| {
        ["example.com", "example.net", "example.org", "example"]
            .iter()
            .any(|domain| name == *domain || name.ends_with(&format!(".{domain}")))
    };
    for record in all(&platform, "dns_record") {
        assert!(reserved(text(&record, "name")), "{record}");
        assert!(text(&record, "type") != "CNAME" || reserved(text(&record, "content")), "{record}");
    }
    for certificate in all(&platform, "certificate") {
        assert!(reserved(text(&certificate, "common_name")), "{certificate}");
    }
    for app in all(&platform, "app") {
        assert!(
            app["domains"].as_array().into_iter().flatten().all(|domain| reserved(domain.as_str().unwrap())),
            "{app}"
        );
    }
}

#[tokio::test]
async fn a_cname_stands_alone_under_its_name() {
    let platform = platform().await;
    let records = all(&platform, "dns_record");
    for alias in records.iter().filter(|record| text(record, "type") == "CNAME") {
        let alike = records.iter().filter(|record| text(record, "name") == text(alias, "name")).count();
        assert_eq!(alike, 1, "{}", text(alias, "name"));
    }
}

#[test]
fn the_demo_configures_every_source_there_is_and_no_other() {
    let (sources, faults) = built(include_str!("../../../../cli/demo.toml"));
    assert_eq!(faults, []);
    assert_eq!(sources, SIGHTS.iter().map(|sight| sight.source.to_owned()).collect());
}

#[test]
fn a_source_of_another_name_is_a_fault_that_tells_the_known_ones() {
    let (sources, faults) = built("[[source]]\nname = \"aws-moon\"\nprovider = \"memory\"");
    assert_eq!((sources.len(), faults.len()), (0, 1));
    assert_eq!(faults[0].what, "the made-up platform has no source named \"aws-moon\"");
    assert!(faults[0].remedy.contains("aws-eu") && faults[0].remedy.contains("partner-dns"));
}

/// The sources that can be collected under that configuration, and its mistakes.
fn built(text: &str) -> (BTreeSet<String>, Vec<Fault>) {
    let config = Config::from_text("demo.toml", text, &Environment::default()).unwrap();
    let (sources, faults) = try_sources(&config, &Parts { http: Http::new(), clock: clock() });
    let ready = sources.into_iter().filter(|(_, built)| matches!(built, Built::Ready(_)));
    (ready.map(|(source, _)| source.name).collect(), faults)
}
