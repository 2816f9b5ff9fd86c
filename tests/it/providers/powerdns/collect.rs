//! What is reported of a real server.

use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::zone::Zone;
use quarterdeck::wire::{ErrorKind, Outcome};
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_zone_is_reported_with_each_of_its_values() {
    let server = PowerDns::shared();
    let zone = server
        .zone(
            "whole",
            json!([
                {"name": "www.{zone}", "type": "A", "ttl": 300,
                 "records": [{"content": "192.0.2.10", "disabled": false}, {"content": "192.0.2.11", "disabled": true}],
                 "comments": [{"content": "web frontends", "account": "ops"}]},
                {"name": "{zone}", "type": "MX", "ttl": 60, "records": [{"content": "10 mail.{zone}", "disabled": false}]},
                {"name": "{zone}", "type": "TXT", "ttl": 60, "records": [{"content": "\"v=spf1 \" \"-all\"", "disabled": false}]},
                {"name": "six.{zone}", "type": "AAAA", "ttl": 0, "records": [{"content": "2001:DB8::0001", "disabled": false}]},
                {"name": "UPPER.{zone}", "type": "CNAME", "ttl": 60, "records": [{"content": "WWW.{zone}", "disabled": false}]},
                {"name": "lua.{zone}", "type": "LUA", "ttl": 60, "records": [{"content": "A \"ifportup(443, {'192.0.2.1'})\"", "disabled": false}]},
            ]),
        )
        .await;
    let collected = collected::collect(&*configured(server, &[&zone])).await;
    assert_eq!(*collected.outcome::<Zone>("zones"), Outcome::Complete);
    assert_eq!(*collected.outcome::<DnsRecord>(&zone.name), Outcome::Complete);

    let found: Zone = collected.one("zones", &zone.id);
    assert_eq!(
        (found.name.as_str(), found.zone_type.as_str(), found.status.as_str()),
        (&*zone.name, "native", "active")
    );
    assert_eq!(found.name_servers, [format!("ns1.{}", zone.name), format!("ns2.{}", zone.name)]);
    assert!(found.serial.is_some());

    let name = &zone.name;
    let record = |id: &str| collected.one::<DnsRecord>(name, &format!("{name}/{id}"));
    let www = record(&format!("www.{name}/A/192.0.2.10"));
    assert_eq!((www.content.as_str(), www.ttl, www.disabled), ("192.0.2.10", 300, false));
    assert_eq!(www.comment, "web frontends (ops)");
    assert!(record(&format!("www.{name}/A/192.0.2.11")).disabled);
    assert_eq!(record(&format!("{name}/MX/10 mail.{name}")).content, format!("10 mail.{name}"));
    assert_eq!(record(&format!("{name}/TXT/v=spf1 -all")).content, "v=spf1 -all");
    assert_eq!(record(&format!("six.{name}/AAAA/2001:db8::1")).ttl, 0);
    assert_eq!(record(&format!("upper.{name}/CNAME/www.{name}")).content, format!("www.{name}"));
    let soa = record(&format!("{name}/SOA"));
    assert_eq!(soa.content, format!("ns1.{name} hostmaster.{name} 10800 3600 604800 3600"));
    assert_eq!(soa.serial, found.serial);
    let notes = collected.notes.join("\n");
    assert!(notes.contains("records of the type \"LUA\"; they are shown and never written"), "{notes}");
}

#[tokio::test]
async fn a_disabled_value_serves_nothing_and_leads_nowhere() {
    let server = PowerDns::shared();
    let sets = json!([{"name": "old.{zone}", "type": "A", "ttl": 60, "records": [{"content": "192.0.2.9", "disabled": true}]}]);
    let zone = server.zone("disabled", sets).await;
    let collected = collected::collect(&*configured(server, &[&zone])).await;
    let name = &zone.name;
    let record: DnsRecord = collected.one(name, &format!("{name}/old.{name}/A/192.0.2.9"));
    let origin = quarterdeck::kinds::Origin { source: "dns".into(), network: "dns".into() };
    let facts = quarterdeck::kinds::Kind::facts(&record, &origin);
    assert!(facts.keys.is_empty(), "{:?}", facts.keys);
    assert_eq!(facts.refs.len(), 1, "its zone alone: {:?}", facts.refs);
    assert_eq!(facts.facets[2], "disabled");
}

#[tokio::test]
async fn a_set_of_comments_alone_is_no_record() {
    let server = PowerDns::shared();
    let zone = server.zone("remarks", json!([])).await;
    server
        .patch(
            &zone,
            json!([{"name": "bare.{zone}", "type": "A", "changetype": "REPLACE", "ttl": 60, "records": [],
            "comments": [{"content": "to come", "account": "ops"}]}]),
        )
        .await;
    let collected = collected::collect(&*configured(server, &[&zone])).await;
    let records = collected.all::<DnsRecord>(&zone.name);
    assert!(records.iter().all(|record| !record.name.starts_with("bare")), "{records:?}");
    assert_eq!(fresh(&source(&server.url()), &zone, &of(&zone, "bare", "A")).await, None);
}

#[tokio::test]
async fn a_zone_that_is_named_and_not_there_proves_no_absence() {
    let server = PowerDns::shared();
    let zone = server.zone("present", json!([])).await;
    let absent = ZoneAt { id: "absent.test.".into(), name: "absent.test".into() };
    let collected = collected::collect(&*configured(server, &[&zone, &absent])).await;
    let error = collected.partial::<Zone>("zones");
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("no zone absent.test"), "{error}");
    assert_eq!(*collected.outcome::<DnsRecord>(&zone.name), Outcome::Complete);
    let collected = collected::collect(&*configured(server, &[&absent])).await;
    assert_eq!(collected.ended.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn the_probe_names_the_version() {
    let server = PowerDns::shared();
    let zone = server.zone("probed", json!([])).await;
    let said = configured(server, &[&zone]).probe().await.unwrap();
    assert!(said.starts_with("PowerDNS 4.") && said.ends_with(", 1 zones"), "{said}");
}

#[tokio::test]
async fn a_wrong_key_is_a_matter_of_credentials_and_does_not_show() {
    let server = PowerDns::shared();
    let environment = Environment::default().with("PDNS_KEY", "wrong-key-of-many-letters");
    let provider = collected::provider("powerdns", &server.settings(&[]).replace("zones = []\n", ""), &environment);
    let error = provider.probe().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth, "{error}");
    assert!(!error.to_string().contains("wrong-key"), "{error}");
}
