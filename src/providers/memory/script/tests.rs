//! What tests may count on when they script a provider.

use std::time::Duration;

use super::*;
use crate::kinds::app::App;
use crate::kinds::zone::Zone;
use crate::providers::memory::told::{Told, tell};
use crate::wire::{ErrorKind, Event, Outcome};

fn apps(count: usize) -> Vec<App> {
    (0..count).map(app).collect()
}

fn app(index: usize) -> App {
    App { name: format!("app-{index}"), ..App::default() }
}

fn timeout() -> ProviderError {
    ProviderError::new("memory", "GET /apps", ErrorKind::Unavailable, "timed out after 30 s")
}

async fn told(script: &Script) -> Told {
    tell(script).await
}

#[tokio::test]
async fn these_twelve_then_those_nine() {
    let script = Script::new();
    script.holds("eu", apps(12));
    assert_eq!(told(&script).await.count("app", "eu"), 12);
    script.holds("eu", apps(9));
    let second = told(&script).await;
    assert_eq!((second.count("app", "eu"), second.outcome("app", "eu")), (9, Some(&Outcome::Complete)));
    assert_eq!(script.collections(), 2);
}

#[tokio::test]
async fn a_scope_ends_as_it_was_told_to() {
    let script = Script::new();
    script.holds("eu", apps(3)).holds("us", apps(2));
    script.ends::<App>("eu", Ending::Partial(timeout())).ends::<App>("us", Ending::Skipped("not asked".into()));
    let first = told(&script).await;
    assert_eq!(first.outcome("app", "eu"), Some(&Outcome::Partial { error: timeout() }));
    assert_eq!(first.count("app", "eu"), 3, "what it had seen by then is told");
    assert_eq!(first.outcome("app", "us"), Some(&Outcome::Skipped { reason: "not asked".into() }));
    assert_eq!(first.count("app", "us"), 0);

    script.ends::<App>("eu", Ending::Cut).ends::<App>("us", Ending::Complete);
    let second = told(&script).await;
    assert_eq!((second.count("app", "eu"), second.outcome("app", "eu")), (3, None));
    assert_eq!((second.count("app", "us"), second.outcome("app", "us")), (2, Some(&Outcome::Complete)));
}

#[tokio::test]
async fn a_refused_source_says_nothing_until_it_recovers() {
    let script = Script::new();
    script.holds("eu", apps(1)).notes("a field is unknown").refuses(timeout());
    let refused = told(&script).await;
    assert_eq!((refused.error, refused.events.len()), (Some(timeout()), 0));
    assert_eq!(script.probe().await, Err(timeout()));
    script.recovers();
    let well = told(&script).await;
    assert_eq!((well.count("app", "eu"), well.notes()), (1, vec!["a field is unknown"]));
}

#[tokio::test]
async fn a_listing_that_begins_again_counts_what_came_after_only() {
    let script = Script::new();
    script.holds("eu", apps(5)).restarts_after::<App>("eu", 2);
    let told = told(&script).await;
    let batches = told.events.iter().filter(|event| matches!(event, Event::Records { .. })).count();
    assert_eq!((batches, told.count("app", "eu")), (2, 5), "one batch before it began again, one after");
}

#[tokio::test]
async fn a_scope_belongs_to_its_parent_and_can_be_forgotten() {
    let script = Script::new();
    let zone = Zone { name: "example.com".into(), ..Zone::default() };
    script.holds("account", [zone.clone()]).holds_within("example.com", &zone, apps(1));
    let first = told(&script).await;
    assert_eq!(first.parent("app", "example.com").map(|parent| parent.kind), Some(Zone::SPEC.id()));
    script.forgets::<App>("example.com");
    assert_eq!(told(&script).await.count("app", "example.com"), 0);
}

#[tokio::test]
async fn a_gate_holds_the_collection_until_it_is_opened() {
    let script = Script::new();
    script.holds("eu", apps(4));
    let gate = script.stops_after::<App>("eu", 3);
    let (collector, mut events) = Collector::channel();
    let collecting = tokio::spawn({
        let script = script.clone();
        async move { script.collect(&collector).await }
    });
    gate.reached().await;
    assert!(matches!(events.recv().await, Some(Event::Begin { .. })));
    assert!(matches!(events.recv().await, Some(Event::Records { records, .. }) if records.len() == 3));
    assert!(events.try_recv().is_err(), "nothing passes a closed gate");
    gate.open();
    assert!(matches!(events.recv().await, Some(Event::Records { records, .. }) if records.len() == 1));
    assert!(matches!(events.recv().await, Some(Event::End { outcome: Outcome::Complete, .. })));
    assert_eq!(collecting.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_hundred_thousand_are_made_as_they_are_told_and_no_faster_than_they_are_read() {
    let script = Script::new();
    let made = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    script.streams("eu", 100_000, {
        let made = made.clone();
        move |index| {
            made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            app(index)
        }
    });
    let (collector, mut events) = Collector::channel();
    let collecting = tokio::spawn({
        let script = script.clone();
        async move { script.collect(&collector).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(made.load(std::sync::atomic::Ordering::SeqCst) < 10_000, "a slow reader slows the script");
    let mut records = 0;
    while let Some(event) = events.recv().await {
        if let Event::Records { records: batch, .. } = event {
            records += batch.len();
        }
    }
    assert_eq!((records, collecting.await.unwrap()), (100_000, Ok(())));
}

#[tokio::test]
async fn a_dawdling_scope_sends_a_little_at_a_time() {
    let script = Script::new();
    script.holds("eu", apps(6)).dawdles::<App>("eu", 2, Duration::from_millis(1));
    let batches: Vec<usize> = told(&script)
        .await
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Records { records, .. } => Some(records.len()),
            _ => None,
        })
        .collect();
    assert_eq!(batches, [2, 2, 2]);
}

#[tokio::test]
async fn who_hangs_up_stops_the_script() {
    let script = Script::new();
    script.streams("eu", 1_000_000, app);
    let (collector, events) = Collector::channel();
    drop(events);
    assert!(script.collect(&collector).await.is_err());
}
