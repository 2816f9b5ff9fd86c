//! REL-6: what a plan touches, and how badly it would fare if the plan went wrong: judged over all of it, the worst
//! first.

use quarterdeck::actions::dns_change::Ask;
use quarterdeck::dns_plan::Plan;
use quarterdeck::kinds::app::App;
use quarterdeck::kinds::certificate::Certificate;

use super::{BLUE, Estate, a_fresh_one};

async fn planned(estate: &Estate, ask: &Ask) -> Plan {
    let change = estate.plan(ask).await.unwrap();
    serde_json::from_str(&estate.row(change).await.plan).unwrap()
}

fn told(plan: &Plan) -> String {
    let touch = |touch: &quarterdeck::dns_plan::Touch| {
        format!("{} {} {} {}", touch.kind, touch.name, touch.harm, touch.left).trim_end().to_owned()
    };
    let line = |planned: &quarterdeck::dns_plan::PlannedChange| {
        format!("{}: {}", planned.change.of, planned.touches.iter().map(touch).collect::<Vec<_>>().join(", "))
    };
    plan.changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn deletion(names: &[&str]) -> Ask {
    let edit = |name: &&str| serde_json::json!({"op": "delete", "zone": "example.com", "name": name, "type": "A"});
    let records: Vec<_> = names.iter().map(edit).collect();
    Ask { records: serde_json::from_value(records.into()).unwrap(), ..Ask::default() }
}

#[tokio::test]
async fn an_app_is_lost_with_its_last_name_and_degraded_with_any_other() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    for name in ["a.example.com", "b.example.com", "c.example.com"] {
        estate.ledger.put(name, "A", 300, &BLUE[..1]);
    }
    estate.ledger.put("alias.example.com", "CNAME", 300, &["a.example.com"]);
    let app = |name: &str, domains: &[&str]| App {
        name: name.to_owned(),
        domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        ..App::default()
    };
    let apps = [
        app("shop", &["a.example.com", "b.example.com"]),
        app("deep", &["alias.example.com"]),
        app("solo", &["c.example.com"]),
    ];
    estate.cloud.holds("apps", apps);
    let subject_alt_names = vec!["*.example.com".to_owned()];
    let wildcard = Certificate { name: "wild".to_owned(), subject_alt_names, ..Certificate::default() };
    estate.cloud.holds("certificates", [wildcard]);
    estate.sync().await;
    let one = told(&planned(&estate, &deletion(&["a"])).await);
    insta::assert_snapshot!(one, @"a.example.com A: app deep lost its only domain is lost, dns_record alias.example.com lost leads to nothing any more, app shop degraded 1 of 2 domains remains, certificate wild none");
    let both = told(&planned(&estate, &deletion(&["a", "b"])).await);
    assert!(both.contains("app shop lost none of 2 domains remains"), "{both}");
    // Beside another address of the same name nothing is lost, and of a plan over both sorts all of it is.
    estate.ledger.put("c.example.com", "AAAA", 300, &["2001:db8::1"]);
    estate.sync().await;
    let half = told(&planned(&estate, &deletion(&["c"])).await);
    assert!(half.starts_with("c.example.com A: app solo degraded its only domain is degraded"), "{half}");
}
