//! Where hosts answer: through aliases and wildcards, at balancers and behind them, and where a resolver has to be
//! asked.

use std::collections::BTreeMap;

use quarterdeck::kinds::Key;
use quarterdeck::kinds::Role::{Is, PointsAt, Serves};
use quarterdeck::relations::endpoints::{At, endpoints};
use quarterdeck::store::{Db, Scope};

use super::{one, platform, record, sown};
use crate::support::database::on_each_database;
use crate::support::seed::Seed;

/// A record as the list has it: its type, and whether it is proxied.
fn typed(mut seed: Seed, record_type: &str, way: &str) -> Seed {
    seed.facets = [record_type, "example.com", way].map(str::to_owned);
    seed
}

fn estate() -> Vec<Seed> {
    let mut tcp = one(302, "lb-2");
    tcp.attrs = r#"{"name": "lb-2", "listeners": [{"protocol": "TCP", "port": 443, "target_port": 8443}]}"#.to_owned();
    let mut seeds: Vec<Seed> = platform()
        .into_iter()
        .map(|seed| match seed.id {
            501..=503 | 505 => typed(seed, "CNAME", "dns only"),
            504 => typed(seed, "A", "dns only"),
            _ => seed,
        })
        .collect();
    seeds.extend([
        tcp.key(Is, "ip:192.0.2.20").refers(PointsAt, "instance:acct/eu/i-1").refers(PointsAt, "ip:vpc-1/10.0.0.9"),
        typed(record(506, "through.example.com", "ip:192.0.2.20"), "A", "dns only"),
        typed(record(507, "hidden.example.com", "ip:192.0.2.1"), "A", "proxied"),
        typed(record(508, "alias-of-hidden.example.com", "host:hidden.example.com"), "CNAME", "dns only"),
        typed(record(509, "round.example.com", "host:and-round.example.com"), "CNAME", "dns only"),
        typed(record(510, "and-round.example.com", "host:round.example.com"), "CNAME", "dns only"),
        typed(record(511, "mail.example.com", "host:mx.example.com"), "MX", "dns only"),
        typed(record(512, "*.any.example.com", "ip:192.0.2.2"), "A", "dns only"),
        typed(record(513, "outside.example.com", "host:cdn.example.net"), "CNAME", "dns only"),
        typed(record(514, "six.example.com", "ip:2001:db8::7"), "AAAA", "dns only"),
        typed(record(515, "six.example.com", "ip:192.0.2.2"), "A", "dns only"),
        one(516, "text.example.com").key(Serves, "host:text.example.com"),
    ]);
    seeds
}

/// Each host as `address:port (how)`, in order.
async fn of(db: &Db, hosts: &[&str]) -> BTreeMap<String, Vec<String>> {
    let keys: Vec<Key> = hosts.iter().map(|host| Key::host(host).unwrap()).collect();
    let found = db.read(move |connection| endpoints(connection, &Scope::unrestricted(), &keys)).await.unwrap();
    let told = found.into_iter().map(|(host, ends)| {
        let ends = ends.iter().map(|end| {
            let at = match &end.at {
                At::Address(address) => address.to_string(),
                At::Name(name) => name.clone(),
            };
            let port = end.port.map_or_else(String::new, |port| format!(" port {port}"));
            format!("{at}{port} by {}{}", end.via, if end.proxied { ", proxied" } else { "" })
        });
        (host.as_host().unwrap().to_owned(), ends.collect())
    });
    told.collect()
}

#[tokio::test]
async fn each_way_ends_at_an_address_or_at_a_name_for_the_resolver() {
    on_each_database(async |db| {
        sown(&db, estate()).await;
        let expected: &[(&str, &[&str])] = &[
            ("direct.example.com", &["192.0.2.1 by record"]),
            ("alias.example.com", &["192.0.2.1 by record"]),
            ("www.example.com", &["lb-1.cloud.example by balancer lb-1"]),
            (
                "through.example.com",
                &["10.0.0.9 port 8443 by behind lb-2", "192.0.2.1 port 8443 by behind lb-2", "192.0.2.20 by record"],
            ),
            ("hidden.example.com", &["hidden.example.com by proxy, proxied"]),
            ("alias-of-hidden.example.com", &["hidden.example.com by proxy, proxied"]),
            ("round.example.com", &[]),
            ("mail.example.com", &[]),
            ("text.example.com", &[]),
            ("x.any.example.com", &["192.0.2.2 by record"]),
            ("outside.example.com", &["cdn.example.net by resolver"]),
            ("six.example.com", &["192.0.2.2 by record", "2001:db8::7 by record"]),
            ("unknown.example.org", &["unknown.example.org by resolver"]),
        ];
        let hosts: Vec<&str> = expected.iter().map(|(host, _)| *host).collect();
        let mut found = of(&db, &hosts).await;
        for (host, ends) in expected {
            let mut found = found.remove(*host).unwrap();
            found.sort();
            assert_eq!(found, *ends, "{host}");
        }
    })
    .await;
}
