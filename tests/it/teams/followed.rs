//! Pages of a team that lie open: they learn of what is the team's, and of nothing else that has happened.

use quarterdeck::accounts::{teams, users};
use quarterdeck::audit::Doer;
use quarterdeck::dns_plan::Op;
use quarterdeck::roles::{Reach, Role};
use quarterdeck::store::Scope;

use super::dns::edit;
use super::shared_zone::{Estate, places_of};
use crate::support::browser::{Browser, carried, facts, said};
use crate::support::database::on_each_database;
use crate::support::panel::Panel;

/// Somebody of the first team, in a panel over the estate.
async fn member_of_alfa(panel: &Panel) -> Browser {
    let doer = Doer::command_line();
    let team = teams::create(&panel.context, &doer, "alfa", "").await.unwrap().row.id;
    for place in places_of("alfa") {
        teams::add_rule(&panel.context, &doer, team, place).await.unwrap();
    }
    let id = panel.person_seeing("ann@example.com", Role::Viewer, Reach::Teams).await;
    let user = users::by_id(&panel.context, id).await.unwrap();
    teams::add_member(&panel.context, &doer, team, &user).await.unwrap();
    panel.signed_in("ann@example.com").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_told_of_its_own_changes_and_not_that_there_were_others() {
    on_each_database(async |db| {
        let estate = Estate::over(db).await;
        let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
        let ann = member_of_alfa(&panel).await;
        panel.person("root@example.com", Role::Admin).await;
        let root = panel.signed_in("root@example.com").await;
        let page = format!("/instances/{}", estate.id("instance", "alfa-1").await);
        let path = format!("{page}/revision");
        let (hers, roots) = (carried(&ann.get(&page).await), carried(&root.get(&page).await));
        assert!(hers.starts_with('.'), "she is told no watermark: {hers}");
        assert!(ann.get(&page).await.text.contains("www-alfa"));

        let everybody = Scope::unrestricted();
        let foreign = edit(Op::Update, "shared.example", "www-zulu", "A", &["198.51.100.4"]);
        let planned = estate.plan(&everybody, &foreign).await.unwrap();
        assert_eq!(estate.apply(&everybody, &planned).await, "succeeded");
        let told = root.asks_again(&path, &roots).await;
        assert_eq!((told.status, said(&told.text)), (200, said(&roots)), "something has moved, and not here");
        assert_eq!(ann.asks_again(&path, &hers).await.status, 304);
        assert_eq!(ann.get(&path).await.text, hers);

        let own = edit(Op::Update, "shared.example", "www-alfa", "A", &["192.0.2.2"]);
        let planned = estate.plan(&everybody, &own).await.unwrap();
        assert_eq!(estate.apply(&everybody, &planned).await, "succeeded");
        let moved = ann.asks_again(&path, &hers).await;
        assert_eq!(moved.status, 200);
        assert_ne!(facts(&moved.text), facts(&hers));
        assert_eq!(carried(&ann.get(&page).await), moved.text);

        let zulus = format!("/instances/{}/revision", estate.id("instance", "zulu-1").await);
        assert_eq!((ann.get(&zulus).await.status, root.get(&zulus).await.status), (404, 200));
    })
    .await;
}
