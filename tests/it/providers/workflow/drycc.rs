//! A Drycc controller that answers well: what is different there.

use quarterdeck::kinds::certificate::Certificate;
use quarterdeck::wire::Outcome;
use serde_json::json;

use super::*;
use crate::support::workflow::{Effect, Fault};

#[tokio::test]
async fn apps_lie_in_workspaces_with_plans_and_a_configuration_that_is_a_list() {
    let fake = FakeWorkflow::start(Flavour::Drycc).await;
    {
        let mut world = fake.world();
        world.accounts.get_mut(TOKEN).unwrap().workspaces.insert("media".into());
        world.add_app("player", "media");
        world.add_app("foreign", "elsewhere");
        world.add_app("webshop", "example").config = json!({
            "values": [{"name": "PORT", "value": "8080", "group": "global"}, {"name": "FEATURE", "value": "on", "ptype": "web"},
                       {"name": "FEATURE", "value": null, "group": "global"}],
            "values_refs": {"web": ["common"]}, "limits": {"web": "std1.large.c1m2"}, "lifecycle": {}, "tags": {},
            "registry": {"web": {"username": "u", "password": "p4ssword"}},
        });
        world.app("webshop").releases[0]["state"] = json!("crashed");
    }
    let seen = seen(&fake).await;
    assert_eq!(seen.ended, Ok(()));
    let scope = |workspace: &str| format!("{}/{workspace}", fake.host());
    assert_eq!(names(&seen, &scope("media")), ["player"]);
    assert_eq!(*seen.outcome::<App>(&scope("media")), Outcome::Complete);
    let shop: App = seen.one(&scope("example"), "webshop");
    assert_eq!((shop.owner.as_str(), shop.limits["web"].plan.as_str()), ("example", "std1.large.c1m2"));
    let names: Vec<_> = shop.config.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["FEATURE", "PORT", "registry/web.password", "registry/web.username", "values_refs/web", "web/FEATURE"]
    );
    assert_eq!((shop.platform_address.as_str(), shop.domains.join(" ")), ("", "webshop.example.com".to_owned()));
    assert!(shop.releases[0].failed && shop.release == "v1");
    assert!(seen.scopes.keys().all(|scope| !scope.name.contains("elsewhere")), "nothing is said of other workspaces");
    assert!(seen.notes.is_empty(), "{:?}", seen.notes);
}

#[tokio::test]
async fn certificates_lie_within_apps() {
    let fake = FakeWorkflow::start(Flavour::Drycc).await;
    {
        let mut world = fake.world();
        world.add_app("webshop", "example");
        world.add_app("billing", "example");
        world.add_certificate("www", "webshop", &["www.example.com"])["san"] = json!(null);
        world.add_certificate("www", "billing", &["pay.example.com"]);
    }
    let seen = seen(&fake).await;
    let scope = format!("{}/example", fake.host());
    assert_eq!(*seen.outcome::<Certificate>(&scope), Outcome::Complete);
    let www: Certificate = seen.one(&scope, "webshop/www");
    assert_eq!((www.app.as_str(), www.owner.as_str(), www.subject_alt_names.len()), ("webshop", "example", 0));
    assert_eq!(www.issuer, "CN=Example CA,O=Example");
    assert_eq!(seen.one::<Certificate>(&scope, "billing/www").domains, ["pay.example.com"]);
}

#[tokio::test]
async fn without_its_version_header_a_controller_is_known_by_what_it_tells_of_a_user() {
    for flavour in [Flavour::Drycc, Flavour::Hephy] {
        let fake = FakeWorkflow::start(flavour).await;
        fake.world().says_version = false;
        fake.world().add_app("webshop", "example");
        let seen = seen(&fake).await;
        let scope = if flavour == Flavour::Drycc { format!("{}/example", fake.host()) } else { fake.host() };
        assert_eq!(names(&seen, &scope), ["webshop"], "{flavour:?}");
    }
}

#[tokio::test]
async fn a_throttle_holds_every_reader_for_as_long_as_it_asks() {
    let fake = FakeWorkflow::start(Flavour::Drycc).await;
    for number in 0..8 {
        fake.world().add_app(&format!("webshop-{number}"), "example");
    }
    fake.script(Fault::on("/config", Effect::Throttle(Some(1))));
    let seen = seen(&fake).await;
    assert_eq!(*seen.outcome::<App>(&format!("{}/example", fake.host())), Outcome::Complete);
    let calls = fake.seen("");
    let refused = calls.iter().position(|call| call.status == 429).unwrap();
    let later = calls.iter().filter(|call| call.at - calls[refused].at >= Duration::from_millis(100));
    let soonest = later.map(|call| call.at - calls[refused].at).min().unwrap();
    assert!(soonest >= Duration::from_millis(990), "asked again after {soonest:?}");
}
