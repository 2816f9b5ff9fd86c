//! Zone files, held against what others read in them: BIND's checker, and a real PowerDNS that they are loaded into.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use chrono::TimeDelta;
use quarterdeck::clock::Clock;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::zone::Zone;
use quarterdeck::net::http::Http;
use quarterdeck::providers::dns::WriteRecords;
use quarterdeck::providers::memory::Ending;
use quarterdeck::providers::powerdns::{PowerDns as Source, Settings};
use quarterdeck::providers::{Parts, Provider};
use quarterdeck::store::Scope;
use quarterdeck::wire::dns::{RecordSet, ZoneAt};
use quarterdeck::wire::{ErrorKind, ProviderError};
use quarterdeck::zone_files;
use serde_json::json;

use crate::support::canary::Folder;
use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::house::House;
use crate::support::panel::Panel;
use crate::support::powerdns::{KEY, PowerDns};
use quarterdeck::roles::Role;

const ZONE_ID: &str = "SELECT id AS n FROM resources WHERE kind = 'zone'";

fn zone() -> Zone {
    Zone {
        zone_id: "5f".into(),
        name: "example.com".into(),
        status: "active".into(),
        name_servers: vec!["ns1.example.net".into(), "ns2.example.net".into()],
        ..Zone::default()
    }
}

fn record(id: usize, kind: &str, name: &str, content: &str) -> DnsRecord {
    DnsRecord {
        record_id: format!("r{id}"),
        zone: "example.com".into(),
        record_type: kind.into(),
        name: name.into(),
        content: content.into(),
        ttl: 300,
        ..DnsRecord::default()
    }
}

fn records() -> Vec<DnsRecord> {
    let mut mx = record(1, "MX", "example.com", "mail.example.com");
    mx.priority = Some(10);
    let mut proxied = record(2, "A", "www.example.com", "192.0.2.1");
    (proxied.proxied, proxied.ttl, proxied.comment) = (true, 1, "<script>; \"front\"".into());
    let mut srv = record(3, "SRV", "_sip._tcp.example.com", "5 5060 sip.example.com");
    srv.data = Some(json!({"priority": 10, "weight": 5, "port": 5060, "target": "sip.example.com"}));
    vec![
        mx,
        proxied,
        srv,
        record(4, "TXT", "example.com", &format!("v=DKIM1; p={} \"quoted\" \\ é", "k".repeat(600))),
        record(5, "CAA", "example.com", "0 issue \"ca.example.net\""),
        record(6, "AAAA", "*.example.com", "2001:db8::1"),
        record(7, "HTTPS", "example.com", "1 . alpn=\"h2,h3\""),
        record(8, "ALIAS", "alias.example.com", "lb.example.net"),
        record(9, "A", "mail.example.com", "192.0.2.2"),
        record(10, "A", "sip.example.com", "192.0.2.3"),
    ]
}

/// BIND's verdict; its words where it refuses.
fn checked(zone: &str, path: &Path) -> Result<String, String> {
    let path_of = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("named-checkzone")
        .env("PATH", format!("{path_of}:/usr/sbin"))
        .args(["-i", "local", "-k", "fail", zone])
        .arg(path)
        .output()
        .expect("bind9-utils is installed by tests/prepare");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(words) } else { Err(words) }
}

/// A house with the scripted zone, synced once.
async fn with_zone(house: &mut House) -> quarterdeck::providers::memory::Script {
    let script = house.source("dns").await;
    script.holds("zones", [zone()]).holds_within("example.com", &zone(), records());
    house.sync("dns").await;
    script
}

#[tokio::test]
async fn a_file_is_kept_per_zone_and_passes_binds_own_check() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        with_zone(&mut house).await;
        let folder = Folder::make();
        let kept = zone_files::keep(&house.db, &Scope::unrestricted(), folder.path()).await.unwrap();
        assert_eq!((kept.written, kept.waiting, kept.failed.len()), (1, 0, 0), "{kept:?}");
        let path = folder.path().join("dns_example.com.zone");
        checked("example.com", &path).unwrap_or_else(|words| panic!("{words}"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("www.example.com. 300 IN A 192.0.2.1 ; proxied; automatic TTL; <script>;"), "{text}");
        assert!(text.contains("; not of a standard type: alias.example.com."), "{text}");
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing unfinished is left");
        let again = zone_files::keep(&house.db, &Scope::unrestricted(), folder.path()).await.unwrap();
        assert_eq!(again.written, 0, "it is as fresh as what is known");
    })
    .await;
}

#[tokio::test]
async fn f06_the_last_good_file_outlives_a_listing_that_broke_off_and_the_zone_itself() {
    let database = Database::any().await;
    let mut house = House::over(database.open(a_quiet_noon()));
    let script = with_zone(&mut house).await;
    let folder = Folder::make();
    let path = folder.path().join("dns_example.com.zone");
    zone_files::keep(&house.db, &Scope::unrestricted(), folder.path()).await.unwrap();
    let good = std::fs::read_to_string(&path).unwrap();

    house.clock.advance(TimeDelta::minutes(5));
    let error = ProviderError::new("memory", "list", ErrorKind::Unavailable, "no answer");
    script.holds_within("example.com", &zone(), records()[..2].to_vec());
    script.ends::<DnsRecord>("example.com", Ending::Partial(error));
    house.sync("dns").await;
    let kept = zone_files::keep(&house.db, &Scope::unrestricted(), folder.path()).await.unwrap();
    assert_eq!((kept.written, kept.waiting), (0, 1));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), good, "and its head says of when it is");

    house.clock.advance(TimeDelta::minutes(5));
    script.holds_within("example.com", &zone(), records()).ends::<DnsRecord>("example.com", Ending::Complete);
    house.sync("dns").await;
    zone_files::keep(&house.db, &Scope::unrestricted(), folder.path()).await.unwrap();
    assert_ne!(std::fs::read_to_string(&path).unwrap(), good, "a fresh one has a fresh head");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_told() {
    let database = Database::any().await;
    let mut house = House::over(database.open(a_quiet_noon()));
    with_zone(&mut house).await;
    let folder = Folder::make();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "x").unwrap();
    let kept = zone_files::keep(&house.db, &Scope::unrestricted(), &file).await.unwrap();
    assert_eq!((kept.written, kept.failed.len()), (0, 1), "{kept:?}");
}

#[tokio::test]
async fn a_zone_is_downloaded_from_its_page_and_by_the_api() {
    let database = Database::any().await;
    let mut house = House::over(database.open(a_quiet_noon()));
    let script = with_zone(&mut house).await;
    let id = house.count(ZONE_ID).await;
    let panel = Panel::over(house.db.clone()).await;
    panel.person("vera@example.com", Role::Viewer).await;
    let vera = panel.signed_in("vera@example.com").await;
    assert!(vera.get(&format!("/zones/{id}")).await.text.contains(&format!("href=\"/zones/{id}/zone-file\"")));
    for path in [format!("/zones/{id}/zone-file"), format!("/api/v1/zones/{id}/zone-file")] {
        let page = vera.get(&path).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/dns; charset=utf-8"), "{path}");
        assert_eq!(page.header("content-disposition"), "attachment; filename=\"example.com.zone\"");
        assert!(page.text.contains("; every record of the last listing is here"), "{}", page.text);
        let folder = Folder::make();
        std::fs::write(folder.path().join("z"), &page.text).unwrap();
        checked("example.com", &folder.path().join("z")).unwrap_or_else(|words| panic!("{words}"));
    }
    let error = ProviderError::new("memory", "list", ErrorKind::Unavailable, "no answer");
    script.ends::<DnsRecord>("example.com", Ending::Partial(error));
    house.sync("dns").await;
    let page = vera.get(&format!("/zones/{id}/zone-file")).await;
    assert!(page.text.contains("; INCOMPLETE: the last listing broke off"), "{}", page.text);
    assert_eq!(vera.get("/zones/999999/zone-file").await.status, 404);
}

#[tokio::test]
async fn what_a_file_says_a_real_server_reads_back() {
    let server = PowerDns::shared();
    let original = server
        .zone(
            "file",
            json!([
                {"name": "www.{zone}", "type": "A", "ttl": 300,
                 "records": [{"content": "192.0.2.10", "disabled": false}, {"content": "192.0.2.11", "disabled": false}]},
                {"name": "ns1.{zone}", "type": "A", "ttl": 300, "records": [{"content": "192.0.2.53", "disabled": false}]},
                {"name": "ns2.{zone}", "type": "A", "ttl": 300, "records": [{"content": "192.0.2.54", "disabled": false}]},
                {"name": "old.{zone}", "type": "A", "ttl": 300, "records": [{"content": "192.0.2.12", "disabled": true}]},
                {"name": "{zone}", "type": "MX", "ttl": 60, "records": [{"content": "10 mail.{zone}", "disabled": false}]},
                {"name": "t.{zone}", "type": "TXT", "ttl": 9,
                 "records": [{"content": "\"say \\\"hi\\\" \\195\\169 \\\\195 \\000\"", "disabled": false}]},
                {"name": "_sip._tcp.{zone}", "type": "SRV", "ttl": 60,
                 "records": [{"content": "10 5 5060 sip.{zone}", "disabled": false}]},
                {"name": "c.{zone}", "type": "CAA", "ttl": 60,
                 "records": [{"content": "0 issue \"ca.example.net; a=1\"", "disabled": false}]},
            ]),
        )
        .await;
    let parts = Parts { http: Http::new(), clock: Clock::system() };
    let mut settings = Settings::new(server.url().parse().unwrap(), KEY.to_owned().into());
    settings.dns.zones = Some(vec![original.name.clone()]);
    let source = Arc::new(Source::new(settings, &parts));
    let database = Database::any().await;
    let mut house = House::over(database.open(a_quiet_noon()));
    house.join("dns", Arc::<Source>::clone(&source) as Arc<dyn Provider>).await;
    house.sync("dns").await;
    let folder = Folder::make();
    zone_files::keep(&house.db, &Scope::unrestricted(), folder.path()).await.unwrap();
    let path = folder.path().join(format!("dns_{}.zone", original.name));
    checked(&original.name, &path).unwrap_or_else(|words| panic!("{words}"));

    // The API takes a zone as such a file.
    let text = std::fs::read_to_string(&path).unwrap();
    let sets = async |zone: &ZoneAt| -> Vec<RecordSet> {
        let mut sets = source.read(zone, None).await.unwrap().sets;
        sets.retain(|set| set.of.record_type != "SOA" && set.values.iter().any(|value| !value.disabled));
        sets.sort_by(|one, other| one.of.cmp(&other.of));
        sets
    };
    let before = sets(&original).await;
    server.call("DELETE", &format!("/zones/{}", original.id), None).await;
    let body = json!({"name": original.id, "kind": "Native", "zone": text});
    server.call("POST", "/zones", Some(body)).await;
    let after = sets(&original).await;
    let names = |sets: &[RecordSet]| sets.iter().map(|set| set.of.clone()).collect::<BTreeSet<_>>();
    assert_eq!(names(&before), names(&after));
    assert!(before.iter().zip(&after).all(|(one, other)| one.says_the_same_as(other)), "{before:#?}\n{after:#?}");
}
