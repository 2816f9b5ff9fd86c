//! The state of a place is the worst of what is the case there, and its figures are those of the lists that they lead
//! to.

use quarterdeck::alerts::evaluate;
use quarterdeck::kinds::instance;
use quarterdeck::store::sql::Sql;
use quarterdeck::wire::{ErrorKind, ProviderError};
use serde_json::Value;

use super::{house, panel, placed};
use crate::support::database::on_each_database;
use crate::support::panel::Browser;

async fn items(browser: &Browser, path: &str) -> Vec<Value> {
    let page = browser.get(&format!("/api/v1{path}")).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    page.json()["items"].as_array().unwrap().clone()
}

/// `eu-1 good`, in the order of the answer.
async fn states(browser: &Browser, path: &str) -> Vec<String> {
    let told = |item: &Value| format!("{} {}", item["name"].as_str().unwrap(), item["state"].as_str().unwrap());
    items(browser, path).await.iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_count_is_the_length_of_the_list_that_it_leads_to() {
    on_each_database(async |db| {
        let (house, _) = house(db).await;
        let (_panel, vera) = panel(&house).await;
        for (path, filter) in [("/regions", "region"), ("/clusters", "cluster")] {
            let places = items(&vera, path).await;
            assert!(places.len() >= 3, "{places:?}");
            for place in places {
                let name = place["name"].as_str().unwrap();
                let listed = items(&vera, &format!("/instances?limit=1000&{filter}={name}")).await.len();
                assert_eq!(place["counts"]["instance"].as_u64().unwrap_or(0), listed as u64, "{name}");
                let one = vera.get(&format!("/api/v1{path}/{name}")).await.json();
                assert_eq!(one, place, "alone as in the list");
            }
        }
        assert_eq!(vera.get("/api/v1/clusters/none").await.status, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_placement_names_is_a_place_too_and_what_nobody_reports_is_unknown() {
    on_each_database(async |db| {
        let (house, _) = house(db).await;
        let (_panel, vera) = panel(&house).await;
        assert_eq!(states(&vera, "/regions").await, ["eu good", "moon good", "us unknown"]);
        assert_eq!(states(&vera, "/clusters").await, ["eu-1 good", "eu-2 good", "moon-1 good", "us-1 unknown"]);
        let moon = vera.get("/api/v1/clusters/moon-1").await.json();
        assert_eq!(
            (&moon["configured"], &moon["region"], &moon["environment"]),
            (&false.into(), &"moon".into(), &"outpost".into())
        );
        assert_eq!(states(&vera, "/clusters?region=eu&environment=staging").await, ["eu-2 good"]);
        assert_eq!(states(&vera, "/clusters?state=unknown").await, ["us-1 unknown"]);
        assert_eq!(vera.get("/api/v1/clusters?state=fine").await.status, 422);
        assert_eq!(vera.get("/api/v1/regions?environment=staging").await.status, 422, "no region has one");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_loss_a_finding_and_an_alert_worsen_the_place_where_they_are_and_no_other() {
    on_each_database(async |db| {
        let (house, script) = house(db.clone()).await;
        let (_panel, vera) = panel(&house).await;

        // Most of eu-1 is missing at once: held, and eu-2 has nothing to do with it.
        script.holds("account", [placed(0..1, "eu-1"), placed(6..9, "eu-2"), placed(9..10, "moon"), placed(10..11, "")].concat());
        house.sync("cloud").await;
        assert_eq!(house.held().await.len(), 1);
        let held = |item: &Value| item["held_losses"].as_array().unwrap().len();
        let clusters = items(&vera, "/clusters").await;
        assert_eq!(clusters.iter().map(held).collect::<Vec<_>>(), [1, 0, 0, 0]);
        assert_eq!(items(&vera, "/regions").await.iter().map(held).collect::<Vec<_>>(), [1, 0, 0]);

        // An alert about one of its instances counts where that lies, and its figure leads to it.
        db.write(|connection| {
            let mut sql = Sql::new(
                "INSERT INTO alerts (id, fingerprint, rule, severity, state, title, body, link, resource_id, source, opened_at, changed_at) \
                 SELECT 900, 'x', 'none', 'critical', 'open', 'it burns', '', '/', r.id, '', r.changed_at, r.changed_at FROM resources r \
                 WHERE r.kind = ",
            );
            sql.bind(instance::SPEC.name).push(" AND r.name = ").bind("web-007");
            sql.execute(connection)
        })
        .await
        .unwrap();
        assert_eq!(states(&vera, "/clusters").await[1], "eu-2 critical");
        assert_eq!(states(&vera, "/regions").await[0], "eu critical");
        let alerted = |path: &'static str| async { items(&vera, path).await.len() };
        assert_eq!(alerted("/alerts?severity=critical&cluster=eu-2").await, 1);
        assert_eq!(alerted("/alerts?severity=critical&region=eu").await, 1);
        assert_eq!(alerted("/alerts?severity=critical&cluster=eu-1").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_refuses_us_makes_everything_critical_that_it_reports() {
    on_each_database(async |db| {
        let (house, script) = house(db.clone()).await;
        let (_panel, vera) = panel(&house).await;
        script.refuses(ProviderError::new("memory", "list", ErrorKind::Auth, "the token ran out"));
        house.sync("cloud").await;
        assert_eq!(
            states(&vera, "/clusters").await,
            ["eu-1 critical", "eu-2 critical", "moon-1 critical", "us-1 unknown"],
            "what it never reported is as unknown as before"
        );
        // The alert about a source belongs to no place, as the source names none.
        evaluate(&db).await.unwrap();
        let critical = |item: &Value| item["alerts"]["critical"].as_i64().unwrap();
        assert!(items(&vera, "/clusters").await.iter().all(|item| critical(item) == 0));
    })
    .await;
}
