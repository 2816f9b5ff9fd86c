//! DNS-1: which others an instance's page offers to take its place, and those that it does not.

use quarterdeck::roles::Role;
use scraper::{Html, Selector};

use super::{BLUE, Estate, a_fresh_one, machine};
use crate::support::panel::Panel;

#[tokio::test]
async fn of_very_many_a_few_are_offered_and_any_is_taken_by_its_name() {
    let (_place, db) = a_fresh_one().await;
    let estate = Estate::over(db, &["example.com"]).await;
    estate.ledger.put("www.example.com", "A", 300, &BLUE[..1]);
    let spares = (0..40).map(|number| machine(&format!("spare-{number:02}"), &format!("203.0.113.{}", number + 1)));
    estate.cloud.holds("spares", spares);
    estate.cloud.holds("twins", vec![machine("spare-39", "203.0.113.200")]);
    estate.sync().await;
    let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
    panel.person("otto@example.com", Role::Operator).await;
    let otto = panel.signed_in("otto@example.com").await;
    let blue = estate.id("instance", "blue-0").await.to_string();
    let page = format!("/instances/{blue}");
    let shown = otto.get(&page).await.text;
    let options = Selector::parse("#to option:not([value=''])").unwrap();
    assert_eq!(Html::parse_document(&shown).select(&options).count(), 24);
    assert!(shown.contains(r#"name="to_name""#) && !shown.contains("spare-38"), "{shown}");

    let form = |name| [("action", "replace"), ("from", blue.as_str()), ("to", ""), ("to_name", name)];
    let planned = otto.post(&page, "/dns-changes", &form(" spare-38 ")).await;
    let shown = otto.get(planned.header("location")).await.text;
    assert!(shown.contains("203.0.113.39"), "{shown}");
    for (name, refusal) in [
        ("spare-77", "No instance is called spare-77."),
        ("<script>", "No instance is called &#60;script&#62;."),
        ("spare-39", "2 instances are called spare-39; it cannot be told which one is meant."),
    ] {
        let refused = otto.post(&page, "/dns-changes", &form(name)).await;
        assert!(refused.status == 422 && refused.text.contains(refusal), "{}: {}", refused.status, refused.text);
    }
}
