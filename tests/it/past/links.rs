//! Who looks at the past stays there, whatever link is followed.

use chrono::TimeDelta;
use quarterdeck::kinds::KINDS;
use quarterdeck::roles::Role;

use super::picture::links;
use super::platform::Platform;
use crate::support::database::{Database, a_quiet_noon};
use crate::support::panel::Panel;

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_a_past_page_leads_to_the_past() {
    let database = Database::any().await;
    let mut platform = Platform::built(database.open(a_quiet_noon()), 3).await;
    let at = platform.house.clock.now() + TimeDelta::minutes(1);
    for _ in 0..3 {
        platform.a_day().await;
    }
    let panel = Panel::over(platform.house.db.clone()).await;
    panel.person("olga@example.com", Role::Operator).await;
    let olga = panel.signed_in("olga@example.com").await;
    let said = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let mut waiting: Vec<String> = KINDS.iter().map(|spec| format!("/{}?at={said}", spec.path)).collect();
    waiting.push(format!("/search?q=app&at={said}"));
    let mut seen = 0;
    while let Some(path) = waiting.pop() {
        let page = olga.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("You are looking at the past"), "{path}");
        let back = scraper::Selector::parse(".banner-at a").unwrap();
        assert!(scraper::Html::parse_document(&page.text).select(&back).next().is_some());
        let mut further = Vec::new();
        for link in links(&page) {
            let of_a_kind = KINDS.iter().any(|spec| {
                let rest = link.strip_prefix(&format!("/{}", spec.path));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            });
            if of_a_kind || link.starts_with("/search") {
                assert!(link.contains("at="), "{path} leads to {link}");
                further.push(link);
            }
        }
        // From every page on, and on from some of those.
        seen += 1;
        if seen < 40 {
            let step = (further.len() / 3).max(1);
            waiting.extend(further.into_iter().skip(9).step_by(step).take(2));
        }
    }
    assert!(seen >= 40, "only {seen} pages were seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_of_a_past_page_keep_its_moment() {
    let database = Database::any().await;
    let platform = Platform::built(database.open(a_quiet_noon()), 3).await;
    let at = platform.house.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    platform.house.clock.advance(TimeDelta::hours(1));
    let panel = Panel::over(platform.house.db.clone()).await;
    panel.person("vera@example.com", Role::Viewer).await;
    let vera = panel.signed_in("vera@example.com").await;
    for path in [format!("/instances?at={at}"), format!("/search?q=app&at={at}")] {
        let page = vera.get(&path).await;
        let document = scraper::Html::parse_document(&page.text);
        let forms = scraper::Selector::parse("form[method=get]").unwrap();
        let kept = scraper::Selector::parse("[name=at]").unwrap();
        for form in document.select(&forms) {
            assert!(form.select(&kept).next().is_some(), "{path}: {}", form.html());
        }
    }
}
