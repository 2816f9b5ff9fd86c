//! What the demo's hosts send: most of them what they should, and one of each sort something else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::super::place::{EU, PLACES, US};
use super::super::{Moment, apps, balancers, certificates};
use super::{morning, provider};
use crate::net::tls::Unseen;
use crate::providers::hosts::MadeUpHosts;
use crate::served::{Chain, Judgement, Served, Stored, covers, judge};

fn look(address: IpAddr, host: &str) -> Result<Chain, Unseen> {
    let sent = provider("paas-eu").sent(SocketAddr::new(address, 443), host);
    sent.unwrap_or_else(|| panic!("{host} is a name of the world outside"))
}

/// The certificates that cover a host, as the inventory would have them.
fn stored(host: &str) -> Vec<Stored> {
    let origin = super::super::origin(morning());
    let moment = Moment { step: 0, origin, now: morning() };
    let all = [&EU, &US].into_iter().flat_map(|place| certificates::certificates(place, &moment));
    all.filter_map(|one| {
        let attached = one.domains.iter().any(|domain| domain == host);
        let covering = one.subject_alt_names.iter().any(|name| covers(name, host));
        (attached || covering).then_some(Stored { name: one.name, fingerprint: one.fingerprint, attached })
    })
    .collect()
}

fn worst(address: IpAddr, host: &str) -> Judgement {
    let chain = look(address, host).unwrap_or_else(|why| panic!("{host}: {why}"));
    let served = Served { host, chain: &chain, proxied: false, stored: &stored(host), others: &[] };
    judge(&served, morning()).first().map_or(Judgement::Good, |finding| finding.judgement)
}

#[test]
fn there_is_one_of_each_sort_and_most_are_good() {
    let mut judged: BTreeMap<Judgement, BTreeSet<String>> = BTreeMap::new();
    for place in [&EU, &US] {
        let edge = provider("paas-eu").addresses(&balancers::edge_host(place)).unwrap_or_default();
        for (host, _) in apps::custom_domains(place).filter(|(host, _)| host != "us-tax.example.com") {
            judged.entry(worst(edge[0], &host)).or_default().insert(host);
        }
    }
    let of = |judgement: Judgement| judged.get(&judgement).map(|hosts| hosts.iter().map(String::as_str).collect());
    let one = |host| Some(vec![host]);
    assert_eq!(of(Judgement::Expired), one("player.example.com"));
    assert_eq!(of(Judgement::WrongName), one("reviews.example.com"));
    assert_eq!(of(Judgement::SelfSigned), one("us-loyalty.example.com"));
    assert_eq!(of(Judgement::IncompleteChain), one("us-shop.example.com"));
    assert_eq!(of(Judgement::DiffersFromStored), one("us-billing.example.com"));
    let soon: Option<Vec<&str>> = of(Judgement::EndsSoon);
    assert_eq!(soon.unwrap_or_default().len(), 4, "{judged:?}");
    assert!(judged[&Judgement::Good].contains("shop.example.com"), "{judged:?}");
    assert!(judged[&Judgement::OwnerUnknown].len() >= 4, "{judged:?}");
}

#[test]
fn one_router_of_three_has_not_taken_over_the_new_certificate() {
    let at = |last: u8| IpAddr::from(EU.public(last));
    let own = |last| look(at(last), "shop.example").map(|chain| chain.own().map(|own| own.fingerprint.clone()));
    assert_eq!(own(11), own(12));
    assert_ne!(own(12), own(13));
}

#[test]
fn some_are_not_seen_and_none_is_anybody_elses() {
    let memory = provider("cloudflare");
    assert_eq!(look(EU.public(230).into(), "us-tax.example.com"), Err(Unseen::Silent(5)));
    assert!(
        PLACES.into_iter().all(|place| memory.addresses(&balancers::edge_host(place)).is_some_and(|a| a.len() == 2))
    );
    assert_eq!(memory.addresses("www.shop.example").map(|found| found.len()), Some(2), "the proxy answers");
    assert_eq!(memory.addresses("radio.example.com"), Some(Vec::new()));
    for outside in ["www.debian.org", "example.com.evil.test", "myexample.com", "notanexample"] {
        assert_eq!(memory.addresses(outside), None, "{outside}");
        assert!(memory.sent(SocketAddr::new(EU.public(230).into(), 443), outside).is_none(), "{outside}");
    }
}
