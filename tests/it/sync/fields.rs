//! Held fields: what a degraded listing leaves out is kept, until a complete one has it again or a person says so.

use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance::Instance;
use quarterdeck::providers::memory::Ending;
use quarterdeck::store::held;
use quarterdeck::wire::{ErrorKind, ProviderError};

use crate::support::database::on_each_database;
use crate::support::house::{House, instances, line};

const TAGGED: &str = "SELECT COUNT(*) AS n FROM resources WHERE attrs LIKE '%\"prod\"%'";

fn without_tags(count: usize) -> Vec<Instance> {
    let mut instances = instances(0..count);
    for instance in &mut instances {
        instance.tags.clear();
    }
    instances
}

fn broken_off() -> Ending {
    Ending::Partial(ProviderError::new("aws", "DescribeInstances", ErrorKind::Unavailable, "no answer in time"))
}

#[tokio::test]
async fn a_partial_listing_takes_no_field_away() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..30));
        house.sync("cloud").await;
        script.holds("eu", without_tags(25)).ends::<Instance>("eu", broken_off());
        assert!(line(&house.sync("cloud").await, "eu").starts_with("partial"));
        assert_eq!(house.count(TAGGED).await, 30);
        assert_eq!(house.held().await.len(), 1, "and somebody is asked");
    })
    .await;
}

#[tokio::test]
async fn a_listing_that_shows_too_few_rows_to_judge_leaves_a_hold_as_it_is() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", without_tags(12));
        house.sync("cloud").await;
        script.holds("eu", without_tags(5)).ends::<Instance>("eu", broken_off());
        house.sync("cloud").await;
        assert_eq!((house.count(TAGGED).await, house.held().await.len()), (12, 1), "one that broke off");
        script.holds("eu", without_tags(9)).ends::<Instance>("eu", Ending::Complete);
        house.sync("cloud").await;
        let held: Vec<String> = house.held().await.into_iter().map(|loss| loss.subject).collect();
        assert_eq!((house.count(TAGGED).await, held), (12, vec!["tags".to_owned()]), "one of nine rows");
    })
    .await;
}

#[tokio::test]
async fn a_rejected_loss_of_a_field_ends_when_the_field_is_back() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", without_tags(12));
        house.sync("cloud").await;
        let (loss, now) = (house.held().await.remove(0), house.clock.now());
        held::reject(&house.db, loss.id, "ada", "the listing is wrong", now).await.unwrap();
        house.sync("cloud").await;
        assert_eq!((house.count(TAGGED).await, house.held().await.len()), (12, 0), "kept, and not asked about again");
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", without_tags(12));
        house.sync("cloud").await;
        assert_eq!(house.held().await.len(), 1, "another loss is another question");
    })
    .await;
}

fn services(data: bool, proxied: bool) -> Vec<DnsRecord> {
    let record = |number| DnsRecord {
        record_id: format!("srv-{number}"),
        zone: "example.com".to_owned(),
        record_type: "SRV".to_owned(),
        name: format!("_sip._tcp.host-{number}.example.com"),
        content: format!("10 5060 host-{number}.example.com"),
        proxied,
        data: data.then(|| serde_json::json!({ "port": 5060 })),
        ..DnsRecord::default()
    };
    (0..12).map(record).collect()
}

#[tokio::test]
async fn a_field_that_is_left_out_when_empty_is_kept_too() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("dns").await;
        script.holds("example.com", services(true, false));
        house.sync("dns").await;
        script.holds("example.com", services(false, false));
        house.sync("dns").await;
        assert_eq!(house.held().await[0].subject, "data");
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resources WHERE attrs LIKE '%5060}%'").await, 12);
    })
    .await;
}

#[tokio::test]
async fn a_switch_that_is_thrown_is_no_loss() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("dns").await;
        script.holds("example.com", services(true, true));
        house.sync("dns").await;
        script.holds("example.com", services(true, false));
        assert_eq!(line(&house.sync("dns").await, "example.com"), "complete +0 ~12 -0 =0 !0");
    })
    .await;
}
