//! The switches on the page of a team's cluster: the team's own, and not those that touch what is others'.

use quarterdeck::accounts::{teams, users};
use quarterdeck::actions::dns_change;
use quarterdeck::audit::Doer;
use quarterdeck::placement::Within;
use quarterdeck::roles::{Reach, Role};
use quarterdeck::store::Scope;

use super::shared_zone::{Estate, otto, team};
use crate::support::database::on_each_database;
use crate::support::panel::{Browser, Panel};

/// A member of that team alone.
async fn member(panel: &Panel, name: &str) -> Browser {
    let (doer, email) = (Doer::command_line(), format!("{name}@example.com"));
    let made = teams::create(&panel.context, &doer, name, "").await.unwrap();
    let of = |cluster: String, app: String| Within { cluster, app, ..Within::default() };
    let machines = of(format!("{name}-machines"), String::new());
    for rule in [of("staging".to_owned(), format!("{name}*")), machines] {
        teams::add_rule(&panel.context, &doer, made.row.id, rule).await.unwrap();
    }
    let id = panel.person_seeing(&email, Role::Operator, Reach::Teams).await;
    let user = users::by_id(&panel.context, id).await.unwrap();
    teams::add_member(&panel.context, &doer, made.row.id, &user).await.unwrap();
    panel.signed_in(&email).await
}

#[tokio::test]
async fn a_member_sees_the_switches_that_touch_nothing_of_others() {
    on_each_database(async |db| {
        let estate = Estate::over(db).await;
        let (alfa, everybody) = (team("alfa"), Scope::unrestricted());
        let ask = estate.switch("alfa-blue", "alfa-green").await;
        let own = estate.plan(&alfa, &ask).await.unwrap();
        assert_eq!(estate.apply(&alfa, &own).await, "succeeded");
        let back = dns_change::undo(&estate.context, &alfa, &otto(), own.id, "").await.unwrap().change;
        assert_eq!(estate.work(back).await, "succeeded");
        // Of the same balancers, by somebody who sees all: it moves a name that two teams share.
        let all = estate.plan(&everybody, &ask).await.unwrap();
        assert_eq!(estate.apply(&everybody, &all).await, "succeeded");

        let panel = Panel::connected(estate.context.db.clone(), estate.context.sources.to_vec(), |_| {}).await;
        panel.person("ada@example.com", Role::Admin).await;
        let ada = panel.signed_in("ada@example.com").await;
        let (one, other) = (member(&panel, "alfa").await, member(&panel, "zulu").await);
        let shown = async |browser: &Browser| {
            let page = browser.get("/clusters/alfa-machines").await.text;
            [own.id, back, all.id].map(|change| page.contains(&format!("href=\"/dns-changes/{change}\"")))
        };
        assert_eq!(shown(&ada).await, [true, true, true]);
        assert_eq!(shown(&one).await, [true, true, false]);
        assert_eq!(other.get("/clusters/alfa-machines").await.status, 404, "and not 403: it is not there");
        let page = one.get("/clusters/alfa-machines").await.text;
        assert!(!page.contains("zulu") && !page.contains("198.51.100."), "{page}");
    })
    .await;
}
