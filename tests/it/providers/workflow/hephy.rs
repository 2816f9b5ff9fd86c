//! A Hephy controller that answers well.

use quarterdeck::kinds::app::{Limit, Release};
use quarterdeck::kinds::certificate::Certificate;
use quarterdeck::wire::{ErrorKind, Outcome};
use serde_json::json;

use super::*;

#[tokio::test]
async fn an_app_is_reported_with_everything_that_the_controller_tells() {
    let fake = hephy().await;
    {
        let mut world = fake.world();
        let shop = world.add_app("shop", "alice");
        shop.collaborators = vec!["carol".into(), "bob".into()];
        shop.structure.insert("worker".into(), 1);
        shop.domains = vec!["www.Example.com".into(), "xn--bcher-kva.example.com".into(), "*.shop.example.com".into()];
        shop.config = json!({
            "values": {"PORT": "8080", "DATABASE_URL": "postgres://db.example.com/shop"}, "tags": {"rack": "1"},
            "memory": {"web": "256M/512M", "worker": "1G"}, "cpu": {"web": "250m/500m"},
            "registry": {"username": "u", "password": "p4ssword"}, "healthcheck": {},
        });
        shop.releases[0]["failed"] = json!(true);
        shop.releases[0]["exception"] = json!("no connection to postgres://db.example.com/shop");
    }
    let mut settings = settings(&fake);
    settings.platform_domain = Some("apps.example.com".into());
    let seen = seen_with(settings).await;

    assert_eq!(seen.ended, Ok(()));
    assert_eq!(*seen.outcome::<App>(&fake.host()), Outcome::Complete);
    let shop: App = seen.one(&fake.host(), "shop");
    assert_eq!((shop.owner.as_str(), shop.collaborators.join(" ")), ("alice", "bob carol".to_owned()));
    assert_eq!((shop.state.as_str(), shop.running["web"], shop.processes["worker"]), ("degraded", 2, 1));
    assert_eq!(
        shop.domains,
        ["*.shop.example.com", "shop.apps.example.com", "www.example.com", "xn--bcher-kva.example.com"]
    );
    assert_eq!(shop.platform_address, "shop.apps.example.com");
    let web = Limit { memory: "256M/512M".into(), cpu: "250m/500m".into(), plan: String::new() };
    assert_eq!((&shop.limits["web"], shop.limits["worker"].memory.as_str()), (&web, "1G"));
    assert_eq!(shop.node_tags["rack"], "1");
    let names: Vec<_> = shop.config.keys().map(String::as_str).collect();
    assert_eq!(names, ["DATABASE_URL", "PORT", "registry/password", "registry/username"]);
    assert_eq!((shop.release.as_str(), shop.releases.len()), ("v1", 2), "a failed release is not the current one");
    let failed = &shop.releases[0];
    assert!(failed.failed);
    assert_eq!(failed.exception, "no connection to [redacted]", "a value is struck out wherever it stands");
    assert_eq!(shop.unseen, ["certificates of alice (no token of alice is configured)"]);
    assert!(shop.other.is_empty(), "{shop:?}");
    assert!(shop.created_at.is_some() && shop.released_at.is_some());
}

#[tokio::test]
async fn values_travel_beside_the_record_and_only_their_digests_in_it() {
    let fake = hephy().await;
    fake.world().add_app("shop", "alice").config =
        json!({"values": {"SECRET_KEY": "canary-9c41-of-a-value", "EMPTY": ""}});
    let seen = seen(&fake).await;
    let records = &seen.scopes.values().find(|(records, _)| !records.is_empty()).unwrap().0;
    let told: Vec<_> = records[0].values.iter().map(|value| (value.name.as_str(), value.digest.len())).collect();
    assert_eq!(told, [("EMPTY", 24), ("SECRET_KEY", 24)], "an empty value is a value");
    assert!(records[0].attrs.get().contains(&records[0].values[1].digest));
    assert!(!format!("{seen:?}").contains("canary-9c41-of-a-value"));
    assert!(!serde_json::to_string(&records[0]).unwrap().contains("canary-9c41-of-a-value"));
}

#[tokio::test]
async fn a_scaled_down_and_a_dead_app_are_told_apart_and_the_bare_name_is_no_host() {
    let fake = hephy().await;
    {
        let mut world = fake.world();
        world.add_app("idle", "alice").structure.insert("web".into(), 0);
        world.add_app("dead", "alice").pods.clear();
        world.app("idle").pods.clear();
    }
    let seen = seen(&fake).await;
    let state = |name: &str| seen.one::<App>(&fake.host(), name).state;
    assert_eq!((state("idle").as_str(), state("dead").as_str()), ("maintenance", "down"));
    let idle: App = seen.one(&fake.host(), "idle");
    assert_eq!((idle.platform_address.as_str(), idle.domains.join(" ")), ("idle", "idle.example.com".to_owned()));
}

#[tokio::test]
async fn many_apps_come_on_many_pages_and_next_is_never_followed() {
    let fake = hephy().await;
    for number in 0..250 {
        fake.world().add_app(&format!("app-{number:03}"), "alice");
    }
    let seen = seen(&fake).await;
    assert_eq!(names(&seen, &fake.host()).len(), 250);
    let pages: Vec<String> = fake.seen("/v2/apps?").into_iter().map(|call| call.target).collect();
    assert_eq!(pages, [0, 100, 200].map(|offset| format!("/v2/apps?limit=100&offset={offset}")));
}

#[tokio::test]
async fn certificates_of_every_owner_with_a_token_are_listed_and_the_others_are_said_to_be_unseen() {
    let fake = hephy().await;
    {
        let mut world = fake.world();
        world.add_account(ALICE, "alice");
        world.add_app("shop", "alice");
        world.add_app("cart", "bob");
        world.add_certificate("platform", "panel", &[]);
        world.add_certificate("www-cert", "alice", &["www.example.com"])["later"] = json!(5);
        world.add_certificate("hidden", "bob", &["cart.example.com"]);
    }
    let mut settings = settings(&fake);
    let gone = OwnerToken { user: "dora".into(), token: Err("the environment variable DORA is not set".into()) };
    settings.owner_tokens = vec![alices(), gone];
    let seen = seen_with(settings).await;

    let scope = |user: &str| format!("{}/{user}", fake.host());
    assert_eq!(*seen.outcome::<Certificate>(&scope("panel")), Outcome::Complete);
    assert_eq!(*seen.outcome::<Certificate>(&scope("alice")), Outcome::Complete);
    let skipped = |user: &str| match seen.outcome::<Certificate>(&scope(user)) {
        Outcome::Skipped { reason } => reason.clone(),
        other => panic!("{user} is {other:?}"),
    };
    assert_eq!(skipped("bob"), "only bob can list these, and no token of bob is configured in `owner_tokens`");
    assert_eq!(skipped("dora"), "the environment variable DORA is not set");
    assert!(seen.one::<App>(&fake.host(), "shop").unseen.is_empty());
    let www: Certificate = seen.one(&scope("alice"), "www-cert");
    assert_eq!((www.owner.as_str(), www.certificate_id.as_str(), www.app.as_str()), ("alice", "2", ""));
    assert_eq!(www.subject_alt_names, ["www.example.com", "*.wild.example.com"]);
    assert_eq!((www.domains.join(" "), www.issuer.as_str()), ("www.example.com".into(), "/CN=Example CA/O=Example"));
    assert_eq!(www.not_after.unwrap().to_rfc3339(), "2027-02-19T07:06:28+00:00");
    assert_eq!(www.other["later"], 5);
    assert_eq!(seen.notes, ["certificates have the unknown field \"later\"; it is shown as it is"]);
}

#[tokio::test]
async fn a_token_of_somebody_else_does_not_fill_an_owners_scope() {
    let fake = hephy().await;
    fake.world().add_account(ALICE, "mallory");
    fake.world().add_certificate("theirs", "mallory", &[]);
    let mut settings = settings(&fake);
    settings.owner_tokens = vec![alices()];
    let seen = seen_with(settings).await;
    let scope = format!("{}/alice", fake.host());
    assert_eq!(seen.partial::<Certificate>(&scope).message, "the token that is configured for alice is one of mallory");
    assert!(seen.all::<Certificate>(&scope).is_empty());
}

#[tokio::test]
async fn an_account_that_is_no_superuser_proves_no_absence() {
    let fake = hephy().await;
    fake.world().accounts.get_mut(TOKEN).unwrap().is_superuser = false;
    fake.world().add_app("mine", "panel");
    fake.world().add_app("theirs", "alice");
    let seen = seen(&fake).await;
    let error = seen.partial::<App>(&fake.host());
    assert_eq!(error.kind, ErrorKind::Auth);
    assert_eq!(error.message, "panel is no superuser: apps of others, if there are any, are not listed");
    assert_eq!(names(&seen, &fake.host()), ["mine"], "what it sees is news all the same");
}

#[tokio::test]
async fn fields_that_nobody_knows_are_kept_and_noted_once() {
    let fake = hephy().await;
    for name in ["one", "two"] {
        let mut world = fake.world();
        let app = world.add_app(name, "alice");
        app.more = json!({"flavour": "vanilla"});
        app.config = json!({"values": {}, "vault": {"path": "canary-9c41-in-an-unknown-part"}});
    }
    let seen = seen(&fake).await;
    let one: App = seen.one(&fake.host(), "one");
    assert_eq!(one.other["flavour"], "vanilla");
    assert_eq!(one.config.keys().collect::<Vec<_>>(), ["vault/path"]);
    assert!(seen.notes.contains(&"apps have the unknown field \"flavour\"; it is shown as it is".to_owned()));
    let part = "configurations have the unknown part \"vault\"; it is kept as if it were a secret".to_owned();
    assert!(seen.notes.contains(&part), "{:?}", seen.notes);
    assert!(!format!("{seen:?}").contains("canary-9c41-in-an-unknown-part"));
}

#[tokio::test]
async fn the_newest_ten_releases_are_kept() {
    let fake = hephy().await;
    {
        let mut world = fake.world();
        let shop = world.add_app("shop", "alice");
        let release = shop.releases[0].clone();
        shop.releases = (1..=30)
            .rev()
            .map(|version| {
                let mut release = release.clone();
                release["version"] = json!(version);
                release
            })
            .collect();
    }
    let shop: App = seen(&fake).await.one(&fake.host(), "shop");
    let versions = |releases: &[Release]| releases.iter().map(|one| one.version.clone()).collect::<Vec<_>>();
    assert_eq!((shop.release.as_str(), versions(&shop.releases).len()), ("v30", 10));
    assert_eq!(versions(&shop.releases)[9], "v21");
}
