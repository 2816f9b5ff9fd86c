//! How a held loss ends: by the return of its rows, by a person, by a second listing, or with the rows themselves.

use quarterdeck::kinds::dns_record::DnsRecord;
use quarterdeck::kinds::instance::Instance;
use quarterdeck::kinds::zone::Zone;
use quarterdeck::providers::memory::Ending;
use quarterdeck::store::held;
use quarterdeck::sync;
use quarterdeck::wire::{ErrorKind, ProviderError};

use super::scopes::{records, zone};
use crate::support::database::on_each_database;
use crate::support::house::{House, instance, instances, line};

const OPEN: &str = "SELECT COUNT(*) AS n FROM held_losses WHERE state = 'open'";
const ACCEPTED: &str = "SELECT COUNT(*) AS n FROM held_losses WHERE state = 'accepted'";
const DISSOLVED: &str = "SELECT COUNT(*) AS n FROM held_losses WHERE state = 'dissolved'";

fn stopped(number: usize) -> Instance {
    Instance { state: "stopped".to_owned(), ..instance(number) }
}

#[tokio::test]
async fn rows_that_return_changed_leave_their_loss_in_a_large_scope_too() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.streams("eu", 2_600, instance);
        house.sync("cloud").await;
        script.streams("eu", 100, instance);
        house.sync("cloud").await;
        script.streams("eu", 2_600, stopped);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~2600 -0 =0 !0");
        assert_eq!((house.count(OPEN).await, house.count(DISSOLVED).await), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_small_loss_whose_rows_all_return_is_not_accepted() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..9));
        house.sync("cloud").await;
        script.holds("eu", instances(0..1));
        house.sync("cloud").await;
        script.holds("eu", instances(0..9));
        house.sync("cloud").await;
        assert_eq!((house.count(ACCEPTED).await, house.count(DISSOLVED).await), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_loss_ends_with_its_rows() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("dns").await;
        script.holds("all", ["one.example", "two.example", "three.example"].map(zone));
        script.holds_within("two.example", &zone("two.example"), records("two.example", 20));
        house.sync("dns").await;
        script.holds_within("two.example", &zone("two.example"), records("two.example", 5));
        house.sync("dns").await;
        assert_eq!(house.held().await[0].rows, 15);

        script.holds("all", ["one.example", "three.example"].map(zone)).forgets::<DnsRecord>("two.example");
        house.sync("dns").await;
        house.sync("dns").await;
        assert_eq!(house.present("dns_record").await.len(), 0);
        assert_eq!((house.count(OPEN).await, house.count(DISSOLVED).await), (0, 1), "nothing is left to decide");
    })
    .await;
}

#[tokio::test]
async fn a_loss_that_is_accepted_during_a_listing_is_no_longer_measured_against() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", instances(0..4));
        house.sync("cloud").await;

        let gate = script.stops_after::<Instance>("eu", 2);
        let claim = house.claim("cloud", "worker-1").await;
        let (db, source) = (house.db.clone(), house.get("cloud").clone());
        let listing = tokio::spawn(async move { sync::run(&db, &source, &claim).await });
        gate.reached().await;
        let (loss, now) = (house.held().await.remove(0), house.clock.now());
        assert_eq!(held::accept_all(&house.db, loss.id, "ada", "scaled in", now).await.unwrap(), Some(8));
        gate.open();
        assert_eq!(line(&listing.await.unwrap().unwrap(), "eu"), "complete +0 ~0 -0 =4 !0");

        script.holds("eu", instances(0..3));
        assert_eq!(
            line(&house.sync("cloud").await, "eu"),
            "complete +0 ~0 -1 =3 !0",
            "one of four, not nine of twelve"
        );
    })
    .await;
}

#[tokio::test]
async fn a_loss_that_is_accepted_while_the_scope_is_partial_is_no_longer_measured_against() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", instances(0..4));
        house.sync("cloud").await;
        let error = ProviderError::new("aws", "DescribeInstances", ErrorKind::Unavailable, "no answer in time");
        script.ends::<Instance>("eu", Ending::Partial(error));
        house.sync("cloud").await;
        let (loss, now) = (house.held().await.remove(0), house.clock.now());
        held::accept_all(&house.db, loss.id, "ada", "scaled in", now).await.unwrap();
        assert_eq!(house.scope_state("eu").await, "partial", "a decision lists nothing");
        script.holds("eu", instances(0..3)).ends::<Instance>("eu", Ending::Complete);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -1 =3 !0");
    })
    .await;
}

#[tokio::test]
async fn rejected_rows_do_not_weigh_on_later_losses() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", instances(0..4));
        house.sync("cloud").await;
        let (loss, now) = (house.held().await.remove(0), house.clock.now());
        held::reject(&house.db, loss.id, "ada", "the listing is wrong", now).await.unwrap();
        script.holds("eu", instances(0..3));
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -1 =3 !0", "one of four that are listed");
        script.holds("eu", instances(0..0));
        assert!(line(&house.sync("cloud").await, "eu").starts_with("held"), "all that was listed is another matter");
    })
    .await;
}

#[tokio::test]
async fn a_parent_that_is_gone_is_confirmed_by_its_own_listing_alone() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("dns").await;
        script.holds("all", ["one.example", "two.example", "three.example"].map(zone));
        script.holds_within("two.example", &zone("two.example"), records("two.example", 20));
        house.sync("dns").await;
        script.holds("all", ["one.example", "three.example"].map(zone)).forgets::<DnsRecord>("two.example");
        house.sync("dns").await;
        let error = ProviderError::new("cloudflare", "GET /zones", ErrorKind::Unavailable, "no answer in time");
        script.ends::<Zone>("all", Ending::Partial(error));
        assert_eq!(line(&house.sync("dns").await, "two.example"), "skipped +0 ~0 -0 =0 !0");
        assert_eq!(house.present("dns_record").await.len(), 20, "a listing that broke off confirms nothing");
        script.ends::<Zone>("all", Ending::Complete);
        assert_eq!(line(&house.sync("dns").await, "two.example"), "complete +0 ~0 -20 =0 !0");
        assert_eq!(
            house.count("SELECT gone AS n FROM sync_results ORDER BY sync_id DESC, gone DESC LIMIT 1").await,
            20
        );
    })
    .await;
}
