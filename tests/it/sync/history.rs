//! Versions: what was true when.

use chrono::TimeDelta;
use quarterdeck::kinds::instance;
use quarterdeck::store::{Scope, resources};

use crate::support::database::on_each_database;
use crate::support::house::{House, instance as an_instance, instances, line};

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
            let attrs = row.map(|row| serde_json::from_str::<instance::Instance>(&row.attrs).unwrap());
            addresses.push(attrs.map(|instance| instance.addresses[0].address.to_string()));
        }
        assert_eq!(
            addresses,
            [Some("10.0.0.2".to_owned()), Some("10.0.9.9".to_owned()), None, Some("10.0.9.9".to_owned())]
        );
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
        let total = "SELECT CAST(SUM(present) AS BIGINT) AS n FROM counts WHERE kind = 'instance' AND facet = ''";
        let running =
            "SELECT CAST(SUM(present) AS BIGINT) AS n FROM counts WHERE facet = 'status' AND value = 'running'";
        assert_eq!((house.count(total).await, house.count(running).await), (11, 10));
    })
    .await;
}
