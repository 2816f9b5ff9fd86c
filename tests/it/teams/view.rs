//! Looking at the panel as somebody else would.

use chrono::TimeDelta;
use quarterdeck::accounts::{sessions, teams, users};
use quarterdeck::roles::Role;

use super::routes::join;
use super::world::{Stint, Thing, WORDS, build, member};
use crate::support::browser::Browser;
use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::panel::Panel;

fn things() -> [Thing; 2] {
    [0, 1].map(|owner| {
        let id = i64::try_from(owner).unwrap() + 1;
        Thing::at(id, "instance", vec![Stint { owner, from: 10, until: None }])
    })
}

fn text(row: &serde_json::Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

async fn looks(ada: &Browser) -> Vec<serde_json::Value> {
    let rows = ada.get("/api/v1/audit").await.json();
    let rows = rows["items"].as_array().unwrap().iter();
    rows.filter(|row| text(row, "action").starts_with("view_as.")).cloned().collect()
}

async fn audit(ada: &Browser) -> Vec<(String, String, String, String)> {
    let rows = looks(ada).await;
    rows.iter()
        .map(|row| (text(row, "actor"), text(row, "effective_actor"), text(row, "action"), text(row, "subject")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_what_another_sees_and_does_nothing_in_their_name() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        build(&panel, &things()).await;
        panel.person("ada@example.com", Role::Admin).await;
        let ada = panel.signed_in("ada@example.com").await;
        let other = panel.signed_in("ada@example.com").await;
        let bob = users::find(&panel.context, &member(0)).await.unwrap();
        let id = bob.id.to_string();

        let begun = ada.post("/users", "/view-as", &[("user_id", &id)]).await;
        assert_eq!((begun.status, begun.header("location")), (303, "/"));
        let home = ada.get("/").await;
        assert!(home.text.contains("You are viewing the panel as team-0@example.com"), "{}", home.text);
        let list = ada.get("/instances").await.text;
        assert!(list.contains(WORDS[0]) && !list.contains(WORDS[1]), "{list}");
        assert_eq!((ada.get("/instances/1").await.status, ada.get("/instances/2").await.status), (200, 404));
        assert_eq!((ada.get("/api/v1/instances/2").await.status, ada.get("/users").await.status), (404, 404));
        // This browser alone.
        assert_eq!(other.get("/instances/2").await.status, 200);
        // It is for looking.
        for (path, fields) in [
            ("/sources/shared-source/syncs", vec![]),
            ("/account/sessions/revoke-others", vec![]),
            ("/account/theme", vec![("theme", "dark")]),
            ("/tokens", vec![("name", "x"), ("scope", "read"), ("days", "3")]),
        ] {
            let refused = ada.post("/", path, &fields).await;
            assert_eq!(refused.status, 403, "{path}: {}", refused.text);
            assert!(
                refused.text.contains("can only look") || refused.text.contains("role"),
                "{path}: {}",
                refused.text
            );
        }
        assert_eq!(other.get("/instances/2").await.status, 200, "the other session was not ended");

        let ended = ada.post("/", "/view-as/end", &[]).await;
        assert_eq!((ended.status, ended.header("location")), (303, "/teams"));
        assert_eq!(ada.get("/instances/2").await.status, 200);
        let ada_is = "ada@example.com".to_owned();
        let expected = [("view_as.end", "team-0@example.com"), ("view_as.begin", "")].map(|(action, effective)| {
            (ada_is.clone(), effective.to_owned(), action.to_owned(), "team-0@example.com".to_owned())
        });
        assert_eq!(audit(&ada).await, expected);
    })
    .await;
}

/// Whoever comes upon it first writes its end down: a request, the task if nobody comes back, what ends the session.
/// Once.
#[tokio::test(flavor = "multi_thread")]
async fn it_ends_by_itself_and_with_the_session() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        build(&panel, &things()).await;
        panel.person("ada@example.com", Role::Admin).await;
        let ada = panel.signed_in("ada@example.com").await;
        let team = &teams::list(&panel.context).await.unwrap()[1].row;
        let (id, called) = (team.id.to_string(), format!("the team {}", team.name));
        let begin = async |browser: &Browser| browser.post("/teams", "/view-as", &[("team_id", &id)]).await;
        begin(&ada).await;
        assert_eq!((ada.get("/instances/1").await.status, ada.get("/instances/2").await.status), (404, 200));
        panel.clock.advance(TimeDelta::minutes(59));
        assert_eq!(ada.get("/instances/1").await.status, 404);
        let left_open = ada.get("/account").await.csrf_token();
        panel.clock.advance(TimeDelta::minutes(1));
        let (one, two) = tokio::join!(ada.get("/instances/1"), ada.get("/instances/1"));
        assert_eq!((one.status, two.status), (200, 200));
        tend(&panel).await;
        assert_eq!(ends(&ada, &called).await, ["by itself, at 13:00:00 UTC"]);
        let acted = ada.post_bare("/account/theme", &[("theme", "dark"), ("csrf_token", &left_open)]).await;
        assert_eq!(acted.status, 403, "a form that was left open does not act as oneself");
        assert_eq!(ada.post("/account", "/account/theme", &[("theme", "dark")]).await.status, 303);

        begin(&ada).await;
        assert_eq!(ada.post("/", "/sign-out", &[]).await.status, 303);
        let ada = panel.signed_in("ada@example.com").await;
        assert_eq!(ada.get("/instances/1").await.status, 200);
        let told = ["with its session", "by itself, at 13:00:00 UTC"];
        assert_eq!(ends(&ada, &called).await, told);

        // Nobody comes back: once by its hour, and once because the session is thrown out by another.
        let other = panel.signed_in("ada@example.com").await;
        begin(&other).await;
        panel.clock.advance(TimeDelta::minutes(61));
        tend(&panel).await;
        tend(&panel).await;
        assert_eq!(ends(&ada, &called).await[..1], ["by itself, at 14:00:00 UTC"]);
        begin(&other).await;
        ada.post("/account", "/account/sessions/revoke-others", &[]).await;
        assert!(!other.is_signed_in().await);
        let told = ["with its session", "by itself, at 14:00:00 UTC", told[0], told[1]];
        assert_eq!(ends(&ada, &called).await, told);
    })
    .await;
}

/// A session that runs out takes its look along, and nobody who reads the audit thinks that it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_outlive_a_session_that_runs_out() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    build(&panel, &things()).await;
    panel.person("ada@example.com", Role::Admin).await;
    let ada = panel.signed_in("ada@example.com").await;
    // Used all day long, as far as a session goes.
    for _ in 0..7 {
        panel.clock.advance(TimeDelta::minutes(100));
        assert!(ada.is_signed_in().await);
    }
    let team = &teams::list(&panel.context).await.unwrap()[0].row;
    ada.post("/teams", "/view-as", &[("team_id", &team.id.to_string())]).await;
    panel.clock.advance(TimeDelta::minutes(40));
    assert!(!ada.is_signed_in().await);
    tend(&panel).await;
    let ada = panel.signed_in("ada@example.com").await;
    let called = format!("the team {}", team.name);
    assert_eq!(ends(&ada, &called).await, ["with its session, at 00:00:00 UTC"]);
}

/// How each look at a team ended, the last one first.
async fn ends(ada: &Browser, team: &str) -> Vec<String> {
    let rows = looks(ada).await;
    let ends = rows.iter().filter(|row| text(row, "action") == "view_as.end");
    ends.map(|row| {
        let told = ["actor", "effective_actor", "subject", "outcome"].map(|name| text(row, name));
        assert_eq!(told, ["ada@example.com", team, team, "succeeded"]);
        text(row, "after")
    })
    .collect()
}

/// What the task `expiry` does.
async fn tend(panel: &Panel) {
    let db = panel.context.db.clone();
    let of = db.clone();
    db.write(move |connection| sessions::end_expired(connection, &of)).await.unwrap();
}

/// Nobody but an administrator can, and what is seen changes with whom it is seen through.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_for_administrators_and_true_to_the_moment() {
    let database = Database::any().await;
    let panel = Panel::over(database.open(a_quiet_noon())).await;
    build(&panel, &things()).await;
    join(&panel, "olga@example.com", Role::Operator, 0).await;
    let olga = panel.signed_in("olga@example.com").await;
    assert_eq!(olga.post("/account", "/view-as", &[("user_id", "1")]).await.status, 404);

    panel.person("ada@example.com", Role::Admin).await;
    let ada = panel.signed_in("ada@example.com").await;
    let id = users::find(&panel.context, "olga@example.com").await.unwrap().id;
    ada.post("/users", "/view-as", &[("user_id", &id.to_string())]).await;
    assert_eq!(ada.get("/instances/1").await.status, 200);
    let doer = quarterdeck::audit::Doer::command_line();
    let team = teams::list(&panel.context).await.unwrap()[0].row.id;
    teams::remove_member(&panel.context, &doer, team, id).await.unwrap();
    assert_eq!(ada.get("/instances/1").await.status, 404);
    assert_eq!(olga.get("/instances/1").await.status, 404);
}
