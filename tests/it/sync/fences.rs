//! Two processes at one source: whoever has lost the right to write, writes nothing, and what both finish is finished
//! once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use quarterdeck::kinds::instance::Instance;
use quarterdeck::providers::{Collector, Provider};
use quarterdeck::store::Backend;
use quarterdeck::sync::{self, recover};
use quarterdeck::wire::ProviderError;
use tokio::sync::Semaphore;

use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::house::{House, instance, line};

/// Enough to be staged.
const MANY: usize = 6_000;
/// So many are known before: only then there is a stage.
const FEW: usize = 10;

/// Its first collection shows a few, its second one stands still before it begins, its third one in the middle.
struct Slow {
    collections: AtomicUsize,
    first: Semaphore,
    second: Semaphore,
}

#[async_trait]
impl Provider for Slow {
    async fn collect(&self, collector: &Collector) -> Result<(), ProviderError> {
        let before = self.collections.fetch_add(1, Ordering::SeqCst);
        if before == 1 {
            self.first.acquire().await.expect("it is never closed").forget();
        }
        let mut listing = collector.listing::<Instance>("eu").await?;
        for number in 0..if before == 0 { FEW } else { MANY } {
            if number == 5_000 && before == 2 {
                self.second.acquire().await.expect("it is never closed").forget();
            }
            listing.push(&instance(number)).await?;
        }
        Ok(listing.complete().await?)
    }

    async fn probe(&self) -> Result<String, ProviderError> {
        Ok("slow".to_owned())
    }
}

#[tokio::test]
async fn a_worker_that_was_taken_for_dead_does_not_touch_the_stage_of_the_next() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let slow =
            Arc::new(Slow { collections: AtomicUsize::new(0), first: Semaphore::new(0), second: Semaphore::new(0) });
        house.join("cloud", Arc::<Slow>::clone(&slow)).await;
        house.sync("cloud").await;
        let run = |claim| {
            let (db, source) = (house.db.clone(), house.get("cloud").clone());
            tokio::spawn(async move { sync::run(&db, &source, &claim).await })
        };
        let late = run(house.claim("cloud", "worker-1").await);
        while slow.collections.load(Ordering::SeqCst) == 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        house.clock.advance(TimeDelta::minutes(5));
        recover::recover(&house.db, &house.sources(), false).await.unwrap();
        let next = run(house.claim("cloud", "worker-2").await);
        house.until("SELECT COUNT(*) AS n FROM sync_stage", |staged| staged >= 4_000).await;
        slow.first.add_permits(1);
        assert!(late.await.unwrap().is_err(), "its lease is lost");
        slow.second.add_permits(1);
        assert_eq!(line(&next.await.unwrap().unwrap(), "eu"), format!("complete +{} ~0 -0 ={FEW} !0", MANY - FEW));
        assert_eq!(house.present("instance").await.len(), MANY, "all that was staged is there");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_roll_one_scope_forward_finish_it_once() {
    let Some(database) = Database::fresh(Backend::Postgres).await else { return };
    let clock = a_quiet_noon();
    let (one, other) = (database.open(clock.clone()), database.open(clock));
    let mut house = House::over(one.clone());
    let script = house.source("cloud").await;
    script.streams("eu", FEW, instance);
    house.sync("cloud").await;
    script.streams("eu", MANY, instance);
    let claim = house.claim("cloud", "worker-1").await;
    let (db, source) = (one.clone(), house.get("cloud").clone());
    let dying = tokio::spawn(async move { sync::run(&db, &source, &claim).await });
    house.until("SELECT COUNT(*) AS n FROM resources", |written| written > FEW as i64).await;
    dying.abort();
    let _ = dying.await;
    assert_eq!(house.scope_state("eu").await, "applying", "or it was not killed in the middle");
    house.clock.advance(TimeDelta::minutes(5));
    let sources = house.sources();
    let (left, right) =
        tokio::join!(recover::recover(&one, &sources, false), recover::recover(&other, &sources, false));
    left.unwrap();
    right.unwrap();
    assert_eq!(house.scope_state("eu").await, "complete");
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM resources").await, MANY as i64);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0);
    let counted = "SELECT present AS n FROM counts WHERE kind = 'instance' AND facet = '' AND cluster = '*'";
    assert_eq!(house.count(counted).await, MANY as i64, "and counted once");
    assert_eq!(house.count("SELECT CAST(SUM(added) AS BIGINT) AS n FROM sync_results").await, MANY as i64);
}
