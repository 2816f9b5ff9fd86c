//! What is reported when the provider, its gateway or the network misbehaves.

use std::collections::BTreeSet;

use quarterdeck::wire::ErrorKind;

use super::*;
use crate::support::cloudflare::{Effect, Fault, Quota, World};

const RECORDS: &str = "dns_record example.com";

/// A fake with the zone `example.com` of so many records; the zone's id.
async fn fake_with(records: usize) -> (FakeCloudflare, String) {
    let fake = FakeCloudflare::start().await;
    let id = fake.world().add_zone("example.com");
    for number in 0..records {
        fake.world().add_record(&id, "A", &format!("h{number:06}.example.com"), "192.0.2.1");
    }
    (fake, id)
}

fn html(status: u16) -> Effect {
    Effect::Html { status, body: "<html><head><title>Bad gateway</title></head>".into() }
}

#[tokio::test]
async fn a_429_is_never_answered_sooner_than_it_asks() {
    let (fake, _) = fake_with(3).await;
    fake.script(Fault::on("dns_records", Effect::Throttle(Some(1))));
    let seen = collect(&source(&fake)).await;
    assert!(seen.is_complete(RECORDS));
    let calls = fake.seen("dns_records");
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [429, 200]);
    assert!(calls[1].at - calls[0].at >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_429_stops_all_readers_and_without_a_time_it_means_a_minute() {
    let (fake, _) = fake_with(3).await;
    for number in 0..10 {
        fake.world().add_zone(&format!("z{number}.example"));
    }
    fake.script(Fault::on("dns_records", Effect::Throttle(None)));
    let source = source(&fake);
    let seen = collect(&source).await;
    assert_eq!(seen.error(RECORDS).kind, ErrorKind::RateLimited);
    assert_eq!(seen.error(RECORDS).retry_after, Some(Duration::from_secs(60)));
    let calls = fake.seen("").len();
    assert!(calls <= 1 + 3, "{calls}: only those that were under way went on");
    assert_eq!(seen.error("dns_record z9.example").kind, ErrorKind::RateLimited);

    let again = collect(&source).await;
    assert_eq!(again.result.unwrap().kind, ErrorKind::RateLimited);
    assert_eq!(fake.seen("").len(), calls, "the next collection does not ask sooner either");
}

#[tokio::test]
async fn a_fifth_of_the_quota_is_left_to_people() {
    let (fake, _) = fake_with(1).await;
    for number in 0..30 {
        fake.world().add_zone(&format!("z{number}.example"));
    }
    fake.world().quota = Quota::of(20, Duration::from_secs(1));
    let seen = collect(&source(&fake)).await;
    assert!(seen.outcomes.values().all(|outcome| *outcome == Outcome::Complete), "{:?}", seen.outcomes);
    let calls = fake.seen("");
    assert_eq!(calls.len(), 32);
    assert!(calls.iter().all(|call| call.status == 200), "the quota was never used up");
    assert!(calls[31].at - calls[0].at >= Duration::from_millis(900), "the second window was awaited");
}

#[tokio::test]
async fn a_200_that_says_it_failed_is_a_failure() {
    let (fake, _) = fake_with(3).await;
    fake.script(Fault::on("dns_records", Effect::FalseSuccess));
    let seen = collect(&source(&fake)).await;
    assert_eq!(seen.error(RECORDS).message, "answered 200, but as a failure: half of it failed (1)");
    assert_eq!(seen.error(RECORDS).request_id.as_deref(), Some("8f00ba4200000000-WAW"));
    assert!(seen.is_complete("zone bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"));
}

#[tokio::test]
async fn a_gateways_html_is_tried_again_and_then_reported_by_its_title() {
    let (fake, _) = fake_with(3).await;
    fake.script(Fault::on("dns_records", html(502)));
    assert!(collect(&source(&fake)).await.is_complete(RECORDS));

    fake.script(Fault::on("dns_records", html(502)).times(9));
    let seen = collect(&source(&fake)).await;
    assert_eq!(seen.error(RECORDS).kind, ErrorKind::Unavailable);
    assert_eq!(seen.error(RECORDS).message, "502: not the API but a page answered: Bad gateway");
}

#[tokio::test]
async fn html_with_status_200_is_malformed_and_proves_no_absence() {
    let (fake, _) = fake_with(3).await;
    fake.script(Fault::on("dns_records", html(200)));
    let seen = collect(&source(&fake)).await;
    assert_eq!(seen.error(RECORDS).kind, ErrorKind::Malformed);
    assert!(seen.records("example.com").is_empty());
}

#[tokio::test]
async fn a_list_that_shifts_between_its_pages_begins_again_on_one_page() {
    let (fake, zone) = fake_with(7_000).await;
    let shift = move |world: &mut World| {
        let first = world.zone(&zone).records.values().min_by_key(|record| record.name.clone()).unwrap().id.clone();
        world.zone(&zone).records.remove(&first);
    };
    fake.script(Fault::on("dns_records", Effect::Meanwhile(Box::new(shift))).and("page=2"));
    let seen = collect(&source(&fake)).await;
    assert!(seen.is_complete(RECORDS));
    assert_eq!(seen.restarts, 1);
    let names: BTreeSet<_> = seen.records("example.com").into_iter().map(|record| record.name).collect();
    assert_eq!(names.len(), 6_999, "none is missed, none that went is left");
    assert!(fake.seen("dns_records").last().unwrap().target.contains("per_page=5000000"));
}

#[tokio::test]
async fn a_record_that_moves_to_the_next_page_is_not_reported_twice() {
    let (fake, zone) = fake_with(7_000).await;
    // One goes and one comes in front: the total stays, the pages shift, and one record would be seen twice.
    let swap = move |world: &mut World| {
        let last = world.zone(&zone).records.values().max_by_key(|record| record.name.clone()).unwrap().id.clone();
        world.zone(&zone).records.remove(&last);
        world.add_record(&zone, "A", "a.example.com", "192.0.2.2");
    };
    fake.script(Fault::on("dns_records", Effect::Meanwhile(Box::new(swap))).and("page=2"));
    let seen = collect(&source(&fake)).await;
    assert!(seen.is_complete(RECORDS));
    assert_eq!((seen.restarts, seen.records("example.com").len()), (1, 7_000));
}

#[tokio::test]
async fn f02_a_body_that_breaks_off_is_read_again_and_half_a_list_is_never_complete() {
    let (fake, _) = fake_with(3_000).await;
    fake.script(Fault::on("dns_records", Effect::Truncate(200_000)));
    let seen = collect(&source(&fake)).await;
    assert!(seen.is_complete(RECORDS));
    assert_eq!((seen.restarts, seen.records("example.com").len()), (1, 3_000));

    fake.script(Fault::on("dns_records", Effect::Truncate(200_000)).times(9));
    let seen = collect(&source(&fake)).await;
    assert_eq!(seen.error(RECORDS).kind, ErrorKind::Unavailable);
    assert!((1..3_000).contains(&seen.records("example.com").len()));
}

#[tokio::test]
async fn a_slow_body_is_awaited() {
    let (fake, _) = fake_with(100).await;
    fake.script(Fault::on("dns_records", Effect::Dribble(997, Duration::from_millis(5))));
    let seen = collect(&source(&fake)).await;
    assert!(seen.is_complete(RECORDS));
    assert_eq!(seen.records("example.com").len(), 100);
}

#[tokio::test]
async fn a_forbidden_zone_is_partial_and_the_others_go_on() {
    let (fake, id) = fake_with(3).await;
    fake.world().add_zone("example.org");
    fake.world().token(TOKEN).without_dns.insert(id);
    let seen = collect(&source(&fake)).await;
    assert_eq!(seen.error(RECORDS).kind, ErrorKind::Auth);
    assert_eq!(seen.error(RECORDS).message, "403: Authentication error (10000)");
    assert_eq!(fake.seen("dns_records").len(), 2, "what is forbidden is not asked again");
    assert!(seen.is_complete("dns_record example.org"));
}

#[tokio::test]
async fn zones_that_end_in_the_middle_are_partial_and_those_seen_are_read() {
    let fake = FakeCloudflare::start().await;
    for number in 0..60 {
        fake.world().add_zone(&format!("z{number:02}.example"));
    }
    let refusal = Effect::Refuse { status: 500, code: 10_001, message: "Internal error".into() };
    fake.script(Fault::on("/zones?", refusal).and("&page=2").times(9));
    let seen = collect(&source(&fake)).await;
    assert_eq!(seen.result, None);
    let zones = "zone bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    assert_eq!(seen.error(zones).message, "500: Internal error (10001)");
    assert_eq!(seen.records[zones].len(), 50);
    assert!(seen.is_complete("dns_record z49.example"));
}

#[tokio::test]
async fn a_refused_token_ends_the_collection_and_is_not_repeated_in_the_error() {
    let (fake, _) = fake_with(1).await;
    fake.world().tokens.clear();
    let seen = collect(&source(&fake)).await;
    let error = seen.result.unwrap();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert_eq!(error.message, "403: Invalid access token [redacted] (9109)");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_unavailable() {
    let settings = Settings::new(TOKEN.to_owned().into(), "http://127.0.0.1:9/client/v4".parse().unwrap());
    assert_eq!(collect(&with(settings)).await.result.unwrap().kind, ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_sync_that_no_longer_listens_stops_the_reading() {
    let (fake, _) = fake_with(2_000).await;
    let (collector, events) = Collector::channel();
    drop(events);
    let error = source(&fake).collect(&collector).await.unwrap_err();
    assert_eq!(error.provider, "sync");
    assert!(fake.seen("dns_records").is_empty());
}
