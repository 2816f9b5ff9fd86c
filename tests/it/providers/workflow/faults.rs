//! What is reported when the controller, its proxy or the network misbehaves.

use quarterdeck::kinds::certificate::Certificate;
use quarterdeck::wire::{ErrorKind, Outcome};
use serde_json::json;

use super::*;
use crate::support::workflow::{Effect, Fault, World};

/// A Hephy with the apps `shop` and `cart` of alice.
async fn two_apps() -> FakeWorkflow {
    let fake = hephy().await;
    fake.world().add_app("shop", "alice");
    fake.world().add_app("cart", "alice");
    fake
}

fn html(status: u16) -> Effect {
    Effect::Say(status, "<html><head><title>Bad gateway</title></head>".into())
}

#[tokio::test]
async fn one_app_that_cannot_be_read_keeps_what_is_known_of_it_and_the_others_go_on() {
    for (part, effect, kind, said) in [
        ("config", html(502), ErrorKind::Unavailable, "502: not the API but a page answered: Bad gateway"),
        ("config", html(200), ErrorKind::Malformed, "not the API but a page answered: Bad gateway"),
        (
            "pods",
            Effect::Say(500, json!({"detail": "Server Error"}).to_string()),
            ErrorKind::Unavailable,
            "500: Server Error",
        ),
        (
            "domains",
            Effect::Say(503, json!({"detail": "no nodes"}).to_string()),
            ErrorKind::Unavailable,
            "503: no nodes",
        ),
        (
            "releases",
            Effect::Say(200, json!({"count": 1}).to_string()),
            ErrorKind::Malformed,
            "the answer has no list of results",
        ),
        (
            "config",
            Effect::Say(200, json!({"values": ["canary-9c41"]}).to_string()),
            ErrorKind::Malformed,
            "the answer is no configuration",
        ),
        (
            "config",
            Effect::Say(500, "DATABASE_URL=canary-9c41".into()),
            ErrorKind::Unavailable,
            "500: not the API answered",
        ),
        ("perms", html(404), ErrorKind::NotFound, "404: not the API but a page answered: Bad gateway"),
    ] {
        let fake = two_apps().await;
        fake.script(Fault::on(&format!("/apps/shop/{part}"), effect).times(9));
        let seen = seen(&fake).await;
        let error = seen.partial::<App>(&fake.host());
        assert_eq!(
            (error.kind, error.message.as_str()),
            (kind, &*format!("1 of 2 apps were not read, the first, shop: {said}"))
        );
        assert_eq!(names(&seen, &fake.host()), ["cart"], "{part}: half an app is not reported");
        assert!(!format!("{seen:?}").contains("canary-9c41"));
    }
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let fake = two_apps().await;
    for effect in
        [html(502), Effect::Truncate(20), Effect::Throttle(Some(0)), Effect::Say(500, r#"{"detail":"x"}"#.into())]
    {
        fake.script(Fault::on("/apps/shop/config", effect));
        assert_eq!(*seen(&fake).await.outcome::<App>(&fake.host()), Outcome::Complete);
    }
}

#[tokio::test]
async fn what_is_refused_to_this_account_is_said_on_the_app_and_the_rest_is_shown() {
    let fake = two_apps().await;
    let refusal =
        || Effect::Say(403, json!({"detail": "You do not have permission to perform this action."}).to_string());
    fake.script(Fault::on("/apps/shop/config", refusal()));
    fake.script(Fault::on("/apps/shop/pods", refusal()));
    let seen = seen(&fake).await;
    assert_eq!(*seen.outcome::<App>(&fake.host()), Outcome::Complete);
    let shop: App = seen.one(&fake.host(), "shop");
    assert_eq!(
        shop.unseen,
        [
            "configuration (403: You do not have permission to perform this action.)",
            "running processes (403: You do not have permission to perform this action.)",
            "certificates of alice (no token of alice is configured)"
        ]
    );
    assert_eq!(shop.state, "unknown", "not seen running is not down");
    let (records, _) = seen.scopes.values().find(|(records, _)| records.len() == 2).unwrap();
    let fields = |name: &str| {
        let record = records.iter().find(|record| record.external_id == name).unwrap();
        serde_json::from_str::<serde_json::Value>(record.attrs.get()).unwrap()
    };
    for field in ["config", "limits", "node_tags"] {
        assert!(fields("shop").get(field).is_none(), "{field} is left as it was last known");
        assert!(fields("cart").get(field).is_some());
    }
    assert_eq!(shop.domains, ["shop.example.com"]);
}

#[tokio::test]
async fn an_app_deleted_meanwhile_is_gone_only_if_the_controller_says_so_twice() {
    let fake = two_apps().await;
    let delete = |world: &mut World| drop(world.apps.remove("shop"));
    fake.script(Fault::on("/apps/shop/config", Effect::Meanwhile(Box::new(delete))));
    let gone = seen(&fake).await;
    assert_eq!(*gone.outcome::<App>(&fake.host()), Outcome::Complete);
    assert_eq!(names(&gone, &fake.host()), ["cart"]);

    let fake = two_apps().await;
    let lie = json!("No App matches the given query.").to_string();
    fake.script(Fault::on("/apps/shop/config", Effect::Say(404, lie)));
    let there = seen(&fake).await;
    assert_eq!(there.partial::<App>(&fake.host()).kind, ErrorKind::NotFound, "the app itself is there");
}

#[tokio::test]
async fn a_list_that_shifts_between_its_pages_begins_again_on_one_page() {
    let fake = hephy().await;
    for number in 0..150 {
        fake.world().add_app(&format!("app-{number:03}"), "alice");
    }
    let shift = |world: &mut World| drop(world.apps.remove("app-000"));
    fake.script(Fault::on("/v2/apps?limit=100&offset=100", Effect::Meanwhile(Box::new(shift))));
    let after_loss = seen(&fake).await;
    assert_eq!(names(&after_loss, &fake.host()).len(), 149, "none is missed");
    assert!(fake.seen("/v2/apps?").last().unwrap().target.contains("limit=249"));

    // One goes and one comes in front: the count stays, the pages shift, and one app would be seen twice.
    let swap = |world: &mut World| {
        world.apps.remove("app-149");
        world.add_app("aaa", "alice");
    };
    fake.script(Fault::on("/v2/apps?limit=100&offset=100", Effect::Meanwhile(Box::new(swap))));
    assert_eq!(names(&seen(&fake).await, &fake.host()).len(), 149);
}

#[tokio::test]
async fn f15_a_list_that_does_not_hold_what_it_counts_is_no_list() {
    let fake = two_apps().await;
    let lie = json!({"count": 2, "next": null, "previous": null, "results": []}).to_string();
    fake.script(Fault::on("/v2/apps?", Effect::Say(200, lie)).times(9));
    let error = seen(&fake).await.ended.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(error.message, "the list holds 0 elements and says that there are 2");
}

#[tokio::test]
async fn an_app_that_is_not_understood_proves_no_absence() {
    let fake = two_apps().await;
    fake.world().app("cart").more = json!({"structure": "canary-9c41"});
    let seen = seen(&fake).await;
    assert_eq!(seen.partial::<App>(&fake.host()).message, "1 of 2 elements were not understood");
    assert_eq!(names(&seen, &fake.host()), ["shop"]);
    assert!(!format!("{seen:?}").contains("canary-9c41\""), "and it is not quoted");
}

#[tokio::test]
async fn a_refused_token_ends_the_collection_and_is_not_repeated_in_the_error() {
    let fake = two_apps().await;
    fake.world().accounts.clear();
    let error = seen(&fake).await.ended.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Auth, "401: Invalid token [redacted]."));
}

#[tokio::test]
async fn an_owners_dead_token_ends_that_owners_scope_alone() {
    let fake = two_apps().await;
    fake.world().add_certificate("platform", "panel", &[]);
    let mut settings = settings(&fake);
    settings.owner_tokens = vec![alices()];
    let seen = seen_with(settings).await;
    let scope = |user: &str| format!("{}/{user}", fake.host());
    assert_eq!(seen.partial::<Certificate>(&scope("alice")).message, "401: Invalid token [redacted].");
    assert_eq!(*seen.outcome::<Certificate>(&scope("panel")), Outcome::Complete);
    assert_eq!(seen.ended, Ok(()));
}

#[tokio::test]
async fn a_throttle_longer_than_our_patience_ends_what_it_meets() {
    let fake = two_apps().await;
    fake.script(Fault::on("/config", Effect::Throttle(None)));
    let seen = seen(&fake).await;
    let error = seen.partial::<App>(&fake.host());
    assert_eq!((error.kind, error.retry_after), (ErrorKind::RateLimited, Some(Duration::from_secs(60))));
    assert!(fake.seen("").len() < 12, "{} calls: nobody goes on asking", fake.seen("").len());
}

#[tokio::test]
async fn another_api_and_no_api_are_said_to_be_so() {
    let fake = two_apps().await;
    fake.script(Fault::on("whoami", html(200)));
    let error = seen(&fake).await.ended.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Malformed, "not the API but a page answered: Bad gateway")
    );

    let nowhere = Settings::new(TOKEN.to_owned().into(), "http://127.0.0.1:9".parse().unwrap());
    assert_eq!(seen_with(nowhere).await.ended.unwrap_err().kind, ErrorKind::Unavailable);
}
