//! A whole sync of Cloudflare against the fake: what misbehaves there removes nothing here.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::clock::Clock;
use quarterdeck::net::http::{Http, RetryPolicy};
use quarterdeck::providers::Parts;
use quarterdeck::providers::cloudflare::{Cloudflare, Settings};
use quarterdeck::store::sources;
use quarterdeck::sync::SyncState;

use crate::support::cloudflare::{Effect, FakeCloudflare, Fault, Sight, TOKEN};
use crate::support::database::on_each_database;
use crate::support::house::{House, line};

const QUICK: RetryPolicy = RetryPolicy {
    attempts: 3,
    base: Duration::from_millis(1),
    cap: Duration::from_millis(5),
    patience: Duration::from_secs(5),
};
const RECORDS: &str = "SELECT COUNT(*) AS n FROM resources WHERE kind = 'dns_record' AND gone_at IS NULL";
/// The scope of the zones: the account.
const ZONES: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// Three zones of twenty records each, synced once; the ids of the zones.
async fn synced(house: &mut House) -> (FakeCloudflare, Vec<String>) {
    let fake = FakeCloudflare::start().await;
    let mut ids = Vec::new();
    for zone in ["one.example", "two.example", "three.example"] {
        let id = fake.world().add_zone(zone);
        for number in 0..20 {
            fake.world().add_record(&id, "A", &format!("h{number}.{zone}"), &format!("192.0.2.{number}"));
        }
        ids.push(id);
    }
    let settings = Settings::new(TOKEN.to_owned().into(), fake.url().parse().unwrap());
    let parts = Parts { http: Http::new(), clock: Clock::system() };
    house.join("dns", Arc::new(Cloudflare::new(settings, &parts).with_retry(QUICK))).await;
    assert_eq!(house.sync("dns").await.state, SyncState::Succeeded);
    assert_eq!(house.count(RECORDS).await, 60);
    (fake, ids)
}

/// The source's state, and why.
async fn source(house: &House) -> (String, String) {
    #[derive(diesel::QueryableByName)]
    struct Stood {
        #[diesel(sql_type = diesel::sql_types::Text)]
        state: String,
        #[diesel(sql_type = diesel::sql_types::Text)]
        reason: String,
    }
    house
        .read(|connection| {
            let stood: Option<Stood> =
                quarterdeck::store::sql::Sql::new("SELECT state, reason FROM sources WHERE name = 'dns'")
                    .first(connection)?;
            Ok(stood.map(|stood| (stood.state, stood.reason)).expect("it is configured"))
        })
        .await
}

#[tokio::test]
async fn a_token_that_sees_fewer_zones_than_yesterday_removes_nothing_from_the_panel() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let (fake, ids) = synced(&mut house).await;
        // From ten on a loss waits for a person, however often it is listed.
        for number in 0..9 {
            fake.world().add_zone(&format!("small-{number}.example"));
        }
        house.sync("dns").await;
        fake.world().token(TOKEN).sight = Sight::Only([ids[0].clone()].into());
        for _ in 0..3 {
            let report = house.sync("dns").await;
            assert_eq!(line(&report, ZONES), "held +0 ~0 -0 =1 !11");
            assert_eq!(line(&report, "one.example"), "complete +0 ~0 -0 =20 !0");
            assert_eq!((house.present("zone").await.len(), house.count(RECORDS).await), (12, 60));
        }
        fake.world().token(TOKEN).sight = Sight::All;
        assert_eq!(house.sync("dns").await.state, SyncState::Succeeded);
        assert!(house.held().await.is_empty(), "and all is as before");
    })
    .await;
}

#[tokio::test]
async fn whatever_is_answered_instead_of_the_records_removes_none() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let (fake, ids) = synced(&mut house).await;
        let gateway = || Effect::Html { status: 502, body: "<html><title>Bad gateway</title></html>".to_owned() };
        let login = || Effect::Html { status: 200, body: "<html><title>Sign in</title></html>".to_owned() };
        for effect in [gateway(), login(), Effect::FalseSuccess, Effect::Truncate(300)] {
            fake.world().faults.clear();
            let at = format!("{}/dns_records", ids[1]);
            fake.script(Fault::on(&at, effect).times(99));
            let report = house.sync("dns").await;
            assert_eq!(report.state.as_str(), "partial", "{report:?}");
            assert!(line(&report, "two.example").starts_with("partial +0 ~0 -0 "), "{}", line(&report, "two.example"));
            assert_eq!(line(&report, "three.example"), "complete +0 ~0 -0 =20 !0", "the others go on");
            assert_eq!(house.count(RECORDS).await, 60);
            assert_eq!(source(&house).await.0, "failing");
        }
        fake.world().faults.clear();
        assert_eq!(house.sync("dns").await.state, SyncState::Succeeded);
        assert_eq!(source(&house).await, ("ok".to_owned(), String::new()));
    })
    .await;
}

#[tokio::test]
async fn a_429_in_the_middle_is_waited_for_and_a_longer_one_removes_nothing() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let (fake, ids) = synced(&mut house).await;
        let at = format!("{}/dns_records", ids[2]);
        fake.script(Fault::on(&at, Effect::Throttle(Some(1))));
        assert_eq!(house.sync("dns").await.state, SyncState::Succeeded);
        fake.script(Fault::on(&at, Effect::Throttle(Some(60))));
        let report = house.sync("dns").await;
        assert_eq!(report.state.as_str(), "partial", "{report:?}");
        assert!(report.reason.contains("Please wait"), "{}", report.reason);
        assert_eq!((house.present("zone").await.len(), house.count(RECORDS).await), (3, 60));
    })
    .await;
}

#[tokio::test]
async fn the_records_of_a_deleted_zone_go_after_the_second_complete_listing() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let (fake, ids) = synced(&mut house).await;
        fake.world().zones.remove(&ids[1]);
        let report = house.sync("dns").await;
        assert_eq!(line(&report, ZONES), "complete +0 ~0 -1 =2 !0");
        assert_eq!(line(&report, "two.example"), "skipped +0 ~0 -0 =0 !0");
        assert_eq!(house.count(RECORDS).await, 60);
        // A listing that breaks off is no second one.
        fake.script(Fault::on("/zones?", Effect::Html { status: 502, body: "<html>".to_owned() }).times(3));
        house.sync("dns").await;
        assert_eq!(house.count(RECORDS).await, 60);
        fake.world().faults.clear();
        let report = house.sync("dns").await;
        assert_eq!(line(&report, "two.example"), "complete +0 ~0 -20 =0 !0");
        assert_eq!(house.count(RECORDS).await, 40);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_token_is_told_in_the_providers_words_without_the_token() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let (fake, _) = synced(&mut house).await;
        fake.world().tokens.clear();
        let report = house.sync("dns").await;
        assert_eq!(report.state.as_str(), "failed");
        let (state, reason) = source(&house).await;
        assert_eq!(state, sources::SourceState::Auth.as_str());
        assert!(reason.contains("Invalid access token [redacted]"), "{reason}");
        assert!(!format!("{reason} {report:?}").contains(TOKEN));
        assert_eq!((house.present("zone").await.len(), house.count(RECORDS).await), (3, 60));
    })
    .await;
}
