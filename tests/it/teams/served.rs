//! What is served for a host is told to whom the host belongs, whoever has the certificate, and to nobody else.

use std::collections::BTreeSet;

use quarterdeck::kinds::KindSpec;
use quarterdeck::store::listing::{self, ListQuery};
use quarterdeck::store::served_certificates::{self, ServedRow, Wanted};
use quarterdeck::store::{Scope, alerts};

use super::shared_zone::team;
use crate::probe::estate::Estate;
use crate::support::database::on_each_database;
use crate::support::tls::{Authority, Behaviour, Leaf};

/// Two teams share a cluster by app. One has the certificate that covers the hosts of both.
const CONFIG: &str = r#"
[[region]]
name = "eu"

[[cluster]]
name = "staging"
region = "eu"

[[placement]]
match = { kind = "app" }
set = { cluster = "staging" }

[[placement]]
match = { kind = "certificate" }
set = { cluster = "staging", app = "zulu" }
"#;

#[tokio::test]
async fn a_host_below_anothers_wildcard_is_its_own_teams_and_nobody_elses() {
    on_each_database(async |db| {
        let web = Authority::of_the_web();
        let mut estate = Estate::configured(db, CONFIG).await;
        let stored = web.issue(&Leaf::of(&["*.example.com"]).ends_in(-1));
        let another = web.issue(&Leaf::of(&["*.example.com"]).ends_in(-2));
        let _servers = [
            estate.server("127.0.12.1", Behaviour::Sends(stored.clone())).await,
            estate.server("127.0.12.2", Behaviour::Sends(another)).await,
        ];
        estate.app("alfa", &["alfa.example.com"]);
        estate.app("zulu", &["zulu.example.com"]);
        estate.certificate("zulu-wildcard", &stored, &["*.example.com"], &["zulu.example.com"]);
        for (name, address) in [("alfa", "127.0.12.1"), ("alfa", "127.0.12.2"), ("zulu", "127.0.12.1")] {
            estate.record(&format!("{name}.example.com"), address);
        }
        estate.record("nobodys.example.com", "127.0.12.1");
        estate.sync().await;
        estate.probe().await;
        quarterdeck::alerts::evaluate(&estate.house.db).await.unwrap();

        let all = seen(&estate, &Scope::unrestricted()).await;
        assert_eq!(hosts(&all), ["alfa.example.com", "nobodys.example.com", "zulu.example.com"]);
        assert!(format!("{all:?}").contains("It is not zulu-wildcard, which covers the host"), "{all:?}");
        for (name, other) in [("alfa", "zulu"), ("zulu", "alfa")] {
            let scope = team(name);
            let rows = seen(&estate, &scope).await;
            assert_eq!(hosts(&rows), [format!("{name}.example.com")]);
            let read = estate.house.read(move |connection| alerts::open(connection, &scope));
            let told = read.await;
            assert!(told.iter().any(|alert| alert.title == format!("{name}.example.com sends an expired certificate")));
            for text in [format!("{rows:?}"), format!("{told:?}")] {
                assert!(!text.contains(other) && !text.contains("nobodys"), "{name} reads of {other}: {text}");
            }
        }
        // Nor on the page of the certificate that covers them all.
        let scope = team("zulu");
        let served = estate.house.read(move |connection| {
            let query = ListQuery::of(KindSpec::by_name("certificate").unwrap());
            let wildcard = listing::list(connection, &scope, &query)?.rows.remove(0);
            served_certificates::of_resource(connection, &scope, wildcard.id, 9)
        });
        assert_eq!(hosts(&served.await), ["zulu.example.com"]);
    })
    .await;
}

async fn seen(estate: &Estate, scope: &Scope) -> Vec<ServedRow> {
    let (scope, wanted) = (scope.clone(), Wanted { limit: 99, ..Wanted::default() });
    estate.house.read(move |connection| served_certificates::page(connection, &scope, &wanted)).await.rows
}

fn hosts(rows: &[ServedRow]) -> Vec<String> {
    let hosts: BTreeSet<String> = rows.iter().map(ServedRow::host).collect();
    hosts.into_iter().collect()
}
