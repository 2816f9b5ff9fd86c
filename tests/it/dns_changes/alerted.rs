//! The alerts of changes: each is raised when something is the case, once, and resolves by itself when it is no more.

use quarterdeck::actions::dns_change::{Ask, Sort};
use quarterdeck::alerts::evaluate;
use quarterdeck::dns_plan::Plan;
use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::roles::Role;
use quarterdeck::store::Scope;
use quarterdeck::store::alerts::{self, AlertRow};

use super::platform::balancer;
use super::{BLUE, Estate, GREEN, a_fresh_one, machine};
use crate::support::database::on_each_database;
use crate::support::panel::Panel;

/// What a rule says after one more look.
async fn open(estate: &Estate, rule: &str) -> Vec<AlertRow> {
    evaluate(&estate.context.db).await.unwrap();
    let read = estate.context.db.read(|connection| alerts::open(connection, &Scope::unrestricted()));
    read.await.unwrap().into_iter().filter(|alert| alert.rule == rule).collect()
}

/// That there is one such alert, and the same one after another look.
async fn once(estate: &Estate, rule: &str) -> AlertRow {
    let (first, second) = (open(estate, rule).await, open(estate, rule).await);
    let ids = |alerts: &[AlertRow]| alerts.iter().map(|alert| alert.id).collect::<Vec<_>>();
    assert_eq!((first.len(), ids(&first)), (1, ids(&second)), "{first:?}");
    first[0].clone()
}

fn blue(state: &str) -> LoadBalancer {
    LoadBalancer { state: state.to_owned(), ..balancer("blue", &[("blue-0", "healthy"), ("blue-1", "unhealthy")]) }
}

fn green(members: &[(&str, &str)]) -> LoadBalancer {
    balancer("green", members)
}

const HEALTHY: [(&str, &str); 3] = [("green-0", "healthy"), ("green-1", "healthy"), ("green-ill", "unhealthy")];

#[tokio::test]
async fn a_way_back_that_ends_while_the_old_side_goes_is_told_of_in_time() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 300, &BLUE);
        estate.sync().await;
        let (change, _) = estate.carry(&estate.switch("blue", "green").await).await;
        estate.cloud.holds("balancers", vec![blue("failed"), green(&HEALTHY)]);
        estate.sync().await;
        assert!(open(&estate, "way_back_ending").await.is_empty(), "there is a day left");
        estate.context.clock.advance(chrono::TimeDelta::minutes(22 * 60 + 30));
        let alert = once(&estate, "way_back_ending").await;
        assert_eq!(alert.link, format!("/dns-changes/{change}"));
        assert_eq!(alert.title, "The way back to blue ends soon");
        assert!(!format!("{alert:?}").contains("green"), "it is about one side, and the other may be another's");
        assert!(alert.body.starts_with("blue is failed, and the change can be taken back until"), "{}", alert.body);
        assert!(alert.due_at.is_some());
        // The old side is well again, and then it is not, and the time is over.
        estate.cloud.holds("balancers", vec![blue("active"), green(&HEALTHY)]);
        estate.sync().await;
        assert!(open(&estate, "way_back_ending").await.is_empty());
        estate.cloud.holds("balancers", vec![green(&HEALTHY)]);
        estate.sync().await;
        estate.sync().await;
        assert_eq!(open(&estate, "way_back_ending").await.len(), 1);
        estate.context.clock.advance(chrono::TimeDelta::hours(2));
        assert!(open(&estate, "way_back_ending").await.is_empty(), "nobody can take it back any more");
    })
    .await;
}

/// F5: machines came and went after the switch; the alert leads to one click, and ends with it.
#[tokio::test]
async fn records_that_a_balancers_machines_have_left_are_told_of_and_brought_in_line() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 300, &[&BLUE[..], &["203.0.113.9"]].concat());
        estate.ledger.put("app.example.com", "A", 60, &BLUE);
        estate.ledger.put("green-0.example.com", "A", 60, &GREEN[..1]);
        estate.sync().await;
        let (switch, _) = estate.carry(&estate.switch("blue", "green").await).await;
        assert!(open(&estate, "switch_members_diverge").await.is_empty());
        // A machine that fails its checks for a moment is no reason to write.
        let flickers = [("green-0", "unhealthy"), ("green-1", "healthy"), ("green-ill", "unhealthy")];
        estate.cloud.holds("balancers", vec![blue("active"), green(&flickers)]);
        estate.sync().await;
        assert!(open(&estate, "switch_members_diverge").await.is_empty());

        estate.cloud.holds("balancers", vec![blue("active"), green(&HEALTHY)]);
        estate.cloud.holds("machines", vec![machine("green-0", "198.51.100.9"), machine("green-1", GREEN[1])]);
        estate.sync().await;
        let alert = once(&estate, "switch_members_diverge").await;
        let to = estate.id("load_balancer", "green").await;
        assert_eq!((alert.link, alert.resource_id), (format!("/load-balancers/{to}"), Some(to)));
        assert!(alert.body.starts_with(
            "Records that were switched to it are out of line. Addresses that stand no more behind it: 1;"
        ));

        let line = Ask { action: Sort::Switch, from: Some(to), to: Some(to), ..Ask::default() };
        let (change, state) = estate.carry(&line).await;
        assert_eq!(state, "succeeded");
        let mut now = vec!["198.51.100.9", GREEN[1]];
        now.sort_unstable();
        assert_eq!(estate.ledger.contents("app.example.com", "A"), now);
        assert_eq!(estate.ledger.contents("www.example.com", "A"), [now[0], now[1], "203.0.113.9"]);
        assert_eq!(estate.ledger.contents("green-0.example.com", "A"), GREEN[..1], "no switch has written it");
        assert!(open(&estate, "switch_members_diverge").await.is_empty());
        assert_eq!(estate.row(change).await.title, "Bring the records of green in line");

        // It is a change as any other, and so it goes back; and the switch after it.
        let back = estate.undo(change).await.unwrap();
        assert_eq!(estate.work(back.change).await, "succeeded");
        assert_eq!(estate.ledger.contents("app.example.com", "A"), GREEN);
        once(&estate, "switch_members_diverge").await;
        let back = estate.undo(switch).await.unwrap();
        assert_eq!(estate.work(back.change).await, "succeeded");
        assert_eq!(estate.ledger.contents("app.example.com", "A"), BLUE);
        assert!(open(&estate, "switch_members_diverge").await.is_empty());
        let none = estate.plan(&line).await.unwrap();
        let plan: Plan = serde_json::from_str(&estate.row(none).await.plan).unwrap();
        assert_eq!(plan.refusals[0].text, "No switch to green stands whose records could be brought in line.");
    })
    .await;
}

#[tokio::test]
async fn what_somebody_mends_by_hand_is_told_of_no_more() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    estate.carry(&estate.switch("blue", "green").await).await;
    estate.cloud.holds("machines", vec![machine("green-0", "198.51.100.9"), machine("green-1", GREEN[1])]);
    estate.sync().await;
    once(&estate, "switch_members_diverge").await;
    estate.ledger.put("www.example.com", "A", 300, &["198.51.100.9", GREEN[1]]);
    // All records of the zone have new ids, which a second listing confirms.
    estate.sync().await;
    estate.sync().await;
    assert!(open(&estate, "switch_members_diverge").await.is_empty());
}

#[tokio::test]
async fn the_balancers_page_has_the_button_and_the_api_the_call() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    estate.carry(&estate.switch("blue", "green").await).await;
    let to = estate.id("load_balancer", "green").await;
    let page = format!("/load-balancers/{to}");
    let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
    panel.person("otto@example.com", Role::Operator).await;
    panel.person("vera@example.com", Role::Viewer).await;
    let (otto, vera) = (panel.signed_in("otto@example.com").await, panel.signed_in("vera@example.com").await);
    assert!(!otto.get(&page).await.text.contains("no longer match"));
    estate.cloud.holds("machines", vec![machine("green-0", "198.51.100.9"), machine("green-1", GREEN[1])]);
    estate.sync().await;
    let shown = otto.get(&page).await.text;
    for told in ["no longer matches what stands behind it", "198.51.100.9", "198.51.100.1", "Bring the records in line"]
    {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert!(!vera.get(&page).await.text.contains("Bring the records in line</button>"));
    let id = to.to_string();
    let form = [("action", "switch"), ("from", id.as_str()), ("to", id.as_str())];
    let planned = otto.post(&page, "/dns-changes", &form).await;
    let shown = otto.get(planned.header("location")).await.text;
    assert!(shown.contains("<del>198.51.100.1</del>") && shown.contains("<ins>198.51.100.9</ins>"), "{shown}");
    let token = panel.acting().await;
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let body = format!(r#"{{"action": "switch", "from": "{to}", "to": "{to}"}}"#);
    let planned = panel.send("POST", "/api/v1/dns-changes", &headers, &body).await;
    assert_eq!(planned.json()["changes"][0]["after"]["contents"].as_array().unwrap().len(), 2, "{}", planned.text);
}

#[tokio::test]
async fn a_change_that_no_server_proves_is_told_of_until_somebody_takes_note() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    estate.ledger.is_served_at(&nobody.local_addr().unwrap().to_string());
    let (change, state) = estate.carry(&estate.switch("blue", "green").await).await;
    assert_eq!(state, "unknown");
    let alert = once(&estate, "run_unsettled").await;
    let run = estate.row(change).await.run_id.unwrap();
    assert_eq!((alert.link, alert.severity.as_str()), (format!("/runs/{run}"), "critical"));
    assert_eq!(alert.title, "Switch from blue to green ended, and nobody knows how");
    let (doer, everybody) = (super::otto(), Scope::unrestricted());
    quarterdeck::runs::acknowledge(&estate.context, &doer, &everybody, run).await.unwrap().unwrap();
    assert!(open(&estate, "run_unsettled").await.is_empty());
}
