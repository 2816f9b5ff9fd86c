//! What is told of it: the list and its twin, the panels, the figure on the dashboard.

use chrono::TimeDelta;
use quarterdeck::roles::Role;
use quarterdeck::store::Scope;
use quarterdeck::store::served_certificates::{self as store, ServedRow, Wanted};
use quarterdeck::web::api::operations;
use serde_json::Value;

use super::estate::Estate;
use crate::support::database::on_each_database;
use crate::support::panel::{Browser, Panel};
use crate::support::tls::{Authority, Behaviour, Leaf, Server};

/// A good host, an expired one, and one with somebody's idea of a joke in its certificate.
async fn seen(estate: &mut Estate, net: &str) -> Vec<Server> {
    let web = Authority::of_the_web();
    let good = web.issue(&Leaf::of(&["shop.example.com"]));
    let expired = web.issue(&Leaf::of(&["late.example.com"]).ends_in(-1));
    let joke = web.issue(&Leaf::of_common_name("<script>alert(1)</script>"));
    let mut servers = Vec::new();
    for (number, (host, served)) in [("shop", &good), ("late", &expired), ("joke", &joke)].into_iter().enumerate() {
        let (host, address) = (format!("{host}.example.com"), format!("{net}.{number}"));
        estate.record(&host, &address);
        servers.push(estate.server(&address, Behaviour::Sends(served.clone())).await);
    }
    estate.certificate("shop-2026", &good, &["shop.example.com"], &["shop.example.com"]);
    estate.certificate("late-2025", &expired, &["late.example.com"], &["late.example.com"]);
    estate.app("joke", &["joke.example.com"]);
    estate.sync().await;
    servers
}

async fn signed_in(panel: &Panel) -> Browser {
    panel.person("vera@example.com", Role::Viewer).await;
    panel.signed_in("vera@example.com").await
}

fn hosts(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| format!("{} {}", item["host"].as_str().unwrap(), item["judgement"].as_str().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_and_its_twin_begin_with_the_worst_and_say_what_to_do() {
    on_each_database(async |db| {
        let mut estate = Estate::over(db.clone()).await;
        let panel = Panel::over(db).await;
        let vera = signed_in(&panel).await;
        let empty = vera.get("/served-certificates").await;
        assert!(empty.text.contains("Nothing has been checked yet") && empty.text.contains("served-certificates"));

        let _servers = seen(&mut estate, "127.0.8").await;
        estate.probe().await;
        let page = vera.get("/served-certificates").await;
        assert_eq!(page.status, 200);
        let place =
            |text: &str| page.text.find(text).unwrap_or_else(|| panic!("{text} is not on the page: {}", page.text));
        assert!(
            place("late.example.com") < place("joke.example.com")
                && place("joke.example.com") < place("shop.example.com")
        );
        assert!(page.text.contains("It expired on 17 Nov 2026, 12:00 UTC. Renew it"), "{}", page.text);
        assert!(!page.text.contains("<script>alert"), "{}", page.text);

        let all = vera.get("/api/v1/served-certificates").await.json();
        assert_eq!(hosts(&all), ["late.example.com expired", "joke.example.com wrong_name", "shop.example.com good"]);
        assert_eq!(all["items"][2]["chain_ends"], "web_root");
        assert_eq!(all["items"][2]["chain"][0]["names"], serde_json::json!(["shop.example.com"]));
        assert_eq!(all["items"][0]["stale"], false);
        let example = operations::all().into_iter().find(|call| call.id == "list_served_certificates").unwrap().example;
        let (example, live) = (&example["items"][0], &all["items"][0]);
        for (example, live) in [
            (example, live),
            (&example["findings"][0], &live["findings"][0]),
            (&example["chain"][0], &live["chain"][0]),
        ] {
            let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(example), names(live), "the description is of this answer");
        }
        let mut walked = Vec::new();
        let mut path = "/api/v1/served-certificates?limit=1".to_owned();
        loop {
            let page = vera.get(&path).await.json();
            walked.extend(hosts(&page));
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/api/v1/served-certificates?limit=1&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(walked, hosts(&all));
        let only = vera.get("/api/v1/served-certificates?judgement=wrong_name").await.json();
        assert_eq!(hosts(&only), ["joke.example.com wrong_name"]);
        let one = vera.get("/api/v1/served-certificates?host=SHOP.example.com").await.json();
        assert_eq!(hosts(&one), ["shop.example.com good"]);

        panel.clock.advance(TimeDelta::hours(13));
        let vera = panel.signed_in("vera@example.com").await;
        assert!(vera.get("/served-certificates?host=shop.example.com").await.text.contains("stale"));
        assert_eq!(
            vera.get("/api/v1/served-certificates?host=shop.example.com").await.json()["items"][0]["stale"],
            true
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mistyped_is_refused_with_what_there_is() {
    let database = crate::support::database::Database::any().await;
    let panel = Panel::over(database.open(crate::support::database::a_quiet_noon())).await;
    let vera = signed_in(&panel).await;
    let refusal = async |query: &str| {
        let page = vera.get(&format!("/api/v1/served-certificates?{query}")).await;
        format!("{} {}", page.status, page.json()["detail"].as_str().unwrap())
    };
    insta::assert_snapshot!(refusal("judgement=bad").await, @"422 there is no judgement “bad”; there are expired, not_yet_valid, wrong_name, self_signed, incomplete_chain, differs_from_stored, ends_soon, targets_differ, private_issuer, unknown, other_than_stored, chain_order, owner_unknown, not_probed, good");
    insta::assert_snapshot!(refusal("host=a..b").await, @"422 “a..b” is not the name of a host; write it as www.example.com");
    insta::assert_snapshot!(refusal("hsot=a").await, @"422 There is no parameter “hsot” here; there are judgement, host, cursor, limit.");
    insta::assert_snapshot!(refusal("cursor=x").await, @"422 the cursor is not one that a page before has given");
    assert_eq!(vera.get("/served-certificates?judgement=%3Cscript%3E").await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_apps_and_the_dashboard_show_what_is_really_served() {
    on_each_database(async |db| {
        let mut estate = Estate::over(db.clone()).await;
        let panel = Panel::over(db).await;
        let vera = signed_in(&panel).await;
        let _servers = seen(&mut estate, "127.0.9").await;
        let before = vera.get("/").await.text;
        assert!(before.contains("nothing is checked"), "{before}");
        estate.probe().await;
        quarterdeck::alerts::evaluate(&estate.house.db).await.unwrap();
        let dashboard = vera.get("/").await.text;
        let tile =
            dashboard.split("Certificates served badly").next().unwrap().rsplit("tile-value num\">").next().unwrap();
        assert!(tile.starts_with("2<"), "{tile}");
        assert!(dashboard.contains("late.example.com sends an expired certificate"));

        let page_of = async |kind: &str, name: &str| {
            let list = vera.get(&format!("/api/v1/{kind}?q={name}")).await.json();
            let id = list["items"][0]["id"].as_str().unwrap().to_owned();
            (vera.get(&format!("/{kind}/{id}")).await.text, vera.get(&format!("/{kind}/{id}?at=1m")).await.text)
        };
        let (late, _) = page_of("certificates", "late-2025").await;
        assert!(late.contains("What is really served") && late.contains("It expired on 17 Nov 2026"), "{late}");
        assert!(!late.contains("joke.example.com"), "only what it covers");
        let (joke, past) = page_of("apps", "joke").await;
        assert!(joke.contains("joke.example.com sends a certificate for another name"), "its alert: {joke}");
        assert!(joke.contains("names no host"), "{joke}");
        assert!(!past.contains("What is really served"), "what was served then is not known");
        let list = vera.get("/certificates").await.text;
        assert_eq!(list.matches("served: ").count(), 1, "of the two certificates one is served badly: {list}");
        assert!(list.contains("served: expired"), "{list}");
        let (record, _) = page_of("dns-records", "joke").await;
        assert!(!record.contains("What is really served"));
    })
    .await;
}

/// Which of twenty to renew first is read from above, also over several pages.
#[tokio::test]
async fn what_ends_soon_is_listed_by_its_end() {
    on_each_database(async |db| {
        let web = Authority::of_the_web();
        let mut estate = Estate::over(db).await;
        let ends = |host: &str, days: i64| {
            web.issue(&Leaf::of(&[host]).valid(TimeDelta::days(days - 365), TimeDelta::days(days)))
        };
        let names = ["a.example.com", "b.example.com", "c.example.com", "d.example.com"];
        let sent = [12, 5, 9, 25].into_iter().zip(names).map(|(days, host)| (host, ends(host, days))).collect();
        let _server = estate.server("127.0.10.1", Behaviour::ByName(sent)).await;
        for host in names {
            estate.record(host, "127.0.10.1");
        }
        estate.app("shop", &names);
        estate.sync().await;
        estate.probe().await;
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let wanted = Wanted { after, limit: 1, ..Wanted::default() };
            let read = move |connection: &mut _| store::page(connection, &Scope::unrestricted(), &wanted);
            let page = estate.house.read(read).await;
            walked.extend(page.rows.iter().map(ServedRow::host));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(walked, ["b.example.com", "c.example.com", "a.example.com", "d.example.com"]);
    })
    .await;
}
