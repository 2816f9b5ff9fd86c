//! API tokens: shown once, accepted as long and from where they may be. `/metrics` takes any of them.

use chrono::TimeDelta;
use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::accounts::users;
use quarterdeck::audit::Doer;
use quarterdeck::roles::{Role, TokenScope};
use quarterdeck::store::audit;
use quarterdeck::store::sources::{ConfiguredSource, configure};
use secrecy::ExposeSecret;

use crate::support::database::on_each_database;
use crate::support::panel::{Page, Panel};

fn wanted(scope: TokenScope) -> Wanted {
    Wanted { name: "a script".to_owned(), scope, days: 30, networks: Vec::new() }
}

async fn metrics(panel: &Panel, token: &str) -> Page {
    panel.ask("GET", "/metrics", &[("authorization", &format!("Bearer {token}"))]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_works_until_it_is_revoked() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let ada = panel.signed_in("ada@example.com").await;
        let form = [("name", "a script"), ("scope", "read"), ("days", "30"), ("networks", "")];
        let made = ada.post("/tokens", "/tokens", &form).await;
        assert_eq!(made.status, 200);
        let token = made.text.split("qd_").nth(1).map(|rest| format!("qd_{}", &rest[..46])).unwrap();
        assert!(!ada.get("/tokens").await.text.contains(&token), "never again");
        assert_eq!(metrics(&panel, &token).await.status, 200);
        let row = &tokens::list(&panel.context, None).await.unwrap()[0];
        assert_eq!((row.last_used_address.as_str(), row.last_used_at.is_some()), ("127.0.0.1", true));
        assert_eq!(ada.post("/tokens", &format!("/tokens/{}/revoke", row.id), &[]).await.status, 303);
        let refused = metrics(&panel, &token).await;
        assert_eq!(refused.status, 401);
        assert!(refused.text.contains("the token has been revoked"), "{}", refused.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_time_its_owner_and_its_owners_password() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("root@example.com", Role::Admin).await;
        panel.person("ada@example.com", Role::Operator).await;
        let doer = Doer::command_line();
        let ada = users::find(&panel.context, "ada@example.com").await.unwrap();
        let make = async || tokens::create(&panel.context, &doer, Some(&ada), wanted(TokenScope::Act)).await.unwrap().1;
        let first = make().await;
        assert_eq!(metrics(&panel, first.expose_secret()).await.status, 200);
        users::set_password(&panel.context, &doer, &ada, "another long password".into()).await.unwrap();
        assert_eq!(metrics(&panel, first.expose_secret()).await.status, 401);
        let second = make().await;
        panel.clock.advance(TimeDelta::days(30));
        assert!(metrics(&panel, second.expose_secret()).await.text.contains("the token has expired"));
        let third = make().await;
        users::set_disabled(&panel.context, &doer, &ada, true).await.unwrap();
        assert_eq!(metrics(&panel, third.expose_secret()).await.status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_tells_tokens_of_one_name_apart_and_says_for_whom_they_act() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let source = ConfiguredSource {
            name: "dns".to_owned(),
            provider: "memory".to_owned(),
            region: String::new(),
            cluster: String::new(),
            every_seconds: 300,
            kinds: Vec::new(),
            missing: None,
        };
        let now = panel.clock.now();
        panel.context.db.write(move |connection| configure(connection, &[source], now)).await.unwrap();
        let mut doers = Vec::new();
        for owner in ["ada@example.com", "bob@example.com"] {
            panel.person(owner, Role::Operator).await;
            let user = users::find(&panel.context, owner).await.unwrap();
            let by = Doer::command_line().named(owner);
            let made = tokens::create(&panel.context, &by, Some(&user), wanted(TokenScope::Act)).await;
            let (id, token) = made.unwrap();
            doers.push((format!("token:a script (number {id})"), owner.to_owned()));
            let authorization = format!("Bearer {}", token.expose_secret());
            let asked = panel.ask("POST", "/api/v1/sources/dns/syncs", &[("authorization", &authorization)]).await;
            assert_eq!(asked.status, 202, "{}", asked.text);
        }
        let rows =
            panel.context.db.read(|connection| audit::page(connection, "source.sync", None, 9)).await.unwrap().rows;
        let written: Vec<_> = rows.into_iter().rev().map(|row| (row.actor, row.effective_actor)).collect();
        assert_eq!(written, doers);
        let of_ada = panel.context.db.read(|connection| audit::page(connection, "ada@", None, 9)).await.unwrap().rows;
        assert!(
            of_ada.iter().any(|row| row.action == "source.sync"),
            "what was done for somebody is found by the name"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_bound_to_a_network_is_refused_elsewhere() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        let networks = vec!["192.0.2.0/24".to_owned()];
        let bound = Wanted { networks, ..wanted(TokenScope::Generated) };
        let (_, token) = tokens::create(&panel.context, &Doer::command_line(), None, bound).await.unwrap();
        let authorization = format!("Bearer {}", token.expose_secret());
        for (address, status) in [("192.0.2.77", 200), ("203.0.113.9", 401)] {
            let headers = [("authorization", authorization.as_str()), ("x-forwarded-for", address)];
            assert_eq!(panel.ask("GET", "/metrics", &headers).await.status, status, "{address}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_cannot_make_a_token_that_acts_nor_revoke_anothers() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        panel.person("ada@example.com", Role::Viewer).await;
        let ada = panel.signed_in("ada@example.com").await;
        let form = |scope, days| [("name", "a script"), ("scope", scope), ("days", days), ("networks", "")];
        let refused = ada.post("/tokens", "/tokens", &form("act", "30")).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("Your role may not make a token of scope act."), "{}", refused.text);
        assert_eq!(ada.post("/tokens", "/tokens", &form("read", "366")).await.status, 422);
        let (id, _) =
            tokens::create(&panel.context, &Doer::command_line(), None, wanted(TokenScope::Read)).await.unwrap();
        assert_eq!(ada.post("/tokens", &format!("/tokens/{id}/revoke"), &[]).await.status, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_one_is_told_how_to_get_one() {
    on_each_database(async |db| {
        let panel = Panel::over(db).await;
        for authorization in [None, Some("Basic YTpi"), Some("Bearer qd_nonsense")] {
            let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
            let refused = panel.ask("GET", "/metrics", &headers).await;
            assert_eq!(refused.status, 401);
            assert!(refused.header("www-authenticate").starts_with("Bearer realm=\"quarterdeck\""));
            assert!(refused.text.starts_with("A token is needed. ") && !refused.text.contains('<'), "{}", refused.text);
        }
    })
    .await;
}
