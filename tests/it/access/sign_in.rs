//! The door: right and wrong passwords, how often one may try, and where one goes from there.

use chrono::TimeDelta;
use quarterdeck::roles::Role;
use quarterdeck::store::audit;

use crate::support::database::on_each_database;
use crate::support::panel::{PASSWORD, Panel};

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_opens_the_page_that_was_asked_for() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let browser = panel.browser();
        let refused = browser.get("/tokens?x=1").await;
        assert_eq!((refused.status, refused.header("location")), (303, "/sign-in?next=%2Ftokens%3Fx%3D1"));
        let form = [("email", " Ada@Example.com "), ("password", PASSWORD), ("next", "/tokens?x=1")];
        let page = browser.post("/sign-in", "/sign-in", &form).await;
        assert_eq!((page.status, page.header("location")), (303, "/tokens?x=1"));
        assert_eq!(browser.get("/tokens").await.status, 200);
        let rows =
            panel.context.db.read(|connection| audit::page(connection, "session.sign_in", None, 9)).await.unwrap().rows;
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].actor.as_str(), rows[0].outcome.as_str()), ("ada@example.com", "succeeded"));
        assert_eq!(rows[0].address, "192.0.2.10");
        assert!(!rows[0].request_id.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_whether_an_account_exists() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let before = panel.context.passwords.computed();
        let known = panel.browser().sign_in("ada@example.com", "not the password").await;
        assert_eq!(panel.context.passwords.computed(), before + 1);
        let unknown = panel.browser().sign_in("eve@example.com", "not the password").await;
        assert_eq!(panel.context.passwords.computed(), before + 2, "an unknown account costs a hash too");
        assert_eq!((known.status, unknown.status), (422, 422));
        let words = "The address or the password is wrong.";
        assert!(known.text.contains(words) && unknown.text.contains(words));
        let rows = panel.context.db.read(|connection| audit::page(connection, "", None, 9)).await.unwrap().rows;
        assert!(rows.iter().all(|row| !row.subject.contains("eve")), "what was typed may have been a password");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_waits_and_whoever_waited_gets_in() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        for guess in 0..5 {
            let thief = panel.browser().from(&format!("203.0.113.{guess}"));
            assert_eq!(thief.sign_in("ada@example.com", "a guess of mine").await.status, 422);
        }
        let computed = panel.context.passwords.computed();
        let throttled = panel.browser().sign_in("ada@example.com", PASSWORD).await;
        assert_eq!((throttled.status, throttled.header("retry-after")), (429, "30"));
        assert!(throttled.text.contains("Too many attempts; try again at 12:00:30 UTC."), "{}", throttled.text);
        assert_eq!(panel.context.passwords.computed(), computed, "a throttled attempt costs no hash");

        panel.clock.advance(TimeDelta::seconds(31));
        assert_eq!(panel.browser().sign_in("ada@example.com", PASSWORD).await.status, 303);
        assert_eq!(panel.browser().sign_in("ada@example.com", "a guess of mine").await.status, 422, "and is forgiven");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_go_through_all_accounts() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        for guess in 0..20 {
            let page = panel.browser().sign_in(&format!("user{guess}@example.com"), "a guess of mine").await;
            assert_eq!(page.status, 422);
        }
        assert_eq!(panel.browser().sign_in("user20@example.com", "a guess of mine").await.status, 429);
        let elsewhere = panel.browser().from("198.51.100.7");
        assert_eq!(elsewhere.sign_in("user20@example.com", "a guess of mine").await.status, 422);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_guesses_at_once_count_as_a_hundred() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let before = panel.context.passwords.computed();
        let guesses = (0..30).map(|guess| {
            let browser = panel.browser().from(&format!("203.0.113.{guess}"));
            async move { browser.sign_in("ada@example.com", "a guess of mine").await.status }
        });
        let statuses = futures_util::future::join_all(guesses).await;
        assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 5, "{statuses:?}");
        assert_eq!(panel.context.passwords.computed(), before + 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_on_never_leads_to_another_host() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        for evil in ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"] {
            let form = [("email", "ada@example.com"), ("password", PASSWORD), ("next", evil)];
            let page = panel.browser().post("/sign-in", "/sign-in", &form).await;
            assert_eq!((page.status, page.header("location")), (303, "/"), "{evil}");
        }
    })
    .await;
}
