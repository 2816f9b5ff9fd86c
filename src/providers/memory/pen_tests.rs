//! The made-up zones and scripted ones, written to.

use super::*;
use crate::clock::Clock;
use crate::net::dns::{Question, Way, ask};
use crate::providers::Provider;
use crate::providers::memory::script::{Script, Writing};
use crate::providers::memory::told::tell;
use crate::providers::memory::world;
use crate::rdata::{Verdict, served};
use crate::wire::dns::{RecordValue, SetName};

fn provider(source: &str) -> Memory {
    Memory::new(world::sight(source).unwrap(), Clock::held_at(chrono::DateTime::UNIX_EPOCH))
}

fn zone_of(memory: &Memory, name: &str) -> ZoneAt {
    let (zone, _) = memory.zones().into_iter().find(|(zone, _)| zone.name == name).unwrap();
    ZoneAt { id: zone.zone_id, name: zone.name }
}

fn any_address(read: &ZoneRead) -> RecordSet {
    let unproxied = |set: &&RecordSet| set.of.record_type == "A" && set.values.iter().all(|value| !value.proxied);
    read.sets.iter().find(unproxied).unwrap().clone()
}

fn to(before: &RecordSet, content: &str) -> SetChange {
    let value = RecordValue { content: content.into(), ttl: 60, ..RecordValue::default() };
    let after = RecordSet { of: before.of.clone(), values: vec![value], comments: Vec::new() };
    SetChange { of: before.of.clone(), before: Some(before.clone()), after: Some(after) }
}

#[tokio::test]
async fn what_is_written_is_read_collected_and_served_and_goes_back() {
    let memory = provider("cloudflare");
    tell(&memory).await;
    let dns = memory.dns().expect("it has zones");
    let zone = zone_of(&memory, "shop.example");
    let before = any_address(&dns.read(&zone, None).await.unwrap());
    let change = to(&before, "198.51.100.77");
    let written = dns.write(&zone, std::slice::from_ref(&change)).await.unwrap();
    let names = BTreeSet::from([before.of.name.clone()]);
    let now = dns.read(&zone, Some(&names)).await.unwrap().sets;
    let now = now.into_iter().find(|set| set.of == before.of).unwrap();
    assert!(now.is_still(&written.sets[0]) && now.says_the_same_as(change.after.as_ref().unwrap()));
    assert_eq!(now.values[0].id, before.values[0].id, "its id is kept");
    let collected = tell(&memory).await.resources("dns_record", "shop.example");
    assert!(collected.iter().any(|record| record["content"] == "198.51.100.77"));

    let server = dns.name_servers()[0].parse().unwrap();
    let question = Question { name: before.of.name.clone(), record_type: "A".into() };
    for way in [Way::Udp, Way::Tcp] {
        let answer = ask(server, &question, way, Duration::from_secs(2)).await.unwrap();
        assert_eq!(served(&change, &zone.name, &answer), Verdict::Served, "{answer:?}");
    }
    let back = SetChange { before: Some(now), ..change.inverse() };
    dns.write(&zone, std::slice::from_ref(&back)).await.unwrap();
    let answer = ask(server, &question, Way::Udp, Duration::from_secs(2)).await.unwrap();
    assert_eq!(served(&back, &zone.name, &answer), Verdict::Served);
    assert!(any_address(&dns.read(&zone, None).await.unwrap()).says_the_same_as(&before));
}

#[tokio::test]
async fn only_sources_with_zones_can_be_written_to() {
    assert!(provider("aws-eu").dns().is_none());
    assert!(provider("legacy-dc").dns().is_some());
    let error = provider("cloudflare").dns().unwrap().read(&ZoneAt { id: "x".into(), name: "x".into() }, None).await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_script_loses_answers_refuses_and_lets_somebody_else_write_first() {
    let zone = Zone { zone_id: "z".into(), name: "example.com".into(), ..Zone::default() };
    let at = ZoneAt { id: "z".into(), name: "example.com".into() };
    let record = DnsRecord {
        record_id: "1".into(),
        record_type: "A".into(),
        name: "www.example.com".into(),
        content: "192.0.2.1".into(),
        ..DnsRecord::default()
    };
    let script = Script::new();
    assert!(script.dns().is_none());
    script.serves_zone(&zone, vec![record]);
    let dns = script.dns().unwrap();
    let www = SetName { name: "www.example.com".into(), record_type: "A".into() };
    let content = async || {
        let sets = dns.read(&at, None).await.unwrap().sets;
        sets.into_iter().find(|set| set.of == www).map(|set| set.values[0].content.clone()).unwrap_or_default()
    };
    let before = any_address(&dns.read(&at, None).await.unwrap());
    let refusal = ProviderError::new("memory", "write", ErrorKind::Rejected, "no");
    script.writes_end(Writing::Refuse(refusal)).writes_end(Writing::LoseRequest).writes_end(Writing::LoseAnswer);
    let change = [to(&before, "192.0.2.2")];
    assert!(!dns.write(&at, &change).await.unwrap_err().may_have_been_applied);
    assert!(dns.write(&at, &change).await.unwrap_err().may_have_been_applied);
    assert_eq!(content().await, "192.0.2.1");
    assert!(dns.write(&at, &change).await.unwrap_err().may_have_been_applied);
    assert_eq!(content().await, "192.0.2.2");
    let seen = any_address(&dns.read(&at, None).await.unwrap());
    script.is_written(&at, &[to(&before, "192.0.2.2")]);
    assert!(!any_address(&dns.read(&at, None).await.unwrap()).is_still(&seen), "somebody wrote the same once more");
    let told = tell(&script).await.resources("dns_record", "example.com");
    assert_eq!(told[0]["content"], "192.0.2.2");
    assert_eq!(script.writes(), 3);
}
