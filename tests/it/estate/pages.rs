//! The pages of places: the map with its table, the lists, and each place's own.

use super::{house, panel};
use crate::support::browser::Page;
use crate::support::database::{Database, a_quiet_noon};

/// The targets of what is inside `selector`.
fn hrefs(page: &Page, selector: &str) -> Vec<String> {
    let document = scraper::Html::parse_document(&page.text);
    let links = scraper::Selector::parse(selector).unwrap();
    document.select(&links).filter_map(|link| link.attr("href").map(str::to_owned)).collect()
}

fn has(page: &Page, selector: &str) -> bool {
    let document = scraper::Html::parse_document(&page.text);
    document.select(&scraper::Selector::parse(selector).unwrap()).next().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_marker_leads_to_a_row_and_every_row_that_is_marked_to_its_marker() {
    let database = Database::any().await;
    let (house, _) = house(database.open(a_quiet_noon())).await;
    let (_panel, vera) = panel(&house).await;
    let page = vera.get("/map").await;
    assert_eq!(page.status, 200);
    assert!(page.text.len() < 60_000, "{} bytes", page.text.len());
    let marks = hrefs(&page, "svg a.mark, svg a.name");
    assert_eq!(marks, ["#cluster-eu-1", "#cluster-eu-2", "#region-eu"]);
    for target in marks.into_iter().chain(hrefs(&page, "a.pin")) {
        assert!(has(&page, &target), "{target}");
    }
    assert_eq!(hrefs(&page, "a.pin").len(), 3, "eu and its clusters; of the others nobody knows where they lie");
    assert_eq!(hrefs(&page, ".elsewhere a"), ["#region-moon", "#region-us"]);
    // Every figure leads to its list, under the filter that it is of.
    let figures = hrefs(&page, ".places td.num a");
    assert!(figures.contains(&"/instances?cluster=eu-1".to_owned()), "{figures:?}");
    for figure in figures {
        assert_eq!(vera.get(&figure).await.status, 200, "{figure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn map_and_table_answer_to_one_filter() {
    let database = Database::any().await;
    let (house, _) = house(database.open(a_quiet_noon())).await;
    let (_panel, vera) = panel(&house).await;
    let staging = vera.get("/map?environment=staging").await;
    assert_eq!(hrefs(&staging, "svg a.mark"), ["#cluster-eu-2"]);
    assert_eq!(hrefs(&staging, ".places th a:not(.pin)"), ["/regions/eu", "/clusters/eu-2"]);
    assert!(vera.get("/map?region=nowhere").await.text.contains("Nothing matches"));
    assert_eq!(hrefs(&vera.get("/clusters?state=unknown").await, ".places th a"), ["/clusters/us-1"]);
    assert_eq!(hrefs(&vera.get("/regions?state=unknown").await, ".places th a"), ["/regions/us"]);
    for refused in ["/map?state=fine", "/map?colour=red", "/map?at=2h", "/regions?region=eu", "/clusters/eu-1?at=2h"] {
        let page = vera.get(refused).await;
        assert_eq!(page.status, 422, "{refused}");
    }
    assert!(vera.get("/map?at=2h").await.text.contains("Only the present is known here"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_shows_its_clock_what_lies_there_and_who_reports_it() {
    let database = Database::any().await;
    let (house, _) = house(database.open(a_quiet_noon())).await;
    let (_panel, vera) = panel(&house).await;
    let eu = vera.get("/regions/eu").await;
    assert!(eu.text.contains("Europe/Warsaw") && eu.text.contains("UTC+1"), "{}", eu.text);
    assert_eq!(hrefs(&eu, ".places th a"), ["/clusters/eu-1", "/clusters/eu-2"]);
    assert!(eu.text.contains("href=\"/regions/us\""), "who checks it from outside");
    let cluster = vera.get("/clusters/eu-1").await;
    assert!(hrefs(&cluster, ".near a").len() == 6, "its instances");
    assert!(hrefs(&cluster, ".lines a").contains(&"/sources/cloud".to_owned()));
    assert!(hrefs(&cluster, ".tape-table a").len() == 6, "each came a minute ago");
    let moon = vera.get("/clusters/moon-1").await;
    assert!(moon.text.contains("not named there"));
    for page in [eu, cluster, moon] {
        assert!(page.status == 200 && page.text.len() < 60_000, "{} {}", page.status, page.text.len());
    }
    for nothing in ["/regions/none", "/clusters/none", "/clusters/%3Cscript%3E"] {
        assert_eq!(vera.get(nothing).await.status, 404, "{nothing}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_without_places_says_how_to_name_one() {
    let database = Database::any().await;
    let house = crate::support::house::House::over(database.open(a_quiet_noon()));
    let panel = crate::support::panel::Panel::over(house.db.clone()).await;
    panel.person("vera@example.com", quarterdeck::roles::Role::Viewer).await;
    let vera = panel.signed_in("vera@example.com").await;
    for path in ["/map", "/regions", "/clusters"] {
        let page = vera.get(path).await;
        assert!(page.status == 200 && page.text.contains("is known"), "{path}: {}", page.text);
    }
}
