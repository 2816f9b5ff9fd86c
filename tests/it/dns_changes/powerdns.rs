//! Against a real PowerDNS, whose name server is asked all the while.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use quarterdeck::actions::dns_change::Refused;
use quarterdeck::config::Environment;
use quarterdeck::net::dns::{Content, Question, Way, ask};
use quarterdeck::store::dns_changes::checks;
use quarterdeck::wire::dns::ZoneAt;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::a_fresh_one;
use super::platform::{BLUE, GREEN, Platform};
use crate::support::collected;
use crate::support::database::Database;
use crate::support::powerdns::{KEY, PowerDns};

/// The one value of some names that no balancer has anything to do with.
const FOREIGN: &str = "203.0.113.9";

/// A platform over a database, whose DNS is those zones, and whose changes are proven by those name servers.
async fn platform(server: &PowerDns, zones: &[&ZoneAt], proven_by: &[SocketAddr]) -> (Platform, Database) {
    let (place, db) = a_fresh_one().await;
    let names: Vec<&str> = zones.iter().map(|zone| zone.name.as_str()).collect();
    let servers: Vec<String> = proven_by.iter().map(ToString::to_string).collect();
    let settings = format!(
        "endpoint_url = {:?}\napi_key_env = \"PDNS_KEY\"\nzones = {names:?}\nname_servers = {servers:?}",
        server.url()
    );
    let environment = Environment::default().with("PDNS_KEY", KEY);
    let platform = Platform::over(db, || collected::provider("powerdns", &settings, &environment)).await;
    platform.sync().await;
    (platform, place)
}

fn set(name: &str, record_type: &str, ttl: usize, contents: &[&str]) -> Value {
    let records: Vec<Value> = contents.iter().map(|content| json!({"content": content, "disabled": false})).collect();
    let comment = json!({"content": format!("of {name}"), "account": "ops", "modified_at": 1_700_000_000});
    json!({"name": name, "type": record_type, "ttl": ttl, "records": records, "comments": [comment]})
}

/// Addresses of blue, each name with a TTL of its own and every tenth with one more value; and what a switch leaves
/// alone.
fn balanced(names: Range<usize>) -> Value {
    let app = |n: usize| {
        let foreign = if n.is_multiple_of(10) { vec![FOREIGN] } else { Vec::new() };
        set(&format!("app-{n}.{{zone}}"), "A", 60 + n, &[&BLUE[..], &foreign].concat())
    };
    let mut sets: Vec<Value> = names.map(app).collect();
    sets.push(set("edge.{zone}", "CNAME", 30, &["blue.balancers.example.net."]));
    sets.push(set("{zone}", "MX", 3_600, &["10 mail.{zone}"]));
    sets.push(set("text.{zone}", "TXT", 3_600, &["\"é \\\"quoted\\\" 192.0.2.1\""]));
    sets.into()
}

/// Every record of the zones but for what a server counts itself: SOAs with their serials.
async fn told(server: &PowerDns, zones: &[&ZoneAt]) -> Vec<Value> {
    let mut sets = Vec::new();
    for zone in zones {
        let read = server.get(zone).await;
        sets.extend(read["rrsets"].as_array().unwrap().iter().filter(|set| set["type"] != "SOA").cloned());
    }
    for set in &mut sets {
        set["records"].as_array_mut().unwrap().sort_by_key(|record| record["content"].to_string());
    }
    sets.sort_by_key(|set| format!("{} {}", set["name"], set["type"]));
    sets
}

/// Asks for each name, over and over and twice at least; gives every answer that there was.
async fn asking(server: SocketAddr, names: Vec<String>, over: CancellationToken) -> BTreeSet<Vec<String>> {
    let (mut answers, mut rounds) = (BTreeSet::new(), 0);
    while !over.is_cancelled() || rounds < 2 {
        for name in &names {
            let question = Question { name: name.clone(), record_type: "A".to_owned() };
            let answer = ask(server, &question, Way::Udp, Duration::from_secs(5)).await.unwrap();
            let word = |content: &Content| match content {
                Content::Words(words) => words.clone(),
                other => panic!("{name}: {other:?} is no address"),
            };
            let mut contents: Vec<String> = answer.values.iter().map(|value| word(&value.content)).collect();
            contents.retain(|content| content != FOREIGN);
            contents.sort();
            answers.insert(contents);
        }
        rounds += 1;
        // Two hundred questions in a row are looks enough; more would keep the switch itself from the processor.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    answers
}

/// The switch of a cluster and its way back, as whoever resolves its names sees it; a hundred times in the full run.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn f03_two_hundred_names_of_a_real_server_are_switched_and_come_back_exactly() {
    let trips = if std::env::var_os("QUARTERDECK_TEST_LARGE").is_some() { 100 } else { 1 };
    let server = PowerDns::shared();
    let (one, other) = (server.zone("one", balanced(0..100)).await, server.zone("other", balanced(100..200)).await);
    let zones = [&one, &other];
    let (platform, _place) = platform(server, &zones, &[server.dns]).await;
    let platform = platform.patient(Duration::from_secs(60));
    let before = told(server, &zones).await;
    let names: Vec<String> = (0..200).map(|n| format!("app-{n}.{}", zones[n / 100].name)).collect();
    let over = CancellationToken::new();
    let client = tokio::spawn(asking(server.dns, names, over.clone()));

    for _ in 0..trips {
        let (change, state) = platform.carry(&platform.switch("blue", "green").await).await;
        assert_eq!(state, "succeeded");
        let now = told(server, &zones).await;
        assert_eq!(now.len(), before.len());
        let contents: Vec<&str> = now
            .iter()
            .flat_map(|set| set["records"].as_array().unwrap())
            .filter_map(|one| one["content"].as_str())
            .collect();
        let left: Vec<_> = contents.iter().filter(|one| BLUE.contains(one) || one.starts_with("blue.")).collect();
        assert!(left.is_empty(), "{left:?} lead to blue");
        assert_eq!(contents.iter().filter(|content| **content == FOREIGN).count(), 20);
        let back = platform.undo(change).await.unwrap();
        assert_eq!(platform.work(back.change).await, "succeeded");
        assert_eq!(told(server, &zones).await, before, "every record, TTL and comment");
    }

    over.cancel();
    let whole: BTreeSet<Vec<String>> = [BLUE, GREEN].map(|side| side.map(str::to_owned).to_vec()).into();
    assert_eq!(client.await.unwrap(), whole, "an empty or a mixed answer, or nobody looked in between");
}

/// F1: what somebody else writes between the plan and the run's own look at the zone is left alone.
#[tokio::test]
async fn f01_a_foreign_write_in_between_is_left_alone() {
    let server = PowerDns::shared();
    let zone = server.zone("foreign", json!([set("www.{zone}", "A", 300, &BLUE)])).await;
    let (platform, _place) = platform(server, &[&zone], &[server.dns]).await;
    let change = platform.plan(&platform.switch("blue", "green").await).await.unwrap();
    server.patch(&zone, replaced(&[set("www.{zone}", "A", 301, &BLUE)])).await;
    assert!(matches!(platform.apply(change, None).await, Err(Refused::Outdated(_))));
    platform.apply(change, None).await.unwrap();
    // Its run is queued; nothing but its own look at the zone can save it now.
    server.patch(&zone, replaced(&[set("www.{zone}", "A", 300, &[FOREIGN])])).await;
    let held = told(server, &[&zone]).await;
    assert_eq!(platform.work(change).await, "failed");
    assert_eq!(told(server, &[&zone]).await, held);
}

fn replaced(sets: &[Value]) -> Value {
    let mut sets = sets.to_vec();
    for set in &mut sets {
        set["changetype"] = "REPLACE".into();
    }
    sets.into()
}

/// A second server with the zone as the first one has it now.
async fn copy(server: &PowerDns, zone: &ZoneAt) -> PowerDns {
    let other = PowerDns::start();
    other.call("POST", "/zones", Some(json!({"name": zone.id, "kind": "Native", "nameservers": []}))).await;
    other.patch(zone, replaced(server.get(zone).await["rrsets"].as_array().unwrap())).await;
    other
}

/// DNS-7: the API says yes and a server of the zone says no: that is no success, and the change's page says which
/// server it is.
#[tokio::test]
async fn what_one_server_does_not_serve_is_no_success() {
    let server = PowerDns::shared();
    let zone = server.zone("behind", json!([set("www.{zone}", "A", 300, &BLUE)])).await;
    let behind = copy(server, &zone).await;
    let (platform, _place) = platform(server, &[&zone], &[server.dns, behind.dns]).await;
    let (change, state) = platform.carry(&platform.switch("blue", "green").await).await;
    assert_eq!(state, "unknown");
    let checks = platform.house.read(move |connection| checks::of(connection, change)).await;
    let by = |port: u16| checks.iter().find(|check| check.server.ends_with(&format!(":{port}"))).unwrap();
    assert_eq!((by(server.dns.port()).served, by(server.dns.port()).trouble.as_str()), (1, ""));
    let silent = by(behind.dns.port());
    assert_eq!((silent.served, silent.served_at()), (0, None));
    assert_eq!(silent.trouble, format!("www.{} A is still as it was", zone.name));

    // What is written stays, the way back is open, and the server that never moved serves it already.
    let back = platform.undo(change).await.unwrap();
    assert_eq!(platform.work(back.change).await, "succeeded");
}

/// A server that catches up while it is asked is waited for.
#[tokio::test]
async fn a_server_that_is_late_is_waited_for() {
    let server = PowerDns::shared();
    let zone = server.zone("late", json!([set("www.{zone}", "A", 300, &BLUE)])).await;
    let late = copy(server, &zone).await;
    let (platform, _place) = platform(server, &[&zone], &[server.dns, late.dns]).await;
    let platform = platform.patient(Duration::from_secs(30));
    let change = platform.plan(&platform.switch("blue", "green").await).await.unwrap();
    platform.apply(change, Some(&super::anyhow())).await.unwrap();
    let (state, ()) = tokio::join!(platform.work(change), async {
        // Seen to be behind first.
        loop {
            let checks = platform.house.read(move |connection| checks::of(connection, change)).await;
            if checks.iter().any(|check| check.trouble.ends_with("is still as it was")) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        late.patch(&zone, replaced(server.get(&zone).await["rrsets"].as_array().unwrap())).await;
    });
    assert_eq!(state, "succeeded");
}
