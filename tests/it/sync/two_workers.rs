//! Two workers, each with a pool of its own, on one PostgreSQL: what one does the other leaves alone.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use quarterdeck::store::{Backend, Db, apply, gate, syncs, tasks};
use quarterdeck::sync::{self, SyncState};
use quarterdeck::worker::Worker;
use quarterdeck::worker::schedule::TASKS;
use tokio_util::sync::CancellationToken;

use crate::support::database::{Database, a_quiet_noon};
use crate::support::house::{House, instance};

const SOURCES: [&str; 3] = ["cloud-a", "cloud-b", "cloud-c"];
const ROUNDS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn each_sync_happens_once() {
    let Some((_database, one, other)) = shared().await else { return };
    let mut house = House::over(one.clone());
    let mut scripts = Vec::new();
    for source in SOURCES {
        let script = house.source(source).await;
        script.streams("eu", 200, instance);
        scripts.push(script);
    }
    let stop = CancellationToken::new();
    let sources: Arc<[_]> = house.sources().into();
    let workers = [one, other].map(|db| {
        let (worker, stop) = (Worker::new(db, Arc::clone(&sources)), stop.clone());
        tokio::spawn(async move { worker.run(stop).await })
    });
    for round in 1..=ROUNDS {
        wait_for(&house, i64::try_from(round * SOURCES.len()).unwrap()).await;
        // Only while none runs: a lease is a minute long, and this is five.
        house.clock.advance(TimeDelta::minutes(6));
    }
    wait_for(&house, i64::try_from((ROUNDS + 1) * SOURCES.len()).unwrap()).await;
    stop.cancel();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
    let collected: usize = scripts.iter().map(quarterdeck::providers::memory::Script::collections).sum();
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM syncs").await, collected as i64);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM syncs WHERE state <> 'succeeded'").await, 0);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM resources").await, 600);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0, "nothing was written twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_task_is_claimed_once() {
    let Some((_database, one, other)) = shared().await else { return };
    for task in TASKS {
        let now = one.clock.now();
        one.write(move |connection| task.ensure(connection, now)).await.unwrap();
        for _ in 0..20 {
            let claim = |db: Db, worker: &'static str| async move {
                db.write(move |connection| tasks::claim(connection, task.name, worker, now)).await.unwrap()
            };
            let got = tokio::join!(claim(one.clone(), "worker-1"), claim(other.clone(), "worker-2"));
            assert!(got.0 != got.1, "{}: {got:?}", task.name);
            let winner = if got.0 { "worker-1" } else { "worker-2" };
            let end = move |connection: &mut _| tasks::end(connection, task.name, winner, "succeeded", "", now, now);
            one.write(end).await.unwrap();
        }
    }
}

/// One database, opened twice; `None` where there is no PostgreSQL.
async fn shared() -> Option<(Database, Db, Db)> {
    let database = Database::fresh(Backend::Postgres).await?;
    let clock = a_quiet_noon();
    let (one, other) = (database.open(clock.clone()), database.open(clock));
    Some((database, one, other))
}

/// Waits until so many syncs have ended and none is under way.
async fn wait_for(house: &House, ended: i64) {
    for _ in 0..3_000 {
        let open = house.count("SELECT COUNT(*) AS n FROM syncs WHERE ended_at IS NULL").await;
        if open == 0 && house.count("SELECT COUNT(*) AS n FROM syncs WHERE ended_at IS NOT NULL").await >= ended {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{ended} syncs did not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_that_share_terms_and_counts_do_not_wait_in_a_circle() {
    let Some((_database, one, other)) = shared().await else { return };
    let mut house = House::over(one.clone());
    let (left, right) = (house.source("cloud-a").await, house.source("cloud-b").await);
    for round in 0..6_usize {
        // Old rows change while new ones come, told in opposite orders.
        let mut rows: Vec<_> = (0..400 + round * 60).map(instance).collect();
        for (number, row) in rows.iter_mut().enumerate() {
            ["running", "stopped", "pending"][(number + round) % 3].clone_into(&mut row.state);
        }
        left.holds("eu", rows.clone());
        rows.reverse();
        right.holds("eu", rows);
        house.clock.advance(TimeDelta::minutes(1));
        let (mine, theirs) = (house.claim("cloud-a", "worker-1").await, house.claim("cloud-b", "worker-2").await);
        let (left_report, right_report) = tokio::join!(
            sync::run(&one, house.get("cloud-a"), &mine),
            sync::run(&other, house.get("cloud-b"), &theirs),
        );
        let states = [left_report, right_report].map(|report| report.unwrap().state);
        assert_eq!(states, [SyncState::Succeeded; 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_claimed_while_somebody_asks_for_it_is_asked_for_anew() {
    let Some((database, one, other)) = shared().await else { return };
    let mut house = House::over(one.clone());
    house.source("cloud").await;
    let now = house.clock.now();
    one.write(move |connection| syncs::request(connection, "cloud", "ada", now)).await.unwrap();
    // Once somebody has asked, time passes before they look what waits.
    let slow = "CREATE SEQUENCE asked; CREATE FUNCTION wait_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                IF nextval('asked') = 1 THEN PERFORM pg_sleep(1); END IF; RETURN NULL; END $$; \
                CREATE TRIGGER slow AFTER INSERT ON syncs FOR EACH STATEMENT EXECUTE FUNCTION wait_once()";
    PgConnection::establish(database.url()).unwrap().batch_execute(slow).unwrap();
    let asking =
        tokio::spawn(
            async move { one.write(move |connection| syncs::request(connection, "cloud", "grace", now)).await },
        );
    tokio::time::sleep(Duration::from_millis(300)).await;
    let claim = other.write(move |connection| syncs::claim(connection, "worker-1", &["cloud".to_owned()], now)).await;
    assert_eq!(claim.unwrap().expect("it waited").requested_by, "ada");
    let asked = asking.await.unwrap().expect("there is room for another one");
    assert_eq!((asked.state.as_str(), asked.requested_by.as_str()), ("queued", "grace"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_marks_rows_as_missing_waits_for_a_turn_too() {
    let Some((_database, one, other)) = shared().await else { return };
    let (began, begun) = tokio::sync::oneshot::channel();
    let (release, released) = std::sync::mpsc::channel();
    let holding = tokio::spawn(async move {
        let hold = move |connection: &mut _| {
            gate::take_turn(connection, gate::Turn::Inventory)?;
            began.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        };
        one.write(hold).await.unwrap();
    });
    begun.await.unwrap();
    let now = other.clock.now();
    let mut marking = tokio::spawn(async move {
        other.write(move |connection| apply::mark_missing(connection, &[1], now)).await.unwrap();
        other.write(move |connection| apply::mark_back(connection, &[1], now)).await.unwrap();
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut marking).await.is_err(), "it is not its turn");
    release.send(()).unwrap();
    holding.await.unwrap();
    marking.await.unwrap();
}
