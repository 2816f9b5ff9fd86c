//! Tasks run beside each other and beside syncs, and a dead worker's are taken up again.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use quarterdeck::store::tasks::{self, Silence, TaskRow};
use quarterdeck::store::{Backend, Db};
use quarterdeck::worker::Worker;
use quarterdeck::worker::schedule::TASKS;
use tokio_util::sync::CancellationToken;

use crate::support::database::{Database, a_quiet_noon, on_each_database};
use crate::support::house::{House, instances};

#[tokio::test(flavor = "multi_thread")]
async fn a_long_task_delays_no_sync_and_no_other_task() {
    let Some(database) = Database::fresh(Backend::Postgres).await else { return };
    let mut house = House::over(database.open(a_quiet_noon()));
    house.source("cloud").await.holds("eu", instances(0..3));
    let mut other = PgConnection::establish(database.url()).unwrap();
    other.batch_execute("BEGIN; LOCK TABLE setup_links").unwrap();

    let stop = CancellationToken::new();
    let worker = Worker::new(house.db.clone(), Arc::from(house.sources()));
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    until(&house, "a sync", "SELECT COUNT(*) AS n FROM syncs WHERE state = 'succeeded'").await;
    until(&house, "alerts", "SELECT COUNT(*) AS n FROM tasks WHERE name = 'alerts' AND outcome = 'succeeded'").await;
    let stuck = "SELECT COUNT(*) AS n FROM tasks WHERE name = 'expiry' AND outcome = 'running'";
    assert_eq!(house.count(stuck).await, 1, "it waits for the table");

    other.batch_execute("COMMIT").unwrap();
    until(&house, "expiry", "SELECT COUNT(*) AS n FROM tasks WHERE name = 'expiry' AND outcome = 'succeeded'").await;
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM worker_heartbeats").await, 0, "it has left, and beats no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_was_at_is_free_at_the_next_start() {
    let database = Database::fresh(Backend::Sqlite).await.unwrap();
    let house = House::over(database.open(a_quiet_noon()));
    claim_all(&house.db, "killed").await;
    let stop = CancellationToken::new();
    let worker = Worker::new(house.db.clone(), Arc::from(house.sources()));
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    let ended = "SELECT CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END AS n FROM tasks WHERE outcome <> 'succeeded'";
    until(&house, "every task", ended).await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_lease_that_is_kept_holds_and_one_that_ran_out_is_taken() {
    on_each_database(async |db| {
        claim_all(&db, "one").await;
        let expiry = async || {
            let rows: Vec<TaskRow> = db.read(tasks::all).await.unwrap();
            rows.into_iter().find(|row| row.name == "expiry").unwrap()
        };
        db.clock.advance(TimeDelta::seconds(100));
        let now = db.clock.now();
        db.write(move |connection| tasks::hold(connection, "expiry", "one", now)).await.unwrap();
        db.write(move |connection| tasks::hold(connection, "alerts", "somebody else", now)).await.unwrap();
        db.clock.advance(TimeDelta::seconds(100));
        let now = db.clock.now();
        assert!(!expiry().await.can_be_claimed(now));
        let claim = async |task| db.write(move |c| tasks::claim(c, task, "two", now)).await.unwrap();
        assert!(!claim("expiry").await, "its worker has said that it lives");
        assert!(claim("alerts").await, "its worker has not");
    })
    .await;
}

#[tokio::test]
async fn silence_is_told_without_a_worker() {
    on_each_database(async |db| {
        let silence = async || {
            let now = db.clock.now();
            db.read(move |connection| tasks::silence(connection, now)).await.unwrap()
        };
        assert_eq!(silence().await, Some(Silence::NoWorker));
        let last = db.clock.now();
        for worker in ["one", "two"] {
            db.write(move |connection| tasks::beat(connection, worker, "1", last)).await.unwrap();
        }
        assert_eq!(silence().await, None);
        db.clock.advance(TimeDelta::seconds(91));
        assert_eq!(silence().await, Some(Silence::Since(last)));
        let now = db.clock.now();
        db.write(move |connection| tasks::beat(connection, "two", "1", now)).await.unwrap();
        assert_eq!(silence().await, None, "one of them is enough");
    })
    .await;
}

/// Every task, in the hands of a worker of that name.
async fn claim_all(db: &Db, worker: &'static str) {
    let now = db.clock.now();
    db.write(move |connection| {
        for task in TASKS {
            task.ensure(connection, now)?;
            assert!(tasks::claim(connection, task.name, worker, now)?);
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// Waits until the query counts something.
async fn until(house: &House, what: &str, query: &'static str) {
    for _ in 0..1_000 {
        if house.count(query).await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} did not happen");
}
