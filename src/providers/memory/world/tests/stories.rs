//! What somebody who looks around in the demo is meant to find.

use super::*;
use crate::kinds::app::App;
use crate::kinds::certificate::Certificate;
use crate::wire::{ErrorKind, Outcome};

fn record<'a>(records: &'a [Value], name: &str, record_type: &str) -> Option<&'a Value> {
    records.iter().find(|record| text(record, "name") == name && text(record, "type") == record_type)
}

/// The names of the instances that have the address.
fn holders(told: &Told, address: &str) -> Vec<String> {
    let instances = told.all("instance");
    let holders = instances.iter().filter(|instance| addresses(instance).contains(&address));
    holders.map(|instance| text(instance, "name").to_owned()).collect()
}

#[tokio::test]
async fn records_stay_behind_when_the_machine_that_had_their_address_goes() {
    for (source, gone_at, name) in [("aws-eu", 2, "old-eu.shop.example"), ("aws-us", 5, "old-us.shop.example")] {
        let zones = steps("cloudflare", gone_at + 5).await;
        let cloud = steps(source, gone_at + 5).await;
        for step in 0..gone_at + 5 {
            let records = zones[step].all("dns_record");
            let address = text(record(&records, name, "A").unwrap(), "content");
            assert_eq!(holders(&cloud[step], address).len(), usize::from(step < gone_at), "{name} at step {step}");
        }
    }
}

#[tokio::test]
async fn an_instance_gives_an_elastic_address_back_and_its_records_still_say_it() {
    let cloud = steps("aws-us", 6).await;
    let records = steps("cloudflare", 6).await.remove(5).all("dns_record");
    let address = text(record(&records, "billing-web-us-2.edge.example.net", "A").unwrap(), "content");
    assert_eq!(holders(&cloud[3], address), ["billing-web-us-2"]);
    assert_eq!(holders(&cloud[4], address), [""; 0]);
    assert!(cloud[4].all("instance").iter().any(|instance| text(instance, "name") == "billing-web-us-2"));
}

#[tokio::test]
async fn nobody_ever_held_the_addresses_in_the_offices_network() {
    let records = platform().await["cloudflare"].all("dns_record");
    for name in ["vpn.edge.example.net", "badge-printer.edge.example.net"] {
        let address = text(record(&records, name, "A").unwrap(), "content");
        assert!(address.starts_with("203.0.113."));
        for told in steps("aws-ap", 100).await {
            assert_eq!(holders(&told, address), [""; 0]);
        }
    }
}

#[tokio::test]
async fn the_wandering_shop_takes_its_record_along() {
    let (cloud, zones) = (steps("aws-eu", 30).await, steps("cloudflare", 30).await);
    let mut addresses = std::collections::BTreeSet::new();
    for (cloud, zones) in cloud.iter().zip(&zones) {
        let records = zones.all("dns_record");
        let address = text(record(&records, "shop-web-eu-2.edge.example.net", "A").unwrap(), "content");
        assert_eq!(holders(cloud, address), ["shop-web-eu-2"]);
        addresses.insert(address.to_owned());
    }
    assert_eq!(addresses.len(), 4);
}

#[tokio::test]
async fn a_storefront_leads_to_its_regions_balancer_through_a_chain() {
    let platform = platform().await;
    let records = platform["cloudflare"].all("dns_record");
    for (city, source) in [("berlin", "aws-eu"), ("boston", "aws-us"), ("tokyo", "aws-ap")] {
        let edge = text(record(&records, &format!("{city}.shop.example"), "CNAME").unwrap(), "content");
        let balancer = text(record(&records, edge, "CNAME").unwrap(), "content");
        let balancers = platform[source].all("load_balancer");
        assert!(balancers.iter().any(|known| text(known, "dns_name") == balancer), "{city} → {edge} → {balancer}");
    }
}

#[tokio::test]
async fn there_are_six_balancers_of_three_types_and_some_targets_are_unhealthy() {
    let platform = platform().await;
    let balancers = all(&platform, "load_balancer");
    let mut types: Vec<&str> = balancers.iter().map(|balancer| text(balancer, "balancer_type")).collect();
    types.sort_unstable();
    assert_eq!(types, ["application", "application", "application", "classic", "network", "network"]);
    let targets = balancers.iter().flat_map(|balancer| balancer["targets"].as_array().into_iter().flatten());
    let unhealthy = targets.filter(|target| text(target, "health") == "unhealthy").count();
    assert_eq!(unhealthy, 3);
}

#[tokio::test]
async fn one_maintenance_is_tomorrow_and_one_is_over() {
    let events = platform().await["aws-eu"].all("maintenance_event");
    let mut states: Vec<(&str, bool)> =
        events.iter().map(|event| (text(event, "state"), is_tomorrow(event, "not_before"))).collect();
    states.sort_unstable();
    assert_eq!(states, [("completed", false), ("scheduled", true)]);
    let completed = events.iter().find(|event| text(event, "state") == "completed").unwrap();
    assert!(text(completed, "description").starts_with("[Completed] "));
}

#[tokio::test]
async fn a_maintenance_is_over_when_its_time_has_passed() {
    let clock = clock();
    let provider = Memory::new(sight("aws-eu").unwrap(), clock.clone());
    let open =
        |told: &Told| told.all("maintenance_event").iter().filter(|event| text(event, "state") == "scheduled").count();
    assert_eq!(open(&tell(&provider).await), 1);
    clock.advance(TimeDelta::days(2));
    assert_eq!(open(&tell(&provider).await), 0);
}

#[tokio::test]
async fn certificates_are_past_their_end_near_it_and_far_from_it() {
    let platform = platform().await;
    let certificates = all(&platform, "certificate");
    let ends: Vec<i64> = certificates.iter().map(|certificate| days_ahead(certificate, "not_after")).collect();
    for (what, from, to) in
        [("past", -60, -1), ("today", 0, 0), ("this week", 1, 7), ("this month", 8, 30), ("far", 31, 400)]
    {
        assert!(ends.iter().any(|days| (from..=to).contains(days)), "none ends {what}: {ends:?}");
    }
    assert!(certificates.iter().any(|certificate| text(certificate, "common_name").starts_with("*.")));
    assert!(certificates.iter().any(|certificate| certificate["domains"].as_array().is_some_and(Vec::is_empty)));
}

#[tokio::test]
async fn one_certificate_has_a_hole_in_its_chain() {
    let platform = platform().await;
    let certificates = all(&platform, "certificate").into_iter();
    let certificates = certificates.map(|value| serde_json::from_value::<Certificate>(value).unwrap());
    let holed: Vec<(String, String)> = certificates.filter_map(|one| Some((one.name.clone(), one.hole()?))).collect();
    let told = "Example CA is not sent, which signed us-shop.example.com";
    assert_eq!(holed, [("us-shop".to_owned(), told.to_owned())]);
}

#[tokio::test]
async fn every_app_has_settings_and_one_has_failed_to_deploy() {
    let platform = platform().await;
    let apps: Vec<App> =
        all(&platform, "app").into_iter().map(|value| serde_json::from_value(value).unwrap()).collect();
    assert!(apps.iter().all(|app| app.config.len() >= 4 && app.releases.len() >= 3));
    let failed: Vec<&str> = apps.iter().filter(|app| app.releases[0].failed).map(|app| app.name.as_str()).collect();
    assert_eq!(failed, ["fraud-check"]);
    assert!(apps.iter().any(|app| !app.limits.is_empty()) && apps.iter().any(|app| !app.unseen.is_empty()));
}

#[tokio::test]
async fn one_app_has_a_domain_without_a_record() {
    let platform = platform().await;
    let records = all(&platform, "dns_record");
    let apps = all(&platform, "app");
    let lost: Vec<&str> = apps
        .iter()
        .flat_map(|app| app["domains"].as_array().into_iter().flatten().filter_map(Value::as_str))
        .filter(|domain| !domain.contains(".apps.") && record(&records, domain, "CNAME").is_none())
        .collect();
    assert_eq!(lost, ["radio.example.com"]);
}

#[tokio::test]
async fn the_old_data_centre_answers_once_and_then_half() {
    let told = steps("legacy-dc", 4).await;
    let scope = ("dns_record", "dc.example.org");
    assert_eq!(told[0].outcome(scope.0, scope.1), Some(&Outcome::Complete));
    for later in &told[1..] {
        let outcome = later.outcome(scope.0, scope.1);
        assert!(matches!(outcome, Some(Outcome::Partial { error }) if error.kind == ErrorKind::Unavailable));
        assert!(later.count(scope.0, scope.1) < told[0].count(scope.0, scope.1));
    }
}

#[tokio::test]
async fn the_partner_refuses_and_its_words_are_kept_without_the_token() {
    let told = steps("partner-dns", 2).await.remove(1);
    let error = told.error.unwrap();
    assert_eq!((error.kind, told.events.len()), (ErrorKind::Auth, 0));
    assert_eq!(
        error.message,
        "Invalid API Token [redacted]: it expired on the 1st; ask your account's owner for a new one"
    );
}
