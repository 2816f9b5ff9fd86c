//! DNS-2: a switch moves what a balancer serves, and leaves each machine behind it the name by which it is found
//! itself.

use quarterdeck::actions::dns_change::{Ask, Sort};
use quarterdeck::dns_plan::Plan;
use quarterdeck::roles::Role;
use quarterdeck::store::annotations;

use super::{BLUE, Estate, GREEN, a_fresh_one, machine};
use crate::support::database::on_each_database;
use crate::support::panel::Panel;

async fn plan(estate: &Estate, ask: &Ask) -> Plan {
    let change = estate.plan(ask).await.unwrap();
    serde_json::from_str(&estate.row(change).await.plan).unwrap()
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.changes.iter().map(|planned| planned.change.of.name.as_str()).collect()
}

#[tokio::test]
async fn a_machines_own_name_is_left_alone_and_told_unless_it_is_wanted_too() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 300, &BLUE);
        estate.ledger.put("blue-0.example.com", "A", 300, &BLUE[..1]);
        estate.ledger.put("host-7.example.com", "A", 300, &BLUE[1..]);
        estate.sync().await;
        let switch = estate.switch("blue", "green").await;
        let planned = plan(&estate, &switch).await;
        assert_eq!(names(&planned), ["host-7.example.com", "www.example.com"]);
        assert_eq!(planned.notes[0], "blue-0.example.com is left alone: it is the own name of blue-0.");

        // What nobody could tell by its name, somebody says.
        let (host, now) = (estate.id("dns_record", "host-7.example.com").await, estate.context.clock.now());
        let db = &estate.context.db;
        let say = |own| db.write(move |connection| annotations::set_own_name(connection, host, own, "otto", now));
        say(true).await.unwrap();
        let planned = plan(&estate, &switch).await;
        assert_eq!((names(&planned), planned.own_names), (vec!["www.example.com"], 2));
        assert!(planned.notes.iter().any(|note| note.contains("host-7.example.com is left alone: it is marked")));
        let all = Ask { include_own_names: true, ..switch.clone() };
        assert_eq!(names(&plan(&estate, &all).await).len(), 3);
        say(false).await.unwrap();
        assert_eq!(estate.house.count("SELECT COUNT(*) AS n FROM annotations").await, 0, "what says nothing is none");

        let (_, state) = estate.carry(&switch).await;
        assert_eq!(state, "succeeded");
        assert_eq!(estate.ledger.contents("blue-0.example.com", "A"), BLUE[..1]);
        assert_eq!(estate.ledger.contents("www.example.com", "A"), GREEN);
    })
    .await;
}

#[tokio::test]
async fn a_repoint_and_a_replacement_move_the_machines_own_name() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("blue-0.example.com", "A", 300, &BLUE[..1]);
    estate.sync().await;
    let blue = estate.id("instance", "blue-0").await;
    let green = estate.id("instance", "green-0").await;
    let replace = Ask { action: Sort::Replace, from: Some(blue), to: Some(green), ..Ask::default() };
    assert_eq!(names(&plan(&estate, &replace).await), ["blue-0.example.com"]);
    estate.cloud.holds("machines", vec![machine("blue-0", "192.0.2.50"), machine("green-0", GREEN[0])]);
    estate.sync().await;
    let repoint = Ask { action: Sort::Repoint, from: Some(blue), ..Ask::default() };
    assert_eq!(names(&plan(&estate, &repoint).await), ["blue-0.example.com"]);
}

#[tokio::test]
async fn the_form_has_a_box_for_it_and_the_api_a_field() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.ledger.put("blue-0.example.com", "A", 300, &BLUE[..1]);
    estate.sync().await;
    let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
    panel.person("otto@example.com", Role::Operator).await;
    let otto = panel.signed_in("otto@example.com").await;
    let (blue, green) = (estate.id("load_balancer", "blue").await, estate.id("load_balancer", "green").await);
    let page = format!("/load-balancers/{blue}");
    assert!(otto.get(&page).await.text.contains(r#"name="include_own_names""#));
    let (from, to) = (blue.to_string(), green.to_string());
    let form = [("action", "switch"), ("from", from.as_str()), ("to", to.as_str())];
    let planned = otto.post(&page, "/dns-changes", &form).await;
    let shown = otto.get(planned.header("location")).await.text;
    assert!(shown.contains("blue-0.example.com is left alone: it is the own name of blue-0."), "{shown}");
    assert!(shown.contains("Plan it again with the machines' own names"), "{shown}");
    let ticked = [&form[..], &[("include_own_names", "1")]].concat();
    let planned = otto.post(&page, "/dns-changes", &ticked).await;
    let shown = otto.get(planned.header("location")).await.text;
    assert!(!shown.contains("is left alone") && !shown.contains("Plan it again with"), "{shown}");

    let record = estate.id("dns_record", "www.example.com").await;
    let page = format!("/dns-records/{record}");
    let said = [("own_name", "1"), ("note", "<script>"), ("someone_elses", "")];
    assert_eq!(otto.post(&page, &format!("{page}/annotation"), &said).await.status, 303);
    let shown = otto.get(&page).await.text;
    assert!(shown.contains("a machine's own name") && shown.contains("<p>&#60;script&#62;</p>"), "{shown}");

    let token = panel.acting().await;
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    for (field, changes) in [("", 0), (r#", "include_own_names": true"#, 2)] {
        let body = format!(r#"{{"action": "switch", "from": "{blue}", "to": "{green}"{field}}}"#);
        let planned = panel.send("POST", "/api/v1/dns-changes", &headers, &body).await;
        assert_eq!(planned.status, 201, "{}", planned.text);
        assert_eq!(planned.json()["changes"].as_array().unwrap().len(), changes, "{}", planned.text);
    }
}
