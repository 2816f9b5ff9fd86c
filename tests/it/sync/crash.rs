//! A worker that dies in the middle: nothing half is ever shown as complete, and the next start finishes or discards.

use chrono::TimeDelta;
use quarterdeck::kinds::instance::Instance;
use quarterdeck::sync::{self, Claim, recover};

use crate::support::database::on_each_database;
use crate::support::house::{House, instance, line};

/// Enough to be staged, or written while it is listed.
const MANY: usize = 6_000;
/// So many are known before: what comes to a scope that has been listed is judged as a whole before it is written.
const FEW: usize = 10;
/// More than two transactions apply: one that is seen, and one that goes on while its sync is killed.
const VERY_MANY: usize = 20_000;

#[tokio::test]
async fn killed_while_staging_the_draft_is_discarded() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.streams("eu", FEW, instance);
        house.sync("cloud").await;
        script.streams("eu", MANY, instance);
        let gate = script.stops_after::<Instance>("eu", 5_000);
        let claim = house.claim("cloud", "worker-1").await;
        let (db, source) = (house.db.clone(), house.get("cloud").clone());
        let dying = tokio::spawn(async move { sync::run(&db, &source, &claim).await });
        gate.reached().await;
        house.until("SELECT COUNT(*) AS n FROM sync_stage", |staged| staged > 0).await;
        dying.abort();
        let _ = dying.await;
        assert_eq!(house.present("instance").await.len(), FEW, "nothing of a draft is shown");

        let recovered = recover::recover(&house.db, &house.sources(), true).await.unwrap();
        assert_eq!((recovered.dead_syncs, recovered.discarded, recovered.rolled_forward), (1, 1, 0));
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM sync_stage").await, 0);
        gate.open();
        assert_eq!(line(&house.sync("cloud").await, "eu"), format!("complete +{} ~0 -0 ={FEW} !0", MANY - FEW));
    })
    .await;
}

#[tokio::test]
async fn killed_in_a_first_listing_what_it_has_shown_stays_and_proves_nothing() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.streams("eu", MANY, instance);
        let gate = script.stops_after::<Instance>("eu", 5_000);
        let claim = house.claim("cloud", "worker-1").await;
        let (db, source) = (house.db.clone(), house.get("cloud").clone());
        let dying = tokio::spawn(async move { sync::run(&db, &source, &claim).await });
        gate.reached().await;
        house.until("SELECT COUNT(*) AS n FROM resources", |written| written > 0).await;
        dying.abort();
        let _ = dying.await;
        assert_eq!(house.scope_state("eu").await, "never", "it has not been listed to its end");

        let recovered = recover::recover(&house.db, &house.sources(), true).await.unwrap();
        assert_eq!((recovered.dead_syncs, recovered.discarded, recovered.rolled_forward), (1, 0, 0));
        let kept = house.present("instance").await.len();
        assert!(kept > 0 && kept < MANY, "{kept}");
        assert_eq!(house.count("SELECT added AS n FROM sync_results").await, kept as i64, "what it did is counted");
        gate.open();
        assert_eq!(line(&house.sync("cloud").await, "eu"), format!("complete +{} ~0 -0 ={kept} !0", MANY - kept));
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0);
    })
    .await;
}

#[tokio::test]
async fn killed_while_applying_the_scope_rolls_forward() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.streams("eu", FEW, instance);
        house.sync("cloud").await;
        script.streams("eu", VERY_MANY, instance);
        let claim = house.claim("cloud", "worker-1").await;
        let (db, source) = (house.db.clone(), house.get("cloud").clone());
        let dying = tokio::spawn(async move { sync::run(&db, &source, &claim).await });
        house.until("SELECT COUNT(*) AS n FROM resources", |written| written > FEW as i64).await;
        dying.abort();
        let _ = dying.await;
        let left = house.count("SELECT COUNT(*) AS n FROM sync_stage").await;
        assert!(left > 0, "or it was not killed in the middle");
        assert_eq!(house.scope_state("eu").await, "applying", "and half is not shown as complete");

        let recovered = recover::recover(&house.db, &house.sources(), true).await.unwrap();
        assert_eq!((recovered.dead_syncs, recovered.rolled_forward), (1, 1));
        assert_eq!(house.scope_state("eu").await, "complete");
        assert_eq!(house.present("instance").await.len(), VERY_MANY);
        assert_eq!(house.count("SELECT COUNT(DISTINCT external_id) AS n FROM resources").await, VERY_MANY as i64);
        assert_eq!(line(&house.sync("cloud").await, "eu"), format!("complete +0 ~0 -0 ={VERY_MANY} !0"));
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_was_taken_for_dead_writes_no_more() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.streams("eu", 10, instance);
        let gate = script.stops_after::<Instance>("eu", 5);
        let claim = house.claim("cloud", "worker-1").await;
        let (db, source) = (house.db.clone(), house.get("cloud").clone());
        let slow = tokio::spawn(async move { sync::run(&db, &source, &claim).await });
        gate.reached().await;
        // It may still be at its last write, which renews the lease.
        let mut reaped = 0;
        while reaped == 0 {
            house.clock.advance(TimeDelta::minutes(5));
            reaped = recover::recover(&house.db, &house.sources(), false).await.unwrap().dead_syncs;
        }
        let second = house.claim("cloud", "worker-2").await;
        gate.open();
        assert!(slow.await.unwrap().is_err(), "its lease is lost");
        assert_eq!(house.present("instance").await.len(), 0);
        sync::run(&house.db, house.get("cloud"), &second).await.unwrap();
        assert_eq!(house.present("instance").await.len(), 10);
    })
    .await;
}

#[tokio::test]
async fn of_two_workers_one_gets_the_sync() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        house.source("cloud").await;
        let now = house.clock.now();
        let request = |db: quarterdeck::store::Db| async move {
            db.write(move |connection| quarterdeck::store::syncs::request(connection, "cloud", "test", now)).await
        };
        let (one, other) = tokio::join!(request(house.db.clone()), request(house.db.clone()));
        assert_eq!(one.unwrap().id, other.unwrap().id, "pressing twice is asking once");
        let claim = |db: quarterdeck::store::Db, worker: &'static str| async move {
            db.write(move |connection| quarterdeck::store::syncs::claim(connection, worker, &["cloud".to_owned()], now))
                .await
        };
        let (one, other) = tokio::join!(claim(house.db.clone(), "worker-1"), claim(house.db.clone(), "worker-2"));
        let claims: Vec<Claim> = [one, other]
            .into_iter()
            .filter_map(|claim| claim.unwrap_or(None))
            .map(|row| Claim { sync_id: row.id, worker: row.worker })
            .collect();
        assert_eq!(claims.len(), 1);
    })
    .await;
}
