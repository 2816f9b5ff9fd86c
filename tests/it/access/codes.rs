//! Signing in with a code: in two steps or one, once for each code, by a clock that is a little off, and by recovery
//! codes.

use chrono::TimeDelta;
use quarterdeck::roles::Role;
use quarterdeck::store::{Db, audit};

use crate::support::database::{Database, a_quiet_noon, on_each_database, wanted};
use crate::support::device::{Device, enrol};
use crate::support::panel::{Browser, PASSWORD, Page, Panel};

const ADA: &str = "ada@example.com";

/// A panel with Ada, her device and her recovery codes; the code that turned it on is over.
async fn panel(db: Db) -> (Panel, Device, Vec<String>) {
    let panel = Panel::over(db).await;
    panel.person(ADA, Role::Viewer).await;
    let (device, codes) = enrol(&panel.signed_in(ADA).await, PASSWORD, &panel.clock).await;
    panel.clock.advance(TimeDelta::minutes(1));
    (panel, device, codes)
}

/// The password and a code at once.
async fn all_at_once(browser: &Browser, code: &str) -> Page {
    browser.post("/sign-in?again=1", "/sign-in", &[("email", ADA), ("password", PASSWORD), ("code", code)]).await
}

/// The audit's sign-ins, the oldest first, as `outcome after`.
async fn audited(panel: &Panel) -> Vec<String> {
    let read = panel.context.db.read(|connection| audit::page(connection, "session.sign_in", None, 99));
    read.await.unwrap().rows.into_iter().rev().map(|row| format!("{} {}", row.outcome, row.after_state)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_password_comes_the_code_and_then_the_page_that_was_asked_for() {
    on_each_database(async |db| {
        let (panel, device, _) = panel(db).await;
        let ada = panel.browser();
        let form = [("email", ADA), ("password", PASSWORD), ("next", "/tokens?x=1")];
        let half = ada.post("/sign-in", "/sign-in", &form).await;
        assert_eq!((half.status, half.header("location")), (303, "/sign-in?next=%2Ftokens%3Fx%3D1"));
        assert!(!ada.is_signed_in().await);
        let asked = ada.get(half.header("location")).await;
        assert!(asked.text.contains("name=\"code\"") && !asked.text.contains("name=\"password\""), "{}", asked.text);
        assert!(ada.get("/sign-in?again=1").await.text.contains("name=\"password\""), "one can begin again");
        assert!(ada.get("/sign-in").await.text.contains("name=\"password\""), "and has then");

        ada.post("/sign-in", "/sign-in", &form).await;
        let wrong = [("code", &*device.wrong_code(&panel.clock)), ("next", "/tokens?x=1")];
        let refused = ada.post("/sign-in", "/sign-in", &wrong).await;
        assert!(refused.status == 422 && refused.text.contains("The code is wrong"), "{}", refused.text);
        let right = [("code", &*device.code(&panel.clock)), ("next", "/tokens?x=1")];
        let page = ada.post("/sign-in", "/sign-in", &right).await;
        assert_eq!((page.status, page.header("location")), (303, "/tokens?x=1"), "{}", page.text);
        assert!(ada.is_signed_in().await);
        let told = ada.get("/account").await.text;
        assert!(!told.contains("Wrong codes"), "told once, on the page before");
        assert_eq!(
            audited(&panel).await[1..],
            [
                "refused the password was right; a code is asked for",
                "refused the password was right; a code is asked for",
                "refused wrong code",
                "succeeded by a code",
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_three_fields_at_once_open_the_door_too() {
    on_each_database(async |db| {
        let (panel, device, _) = panel(db).await;
        let ada = panel.browser();
        let page = all_at_once(&ada, &device.wrong_code(&panel.clock)).await;
        assert!(page.status == 422 && page.text.contains("name=\"code\""), "{}", page.text);
        let code = device.code(&panel.clock);
        let page = ada.post("/sign-in", "/sign-in", &[("code", &format!(" {} {} ", &code[..3], &code[3..]))]).await;
        assert_eq!(page.status, 303, "the password need not be given again: {}", page.text);
        let page = ada.get("/account").await.text;
        assert!(page.contains("Wrong codes before this one: 1."), "{page}");
        panel.clock.advance(TimeDelta::seconds(30));
        let other = panel.browser();
        assert_eq!(all_at_once(&other, &device.code(&panel.clock)).await.header("location"), "/");
        assert!(other.is_signed_in().await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_know_the_password_learns_nothing_of_a_second_factor() {
    on_each_database(async |db| {
        let (panel, device, _) = panel(db).await;
        panel.person("bob@example.com", Role::Viewer).await;
        let code = device.code(&panel.clock);
        let mut answers = Vec::new();
        for email in [ADA, "bob@example.com", "nobody@example.com"] {
            for code in ["", &code, "000000"] {
                let form = [("email", email), ("password", "not the password"), ("code", code)];
                let thief = panel.browser().from(&format!("203.0.113.{}", answers.len()));
                let before = panel.context.passwords.computed();
                let page = thief.post("/sign-in", "/sign-in", &form).await;
                let cost = panel.context.passwords.computed() - before;
                let cookies: Vec<_> = thief.cookies.borrow().keys().cloned().collect();
                let text = page.text.replace(email, "EMAIL").replace(&page.csrf_token(), "TOKEN");
                answers.push((page.status, text, cookies, cost));
            }
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
        let ada = panel.browser();
        assert_eq!(all_at_once(&ada, &code).await.status, 303, "and the code was not used up");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_browsers_with_one_code_one_gets_in() {
    for backend in wanted() {
        let Some(database) = Database::fresh(backend).await else { continue };
        let clock = a_quiet_noon();
        // Two processes, each with connections and a gate of its own.
        let (one, device, _) = panel(database.open(clock.clone())).await;
        let other = Panel::over(database.open(clock)).await;
        for round in 0..6 {
            let browsers = [one.browser(), other.browser()];
            let mut forms = Vec::new();
            for browser in &browsers {
                assert_eq!(browser.sign_in(ADA, PASSWORD).await.header("location"), "/sign-in");
                forms.push(browser.get("/sign-in").await.csrf_token());
            }
            let code = device.code(&one.clock);
            let [first, second] = [0, 1].map(|at| [("code", code.as_str()), ("csrf_token", forms[at].as_str())]);
            let (first, second) =
                tokio::join!(browsers[0].post_bare("/sign-in", &first), browsers[1].post_bare("/sign-in", &second),);
            let mut statuses = [first.status, second.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [303, 422], "round {round} on {backend:?}: {} {}", first.text, second.text);
            let inside = [browsers[0].is_signed_in().await, browsers[1].is_signed_in().await];
            assert_ne!(inside[0], inside[1], "round {round} on {backend:?}");
            one.clock.advance(TimeDelta::seconds(30));
        }
        let sung = audited(&one).await;
        assert_eq!(sung.iter().filter(|row| *row == "refused the code was used before").count(), 6, "{sung:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_may_be_half_a_minute_off_and_no_code_is_older_than_the_last() {
    on_each_database(async |db| {
        let (panel, device, _) = panel(db).await;
        let tries = async |steps: i64| {
            let browser = panel.browser().from(&format!("198.51.100.{}", steps + 10));
            all_at_once(&browser, &device.code_of(&panel.clock, steps)).await.status
        };
        assert_eq!([tries(-2).await, tries(2).await], [422, 422]);
        assert_eq!(tries(-1).await, 303, "a device that is slow");
        assert_eq!(tries(-1).await, 422, "once");
        assert_eq!(tries(1).await, 303, "a device that is fast");
        assert_eq!([tries(0).await, tries(1).await], [422, 422], "what came before it is over");
        panel.clock.advance(TimeDelta::minutes(1));
        assert_eq!(tries(0).await, 303);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_opens_once_and_says_how_many_are_left() {
    on_each_database(async |db| {
        let (panel, _, codes) = panel(db).await;
        let ada = panel.browser();
        let typed = codes[0].replace('-', " ").to_uppercase();
        assert_eq!(all_at_once(&ada, &typed).await.status, 303);
        let told = ada.get("/account").await.text;
        assert!(told.contains("You signed in with a recovery code; 9 are left."), "{told}");
        assert_eq!(all_at_once(&panel.browser(), &codes[0]).await.status, 422);
        assert_eq!(audited(&panel).await.last().unwrap(), "refused the code was used before");
        for (position, code) in codes[1..8].iter().enumerate() {
            let browser = panel.browser().from(&format!("198.51.100.{position}"));
            assert_eq!(all_at_once(&browser, code).await.status, 303);
        }
        let told = ada.get("/account").await.text;
        assert!(told.contains("2 recovery codes left") && told.contains("Make new ones"), "{told}");
        assert_eq!(audited(&panel).await.last().unwrap(), "succeeded by a recovery code; 2 left");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_password_and_guesses_at_codes_waits() {
    on_each_database(async |db| {
        let (panel, device, _) = panel(db).await;
        for guess in 0..5 {
            // A right password in between buys nothing.
            let thief = panel.browser().from(&format!("203.0.113.{guess}"));
            assert_eq!(all_at_once(&thief, &device.wrong_code(&panel.clock)).await.status, 422);
        }
        let ada = panel.browser();
        let code = device.code(&panel.clock);
        let throttled = all_at_once(&ada, &code).await;
        assert_eq!((throttled.status, throttled.header("retry-after")), (429, "30"), "{}", throttled.text);
        panel.clock.advance(TimeDelta::seconds(31));
        let code = device.code(&panel.clock);
        assert_eq!(ada.post("/sign-in", "/sign-in", &[("code", &code)]).await.status, 303);
        assert!(ada.get("/").await.text.contains("Wrong codes before this one: 5."));
        assert_eq!(audited(&panel).await.iter().filter(|row| *row == "refused wrong code").count(), 5);
    })
    .await;
}
