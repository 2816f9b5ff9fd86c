//! Changes on top of one another: what the panel has written over a change since, and its way back all the same.

use quarterdeck::actions::dns_change::{Ask, Refused, Sort, restore_due};
use quarterdeck::dns_plan::{Code, Plan};
use quarterdeck::roles::Role;

use super::{BLUE, Estate, GREEN, a_fresh_one, machine};
use crate::support::database::on_each_database;
use crate::support::panel::Panel;

async fn plan_of(estate: &Estate, change: i64) -> Plan {
    serde_json::from_str(&estate.row(change).await.plan).unwrap()
}

/// Lowers the times to live for a switch, and switches.
async fn prepared_and_switched(estate: &Estate) -> i64 {
    let ask = estate.switch("blue", "green").await;
    let prepare = Ask { prepare_ttl_seconds: Some(60), ..ask.clone() };
    assert_eq!(estate.carry(&prepare).await.1, "succeeded");
    let (change, state) = estate.carry(&ask).await;
    assert_eq!(state, "succeeded");
    change
}

/// Ends the soak; gives whether old times to live came back.
async fn soaks(estate: &Estate) -> bool {
    estate.context.clock.advance(chrono::TimeDelta::minutes(61));
    let restored = restore_due(&estate.context).await.unwrap();
    if restored == 0 {
        return false;
    }
    let last = estate.context.db.read(|connection| {
        let wanted = quarterdeck::store::dns_changes::Wanted { limit: 1, ..Default::default() };
        let everybody = quarterdeck::store::Scope::unrestricted();
        quarterdeck::store::dns_changes::page(connection, &everybody, &wanted)
    });
    let last = last.await.unwrap().rows.remove(0);
    assert_eq!(last.action, "restore");
    assert_eq!(estate.work(last.id).await, "succeeded");
    true
}

/// DNS-2, DNS-8: the day for the way back is longer than the soak, so old times to live that came back by themselves are
/// no foreign write.
#[tokio::test]
async fn a_prepared_switch_goes_back_after_its_times_to_live_came_back() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 3_600, &BLUE);
        estate.sync().await;
        let before = estate.ledger.told(true);
        let change = prepared_and_switched(&estate).await;
        assert!(soaks(&estate).await);
        assert!(estate.ledger.told(false).contains("198.51.100.1 3600"));
        let back = estate.undo(change).await.unwrap();
        assert_eq!(estate.work(back.change).await, "succeeded");
        assert_eq!(estate.ledger.told(true), before, "as it was before the preparation");
        assert_eq!(estate.state(change).await, "undone");
        assert!(!soaks(&estate).await, "there is nothing left to restore");
    })
    .await;
}

#[tokio::test]
async fn a_switch_that_goes_back_within_its_soak_does_not_leave_low_times_to_live_behind() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 3_600, &BLUE);
    estate.sync().await;
    let before = estate.ledger.told(true);
    let change = prepared_and_switched(&estate).await;
    let back = estate.undo(change).await.unwrap();
    assert_eq!(estate.work(back.change).await, "succeeded");
    // Somebody tries again, whose soak is the one that counts.
    estate.context.clock.advance(chrono::TimeDelta::minutes(50));
    let (again, state) = estate.carry(&estate.switch("blue", "green").await).await;
    assert_eq!(state, "succeeded");
    estate.context.clock.advance(chrono::TimeDelta::minutes(20));
    assert_eq!(restore_due(&estate.context).await.unwrap(), 0, "its own soak is not over");
    let back = estate.undo(again).await.unwrap();
    assert_eq!(estate.work(back.change).await, "succeeded");
    assert!(soaks(&estate).await);
    assert_eq!(estate.ledger.told(true), before);
}

/// What somebody has given a set by the panel is theirs as well.
#[tokio::test]
async fn a_time_to_live_that_somebody_gives_a_set_meanwhile_stays() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 3_600, &BLUE);
    estate.sync().await;
    prepared_and_switched(&estate).await;
    let records = r#"[{"op": "update", "zone": "example.com", "name": "www", "type": "A", "ttl": 120}]"#;
    let edit = Ask { records: serde_json::from_str(records).unwrap(), ..Ask::default() };
    assert_eq!(estate.carry(&edit).await.1, "succeeded");
    assert!(!soaks(&estate).await);
    assert!(estate.ledger.told(false).contains("198.51.100.1 120"));
}

/// A switch that was brought in line since is taken back after that, and says so; its times to live come back on top.
#[tokio::test]
async fn what_came_on_top_is_taken_back_first() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        for name in ["www", "app"] {
            estate.ledger.put(&format!("{name}.example.com"), "A", 3_600, &BLUE);
        }
        estate.sync().await;
        let switch = prepared_and_switched(&estate).await;
        estate.cloud.holds("machines", vec![machine("green-0", "198.51.100.9"), machine("green-1", GREEN[1])]);
        estate.sync().await;
        let to = estate.id("load_balancer", "green").await;
        let line = Ask { action: Sort::Switch, from: Some(to), to: Some(to), ..Ask::default() };
        let (line, state) = estate.carry(&line).await;
        assert_eq!(state, "succeeded");
        // Bringing in line leaves times to live alone, so they come back nevertheless.
        assert!(soaks(&estate).await);
        assert_eq!(estate.ledger.told(false).matches(" 3600 ").count(), 4);

        let Err(Refused::Guard(refused)) = estate.undo(switch).await else { panic!("it has to be the second") };
        let plan = plan_of(&estate, refused).await;
        let [refusal] = plan.refusals.as_slice() else { panic!("{:?}", plan.refusals) };
        assert_eq!((refusal.code, refusal.change), (Code::ChangedSince, Some(line)));
        assert_eq!(
            refusal.text,
            format!(
                "2 of its sets, app.example.com A among them, were changed after it by “Bring the records of green in \
                 line” (change {line}), which has to be taken back first."
            )
        );
        let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
        panel.person("otto@example.com", Role::Operator).await;
        let otto = panel.signed_in("otto@example.com").await;
        let link = format!("<a href=\"/dns-changes/{line}\">");
        let shown = otto.get(&format!("/dns-changes/{refused}")).await.text;
        assert!(shown.contains(&format!("{link}Take that back, and then this.</a>")), "{shown}");
        let shown = otto.get(&format!("/dns-changes/{switch}")).await.text;
        let told = format!("“{link}Bring the records of green in line</a>” came after it over the same records.");
        assert!(shown.contains(&told), "{shown}");
        let token = panel.acting().await;
        let path = format!("/api/v1/dns-changes/{refused}");
        let item = panel.ask("GET", &path, &[("authorization", token.as_str())]).await.json();
        assert_eq!(item["refusals"][0]["change"], line.to_string(), "{item}");

        for change in [line, switch] {
            let back = estate.undo(change).await.unwrap();
            assert_eq!(estate.work(back.change).await, "succeeded");
        }
        assert_eq!(estate.ledger.contents("app.example.com", "A"), BLUE);
        let shown = otto.get(&format!("/dns-changes/{switch}")).await.text;
        assert!(!shown.contains("came after it"), "{shown}");
    })
    .await;
}

/// A preparation that has nothing to do is good news, and leads on to the switch.
#[tokio::test]
async fn nothing_to_lower_is_no_trouble() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 60, &BLUE);
    estate.sync().await;
    let ask = estate.switch("blue", "green").await;
    let prepare = Ask { prepare_ttl_seconds: Some(60), ..ask.clone() };
    let change = estate.plan(&prepare).await.unwrap();
    let plan = plan_of(&estate, change).await;
    assert_eq!(plan.refusals.iter().map(|refusal| refusal.code).collect::<Vec<_>>(), [Code::NothingToLower]);
    let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
    panel.person("otto@example.com", Role::Operator).await;
    let otto = panel.signed_in("otto@example.com").await;
    let page = format!("/dns-changes/{change}");
    let shown = otto.get(&page).await.text;
    assert!(shown.contains("Nothing has to be lowered") && !shown.contains("tone-bad"), "{shown}");
    assert!(shown.contains("Plan the switch</button>"), "{shown}");
    let (from, to) = (ask.from.unwrap().to_string(), ask.to.unwrap().to_string());
    let form = [("action", "switch"), ("from", from.as_str()), ("to", to.as_str())];
    let planned = otto.post(&page, "/dns-changes", &form).await;
    let shown = otto.get(planned.header("location")).await.text;
    assert!(shown.contains("<del>192.0.2.1</del>"), "{shown}");

    // Where there is nothing to switch either, that is what is said.
    estate.ledger.put("www.example.com", "A", 60, &["203.0.113.9"]);
    let plan = plan_of(&estate, estate.plan(&prepare).await.unwrap()).await;
    assert_eq!(plan.refusals.iter().map(|refusal| refusal.code).collect::<Vec<_>>(), [Code::NothingToDo]);
}
