//! The first administrator: made once, by whoever has the link.

use chrono::TimeDelta;
use quarterdeck::accounts::users;
use quarterdeck::roles::Role;

use crate::support::database::on_each_database;
use crate::support::panel::{PASSWORD, Panel};

fn form<'a>(token: &'a str, email: &'a str) -> [(&'a str, &'a str); 4] {
    [("token", token), ("email", email), ("password", PASSWORD), ("password_again", PASSWORD)]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_makes_one_administrator_and_is_dead() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let token = panel.setup_token().await.unwrap();
        let page = format!("/setup?token={token}");
        let (first, second) = (panel.browser(), panel.browser());
        assert_eq!(second.get(&page).await.status, 200);
        let made = first.post(&page, "/setup", &form(&token, "ada@example.com")).await;
        assert_eq!((made.status, made.header("location")), (303, "/"), "{}", made.text);
        assert_eq!(first.get("/users").await.status, 200, "signed in, and an administrator");
        assert_eq!(second.get(&page).await.status, 404);
        assert_eq!(second.post("/sign-in", "/setup", &form(&token, "eve@example.com")).await.status, 404);
        assert_eq!(panel.setup_token().await, None, "there is somebody now");
        assert_eq!(users::list(&panel.context).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_becomes_administrator() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let token = panel.setup_token().await.unwrap();
        let page = format!("/setup?token={token}");
        let rivals: Vec<_> = (0..6).map(|rival| (panel.browser(), format!("rival{rival}@example.com"))).collect();
        let tries = rivals
            .iter()
            .map(|(browser, email)| async { browser.post(&page, "/setup", &form(&token, email)).await.status });
        let mut statuses = futures_util::future::join_all(tries).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 404, 404, 404, 404, 404]);
        let users = users::list(&panel.context).await.unwrap();
        assert_eq!(users.iter().map(|user| user.role()).collect::<Vec<_>>(), [Role::Admin]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_until_somebody_used_one_or_its_day_is_over() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let old = panel.setup_token().await.unwrap();
        let new = panel.setup_token().await.unwrap();
        let (old, new) = (format!("/setup?token={old}"), format!("/setup?token={new}"));
        let browser = panel.browser();
        assert_eq!(browser.get("/setup").await.status, 404);
        for open in [&old, &new] {
            assert_eq!(browser.get(open).await.status, 200, "another process or a restart made one more");
        }
        panel.clock.advance(TimeDelta::hours(24));
        for dead in [&old, &new] {
            let page = browser.get(dead).await;
            assert_eq!(page.status, 404);
            assert!(page.text.contains("start the panel again, which prints a new one"), "{}", page.text);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_password_is_refused_and_the_link_lives_on() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let token = panel.setup_token().await.unwrap();
        let page = format!("/setup?token={token}");
        let browser = panel.browser();
        let short = [
            ("token", token.as_str()),
            ("email", "ada@example.com"),
            ("password", "short"),
            ("password_again", "short"),
        ];
        let refused = browser.post(&page, "/setup", &short).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("A password has 12 characters at least."), "{}", refused.text);
        assert_eq!(browser.post(&page, "/setup", &form(&token, "ada@example.com")).await.status, 303);
    })
    .await;
}
