//! DNS-1: the page of a cluster: who serves, who stands by, and the switches from one to the other and back.

use chrono::TimeDelta;
use quarterdeck::roles::Role;
use scraper::{Html, Selector};

use super::{BLUE, Estate};
use crate::support::database::on_each_database;
use crate::support::panel::{Browser, Panel};

/// Blue and green stand in one cluster.
const PLACES: &str = r#"
[[region]]
name = "eu"

[[cluster]]
name = "front"
region = "eu"

[[cluster]]
name = "back"
region = "eu"

[[placement]]
match = { kind = "load_balancer", name = "empty" }
set = { cluster = "back" }

[[placement]]
match = { kind = "load_balancer" }
set = { cluster = "front" }
"#;

/// Each switch that a page shows, as `title / state / by whom and when / where it leads`.
async fn switches(browser: &Browser, path: &str) -> Vec<String> {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    let page = Html::parse_document(&page.text);
    let [items, link, badge, via] =
        ["ul[aria-label=Switches] li", "a", ".tag", ".via"].map(|css| Selector::parse(css).unwrap());
    let text = |item: scraper::ElementRef<'_>, of: &Selector| {
        let found = item.select(of).next().unwrap_or_else(|| panic!("{}", item.html()));
        found.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let line = |item: scraper::ElementRef<'_>| {
        let href = item.select(&link).next().and_then(|link| link.attr("href")).unwrap_or_default();
        format!("{} / {} / {} / {href}", text(item, &link), text(item, &badge), text(item, &via))
    };
    page.select(&items).map(line).collect()
}

async fn panel(estate: &Estate) -> (Panel, Browser) {
    let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
    panel.person("otto@example.com", Role::Operator).await;
    let otto = panel.signed_in("otto@example.com").await;
    (panel, otto)
}

#[tokio::test]
async fn a_switch_and_its_way_back_stand_on_the_page_of_the_cluster_and_of_both_balancers() {
    on_each_database(async |db| {
        let estate = Estate::placed(db, PLACES, &["example.com"]).await;
        for name in ["www", "app"] {
            estate.ledger.put(&format!("{name}.example.com"), "A", 300, &BLUE);
        }
        estate.sync().await;
        let (panel, otto) = panel(&estate).await;
        let before = otto.get("/clusters/front").await.text;
        assert!(before.contains("No switch between balancers is known here."), "{before}");
        assert!(before.contains("serves: 4 records lead there") && before.contains("stands by"), "{before}");

        // What was only planned is no switch.
        let ask = estate.switch("blue", "green").await;
        estate.plan(&ask).await.unwrap();
        assert_eq!(switches(&otto, "/clusters/front").await, Vec::<String>::new());
        let (there, state) = estate.carry(&ask).await;
        assert_eq!(state, "succeeded");
        let title = estate.row(there).await.title;
        let first = format!("{title} / applied / otto@example.com, just now / /dns-changes/{there}");
        assert_eq!(switches(&otto, "/clusters/front").await, [first]);
        estate.house.sync("dns").await;
        let served = otto.get("/clusters/front").await.text;
        let place = |name: &str| served.find(&format!(">{name}</a>")).unwrap();
        assert!(place("green") < place("blue"), "who serves comes first: {served}");

        estate.context.clock.advance(TimeDelta::hours(2));
        let back = estate.undo(there).await.unwrap().change;
        assert_eq!(estate.work(back).await, "succeeded");
        let otto = panel.signed_in("otto@example.com").await;
        let both = [
            format!("Way back of: {title} / applied / otto@example.com, just now / /dns-changes/{back}"),
            format!("{title} / taken back / otto@example.com, 2 h ago / /dns-changes/{there}"),
        ];
        assert_eq!(switches(&otto, "/clusters/front").await, both);
        assert_eq!(switches(&otto, "/clusters/back").await, Vec::<String>::new(), "another cluster's are not here");
        for balancer in ["blue", "green"] {
            let page = otto.get(&format!("/load-balancers/{}", estate.id("load_balancer", balancer).await)).await.text;
            for change in [there, back] {
                assert!(page.contains(&format!("href=\"/dns-changes/{change}\"")), "{balancer} {change}: {page}");
            }
        }

        // A second round trip stands above the first; one that fails is told of as well, and as what it is.
        let (again, _) = estate.carry(&ask).await;
        let second = estate.undo(again).await.unwrap().change;
        estate.work(second).await;
        estate.ledger.turns(&[super::ledger::Turn::Refused]);
        let (failed, state) = estate.carry(&ask).await;
        assert_ne!(state, "succeeded");
        let shown = switches(&otto, "/clusters/front").await;
        let ids = [failed, second, again, back, there].map(|change| format!("/dns-changes/{change}"));
        assert!(shown.len() == 5 && shown.iter().zip(&ids).all(|(line, id)| line.ends_with(id.as_str())), "{shown:?}");
        assert!(!shown[0].contains("/ applied /"), "{shown:?}");

        // The old side is taken down for good: the past stays.
        estate.cloud.holds("balancers", vec![super::platform::balancer("green", &[("green-0", "healthy")])]);
        for _ in 0..3 {
            estate.house.sync("cloud").await;
        }
        assert_eq!(switches(&otto, "/clusters/front").await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn of_very_many_switches_the_newest_are_shown_and_it_is_said() {
    let (_place, db) = super::a_fresh_one().await;
    let estate = Estate::placed(db, PLACES, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE);
    estate.sync().await;
    let ask = estate.switch("blue", "green").await;
    let mut last = 0;
    for _ in 0..11 {
        let (there, state) = estate.carry(&ask).await;
        assert_eq!(state, "succeeded");
        last = estate.undo(there).await.unwrap().change;
        assert_eq!(estate.work(last).await, "succeeded");
    }
    let (_panel, otto) = panel(&estate).await;
    let shown = switches(&otto, "/clusters/front").await;
    assert_eq!(shown.len(), 20);
    assert!(shown[0].ends_with(&format!("/dns-changes/{last}")), "{shown:?}");
    let page = otto.get("/clusters/front").await.text;
    assert!(page.contains("These are the newest 20; older ones are among all changes."), "{page}");
}
