//! The outages of others, re-enacted; each by its number in `docs/failures.md`.

use quarterdeck::kinds::instance::Instance;
use quarterdeck::providers::memory::Ending;
use quarterdeck::store::Scope;
use quarterdeck::store::sources::{self, SourceState};
use quarterdeck::wire::{ErrorKind, ProviderError};

use crate::support::database::on_each_database;
use crate::support::house::{House, instance, instances, line};

fn failure(kind: ErrorKind) -> ProviderError {
    ProviderError::new("aws", "DescribeInstances", kind, "no answer in time")
}

#[tokio::test]
async fn f02_an_empty_answer_removes_nothing() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..40)).holds("us", instances(100..140));
        house.sync("cloud").await;

        // 200 with `[]`.
        script.holds("eu", instances(0..0));
        assert_eq!(line(&house.sync("cloud").await, "eu"), "held +0 ~0 -0 =0 !40");
        // Half of the pages, then a time-out.
        script.holds("eu", instances(0..20)).ends::<Instance>("eu", Ending::Partial(failure(ErrorKind::Unavailable)));
        assert_eq!(line(&house.sync("cloud").await, "eu"), "partial +0 ~0 -0 =20 !0");
        // A stream that is cut says nothing at all.
        script.ends::<Instance>("eu", Ending::Cut);
        assert!(line(&house.sync("cloud").await, "eu").starts_with("partial"));
        // 403 in one region: the other goes on.
        script.ends::<Instance>("eu", Ending::Partial(failure(ErrorKind::Auth)));
        let mut stopped = instances(100..140);
        stopped[0].state = "stopped".to_owned();
        script.holds("us", stopped);
        let report = house.sync("cloud").await;
        assert_eq!(line(&report, "us"), "complete +0 ~1 -0 =39 !0");
        assert_eq!(report.state.as_str(), "partial");
        // Nothing can be seen at all.
        script.refuses(failure(ErrorKind::Unavailable));
        let report = house.sync("cloud").await;
        assert_eq!((report.state.as_str(), report.scopes.len()), ("failed", 0));

        assert_eq!(house.present("instance").await.len(), 80, "after all of that, everything is still there");
    })
    .await;
}

#[tokio::test]
async fn f13_old_facts_show_their_age() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..3));
        house.sync("cloud").await;
        let confirmed = house.clock.now();
        script.refuses(failure(ErrorKind::Auth));
        for _ in 0..11 {
            house.sync("cloud").await;
        }
        let source = house.read(|connection| sources::find(connection, &Scope::unrestricted(), "cloud")).await.unwrap();
        assert_eq!(source.confirmed_at(), Some(confirmed), "a failed attempt confirms nothing");
        assert_eq!(source.state_at(house.clock.now()), SourceState::Auth);
        assert!(source.is_stale(house.clock.now()), "eleven minutes are more than two intervals of five");
        assert_eq!(source.reason, "aws DescribeInstances: auth: no answer in time");

        script.recovers();
        house.sync("cloud").await;
        let source = house.read(|connection| sources::find(connection, &Scope::unrestricted(), "cloud")).await.unwrap();
        assert_eq!(source.state_at(house.clock.now()), SourceState::Ok);
    })
    .await;
}

#[tokio::test]
async fn a_large_first_listing_that_begins_again_keeps_no_more_than_it_shows_at_last() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..6_000)).restarts_after::<Instance>("eu", 5_500);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +6000 ~0 -0 =0 !0");
        assert_eq!(house.present("instance").await.len(), 6_000);
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0);
        assert_eq!(house.count("SELECT present AS n FROM counts WHERE facet = '' AND cluster = '*'").await, 6_000);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_a_large_first_listing_shows_twice_is_there_once_in_its_later_state() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        let mut twice = instances(0..6_000);
        let mut later = instance(4);
        later.state = "stopping".to_owned();
        twice.extend([instance(3), later]);
        script.holds("eu", twice);
        let report = house.sync("cloud").await;
        assert!(line(&report, "eu").starts_with("complete +6000 "), "{}", line(&report, "eu"));
        assert_eq!(house.present("instance").await.len(), 6_000);
        let stopping = "SELECT COUNT(*) AS n FROM resources WHERE status = 'stopping'";
        assert_eq!(house.count(stopping).await, 1, "the later one counts");
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -0 =6000 !0");
    })
    .await;
}

#[tokio::test]
async fn a_listing_that_begins_again_counts_once() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..30)).restarts_after::<Instance>("eu", 25);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +30 ~0 -0 =0 !0");
        // The same row twice in one listing, with the later state.
        let mut twice = instances(0..30);
        let mut later = instance(4);
        later.state = "stopping".to_owned();
        twice.push(later);
        script.holds("eu", twice);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~1 -0 =29 !0");
    })
    .await;
}
