//! From the configuration to a source that answers: settings, what is missing, and the probe.

use std::cell::RefCell;

use quarterdeck::config::{Environment, GuardConfig, Reader, SourceConfig, Table};
use quarterdeck::error::Fault;
use quarterdeck::providers::{self, Built};
use quarterdeck::wire::ErrorKind;

use super::*;
use crate::support::cloudflare::{Effect, Fault as Misbehaviour, Sight};

/// Builds a source from the text of its settings: what it came to, and the faults as text.
fn build(settings: &str, environment: Environment) -> (Option<Built>, Vec<String>) {
    let (table, syntax) = Table::parse("quarterdeck.toml", settings);
    assert!(syntax.is_empty(), "{syntax:?}");
    let config = SourceConfig {
        name: "dns".into(),
        provider: "cloudflare".into(),
        region: None,
        cluster: None,
        every: Duration::from_secs(300),
        place: table.place.clone(),
        settings: table,
        guard: GuardConfig::default(),
    };
    let faults = RefCell::new(Vec::<Fault>::new());
    let mut reader = Reader::new(&config.settings, &environment, &faults);
    let spec = providers::by_name("cloudflare").unwrap();
    let built = (spec.build)(&config, &mut reader, &Parts { http: Http::new(), clock: Clock::system() });
    reader.finish();
    (built, faults.take().iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn a_source_of_the_configuration_answers_its_probe() {
    let fake = FakeCloudflare::start().await;
    fake.world().add_zone("example.com");
    let settings = format!(
        "token_env = \"CF\"\nendpoint_url = \"{}/\"\nzones = [\"Example.com.\"]\nname_servers = [\"127.0.0.1:5353\"]",
        fake.url()
    );
    let (built, faults) = build(&settings, Environment::default().with("CF", TOKEN));
    assert!(faults.is_empty(), "{faults:?}");
    let Some(Built::Ready(provider)) = built else { panic!("it is ready") };
    assert_eq!(
        provider.probe().await.unwrap(),
        "user token, valid until 2027-01-01T00:00:00Z, lists 1 zones, first example.com of Example"
    );
    assert!(collect(&*provider).await.is_complete("dns_record example.com"));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let fake = FakeCloudflare::start().await;
    fake.world().add_zone("example.com");
    let body = "x".repeat(65 * 1024 * 1024);
    fake.script(Misbehaviour::on("/zones?", Effect::Html { status: 200, body }));
    let error = source(&fake).probe().await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Malformed, "the answer is larger than 64 MiB"));
}

#[test]
fn a_token_that_is_not_there_is_no_fault_but_not_configured() {
    for (settings, expected) in [
        ("", "neither token_env nor token_file is set"),
        ("token_env = \"CF\"", "the environment variable CF is not set"),
    ] {
        let (built, faults) = build(settings, Environment::default());
        assert!(faults.is_empty(), "{faults:?}");
        assert!(matches!(built, Some(Built::NotConfigured { missing }) if missing == expected), "{settings}");
    }
}

#[test]
fn mistakes_in_the_settings_are_all_named_with_their_places() {
    let settings =
        "token_env = \"CF\"\nzones = [\"exa mple\"]\nname_servers = [\"ns1\"]\nendpoint_url = \"ftp://x\"\nzone = 1";
    let (built, faults) = build(settings, Environment::default().with("CF", TOKEN));
    assert!(built.is_none());
    insta::assert_snapshot!(faults.join("\n"), @r#"
    quarterdeck.toml:4:1: `endpoint_url` is not an http or https URL: "ftp://x"; write https://host.example.com
    quarterdeck.toml:2:1: "exa mple" is no zone's name; write it like example.com
    quarterdeck.toml:3:1: "ns1" is not host:port; write 192.0.2.53:53 or [2001:db8::53]:53
    quarterdeck.toml:5:1: `zone` is unknown here; did you mean `zones`?
    "#);
}

#[tokio::test]
async fn an_accounts_token_is_probed_by_what_it_lists() {
    let fake = FakeCloudflare::start().await;
    fake.world().add_zone("example.com");
    fake.world().token(TOKEN).account = Some("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb".into());
    let said = source(&fake).probe().await.unwrap();
    assert_eq!(said, "account token, lists 1 zones, first example.com of Example");
    assert!(fake.seen("/zones?").iter().all(|call| call.target.contains("per_page=5")));
}

#[tokio::test]
async fn a_probe_says_why_a_token_is_of_no_use() {
    let fake = FakeCloudflare::start().await;
    fake.world().add_zone("example.com");
    fake.world().token(TOKEN).sight = Sight::Only(Default::default());
    let blind = source(&fake).probe().await.unwrap_err();
    assert_eq!(
        (blind.kind, blind.message.as_str()),
        (ErrorKind::Auth, "the token is accepted and lists no zone: it needs Zone:Read")
    );

    fake.world().token(TOKEN).status = "expired".into();
    let expired = source(&fake).probe().await.unwrap_err();
    assert_eq!((expired.kind, expired.message.as_str()), (ErrorKind::Auth, "403: Token is expired (9109)"));
}
