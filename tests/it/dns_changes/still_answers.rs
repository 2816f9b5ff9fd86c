//! DNS-7 for names that no server answers with what is written: behind a proxy, and flattened at the apex. The API says
//! what is there, and each of the zone's own servers still has to answer, or no longer may.

use quarterdeck::actions::dns_change::Ask;
use quarterdeck::net::http::Http;
use quarterdeck::providers::Parts;
use quarterdeck::providers::cloudflare::{Cloudflare, Settings};
use quarterdeck::store::Db;
use quarterdeck::store::dns_changes::checks::{self, CheckRow};
use serde_json::json;

use super::platform::Platform;
use super::{BLUE, Estate, a_fresh_one};
use crate::support::cloudflare::{FakeCloudflare, TOKEN};
use crate::support::powerdns::PowerDns;

const ELSEWHERE: &str = "203.0.113.9";

async fn checks(estate: &Platform, change: i64) -> Vec<CheckRow> {
    estate.context.db.read(move |connection| checks::of(connection, change)).await.unwrap()
}

#[tokio::test]
async fn a_flattened_name_is_proven_by_any_address_on_each_server() {
    let (_place, db) = a_fresh_one().await;
    let server = PowerDns::shared();
    let served =
        json!([{"name": "{zone}", "type": "A", "ttl": 60, "records": [{"content": ELSEWHERE, "disabled": false}]}]);
    let zone = server.zone("flat", served).await;
    let estate = Estate::over(db, &[&zone.name]).await;
    estate.ledger.put(&zone.name, "CNAME", 300, &["blue.balancers.example.net"]);
    estate.ledger.is_served_at(&server.dns.to_string());
    estate.sync().await;
    let (change, state) = estate.carry(&estate.switch("blue", "green").await).await;
    assert_eq!(state, "succeeded");
    assert_eq!(estate.ledger.contents(&zone.name, "CNAME"), ["green.balancers.example.net"]);
    let seen = checks(&estate, change).await;
    let of_server = seen.iter().find(|check| check.server == server.dns.to_string()).unwrap();
    assert_eq!((of_server.served, of_server.judged, of_server.answering), (1, 1, 1));
    assert!(of_server.served_at().is_some());
    let of_api = seen.iter().find(|check| check.server == "dns (its API)").unwrap();
    assert_eq!((of_api.served, of_api.judged, of_api.answering), (1, 1, 0));
}

#[tokio::test]
async fn a_flattened_name_that_a_server_answers_with_nothing_is_not_proven() {
    let (_place, db) = a_fresh_one().await;
    let server = PowerDns::shared();
    // The zone is there, and nothing leads anywhere from its apex.
    let zone = server.zone("empty", json!([])).await;
    let estate = Estate::over(db, &[&zone.name]).await;
    estate.ledger.put(&zone.name, "CNAME", 300, &["blue.balancers.example.net"]);
    estate.ledger.is_served_at(&server.dns.to_string());
    estate.sync().await;
    let (change, state) = estate.carry(&estate.switch("blue", "green").await).await;
    assert_eq!(state, "unknown");
    let seen = checks(&estate, change).await;
    let of_server = seen.iter().find(|check| check.server == server.dns.to_string()).unwrap();
    assert_eq!((of_server.served, of_server.answering, of_server.served_at()), (0, 0, None));
    assert_eq!(of_server.trouble, format!("{} CNAME: no address", zone.name));
    // It answers with IPv6 alone, which is an answer too.
    server
        .patch(
            &zone,
            json!([{"name": "{zone}", "type": "AAAA", "ttl": 60, "changetype": "REPLACE",
        "records": [{"content": "2001:db8::9", "disabled": false}]}]),
        )
        .await;
    let back = estate.undo(change).await.unwrap();
    assert_eq!(estate.work(back.change).await, "succeeded");
}

#[tokio::test]
async fn a_proxied_record_is_judged_by_the_api_and_still_has_to_be_answered() {
    let (_place, db) = a_fresh_one().await;
    let server = PowerDns::shared();
    let served = json!([{"name": "www.{zone}", "type": "A", "ttl": 300, "records": [{"content": ELSEWHERE, "disabled": false}]}]);
    let zone = server.zone("proxied", served).await;
    let fake = FakeCloudflare::start().await;
    let names = ["www", "unserved"].map(|name| format!("{name}.{}", zone.name));
    let id = fake.world().add_zone(&zone.name);
    for name in &names {
        let record = fake.world().add_record(&id, "A", name, BLUE[0]);
        let mut world = fake.world();
        let record = world.record(&id, &record);
        (record.proxied, record.ttl) = (true, 1);
    }
    let estate = behind(db, &fake, server).await;
    estate.house.sync("dns").await;
    for (name, expected) in names.iter().zip(["succeeded", "unknown"]) {
        let records =
            json!([{"op": "update", "zone": zone.name, "name": name, "type": "A", "contents": ["198.51.100.7"]}]);
        let ask = Ask { records: serde_json::from_value(records).unwrap(), ..Ask::default() };
        let (change, state) = estate.carry(&ask).await;
        assert_eq!(state, expected, "{name}: {:?}", checks(&estate, change).await);
        let written = fake.world().named(&id, name, "A");
        assert_eq!((written[0].content.as_str(), written[0].proxied), ("198.51.100.7", true));
        let answering: i32 = checks(&estate, change).await.iter().map(|check| check.answering).sum();
        assert_eq!(answering, i32::from(expected == "succeeded"));
    }
}

/// A proxied set that is deleted is gone when its name is answered no more. Where something else answers for the name,
/// no server can show it, and the API has the word.
#[tokio::test]
async fn a_proxied_record_is_gone_when_nobody_answers_for_it() {
    let (_place, db) = a_fresh_one().await;
    let server = PowerDns::shared();
    let set = |name: &str| json!({"name": format!("{name}.{{zone}}"), "type": "A", "ttl": 300, "records": [{"content": ELSEWHERE, "disabled": false}]});
    let zone = server.zone("deleted", json!([set("stays"), set("*.wild")])).await;
    let fake = FakeCloudflare::start().await;
    let id = fake.world().add_zone(&zone.name);
    fake.world().add_record(&id, "A", &format!("*.wild.{}", zone.name), BLUE[0]);
    for name in ["gone", "stays", "app.wild"] {
        let record = fake.world().add_record(&id, "A", &format!("{name}.{}", zone.name), BLUE[0]);
        let mut world = fake.world();
        let record = world.record(&id, &record);
        (record.proxied, record.ttl) = (true, 1);
    }
    let estate = behind(db, &fake, server).await;
    estate.house.sync("dns").await;
    for (name, expected, judged) in [("gone", "succeeded", 1), ("stays", "unknown", 1), ("app.wild", "succeeded", 0)] {
        let name = format!("{name}.{}", zone.name);
        let records = json!([{"op": "delete", "zone": zone.name, "name": name, "type": "A"}]);
        let ask = Ask { records: serde_json::from_value(records).unwrap(), ..Ask::default() };
        let (change, state) = estate.carry(&ask).await;
        let seen = checks(&estate, change).await;
        assert_eq!(state, expected, "{name}: {seen:?}");
        assert!(fake.world().named(&id, &name, "A").is_empty(), "{name} is written, whatever is served");
        let of_server = seen.iter().find(|check| check.server == server.dns.to_string()).unwrap();
        assert_eq!((of_server.judged, of_server.answering), (judged, 0), "{name}: {of_server:?}");
        if expected == "unknown" {
            assert_eq!(of_server.trouble, format!("{name} A: still answered with an address"));
        }
    }
}

/// A platform over a Cloudflare whose zones are served by `server`.
async fn behind(db: Db, fake: &FakeCloudflare, server: &PowerDns) -> Platform {
    let mut settings = Settings::new(TOKEN.to_owned().into(), fake.url().parse().unwrap());
    settings.dns.name_servers = vec![server.dns.to_string()];
    let parts = Parts { http: Http::new(), clock: db.clock.clone() };
    Platform::over(db, || Box::new(Cloudflare::new(settings.clone(), &parts))).await
}
