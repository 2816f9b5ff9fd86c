//! The developer's question, what is wrong with my app, is answered from one page, however much there is of it.

use quarterdeck::kinds::Role::{Covers, Is, Serves};
use quarterdeck::kinds::app::App;
use quarterdeck::roles::Role;

use super::{one, record, sown};
use crate::support::database::{Database, a_quiet_noon};
use crate::support::panel::Panel;
use crate::support::seed::Seed;

/// Of everything that one app can have many of.
const MANY: i64 = 90;

/// An app with that many domains, each with a record, two certificates and a setting of its own.
fn a_large_app() -> Vec<Seed> {
    let domain = |number: i64| format!("shop-{number:02}.example.com");
    let app = App {
        uuid: "a1".to_owned(),
        name: "shop".to_owned(),
        owner: "storefront".to_owned(),
        state: "up".to_owned(),
        processes: (0..20).map(|number| (format!("worker-{number}"), 3)).collect(),
        domains: (0..MANY).map(domain).collect(),
        config: (0..MANY).map(|number| (format!("SETTING_{number}"), "3f2a91c0".to_owned())).collect(),
        ..App::default()
    };
    let mut shop = one(601, "shop").key(Is, "app:paas/shop");
    shop.attrs = serde_json::to_string(&app).unwrap();
    let mut seeds = vec![one(101, "web-1").key(Is, "ip:192.0.2.1")];
    for number in 0..MANY {
        let host = format!("host:{}", domain(number));
        shop = shop.refers(Serves, &host);
        seeds.push(record(501 + number, &domain(number), "ip:192.0.2.1"));
        let mut own = one(701 + number, &format!("certificate-{number:02}")).key(Covers, &host).refers(Serves, &host);
        own.due = Some(crate::support::seed::minute(90_000));
        seeds.push(own);
    }
    seeds.push(shop);
    seeds
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_largest_app_is_complete_and_small() {
    let database = Database::any().await;
    let db = database.open(a_quiet_noon());
    sown(&db, a_large_app()).await;
    let panel = Panel::over(db).await;
    panel.person("dora@example.com", Role::Viewer).await;
    let page = panel.signed_in("dora@example.com").await.get("/apps/601").await;
    assert_eq!(page.status, 200);
    assert!(page.text.len() < 60_000, "{} bytes", page.text.len());
    let all_there = (0..MANY).all(|number| page.text.contains(&format!("shop-{number:02}.example.com")));
    assert!(all_there, "every domain");
    assert!((0..MANY).all(|number| page.text.contains(&format!("SETTING_{number}"))), "every setting's name");
    assert!(page.text.contains("worker-19") && page.text.contains("storefront"));
    assert!(page.text.contains("certificate-00") && page.text.contains("ends <time"), "certificates with their ends");
    assert!(page.text.contains("25+"), "of its neighbours the closest, and that there are more");
    assert!(page.text.contains("If this went away") && page.text.contains("Recent changes"));
}
