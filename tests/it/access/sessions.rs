//! Sessions: rotated, listed, revoked, ended by what ends them; and forms that are not ours.

use chrono::TimeDelta;
use quarterdeck::accounts::users;
use quarterdeck::audit::Doer;
use quarterdeck::roles::Role;
use quarterdeck::secret::token_hash;
use quarterdeck::store::{AnyConnection, sessions};

use crate::support::database::on_each_database;
use crate::support::panel::{PASSWORD, Panel};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_planted_is_worth_nothing_after_the_sign_in() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("mallory@example.com", Role::Viewer).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let planted = panel.signed_in("mallory@example.com").await;
        let victim = planted.stolen();
        // Signing in over a session is a form of that session.
        let token = victim.get("/account").await.csrf_token();
        let form = [("email", "ada@example.com"), ("password", PASSWORD), ("csrf_token", token.as_str())];
        assert_eq!(victim.post_bare("/sign-in", &form).await.status, 303);
        assert_ne!(*planted.cookies.borrow(), *victim.cookies.borrow());
        assert!(victim.get("/account").await.text.contains("ada@example.com"));
        assert!(!planted.is_signed_in().await, "the old token is dead");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_row_cannot_be_read_is_none() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let id = panel.person("ada@example.com", Role::Admin).await;
        let ada = panel.signed_in("ada@example.com").await;
        let now = panel.clock.now();
        let spoil = move |connection: &mut AnyConnection| {
            let session = sessions::of_user(connection, id, now)?.remove(0);
            sessions::set_state(connection, &session.token_hash, "{")
        };
        panel.context.db.write(spoil).await.unwrap();
        assert_eq!(ada.get("/account").await.status, 303, "nobody knows of which epoch it was");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_form_of_before_the_sign_in_leads_on() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let browser = panel.browser();
        let second_tab = browser.get("/sign-in").await.csrf_token();
        assert_eq!(browser.sign_in("ada@example.com", PASSWORD).await.status, 303);
        let before = browser.cookies.borrow().clone();
        let form = [("email", "ada@example.com"), ("password", PASSWORD), ("csrf_token", second_tab.as_str())];
        let page = browser.post_bare("/sign-in", &form).await;
        assert_eq!((page.status, page.header("location")), (303, "/"));
        assert_eq!(*browser.cookies.borrow(), before, "and begins nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_cookie_dies_with_the_old_password() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let ada = panel.signed_in("ada@example.com").await;
        let thief = ada.stolen();
        assert!(thief.is_signed_in().await);
        let new = "another long password";
        let form = [("current_password", PASSWORD), ("new_password", new), ("new_password_again", new)];
        let page = ada.post("/account", "/account/password", &form).await;
        assert_eq!((page.status, page.header("location")), (303, "/account"), "{}", page.text);
        assert!(ada.get("/account").await.text.contains("The password was changed."));
        assert!(ada.is_signed_in().await && !thief.is_signed_in().await);
        assert_eq!(panel.browser().sign_in("ada@example.com", PASSWORD).await.status, 422);
        assert_eq!(panel.browser().sign_in("ada@example.com", new).await.status, 303);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_or_given_another_role_signs_in_again() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("root@example.com", Role::Admin).await;
        let id = panel.person("ada@example.com", Role::Viewer).await;
        let admin = panel.signed_in("root@example.com").await;
        let ada = panel.signed_in("ada@example.com").await;
        assert_eq!(admin.post("/users", &format!("/users/{id}/role"), &[("role", "operator")]).await.status, 303);
        assert!(!ada.is_signed_in().await);
        let ada = panel.signed_in("ada@example.com").await;
        assert_eq!(admin.post("/users", &format!("/users/{id}/disable"), &[]).await.status, 303);
        assert!(!ada.is_signed_in().await);
        assert_eq!(panel.browser().sign_in("ada@example.com", PASSWORD).await.status, 422);
        assert_eq!(admin.post("/users", &format!("/users/{id}/enable"), &[]).await.status, 303);
        assert_eq!(panel.browser().sign_in("ada@example.com", PASSWORD).await.status, 303);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let id = panel.person("root@example.com", Role::Admin).await;
        let admin = panel.signed_in("root@example.com").await;
        assert_eq!(admin.post("/users", &format!("/users/{id}/disable"), &[]).await.status, 409);
        let doer = Doer::command_line();
        let user = users::find(&panel.context, "root@example.com").await.unwrap();
        let refused = users::set_role(&panel.context, &doer, &user, Role::Viewer).await.unwrap_err();
        assert_eq!(refused.to_string(), "this is the last administrator who can sign in; make another one first");
        assert!(admin.is_signed_in().await, "what was refused ended nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_can_sign_out_there_everywhere_else_and_here() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        panel.person("eve@example.com", Role::Viewer).await;
        let (here, there, third) = (
            panel.signed_in("ada@example.com").await,
            panel.signed_in("ada@example.com").await,
            panel.signed_in("ada@example.com").await,
        );
        let eve = panel.signed_in("eve@example.com").await;
        let token = there.cookies.borrow()["quarterdeck"].clone();
        // The signature comes first, the token itself at the end.
        let id = token_hash(
            &token
                .split("%3D")
                .last()
                .unwrap()
                .chars()
                .rev()
                .take(43)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect::<String>(),
        );
        let revoke = format!("/account/sessions/{id}/revoke");
        assert!(here.get("/account").await.text.contains(&revoke));
        assert_eq!(eve.post("/account", &revoke, &[]).await.status, 404, "it is not hers");
        assert_eq!(here.post("/account", &revoke, &[]).await.status, 303);
        assert!(!there.is_signed_in().await && third.is_signed_in().await);
        assert_eq!(here.post("/account", "/account/sessions/revoke-others", &[]).await.status, 303);
        assert!(!third.is_signed_in().await && here.is_signed_in().await && eve.is_signed_in().await);
        let again = here.stolen();
        assert_eq!(here.post("/account", "/sign-out", &[]).await.status, 303);
        assert!(!here.is_signed_in().await && !again.is_signed_in().await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_nobody_uses_it_and_at_the_latest_after_twelve_hours() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let id = panel.person("ada@example.com", Role::Viewer).await;
        let idle = panel.signed_in("ada@example.com").await;
        let busy = panel.signed_in("ada@example.com").await;
        for _ in 0..11 {
            panel.clock.advance(TimeDelta::hours(1));
            assert!(busy.is_signed_in().await);
        }
        assert!(!idle.is_signed_in().await);
        panel.clock.advance(TimeDelta::hours(1));
        assert!(!busy.is_signed_in().await);
        let at = panel.clock.now();
        let pruned = panel.context.db.write(move |connection| sessions::prune(connection, at)).await.unwrap();
        assert_eq!(pruned, 2);
        let left = panel.context.db.read(move |connection| sessions::of_user(connection, id, at)).await.unwrap();
        assert!(left.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_is_written_once_a_minute() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let id = panel.person("ada@example.com", Role::Viewer).await;
        let ada = panel.signed_in("ada@example.com").await;
        let mut seen = Vec::new();
        for _ in 0..4 {
            panel.clock.advance(TimeDelta::seconds(40));
            assert!(ada.is_signed_in().await);
            let at = panel.clock.now();
            let rows = panel.context.db.read(move |connection| sessions::of_user(connection, id, at)).await.unwrap();
            seen.push((rows[0].used_at - rows[0].created_at).num_seconds());
        }
        assert_eq!(seen, [0, 80, 80, 160]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_lies_open_keeps_no_session_alive_and_takes_no_message() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let ada = panel.signed_in("ada@example.com").await;
        let new = "another long password";
        let form = [("current_password", PASSWORD), ("new_password", new), ("new_password_again", new)];
        assert_eq!(ada.post("/account", "/account/password", &form).await.status, 303);
        let by_itself = [("x-unattended", "1"), ("accept", "text/event-stream")];
        for header in by_itself {
            let page = ada.get_with("/account", &[header]).await;
            assert!(page.status == 200 && !page.text.contains("The password was changed."), "{}", page.text);
        }
        assert!(ada.get("/account").await.text.contains("The password was changed."), "it was left for her");
        for minutes in (10..120).step_by(10) {
            panel.clock.advance(TimeDelta::minutes(10));
            for header in by_itself {
                assert_eq!(ada.get_with("/account", &[header]).await.status, 200, "after {minutes} minutes");
            }
        }
        panel.clock.advance(TimeDelta::minutes(10));
        assert!(!ada.is_signed_in().await, "nobody has looked at it for two hours");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_ours_changes_nothing() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        panel.person("eve@example.com", Role::Viewer).await;
        let ada = panel.signed_in("ada@example.com").await;
        let of_eve = panel.signed_in("eve@example.com").await.get("/account").await.csrf_token();
        let of_a_stranger = panel.browser().get("/sign-in").await.csrf_token();
        for token in ["", "nonsense", &of_eve, &of_a_stranger] {
            let page = ada.post_bare("/sign-out", &[("csrf_token", token)]).await;
            assert_eq!(page.status, 403, "{token:?}");
            assert!(page.text.contains("This form is too old, or not from here"), "{}", page.text);
        }
        assert_eq!(ada.post_bare("/sign-out", &[]).await.status, 403);
        assert!(ada.is_signed_in().await);
        let form = [("email", "ada@example.com"), ("password", PASSWORD)];
        assert_eq!(
            panel.browser().post_bare("/sign-in", &form).await.status,
            403,
            "the sign-in is a form like any other"
        );
    })
    .await;
}
