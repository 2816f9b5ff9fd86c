//! Scopes within a parent: a zone that its listing no longer shows, and what becomes of its records.

use std::sync::Arc;

use async_trait::async_trait;
use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::zone::Zone;
use quarterdeck::providers::memory::Script;
use quarterdeck::providers::{Collector, Provider};
use quarterdeck::store::Backend;
use quarterdeck::wire::ProviderError;

use crate::support::database::on_each_database;
use crate::support::house::{House, line};

pub fn zone(name: &str) -> Zone {
    Zone { zone_id: format!("id-of-{name}"), name: name.to_owned(), status: "active".to_owned(), ..Zone::default() }
}

pub fn records(zone: &str, count: usize) -> Vec<DnsRecord> {
    (0..count)
        .map(|number| DnsRecord {
            record_id: format!("{zone}-{number}"),
            zone: zone.to_owned(),
            record_type: "A".to_owned(),
            name: format!("host-{number}.{zone}"),
            content: format!("192.0.2.{number}"),
            ttl: 300,
            ..DnsRecord::default()
        })
        .collect()
}

fn tell(script: &Script, zones: &[&str]) {
    script.holds("all", zones.iter().map(|name| zone(name)).collect::<Vec<_>>());
    for name in zones {
        script.holds_within(name, &zone(name), records(name, 20));
    }
}

#[tokio::test]
async fn records_of_a_zone_that_is_no_longer_listed_go_after_a_second_listing() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("dns").await;
        tell(&script, &["one.example", "two.example", "three.example"]);
        house.sync("dns").await;
        script.forgets::<DnsRecord>("two.example");
        tell(&script, &["one.example", "three.example"]);

        let report = house.sync("dns").await;
        assert_eq!(line(&report, "all"), "complete +0 ~0 -1 =2 !0");
        assert_eq!(line(&report, "two.example"), "skipped +0 ~0 -0 =0 !0");
        assert_eq!(
            house.present("dns_record").await.len(),
            60,
            "absence from one listing proves nothing about its records"
        );

        let report = house.sync("dns").await;
        assert_eq!(line(&report, "two.example"), "complete +0 ~0 -20 =0 !0");
        assert_eq!(house.present("dns_record").await.len(), 40);
        assert_eq!(house.scope_state("two.example").await, "gone");

        tell(&script, &["one.example", "two.example", "three.example"]);
        let report = house.sync("dns").await;
        assert_eq!(line(&report, "two.example"), "complete +20 ~0 -0 =0 !0", "and they return with it");
    })
    .await;
}

#[tokio::test]
async fn a_token_that_sees_fewer_zones_than_yesterday_removes_nothing() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("dns").await;
        let zones = ["one.example", "two.example", "three.example"];
        tell(&script, &zones);
        house.sync("dns").await;
        script.forgets::<DnsRecord>(zones[1]).forgets::<DnsRecord>(zones[2]);
        tell(&script, &zones[..1]);
        let report = house.sync("dns").await;
        assert_eq!(line(&report, "all"), "held +0 ~0 -0 =1 !2", "two of three");
        assert_eq!(house.present("zone").await.len(), 3);
        assert_eq!(house.present("dns_record").await.len(), 60);
        assert_eq!(house.scope_state("two.example").await, "skipped");
    })
    .await;
}

#[tokio::test]
async fn a_source_that_lists_nothing_at_all_has_not_succeeded() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        house.source("dns").await;
        let report = house.sync("dns").await;
        assert_eq!((report.state.as_str(), report.scopes.len()), ("failed", 0));
        assert_eq!(report.reason, "memory collect: malformed: nothing was listed");
    })
    .await;
}

/// Lists one scope twice side by side, half of it in each, as two regions of one name would.
struct Twins;

#[async_trait]
impl Provider for Twins {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let mut left = collector.listing::<Zone>("all").await?;
        let mut right = collector.listing::<Zone>("all").await?;
        left.push(&zone("left.example")).await?;
        right.push(&zone("right.example")).await?;
        left.complete().await?;
        right.complete().await?;
        Ok(())
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        Ok("twins".to_owned())
    }
}

/// Lists one scope, and once more as soon as that has ended, when one of its zones has another name.
struct Again;

#[async_trait]
impl Provider for Again {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        for last in ["five.example", "six.example"] {
            let mut listing = collector.listing::<Zone>("all").await?;
            for name in ["one.example", "two.example", "three.example", "four.example", last] {
                listing.push(&zone(name)).await?;
            }
            listing.complete().await?;
        }
        Ok(())
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        Ok("again".to_owned())
    }
}

#[tokio::test]
async fn small_scopes_that_end_in_a_row_are_written_together_and_told_in_their_order() {
    on_each_database(async |db| {
        let is_postgres = db.backend() == Backend::Postgres;
        let mut house = House::over(db);
        let script = house.source("dns").await;
        let names: Vec<String> = (0..40).map(|number| format!("{number:02}.example")).collect();
        tell(&script, &names.iter().map(String::as_str).collect::<Vec<_>>());
        let report = house.sync("dns").await;
        let told: Vec<&str> = report.scopes.iter().map(|scope| scope.scope.name.as_str()).collect();
        assert_eq!(told.iter().filter(|name| **name != "all").copied().collect::<Vec<_>>(), names);
        for name in &names {
            assert_eq!(line(&report, name), "complete +20 ~0 -0 =0 !0");
        }
        assert_eq!(house.present("dns_record").await.len(), 800);
        if is_postgres {
            let transactions = house.count("SELECT COUNT(DISTINCT xmin::text) AS n FROM sync_results").await;
            assert!(transactions <= 20, "{transactions} transactions wrote 41 scopes");
        }
    })
    .await;
}

#[tokio::test]
async fn a_scope_that_is_listed_again_after_its_end_is_compared_with_what_was_written() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        house.join("dns", Arc::new(Again)).await;
        let report = house.sync("dns").await;
        let told: Vec<(u64, u64, u64)> =
            report.scopes.iter().map(|scope| (scope.tally.added, scope.tally.gone, scope.tally.unchanged)).collect();
        assert_eq!(told, [(5, 0, 0), (1, 1, 4)]);
        assert_eq!(house.present("zone").await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_scope_that_is_listed_twice_at_once_proves_no_absence() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        house.join("dns", Arc::new(Twins)).await;
        for _ in 0..3 {
            let report = house.sync("dns").await;
            assert!(line(&report, "all").starts_with("partial"), "{report:?}");
        }
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resources WHERE gone_at IS NOT NULL").await, 0);
    })
    .await;
}
