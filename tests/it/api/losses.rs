//! A held loss, seen and decided by a machine; and asking for a sync.

use quarterdeck::accounts::tokens::{self, Wanted};
use quarterdeck::audit::Doer;
use quarterdeck::roles::TokenScope;
use secrecy::ExposeSecret;

use super::Platform;

#[tokio::test]
async fn a_held_loss_is_seen_accepted_with_a_reason_and_audited() {
    let platform = Platform::start().await;
    // At the third collection of the made-up platform most of one zone vanishes.
    platform.house.sync("cloudflare").await;
    platform.house.sync("cloudflare").await;
    let reader = authorization(&platform, TokenScope::Read).await;
    let actor = authorization(&platform, TokenScope::Act).await;
    let ask = async |method: &str, path: &str, token: &str| {
        platform.panel.ask(method, path, &[("authorization", token)]).await
    };

    let records = ask("GET", "/api/v1/dns-records?scope=spring-sale.example", &reader).await.json();
    assert_eq!(records["complete"], false, "while a loss is held, absence proves nothing");
    let source = ask("GET", "/api/v1/sources/cloudflare", &reader).await.json();
    let loss = &source["held_losses"][0];
    assert_eq!((loss["scope"].as_str(), loss["count"].as_i64()), (Some("spring-sale.example"), Some(9)));
    let accept = format!("/api/v1/held-losses/{}/accept", loss["id"].as_str().unwrap());

    let decide = async |token: &str| {
        let headers = [("authorization", token), ("content-type", "application/json")];
        platform.panel.send("POST", &accept, &headers, r#"{"reason": "sold"}"#).await
    };
    assert_eq!(decide(&reader).await.status, 403, "a token that reads decides nothing");
    let accepted = decide(&actor).await;
    assert_eq!((accepted.status, accepted.json()["state"].as_str()), (200, Some("accepted")));
    let again = decide(&actor).await;
    assert_eq!((again.status, again.json()["type"].as_str()), (409, Some("/problems/conflict")));
    let records = ask("GET", "/api/v1/dns-records?scope=spring-sale.example", &reader).await.json();
    assert_eq!((records["complete"].as_bool(), records["items"].as_array().unwrap().len()), (Some(true), 4));
    let audit = platform.ada().await.get("/audit").await;
    assert!(audit.text.contains("held_loss.accept") && audit.text.contains("token:machine (number "));
}

#[tokio::test]
async fn pressing_twice_is_asking_once() {
    let platform = Platform::start().await;
    let actor = authorization(&platform, TokenScope::Act).await;
    let ask = async || platform.panel.ask("POST", "/api/v1/sources/aws-eu/syncs", &[("authorization", &actor)]).await;
    let (first, second) = (ask().await, ask().await);
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.json(), second.json());
    let nobody = platform.panel.ask("POST", "/api/v1/sources/nobody/syncs", &[("authorization", &actor)]).await;
    assert_eq!(nobody.status, 404);
}

async fn authorization(platform: &Platform, scope: TokenScope) -> String {
    let wanted = Wanted { name: "machine".to_owned(), scope, days: 1, networks: Vec::new() };
    let (_, token) = tokens::create(&platform.panel.context, &Doer::command_line(), None, wanted).await.unwrap();
    format!("Bearer {}", token.expose_secret())
}
