//! What does not answer for the past refuses to, instead of showing the present under another date.

use quarterdeck::roles::Role;
use quarterdeck::web::access::Access;
use quarterdeck::web::routes::{self, LOOK_BACK};

use super::platform::Platform;
use crate::support::database::{Database, a_quiet_noon};
use crate::support::panel::Panel;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_and_call_answers_for_the_past_or_refuses_with_a_sentence() {
    let database = Database::any().await;
    let platform = Platform::built(database.open(a_quiet_noon()), 3).await;
    platform.house.clock.advance(chrono::TimeDelta::hours(3));
    let panel = Panel::over(platform.house.db.clone()).await;
    panel.person("ada@example.com", Role::Admin).await;
    let ada = panel.signed_in("ada@example.com").await;
    let first = ada.get("/api/v1/instances?limit=1").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let (mut answered, mut refused) = (0, 0);
    for entry in routes::all() {
        if entry.method != "GET" || matches!(entry.access, Access::Open | Access::Public) {
            continue;
        }
        let path =
            entry.path.replace("{kind}", "instances").replace("{id:[0-9]+}", &first).replace("{address}", "192.0.2.1");
        let path = path.replace("{name}", "cloud").replace("{rule}", "dangling-record");
        let page = ada.get(&format!("{path}?at=1h")).await;
        if LOOK_BACK.contains(&entry.path) {
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            answered += 1;
        } else {
            assert_eq!(page.status, 422, "{path}");
            assert!(page.text.contains("Only the present is known here"), "{path}: {}", page.text);
            refused += 1;
        }
    }
    assert!(answered == LOOK_BACK.len() && refused > 30, "{answered} answered, {refused} refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_page_shows_nothing_that_is_known_of_the_present_alone() {
    let database = Database::any().await;
    let platform = Platform::built(database.open(a_quiet_noon()), 3).await;
    platform.house.clock.advance(chrono::TimeDelta::hours(3));
    let panel = Panel::over(platform.house.db.clone()).await;
    panel.person("vera@example.com", Role::Viewer).await;
    let vera = panel.signed_in("vera@example.com").await;
    let balancers = vera.get("/api/v1/load-balancers?at=1h").await.json();
    let one = &balancers["items"][0];
    assert!(one["attrs"].get("targets").is_none() && one["attrs"].get("members").is_some(), "{one}");
    assert!(one["last_seen_at"].is_null(), "{one}");
    let path = format!("/load-balancers/{}", one["id"].as_str().unwrap());
    let (now, then) = (vera.get(&path).await.text, vera.get(&format!("{path}?at=1h")).await.text);
    assert!(now.contains("2 of 2 healthy") && !then.contains("healthy"), "how targets were is not kept");
    assert!(!now.contains("Not recorded for past") && then.contains("so not shown: open alerts"));
    assert!(then.contains("targets, targets error"), "{then}");
}
