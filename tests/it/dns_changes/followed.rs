//! A page that lies open learns what has changed, by a revision that is another one when the page is.

use quarterdeck::actions::dns_change::Ask;
use quarterdeck::dns_plan::{Edit, Op};
use quarterdeck::roles::Role;

use super::platform::balancer;
use super::{BLUE, Estate, GREEN, machine};
use crate::support::browser::{Browser, Page, carried, facts, said};
use crate::support::database::on_each_database;
use crate::support::panel::Panel;

fn leads_to(address: &str) -> Ask {
    let [zone, name, record_type] = ["example.com", "www", "A"].map(str::to_owned);
    let (op, contents) = (Op::Update, vec![address.to_owned()]);
    let edit = Edit { op, zone, name, record_type, ttl: None, proxied: None, comment: None, contents };
    Ask { records: vec![edit], ..Ask::default() }
}

/// What a window gets that has this revision of the page on its screen.
async fn asked(window: &Browser, page: &str, revision: &str) -> Page {
    window.asks_again(&format!("{page}/revision"), revision).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_learns_of_what_a_change_and_a_sync_have_made_of_it_and_of_nothing_else() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        estate.ledger.put("www.example.com", "A", 300, &BLUE[..1]);
        estate.sync().await;
        let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
        panel.person("otto@example.com", Role::Operator).await;
        let otto = panel.signed_in("otto@example.com").await;
        let page = format!("/instances/{}", estate.id("instance", "blue-0").await);

        let first = carried(&otto.get(&page).await);
        assert_eq!(first, carried(&otto.get(&page).await), "the same page, whoever opens it when");
        let same = asked(&otto, &page, &first).await;
        assert_eq!((same.status, same.text.as_str()), (304, ""));
        assert_eq!(same.header("etag"), format!("W/\"{first}\""));

        // Nobody takes a watermark's word for long, and the page is still the same.
        panel.clock.advance(chrono::TimeDelta::seconds(31));
        let later = asked(&otto, &page, &first).await;
        assert_eq!((later.status, said(&later.text)), (200, said(&first)));
        assert_eq!(asked(&otto, &page, &later.text).await.status, 304);

        let (_, state) = estate.carry(&leads_to(BLUE[1])).await;
        assert_eq!(state, "succeeded");
        let moved = asked(&otto, &page, &later.text).await;
        assert_ne!(facts(&moved.text), facts(&first), "its record leads elsewhere");
        let shown = otto.get(&page).await;
        assert!(!shown.text.contains("www.example.com"), "{}", shown.text);
        assert_eq!(carried(&shown), moved.text, "the page on the screen is the one that was told of");

        estate.house.sync("cloud").await;
        let confirmed = asked(&otto, &page, &moved.text).await.text;
        assert!(said(&confirmed) != said(&moved.text) && facts(&confirmed) == facts(&moved.text), "{confirmed}");
        let names = ["blue-0", "blue-1", "green-0", "green-1", "green-ill"];
        let addresses = [&BLUE[..], &GREEN, &["198.51.100.3"]].concat();
        let mut machines =
            names.iter().zip(addresses).map(|(name, address)| machine(name, address)).collect::<Vec<_>>();
        machines[0].state = "stopped".to_owned();
        estate.cloud.holds("machines", machines);
        estate.house.sync("cloud").await;
        let stopped = asked(&otto, &page, &confirmed).await.text;
        assert_ne!(facts(&stopped), facts(&confirmed));
        // The balancer that leads to it goes: nothing is new then, and something is less.
        estate.cloud.holds("balancers", vec![balancer("green", &[]), balancer("empty", &[])]);
        estate.house.sync("cloud").await;
        assert_ne!(facts(&asked(&otto, &page, &stopped).await.text), facts(&stopped));

        assert!(!otto.get(&format!("{page}?at=1m")).await.text.contains("data-revision"), "the past stays as it was");
        assert_eq!(otto.get(&format!("{page}/revision?at=1m")).await.status, 422);
        assert_eq!(otto.get("/instances/999999/revision").await.status, 404);
        assert_eq!(otto.get(&format!("{page}/revision").replace("instances", "zones")).await.status, 404);
    })
    .await;
}
