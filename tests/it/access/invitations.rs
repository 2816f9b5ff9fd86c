//! Invitations: a link for one person, once, for 72 hours, as long as whoever gave it may; and all dead ones look
//! alike.

use chrono::TimeDelta;
use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::accounts::users;
use quarterdeck::audit::Doer;
use quarterdeck::roles::{Role, TokenScope};
use quarterdeck::store::Db;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::database::{Database, a_quiet_noon, on_each_database, wanted};
use crate::support::panel::{Browser, PASSWORD, Page, Panel};

const ROOT: &str = "root@example.com";
const GRACE: &str = "grace@example.com";

/// A panel and the browser of its administrator; another one sees to it that nobody is the last.
async fn panel(db: Db) -> (Panel, Browser) {
    let panel = Panel::over(db).await;
    panel.person(ROOT, Role::Admin).await;
    panel.person("second@example.com", Role::Admin).await;
    let root = panel.signed_in(ROOT).await;
    (panel, root)
}

/// Invites Grace, and gives the link's token.
async fn invite(admin: &Browser, role: &str) -> String {
    let page = admin.post("/users", "/invitations", &[("email", " Grace@Example.com"), ("role", role)]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let rest = page.text.split("http://panel.example.com/invitation?token=").nth(1).expect("the link is shown once");
    rest[..43].to_owned()
}

async fn accept(browser: &Browser, token: &str) -> Page {
    // Its own page may be gone; any form of this browser's has the token.
    let form = [("token", token), ("password", PASSWORD), ("password_again", PASSWORD)];
    browser.post("/sign-in", "/invitation", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_makes_one_account_of_the_role_that_was_chosen() {
    on_each_database(async |db| {
        let (panel, root) = panel(db).await;
        let token = invite(&root, "operator").await;
        let listed = root.get("/users").await.text;
        assert!(listed.contains(GRACE) && listed.contains("Invited, not signed up yet") && !listed.contains(&token));
        let grace = panel.browser();
        let page = format!("/invitation?token={token}");
        let shown = grace.get(&page).await;
        assert_eq!(shown.status, 200);
        assert!(shown.text.contains(ROOT) && shown.text.contains(GRACE) && shown.text.contains("<b>operator</b>"));
        let form = |one, other| [("token", token.as_str()), ("password", one), ("password_again", other)];
        for (one, other, why) in
            [("short", "short", "12 characters"), (PASSWORD, "another long password", "two passwords differ")]
        {
            let refused = grace.post(&page, "/invitation", &form(one, other)).await;
            assert!(refused.status == 422 && refused.text.contains(why), "{}", refused.text);
        }
        let role = [("role", "admin"), ("email", "eve@example.com")];
        let fields: Vec<_> = form(PASSWORD, PASSWORD).into_iter().chain(role).collect();
        let made = grace.post(&page, "/invitation", &fields).await;
        assert_eq!((made.status, made.header("location")), (303, "/"), "{}", made.text);
        let user = users::find(&panel.context, GRACE).await.unwrap();
        assert_eq!(user.role(), Role::Operator, "what the form says of it is not asked");
        assert!(grace.is_signed_in().await && grace.get("/users").await.status == 404);
        assert!(!root.get("/users").await.text.contains("Invited, not signed up yet"));
        let again = root.post("/users", "/invitations", &[("email", GRACE), ("role", "admin")]).await;
        assert!(again.status == 422 && again.text.contains("There is an account grace@example.com already."));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dead_link_says_the_same() {
    on_each_database(async |db| {
        let (panel, root) = panel(db).await;
        let used = invite(&root, "viewer").await;
        assert_eq!(accept(&panel.browser(), &used).await.status, 303);
        let other = async |email: &str| {
            let page = root.post("/users", "/invitations", &[("email", email), ("role", "viewer")]).await;
            let token = page.text.split("/invitation?token=").nth(1).unwrap()[..43].to_owned();
            let id = page.text.split("/invitations/").nth(1).unwrap().split('/').next().unwrap().to_owned();
            (token, id)
        };
        let (replaced, _) = other("ida@example.com").await;
        let (revoked, id) = other("ida@example.com").await;
        assert_eq!(root.post("/users", &format!("/invitations/{id}/revoke"), &[]).await.status, 303);
        assert_eq!(root.post("/users", &format!("/invitations/{id}/revoke"), &[]).await.status, 404, "once");
        let (taken, _) = other("joe@example.com").await;
        panel.person("joe@example.com", Role::Viewer).await;
        let (expired, _) = other("kim@example.com").await;
        panel.clock.advance(TimeDelta::hours(72));
        let guessed = "A".repeat(43);
        let mut answers = Vec::new();
        for token in [&used, &replaced, &revoked, &taken, &expired, &guessed, "", "<script>"] {
            let browser = panel.browser();
            let shown = browser.get(&format!("/invitation?token={token}")).await;
            let sent = accept(&browser, token).await;
            answers.push((shown.status, shown.text, sent.status, sent.text));
        }
        assert_eq!((answers[0].0, answers[0].2), (404, 404));
        assert!(answers[0].1.contains("This invitation does not work"), "{}", answers[0].1);
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
        assert_eq!(users::list(&panel.context).await.unwrap().len(), 4, "nobody came in");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_whoever_gave_it() {
    on_each_database(async |db| {
        let (panel, _) = panel(db).await;
        let (context, doer) = (&panel.context, Doer::command_line());
        for end in ["disabled", "demoted", "another password"] {
            let inviter = format!("{}@example.com", end.replace(' ', "-"));
            panel.person(&inviter, Role::Admin).await;
            let token = invite(&panel.signed_in(&inviter).await, "admin").await;
            let page = format!("/invitation?token={token}");
            assert_eq!(panel.browser().get(&page).await.status, 200);
            let user = users::find(context, &inviter).await.unwrap();
            let ended = match end {
                "disabled" => users::set_disabled(context, &doer, &user, true).await,
                "demoted" => users::set_role(context, &doer, &user, Role::Operator).await,
                _ => users::set_password(context, &doer, &user, "another long password".into()).await,
            };
            assert_eq!(ended.unwrap().invitations, 1, "{end}");
            assert_eq!(panel.browser().get(&page).await.status, 404, "{end}");
            // What came back does not bring it back.
            users::set_disabled(context, &doer, &user, false).await.unwrap();
            users::set_role(context, &doer, &user, Role::Admin).await.unwrap();
            assert_eq!(accept(&panel.browser(), &token).await.status, 404, "{end}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_use_it_at_once_one_gets_the_account() {
    for backend in wanted() {
        let Some(database) = Database::fresh(backend).await else { continue };
        let (one, root) = panel(database.open(a_quiet_noon())).await;
        let other = Panel::over(database.open(a_quiet_noon())).await;
        let token = invite(&root, "viewer").await;
        let rivals = [one.browser(), other.browser(), one.browser(), other.browser()];
        let tries = futures_util::future::join_all(rivals.iter().map(|rival| accept(rival, &token))).await;
        let mut statuses: Vec<_> = tries.iter().map(|page| page.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 404, 404, 404], "on {backend:?}");
        assert_eq!(users::list(&one.context).await.unwrap().len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_of_administrators_invite_list_and_revoke() {
    on_each_database(async |db| {
        let (panel, _) = panel(db).await;
        panel.person("otto@example.com", Role::Operator).await;
        let token_of = async |email: Option<&str>, scope| {
            let owner = match email {
                Some(email) => Some(users::find(&panel.context, email).await.unwrap()),
                None => None,
            };
            let wanted = Wanted { name: "machine".to_owned(), scope, days: 30, networks: Vec::new() };
            let made = tokens::create(&panel.context, &Doer::command_line(), owner.as_ref(), wanted).await;
            let (id, token) = made.unwrap();
            (id, format!("Bearer {}", token.expose_secret()))
        };
        let call = async |method: &str, path: &str, token: &str, body: &str| {
            let headers = [("authorization", token), ("content-type", "application/json")];
            panel.send(method, &format!("/api/v1{path}"), &headers, body).await
        };
        let wanted = json!({"email": GRACE, "role": "operator"}).to_string();
        let (_, otto) = token_of(Some("otto@example.com"), TokenScope::Act).await;
        let (_, reader) = token_of(Some(ROOT), TokenScope::Read).await;
        for token in [&otto, &reader] {
            assert_eq!(call("POST", "/invitations", token, &wanted).await.status, 403);
        }
        let (id, root) = token_of(Some(ROOT), TokenScope::Act).await;
        for wrong in [
            json!({"email": GRACE, "role": "king"}),
            json!({"email": "grace", "role": "viewer"}),
            json!({"email": GRACE}),
        ] {
            let refused = call("POST", "/invitations", &root, &wrong.to_string()).await;
            assert_eq!((refused.status, refused.header("content-type")), (422, "application/problem+json"), "{wrong}");
        }
        let made = call("POST", "/invitations", &root, &wanted).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let link = made.json()["link"].as_str().unwrap().replace("http://panel.example.com", "");
        assert_eq!(panel.browser().get(&link).await.status, 200);
        let list = call("GET", "/invitations", &reader, "").await;
        assert_eq!(list.json()["items"][0]["email"], GRACE);
        assert!(
            !list.text.contains("token=")
                && list.json()["items"][0]["invited_by"] == format!("token:machine (number {id})")
        );
        let path = format!("/invitations/{}", list.json()["items"][0]["id"].as_str().unwrap());
        let revoked = call("DELETE", &path, &root, "").await;
        assert_eq!((revoked.status, revoked.json()["state"].as_str()), (200, Some("revoked")));
        assert_eq!(panel.browser().get(&link).await.status, 404);
        assert_eq!(call("DELETE", &path, &root, "").await.status, 404);

        // What a token made ends with the token, also with one that the machine's own shell had made.
        let (id, shell) = token_of(None, TokenScope::Act).await;
        let made = call("POST", "/invitations", &shell, &wanted).await.json();
        let link = made["link"].as_str().unwrap().replace("http://panel.example.com", "");
        assert_eq!(panel.browser().get(&link).await.status, 200);
        tokens::revoke(&panel.context, &Doer::command_line(), id, None).await.unwrap();
        assert_eq!(panel.browser().get(&link).await.status, 404);
        let people = call("GET", "/users", &reader, "").await.json();
        assert_eq!(people["items"].as_array().unwrap().len(), 3);
        assert_eq!(call("DELETE", "/users/1/second-factor", &root, "").await.status, 409, "there is none");
    })
    .await;
}
