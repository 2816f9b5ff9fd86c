//! From the configuration to a source that answers: settings, what is missing, and the probe.

use std::cell::RefCell;

use quarterdeck::config::{Environment, GuardConfig, Reader, SourceConfig, Table};
use quarterdeck::error::Fault;
use quarterdeck::providers::{self, Built, Provider};
use quarterdeck::wire::ErrorKind;

use super::*;

/// Builds a source from the text of its settings: what it came to, and the faults as text.
fn build(settings: &str, environment: Environment) -> (Option<Built>, Vec<String>) {
    let (table, syntax) = Table::parse("quarterdeck.toml", settings);
    assert!(syntax.is_empty(), "{syntax:?}");
    let config = SourceConfig {
        name: "paas".into(),
        provider: "workflow".into(),
        region: None,
        cluster: None,
        every: Duration::from_secs(300),
        place: table.place.clone(),
        settings: table,
        guard: GuardConfig::default(),
    };
    let faults = RefCell::new(Vec::<Fault>::new());
    let mut reader = Reader::new(&config.settings, &environment, &faults);
    let spec = providers::by_name("workflow").unwrap();
    let built = (spec.build)(&config, &mut reader, &Parts { http: Http::new(), clock: Clock::system() });
    reader.finish();
    (built, faults.take().iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn a_source_of_the_configuration_answers_its_probe() {
    let fake = hephy().await;
    fake.world().add_app("shop", "alice");
    let settings = format!(
        "token_env = \"PAAS\"\nendpoint_url = \"{}/\"\nplatform_domain = \"Apps.example.com.\"\n\
         owner_tokens = [{{ user = \"alice\", token_env = \"ALICE\" }}, {{ user = \"bob\", token_env = \"BOB\" }}]",
        fake.url()
    );
    let environment = Environment::default().with("PAAS", TOKEN).with("ALICE", ALICE);
    let (built, faults) = build(&settings, environment);
    assert!(faults.is_empty(), "{faults:?}");
    let Some(Built::Ready(provider)) = built else { panic!("it is ready, though bob's token is not there") };
    assert_eq!(provider.probe().await.unwrap(), "panel (superuser) at a Hephy controller, API 2.3, lists 1 apps");
    let seen = collect(&*provider).await;
    assert_eq!(seen.one::<App>(&fake.host(), "shop").platform_address, "shop.apps.example.com");
}

#[test]
fn a_token_that_is_not_there_is_no_fault_but_not_configured() {
    let (built, faults) =
        build("endpoint_url = \"https://deis.example.com\"\ntoken_env = \"PAAS\"", Environment::default());
    assert!(faults.is_empty(), "{faults:?}");
    let missing = "the environment variable PAAS is not set";
    assert!(matches!(built, Some(Built::NotConfigured { missing: told }) if told == missing));
}

#[test]
fn mistakes_in_the_settings_are_all_named_with_their_places() {
    let settings = "token = \"abc\"\nplatform_domain = \"apps\"\n\
                    owner_tokens = [{ user = \"alice\" }, { token_env = \"B\" }, { user = \"carol\", token_env = \"C\" }, \
                    { user = \"carol\", token_env = \"C\" }]\nowner = 1";
    let (built, faults) = build(settings, Environment::default().with("C", "c"));
    assert!(built.is_none());
    insta::assert_snapshot!(faults.join("\n"), @r#"
    quarterdeck.toml:1:1: `endpoint_url` is missing; add endpoint_url = "https://deis.example.com"
    quarterdeck.toml:1:1: `token` is a secret and must not stand in the configuration; put it into the environment and write token_env = "NAME", or into a file and write token_file = "path"
    quarterdeck.toml:2:1: "apps" is no domain; write it like apps.example.com
    quarterdeck.toml:3:19: the token of alice is missing; add token_env = "NAME"
    quarterdeck.toml:3:37: `user` is missing; add user = "alice"
    quarterdeck.toml:3:97: carol is named twice; keep one of the two
    quarterdeck.toml:4:1: `owner` is unknown here; remove it, or use one of: endpoint_url, owner_tokens, platform_domain, token, token_env, token_file
    "#);
}

#[test]
fn no_token_travels_in_plain_http_beyond_this_machine() {
    let told = |endpoint: &str| {
        let settings = format!("token_env = \"PAAS\"\nendpoint_url = \"{endpoint}\"");
        let (built, faults) = build(&settings, Environment::default().with("PAAS", TOKEN));
        assert_eq!(built.is_some(), faults.is_empty(), "{endpoint}: {faults:?}");
        faults.join("\n")
    };
    insta::assert_snapshot!(told("http://deis.example.com"), @"quarterdeck.toml:2:1: `endpoint_url` is plain http, and a secret would travel to http://deis.example.com/ for all to read; write https://, or a loopback address");
    assert_ne!(told("http://localhost.example.com"), "");
    for good in ["https://deis.example.com", "http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost:8000"] {
        assert_eq!(told(good), "", "{good}");
    }
}

#[tokio::test]
async fn a_probe_says_why_a_token_is_of_no_use() {
    let fake = hephy().await;
    fake.world().accounts.clear();
    let refused = with(settings(&fake)).probe().await.unwrap_err();
    assert_eq!((refused.kind, refused.message.as_str()), (ErrorKind::Auth, "401: Invalid token [redacted]."));
}
