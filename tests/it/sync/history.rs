//! Versions: what was true when.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::prelude::*;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance;
use quarterdeck::providers::memory::Ending;
use quarterdeck::roles::Role;
use quarterdeck::store::listing::{ListQuery, Sort, list};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{AnyConnection, Scope, resources};
use quarterdeck::wire::{ErrorKind, ProviderError};
use scraper::{Html, Selector};
use serde_json::value::RawValue;

use crate::support::database::on_each_database;
use crate::support::house::{House, instance as an_instance, instances, line};
use crate::support::panel::Panel;

#[tokio::test]
async fn an_instance_that_changes_its_address_vanishes_and_returns_keeps_its_history() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..5));
        house.sync("cloud").await;
        let first = house.clock.now();
        let mut moved = instances(0..5);
        moved[2].addresses[0].address = [10, 0, 9, 9].into();
        script.holds("eu", moved.clone());
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~1 -0 =4 !0");
        let second = house.clock.now();
        let without: Vec<_> = moved.iter().filter(|one| one.name != "web-002").cloned().collect();
        script.holds("eu", without);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -1 =4 !0");
        let absent = house.clock.now();
        script.holds("eu", moved);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +1 ~0 -0 =4 !0");
        let back = house.clock.now();

        let id = house.count("SELECT id AS n FROM resources WHERE name = 'web-002'").await;
        let mut addresses = Vec::new();
        for at in [first, second, absent, back] {
            let row = house
                .read(move |connection| {
                    resources::find(connection, &Scope::unrestricted(), &instance::SPEC, id, Some(at))
                })
                .await;
            let row = row.expect("it is known from the first listing on");
            let instance = serde_json::from_str::<instance::Instance>(&row.attrs).unwrap();
            addresses.push((instance.addresses[0].address.to_string(), row.gone_at.is_some()));
        }
        let was = |address: &str, gone: bool| (address.to_owned(), gone);
        let told = [was("10.0.0.2", false), was("10.0.9.9", false), was("10.0.9.9", true), was("10.0.9.9", false)];
        assert_eq!(addresses, told, "with the address that it had last, while it was gone");
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resources").await, 5, "it is the same resource all along");
        let holders = "SELECT COUNT(*) AS n FROM resource_keys WHERE key = 'ip:vpc-1/10.0.0.2' AND until IS NOT NULL";
        assert_eq!(house.count(holders).await, 1, "who had this address, and until when");
    })
    .await;
}

#[tokio::test]
async fn what_flickers_is_shown_and_makes_no_version() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..3));
        house.sync("cloud").await;
        let mut impaired = instances(0..3);
        impaired[1].system_status = "impaired".to_owned();
        script.holds("eu", impaired);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -0 =3 !0");
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0);
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resources WHERE attrs LIKE '%impaired%'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_same_facts_in_another_order_are_written_over_without_a_version() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..3));
        house.sync("cloud").await;
        let by_name = "SELECT COUNT(*) AS n FROM resources WHERE attrs LIKE '{\"account\"%'";
        // As a program has left them whose struct had another order: here by name.
        house.db.write(reorder).await.unwrap();
        assert_eq!(house.count(by_name).await, 3);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -0 =3 !0");
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0);
        assert_eq!(house.count(by_name).await, 0, "they are in the new order");
    })
    .await;
}

/// Writes the fields of each row's facts by name.
fn reorder(connection: &mut AnyConnection) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Facts {
        #[diesel(sql_type = diesel::sql_types::Text)]
        attrs: String,
    }
    for Facts { attrs } in Sql::new("SELECT attrs FROM resources").load::<Facts>(connection)? {
        let fields: BTreeMap<&str, &RawValue> = serde_json::from_str(&attrs).unwrap();
        let mut sql = Sql::new("UPDATE resources SET fingerprint = fingerprint + 1, attrs = ");
        sql.bind(serde_json::to_string(&fields).unwrap()).push(" WHERE attrs = ").bind(&attrs);
        sql.execute(connection)?;
    }
    Ok(())
}

#[tokio::test]
async fn an_unchanged_listing_writes_no_row() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..30));
        house.sync("cloud").await;
        let changed = "SELECT COUNT(*) AS n FROM resources WHERE changed_at <> first_seen_at";
        house.clock.advance(TimeDelta::hours(5));
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -0 =30 !0");
        assert_eq!(house.count(changed).await, 0);
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0);
    })
    .await;
}

#[tokio::test]
async fn counts_follow_what_is_present() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        let mut fewer = instances(0..10);
        fewer[0].state = "stopped".to_owned();
        fewer.push(an_instance(99));
        script.holds("eu", fewer);
        house.sync("cloud").await;
        for clusters in ["cluster = '*'", "cluster <> '*'"] {
            let sum = async |what: &str| {
                let sum = format!("SELECT CAST(SUM(present) AS BIGINT) AS n FROM counts WHERE {clusters} AND {what}");
                house.count(sum.leak()).await
            };
            assert_eq!(sum("kind = 'instance' AND facet = ''").await, 11, "{clusters}");
            assert_eq!(sum("facet = 'status' AND value = 'running'").await, 10, "{clusters}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_gone_then_is_listed_although_it_has_returned_since() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        let without = |names: &[&str]| {
            instances(0..6).into_iter().filter(|one| !names.contains(&one.name.as_str())).collect::<Vec<_>>()
        };
        let mut moments = Vec::new();
        for names in [&[][..], &["web-001"], &["web-001", "web-002"], &["web-002"], &["web-001"], &[]] {
            script.holds("eu", without(names));
            house.sync("cloud").await;
            moments.push(house.clock.now());
            house.clock.advance(TimeDelta::minutes(1));
        }
        let told = async |at, text: Option<&str>, sort: &str| {
            let mut query = ListQuery::of(&instance::SPEC);
            (query.at, query.gone, query.text) = (at, true, text.map(str::to_owned));
            query.sort = Sort::parse(&instance::SPEC, sort).unwrap();
            query.limit = 1;
            let mut told = Vec::new();
            loop {
                let asked = query.clone();
                let page = house.read(move |connection| list(connection, &Scope::unrestricted(), &asked)).await;
                for row in &page.rows {
                    assert!(row.gone_at().is_some_and(|gone| at.is_none_or(|at| gone <= at)), "{row:?}");
                    told.push(row.name.clone());
                }
                let Some(next) = page.next else { return told };
                query = query.starting_at(&next.to_string()).unwrap();
            }
        };
        let expected: [&[&str]; 6] = [&[], &["web-001"], &["web-001", "web-002"], &["web-002"], &["web-001"], &[]];
        for (at, names) in moments.iter().zip(expected) {
            assert_eq!(told(Some(*at), None, "name").await, names, "{at}");
            assert_eq!(told(Some(*at), Some("web"), "name").await, names, "{at}");
            let mut newest_first: Vec<_> = names.to_vec();
            newest_first.reverse();
            assert_eq!(told(Some(*at), None, "-gone_at").await, newest_first, "{at}");
        }
        assert!(told(None, None, "name").await.is_empty(), "now everything is there");
    })
    .await;
}

#[tokio::test]
async fn what_flickers_in_a_large_scope_is_no_change_either() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.streams("eu", 2_600, an_instance);
        house.sync("cloud").await;
        script.streams("eu", 2_600, |number| {
            let status = if number == 0 { "stopped" } else { "running" };
            instance::Instance { state: status.to_owned(), system_status: "impaired".to_owned(), ..an_instance(number) }
        });
        let report = house.sync("cloud").await;
        assert_eq!(line(&report, "eu"), "complete +0 ~1 -0 =2599 !0");
        let recorded = "SELECT unchanged AS n FROM sync_results ORDER BY sync_id DESC LIMIT 1";
        assert_eq!(house.count(recorded).await, 2_599);
    })
    .await;
}

#[tokio::test]
async fn a_nul_in_a_record_does_not_keep_its_zone_from_being_written() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let record = |number: usize, content: &str| DnsRecord {
            zone: "example.com".to_owned(),
            record_id: format!("r{number}"),
            name: "txt.example.com".to_owned(),
            record_type: "TXT".to_owned(),
            content: content.to_owned(),
            tags: vec![format!("team:{content}")],
            ..DnsRecord::default()
        };
        let script = house.source("dns").await;
        script.holds("example.com", [record(1, "a\0b"), record(2, "plain")]);
        assert_eq!(line(&house.sync("dns").await, "example.com"), "complete +2 ~0 -0 =0 !0");
        assert_eq!(line(&house.sync("dns").await, "example.com"), "complete +0 ~0 -0 =2 !0");
        let kept = "SELECT COUNT(*) AS n FROM terms WHERE term = 'team:a\u{FFFD}b'";
        assert_eq!(house.count(kept).await, 1, "it is marked where something was");
        script.notes("an unknown \0");
        let words = ProviderError::new("dns", "GET /zones", ErrorKind::Rejected, "no \0 zone");
        script.ends::<DnsRecord>("example.com", Ending::Partial(words));
        assert_ne!(house.sync("dns").await.state.as_str(), "succeeded", "and it is written how it failed");
    })
    .await;
}

#[tokio::test]
async fn no_state_ends_before_it_began_however_the_clock_is_set() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..10));
        house.sync("cloud").await;
        house.clock.advance(TimeDelta::hours(-1));
        let mut fewer = instances(0..9);
        fewer[0].state = "stopped".to_owned();
        fewer[1].addresses[0].address = [10, 0, 9, 9].into();
        script.holds("eu", fewer);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~2 -1 =7 !0");
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 2);
        for inverted in [
            "SELECT COUNT(*) AS n FROM resource_versions WHERE valid_until < valid_from",
            "SELECT COUNT(*) AS n FROM resources WHERE gone_at < changed_at",
            "SELECT COUNT(*) AS n FROM resource_keys WHERE until < since",
            "SELECT COUNT(*) AS n FROM resource_terms WHERE until < since",
        ] {
            assert_eq!(house.count(inverted).await, 0, "{inverted}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_of_one_moment_is_told_whole_on_all_of_its_pages() {
    on_each_database(async |db| {
        let mut house = House::over(db.clone());
        let script = house.source("cloud").await;
        let step = |number| instance::Instance { instance_type: format!("step-{number}"), ..an_instance(0) };
        script.holds("eu", [step(0)]);
        house.sync("cloud").await;
        // While a clock that was set back catches up, each state begins when the one before it did.
        house.clock.advance(TimeDelta::hours(-5));
        for number in 1..=250 {
            script.holds("eu", [step(number)]);
            house.sync("cloud").await;
        }
        assert_eq!(house.count("SELECT COUNT(DISTINCT valid_from) AS n FROM resource_versions").await, 1);

        let panel = Panel::over(db).await;
        panel.person("vera@example.com", Role::Viewer).await;
        let vera = panel.signed_in("vera@example.com").await;
        let id = house.count("SELECT id AS n FROM resources").await;
        let history = format!("/instances/{id}/history");
        let (mut told, mut pages, mut next) = (Vec::new(), 0, Some(history.clone()));
        while let Some(path) = next {
            let page = vera.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            let page = Html::parse_document(&page.text);
            let chosen = |what: &str| page.select(&Selector::parse(what).unwrap()).collect::<Vec<_>>();
            told.extend(chosen("ins").into_iter().map(|new| new.text().collect::<String>()));
            next = chosen("a[href*='cursor=']").first().and_then(|link| link.attr("href")).map(str::to_owned);
            pages += 1;
        }
        assert_eq!(told, (1..=250).rev().map(|number| format!("step-{number}")).collect::<Vec<_>>());
        assert_eq!(pages, 3);
        for nonsense in ["2h", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00Z_x", "_1", "9"] {
            let page = vera.get(&format!("{history}?cursor={nonsense}")).await;
            let told = page.text.contains("the cursor is not one that a page before has given");
            assert!(page.status == 422 && told, "{nonsense}: {} {}", page.status, page.text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_term_that_is_cut_stays_the_same_term() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        let mut long = an_instance(0);
        long.tags.push(("purpose".to_owned(), "long ".repeat(200)));
        script.holds("eu", [long.clone()]);
        house.sync("cloud").await;
        long.state = "stopped".to_owned();
        script.holds("eu", [long]);
        house.sync("cloud").await;
        let ended = "SELECT COUNT(*) AS n FROM resource_terms b JOIN terms t ON t.id = b.term_id \
                     WHERE b.until IS NOT NULL AND t.term LIKE 'purpose:%'";
        assert_eq!(house.count(ended).await, 0);
    })
    .await;
}
