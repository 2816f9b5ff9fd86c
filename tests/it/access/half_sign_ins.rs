//! Whoever has given the password and not the code: reaches nothing, for five minutes at most, and not after what ends
//! it.

use chrono::TimeDelta;
use quarterdeck::accounts::users;
use quarterdeck::audit::Doer;
use quarterdeck::roles::Role;
use quarterdeck::store::Db;
use quarterdeck::web::access::Access;
use quarterdeck::web::routes;

use super::roles::example;
use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::device::{Device, enrol};
use crate::support::panel::{Browser, PASSWORD, Panel};

const ADA: &str = "ada@example.com";

/// A panel, Ada's device, and a browser in which her password was given.
async fn half(db: Db) -> (Panel, Device, Browser) {
    let panel = Panel::at(db, "https://panel.example.com").await;
    panel.person("root@example.com", Role::Admin).await;
    panel.person(ADA, Role::Admin).await;
    let (device, _) = enrol(&panel.signed_in(ADA).await, PASSWORD, &panel.clock).await;
    panel.clock.advance(TimeDelta::minutes(1));
    let browser = panel.browser();
    let page = browser.sign_in(ADA, PASSWORD).await;
    let cookie = page.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-quarterdeck-half="), "{cookie}");
    for flag in ["; HttpOnly", "; Secure", "; SameSite=Strict", "; Path=/", "; Max-Age=300"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    (panel, device, browser)
}

/// Where the right code leads in a browser.
async fn finish(panel: &Panel, device: &Device, browser: &Browser) -> String {
    let code = device.code(&panel.clock);
    let page = browser.post("/sign-in", "/sign-in", &[("code", &code)]).await;
    format!("{} {}", page.status, page.header("location"))
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_sign_in_opens_nothing_that_is_not_open_to_everybody() {
    let database = Database::any().await;
    let (panel, _, half) = half(database.open(a_quiet_noon())).await;
    let stranger = panel.browser();
    let mut wrong = Vec::new();
    for entry in routes::all().iter().filter(|entry| !matches!(entry.access, Access::Open | Access::Public)) {
        let path = example(entry);
        let (found, expected) = (half.ask(entry.method, &path).await, stranger.ask(entry.method, &path).await);
        let refused = found.status == 401 || found.header("location").starts_with("/sign-in");
        if !refused || (found.status, found.header("location")) != (expected.status, expected.header("location")) {
            wrong.push(format!("{} {path}: {} {}", entry.method, found.status, found.header("location")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_after_five_minutes() {
    on_each_database(async |db| {
        let (panel, device, browser) = half(db).await;
        panel.clock.advance(TimeDelta::minutes(5));
        assert_eq!(finish(&panel, &device, &browser).await, "303 /sign-in?over=1");
        let page = browser.get("/sign-in?over=1").await.text;
        assert!(page.contains("This sign-in is over") && page.contains("name=\"password\""), "{page}");
        assert!(!browser.is_signed_in().await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_the_password_the_role_and_the_account() {
    on_each_database(async |db| {
        let (panel, device, browser) = half(db).await;
        let (context, doer) = (&panel.context, Doer::command_line());
        let ada = users::find(context, ADA).await.unwrap();
        let ends = ["password", "role", "disabled"];
        for end in ends {
            match end {
                "password" => users::set_password(context, &doer, &ada, PASSWORD.into()).await,
                "role" => users::set_role(context, &doer, &ada, Role::Viewer).await,
                _ => users::set_disabled(context, &doer, &ada, true).await,
            }
            .unwrap();
            assert_eq!(finish(&panel, &device, &browser).await, "303 /sign-in?over=1", "{end}");
            assert!(!browser.is_signed_in().await);
            if end != "disabled" {
                assert_eq!(browser.sign_in(ADA, PASSWORD).await.status, 303);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_one_is_worth_nothing_without_the_code_and_nothing_afterwards() {
    on_each_database(async |db| {
        let (panel, device, ada) = half(db).await;
        let thief = ada.stolen();
        assert!(!thief.is_signed_in().await);
        let guess = [("code", &*device.wrong_code(&panel.clock))];
        assert_eq!(thief.post("/sign-in", "/sign-in", &guess).await.status, 422);
        assert_eq!(finish(&panel, &device, &ada).await, "303 /");
        assert!(ada.is_signed_in().await);
        assert!(!ada.cookies.borrow().keys().any(|name| name.ends_with("half")), "the browser forgets it");
        panel.clock.advance(TimeDelta::seconds(30));
        assert_eq!(finish(&panel, &device, &thief).await, "303 /sign-in?over=1", "it was used up");
        assert!(!thief.is_signed_in().await);
        let nobody = panel.browser();
        assert_eq!(finish(&panel, &device, &nobody).await, "303 /sign-in?over=1", "a code alone is no sign-in");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pressed_twice_it_signs_in_once() {
    on_each_database(async |db| {
        let (panel, device, ada) = half(db).await;
        let (code, token) = (device.code(&panel.clock), ada.get("/sign-in").await.csrf_token());
        let form = [("code", code.as_str()), ("csrf_token", token.as_str())];
        let twice = ada.stolen();
        let (one, other) = tokio::join!(ada.post_bare("/sign-in", &form), twice.post_bare("/sign-in", &form));
        let inside = [ada.is_signed_in().await, twice.is_signed_in().await];
        assert_ne!(inside[0], inside[1], "{} {} and {} {}", one.status, one.text, other.status, other.text);
        assert!([one.status, other.status].iter().all(|status| [303, 422].contains(status)));
    })
    .await;
}
