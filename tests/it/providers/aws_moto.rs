//! The AWS provider against moto: real HTTP, real paging, both sorts of balancers.

use std::collections::BTreeSet;

use quarterdeck::config::Environment;
use quarterdeck::kinds::instance::{AddressSort, Instance};
use quarterdeck::kinds::load_balancer::LoadBalancer;
use quarterdeck::kinds::maintenance_event::MaintenanceEvent;
use quarterdeck::kinds::{Kind, Origin};
use quarterdeck::providers::Provider;
use quarterdeck::wire::Outcome;

use crate::support::collected::{self, Collected};
use crate::support::moto::Moto;

const ACCOUNT: &str = "123456789012";
const EU: &str = "123456789012/eu-west-1";
const US: &str = "123456789012/us-east-1";

fn source(moto: &Moto) -> Box<dyn Provider> {
    let environment = Environment::default()
        .with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .with("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-test")
        .with("AWS_EC2_METADATA_DISABLED", "true")
        .with("AWS_ENDPOINT_URL", &moto.url());
    collected::provider("aws", r#"aws_regions = ["eu-west-1", "us-east-1"]"#, &environment)
}

fn keys(instance: &Instance) -> Vec<String> {
    let origin = Origin { source: "under-test".to_owned(), network: "office".to_owned() };
    instance.facts(&origin).keys.iter().map(|mention| mention.key.to_string()).collect()
}

fn assert_complete(collected: &Collected) {
    assert_eq!(collected.ended, Ok(()));
    for (scope, (_, outcome)) in &collected.scopes {
        assert_eq!(outcome.as_ref(), Some(&Outcome::Complete), "{scope:?}");
    }
    assert_eq!(collected.scopes.len(), 6, "three kinds in two regions");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_every_region_is_read() {
    let (moto, many) = Moto::of_several_pages();
    moto.fleet("eu-west-1", many);
    moto.fleet("us-east-1", 7);
    let collected = collected::collect(source(&moto).as_ref()).await;
    assert_complete(&collected);
    let eu: Vec<Instance> = collected.all(EU);
    let ids: BTreeSet<_> = eu.iter().map(|instance| instance.instance_id.clone()).collect();
    assert_eq!((eu.len(), ids.len()), (many, many));
    let names: BTreeSet<_> = eu.iter().map(|instance| instance.name.clone()).collect();
    assert!(names.contains("fleet-0000") && names.contains(&*format!("fleet-{:04}", many - 1)));
    assert!(eu.iter().all(|instance| instance.state == "running" && instance.system_status == "ok"));
    assert_eq!(collected.all::<Instance>(US).len(), 7);
    assert_eq!(collected.notes, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_events_and_balancers_come_with_what_joins_them() {
    let moto = Moto::start();
    let made = moto.special("eu-west-1");
    let source = source(&moto);
    let collected = collected::collect(source.as_ref()).await;
    assert_complete(&collected);

    let web: Instance = collected.one(EU, &made.web);
    assert_eq!((web.name.as_str(), web.state.as_str(), web.account.as_str()), ("web-1", "running", ACCOUNT));
    assert_eq!(web.network, made.vpc);
    assert!(web.tags.contains(&("note".to_owned(), String::new())), "a tag may have no value");
    let keys_of_web = keys(&web);
    assert!(keys_of_web.contains(&format!("ip:{}", made.elastic)), "{keys_of_web:?}");
    assert!(keys_of_web.contains(&format!("instance:{EU}/{}", made.web)));
    assert!(keys_of_web.iter().any(|key| key.starts_with(&format!("ip:{}/10.20.", made.vpc))), "{keys_of_web:?}");

    let six: Instance = collected.one(EU, &made.ipv6);
    assert!(six.addresses.iter().any(|a| a.sort == AddressSort::Ipv6 && a.address.is_ipv6()), "{:?}", six.addresses);

    let gone: Instance = collected.one(EU, &made.gone);
    assert_eq!(gone.state, "terminated", "listed as long as EC2 lists it");
    assert_eq!(keys(&gone), [format!("instance:{EU}/{}", made.gone)]);

    let events: Vec<MaintenanceEvent> = collected.all(EU);
    let told: BTreeSet<_> =
        events.iter().map(|event| (event.instance_name.as_str(), event.code.as_str(), event.state.as_str())).collect();
    assert_eq!(
        told,
        BTreeSet::from([
            ("web-1", "system-reboot", "scheduled"),
            ("web-1", "instance-stop", "completed"),
            ("stopped-1", "instance-retirement", "scheduled"),
        ])
    );

    let origin = Origin { source: "under-test".to_owned(), network: String::new() };
    let points_at_web = |balancer: &LoadBalancer| {
        let refs = balancer.facts(&origin).refs;
        refs.len() == 1 && refs[0].key.as_str() == format!("instance:{EU}/{}", made.web)
    };
    let alb: LoadBalancer = collected.one(EU, &made.alb);
    assert!(points_at_web(&alb), "{alb:?}");
    assert_eq!(alb.members, [format!("web-tg/{}:8080", made.web)]);
    assert_eq!((alb.scheme.as_str(), alb.balancer_type.as_str()), ("internet-facing", "application"));
    assert_eq!(alb.listeners[0].port, 80);
    assert_eq!(alb.tags, [("team".to_owned(), "new".to_owned())]);
    assert!(alb.targets.iter().all(|target| target.health == "healthy"), "{:?}", alb.targets);

    let classic: LoadBalancer = collected.one(EU, "web-classic");
    assert!(points_at_web(&classic), "{classic:?}");
    assert_eq!((classic.balancer_type.as_str(), classic.state.as_str()), ("classic", "active"));
    assert_eq!((classic.listeners[0].port, classic.listeners[0].target_port), (443, Some(80)));
    assert_eq!(classic.tags, [("team".to_owned(), "old".to_owned())]);
    assert_eq!(classic.targets[0].health, "healthy");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_outside_changes_in_the_next_collection_and_nothing_else_does() {
    let moto = Moto::start();
    let made = moto.special("eu-west-1");
    let source = source(&moto);
    let first = collected::collect(source.as_ref()).await;
    let same = collected::collect(source.as_ref()).await;
    assert_eq!(fingerprints(&first), fingerprints(&same), "an unchanged world reads the same, byte for byte");

    let address = moto.change_address("eu-west-1", &made.web);
    moto.start_instance("eu-west-1", &made.stopped);
    moto.terminate("eu-west-1", &made.ipv6);
    moto.tag("eu-west-1", &made.web, "event:a", "system-reboot@2026-12-05T02:00:00+00:00");
    let later = collected::collect(source.as_ref()).await;

    let held = keys(&later.one(EU, &made.web));
    assert!(held.contains(&format!("ip:{address}")) && !held.contains(&format!("ip:{}", made.elastic)), "{held:?}");
    assert_eq!(later.one::<Instance>(EU, &made.stopped).state, "running");
    assert_eq!(keys(&later.one(EU, &made.ipv6)).len(), 1);
    let reboot = |collected: &Collected| {
        let events: Vec<MaintenanceEvent> = collected.all(EU);
        events.into_iter().find(|event| event.code == "system-reboot").unwrap()
    };
    assert_eq!(reboot(&first).event_id, reboot(&later).event_id, "a moved event is still the same event");
    assert_ne!(reboot(&first).not_before, reboot(&later).not_before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_assumed_before_anything_is_asked() {
    let moto = Moto::start();
    let settings = format!(
        "aws_region = \"eu-west-1\"\nendpoint_url = \"{}\"\nrole_arn = \"arn:aws:iam::210987654321:role/panel-reader\"",
        moto.url()
    );
    let environment =
        Environment::default().with("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").with("AWS_SECRET_ACCESS_KEY", "another-secret");
    let source = collected::provider("aws", &settings, &environment);
    let known_as = source.probe().await.unwrap();
    assert!(known_as.contains("210987654321") && known_as.contains("panel-reader"), "{known_as}");
}

fn fingerprints(collected: &Collected) -> BTreeSet<(String, i64)> {
    let records = collected.scopes.values().flat_map(|(records, _)| records);
    records.map(|record| (record.external_id.clone(), record.fingerprint())).collect()
}
