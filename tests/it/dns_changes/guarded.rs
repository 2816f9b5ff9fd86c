//! What is refused, and what a reason helps.

use quarterdeck::actions::dns_change::{self, Ask, Override, Refused};
use quarterdeck::dns_plan::{Code, Edit, Plan};
use quarterdeck::store::{Scope, annotations};

use super::a_fresh_one;
use super::{BLUE, Estate, key, otto};

async fn codes(estate: &Estate, change: i64) -> Vec<Code> {
    let plan: Plan = serde_json::from_str(&estate.row(change).await.plan).unwrap();
    plan.refusals.into_iter().map(|refusal| refusal.code).collect()
}

fn edit(json: &str) -> Ask {
    Ask { records: serde_json::from_str::<Vec<Edit>>(json).unwrap(), ..Ask::default() }
}

/// DNS-5: nothing healthy is no place to send anybody to.
#[tokio::test]
async fn an_empty_balancer_refuses_and_no_reason_helps() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    let change = estate.plan(&estate.switch("blue", "empty").await).await.unwrap();
    assert!(codes(&estate, change).await.contains(&Code::NothingHealthy));
    let over = Override { reason: "I know better".to_owned(), typed: None };
    assert!(matches!(estate.apply(change, Some(&over)).await, Err(Refused::Guard(_))));
    assert_eq!(estate.ledger.writes(), 0);
}

/// F18: much of a zone at once takes the name of the balancer, typed.
#[tokio::test]
async fn much_of_a_zone_takes_a_reason_and_the_name_typed() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    for n in 0..10 {
        estate.ledger.put(&format!("www-{n}.example.com"), "A", 300, &["192.0.2.1"]);
    }
    estate.sync().await;
    let change = estate.plan(&estate.switch("blue", "green").await).await.unwrap();
    assert_eq!(codes(&estate, change).await, [Code::LargeShare]);
    for (reason, typed) in [("", "green"), ("drained", ""), ("drained", "gren")] {
        let over = Override { reason: reason.to_owned(), typed: Some(typed.to_owned()) };
        assert!(matches!(estate.apply(change, Some(&over)).await, Err(Refused::Guard(_))), "{reason} {typed}");
    }
    let over = Override { reason: "drained".to_owned(), typed: Some("green".to_owned()) };
    estate.apply(change, Some(&over)).await.unwrap();
    assert_eq!(estate.work(change).await, "succeeded");
    assert_eq!(estate.row(change).await.override_reason, "drained");
}

#[tokio::test]
async fn what_is_someone_elses_or_cannot_be_written_is_left_alone() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &["192.0.2.1"]);
    estate.ledger.put("shop.example.com", "A", 300, &["192.0.2.1"]);
    estate.sync().await;
    let (shop, now) = (estate.id("dns_record", "shop.example.com").await, estate.context.clock.now());
    let write =
        estate.context.db.write(move |connection| annotations::set(connection, shop, "", "the shop", "otto", now));
    write.await.unwrap();
    let (_, state) = estate.carry(&estate.switch("blue", "green").await).await;
    assert_eq!(state, "succeeded");
    assert_eq!(estate.ledger.contents("shop.example.com", "A"), ["192.0.2.1"]);
    let delete = edit(r#"[{"op": "delete", "zone": "example.com", "name": "shop", "type": "A"}]"#);
    let change = estate.plan(&delete).await.unwrap();
    assert_eq!(codes(&estate, change).await, [Code::SomeoneElses]);

    estate.ledger.is_read_only("it is a secondary");
    let create =
        edit(r#"[{"op": "create", "zone": "example.com", "name": "new", "type": "A", "contents": ["192.0.2.9"]}]"#);
    let change = estate.plan(&create).await.unwrap();
    assert_eq!(codes(&estate, change).await, [Code::ReadOnly]);
    let over = Override { reason: "please".to_owned(), typed: None };
    assert!(matches!(estate.apply(change, Some(&over)).await, Err(Refused::Guard(_))));
    assert_eq!(estate.ledger.writes(), 1);
}

#[tokio::test]
async fn the_same_key_makes_one_change_and_another_body_is_refused() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.sync().await;
    let ask =
        edit(r#"[{"op": "create", "zone": "example.com", "name": "new", "type": "A", "contents": ["192.0.2.9"]}]"#);
    let everything = Scope::unrestricted();
    let plan =
        async |body: &str| dns_change::plan(&estate.context, &everything, &otto(), &ask, "", key("k", body)).await;
    let (first, second) = tokio::join!(plan("a"), plan("a"));
    assert_eq!(first.unwrap(), second.unwrap());
    assert!(matches!(plan("b").await, Err(Refused::OtherBody)));
}

/// F13: what a plan writes over is read this moment, and where what it takes from the inventory is old, it takes a
/// reason.
#[tokio::test]
async fn f13_records_are_read_anew_and_old_facts_take_a_reason() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    // No listing has shown it yet.
    estate.ledger.put("new.example.com", "A", 300, &BLUE);
    let ask = estate.switch("blue", "green").await;
    let change = estate.plan(&ask).await.unwrap();
    assert_eq!(codes(&estate, change).await, []);
    let plan: Plan = serde_json::from_str(&estate.row(change).await.plan).unwrap();
    let names: Vec<&str> = plan.changes.iter().map(|planned| planned.change.of.name.as_str()).collect();
    assert_eq!(names, ["new.example.com", "www.example.com"]);

    estate.context.clock.advance(chrono::TimeDelta::days(2));
    let change = estate.plan(&ask).await.unwrap();
    assert_eq!(codes(&estate, change).await, [Code::Unsure]);
    assert!(matches!(estate.apply(change, None).await, Err(Refused::Guard(_))));
    assert_eq!(estate.ledger.writes(), 0);
    estate.apply(change, Some(&super::anyhow())).await.unwrap();
    assert_eq!(estate.work(change).await, "succeeded");
}
