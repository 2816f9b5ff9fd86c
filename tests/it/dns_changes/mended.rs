//! Buttons where the need arises: on the record that leads to what is no longer ours, among the findings, on the app's
//! page.

use quarterdeck::kinds::app::App;
use quarterdeck::relations::findings;
use quarterdeck::roles::Role;

use super::platform::balancer;
use super::{Estate, GREEN, a_fresh_one, machine};
use crate::support::database::on_each_database;
use crate::support::panel::Panel;

/// A machine has moved, and another one is gone; their records were left behind.
async fn left_behind(estate: &Estate) -> Panel {
    estate.ledger.put("moved.example.com", "A", 300, &["192.0.2.1"]);
    estate.ledger.put("lost.example.com", "A", 300, &["192.0.2.2"]);
    estate.ledger.put("shop.example.com", "CNAME", 300, &["green.balancers.example.net"]);
    let domains = ["moved.example.com", "shop.example.com"].map(str::to_owned).to_vec();
    estate.cloud.holds("apps", vec![App { name: "shop".to_owned(), domains, ..App::default() }]);
    estate.sync().await;
    let greens = GREEN.iter().enumerate().map(|(n, address)| machine(&format!("green-{n}"), address));
    let moved = [machine("blue-0", "192.0.2.50"), machine("green-ill", "198.51.100.3")];
    estate.cloud.holds("machines", greens.chain(moved));
    estate.cloud.holds("balancers", vec![balancer("green", &[("green-0", "healthy"), ("green-1", "healthy")])]);
    estate.sync().await;
    estate.sync().await;
    findings::sweep(&estate.context.db, &[]).await.unwrap();
    let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
    panel.person("otto@example.com", Role::Operator).await;
    panel.person("vera@example.com", Role::Viewer).await;
    panel
}

/// Whether a page offers each of these ways out for a record.
fn offers(page: &str, record: i64) -> (bool, bool, bool) {
    let form = |op: &str| page.contains(&format!("/dns-changes/new?record={record}&#38;op={op}"));
    (page.contains("name=\"action\" value=\"repoint\""), form("update"), form("delete"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dangling_record_is_repointed_edited_or_deleted_from_where_it_is_shown() {
    on_each_database(async |db| {
        let estate = Estate::over(db, &["example.com"]).await;
        let panel = left_behind(&estate).await;
        let (otto, vera) = (panel.signed_in("otto@example.com").await, panel.signed_in("vera@example.com").await);
        let (moved, lost) =
            (estate.id("dns_record", "moved.example.com").await, estate.id("dns_record", "lost.example.com").await);
        let own = format!("/dns-records/{moved}");
        assert_eq!(offers(&otto.get(&own).await.text, moved), (true, true, true));
        assert_eq!(offers(&vera.get(&own).await.text, moved), (false, false, false));
        let gone = otto.get(&format!("/dns-records/{lost}")).await.text;
        assert_eq!(offers(&gone, lost), (false, true, true), "nobody knows where its machine would be: {gone}");

        let list = "/findings/dangling-record";
        let shown = otto.get(list).await.text;
        assert_eq!((offers(&shown, moved), offers(&shown, lost)), ((true, true, true), (true, true, true)), "{shown}");
        assert_eq!(shown.matches("value=\"repoint\"").count(), 1, "one of the two has a machine to follow");
        assert!(!vera.get(list).await.text.contains("/dns-changes/new?record="));

        let blue = estate.id("instance", "blue-0").await.to_string();
        let planned = otto.post(list, "/dns-changes", &[("action", "repoint"), ("from", &blue)]).await;
        let shown = otto.get(planned.header("location")).await.text;
        assert!(shown.contains("<del>192.0.2.1</del>") && shown.contains("<ins>192.0.2.50</ins>"), "{shown}");
        let form = otto.get(&format!("/dns-changes/new?record={lost}&op=delete")).await.text;
        assert!(form.contains("Delete a record") && form.contains("192.0.2.2"), "{form}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_page_leads_to_its_records_and_to_the_balancer_behind_them() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    let panel = left_behind(&estate).await;
    let (otto, vera) = (panel.signed_in("otto@example.com").await, panel.signed_in("vera@example.com").await);
    let page = format!("/apps/{}", estate.id("app", "shop").await);
    let shown = otto.get(&page).await.text;
    assert!(shown.contains("Where its names lead"), "{shown}");
    assert!(shown.contains("<code>A 192.0.2.1</code>"), "what is related says which record of the name it is: {shown}");
    let (moved, shop) =
        (estate.id("dns_record", "moved.example.com").await, estate.id("dns_record", "shop.example.com").await);
    assert_eq!(offers(&shown, moved), (true, true, true), "{shown}");
    assert_eq!(offers(&shown, shop), (true, true, false), "what leads somewhere is edited");
    let green = estate.id("load_balancer", "green").await;
    assert!(shown.contains(&format!("/load-balancers/{green}#dns")), "{shown}");
    assert_eq!(offers(&vera.get(&page).await.text, moved), (false, false, false));
}

/// DNS-3: a record is made from where it is missing, with what that page knows of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_made_from_the_page_of_an_instance_or_an_app() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    let panel = left_behind(&estate).await;
    let (otto, vera) = (panel.signed_in("otto@example.com").await, panel.signed_in("vera@example.com").await);
    let domains = ["moved.example.com", "new.example.com"].map(str::to_owned).to_vec();
    estate.cloud.holds("apps", vec![App { name: "shop".to_owned(), domains, ..App::default() }]);
    estate.sync().await;
    for (kind, name, path, form, filled) in [
        ("instance", "blue-0", "instances", "type=A&#38;contents=192.0.2.50", ">192.0.2.50</textarea>"),
        ("app", "shop", "apps", "name=new.example.com.", "value=\"new.example.com.\""),
    ] {
        let page = format!("/{path}/{}", estate.id(kind, name).await);
        let form = format!("/dns-changes/new?{form}");
        let shown = otto.get(&page).await.text;
        assert!(shown.contains(&format!("href=\"{form}\"")), "{form}: {shown}");
        assert!(!vera.get(&page).await.text.contains(&form));
        let shown = otto.get(&form.replace("&#38;", "&")).await.text;
        assert!(shown.contains(filled), "{shown}");
    }
    let fields = [
        ("action", "edit"),
        ("op", "create"),
        ("zone", "example.com"),
        ("name", "new.example.com."),
        ("type", "A"),
        ("contents", "192.0.2.50"),
    ];
    let planned = otto.post("/dns-changes/new", "/dns-changes", &fields).await;
    let shown = otto.get(planned.header("location")).await.text;
    assert!(shown.contains("<ins>192.0.2.50</ins>") && shown.contains("new.example.com"), "{shown}");
}
