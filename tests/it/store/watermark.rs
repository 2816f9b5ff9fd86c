//! The watermark of the inventory: found by indexes alone, and another one whatever is written.

use quarterdeck::placement::Within;
use quarterdeck::store::{Db, Scope, apply, syncs, watermark};

use crate::support::database::on_each_database;
use crate::support::plans::{explained, whole};
use crate::support::seed::{self, Seed, minute};

/// Indexes that hold no others, or find them by their state.
const UNDER_WAY: [[&str; 2]; 2] = [["syncs_running", "syncs_open"], ["runs_working", "runs_by_state"]];

async fn sown(db: &Db) {
    db.write(|connection| {
        seed::scope(connection, 1, "instance", "eu", "complete", Some(minute(500)));
        let seeds: Vec<Seed> = (1..=50).map(|id| Seed::new(id, "instance", 1, &format!("web-{id:03}"))).collect();
        seed::sow(connection, &seeds);
        Ok(())
    })
    .await
    .unwrap();
}

async fn mark(db: &Db) -> u64 {
    let read = db.read(|connection| watermark::read(connection, &Scope::unrestricted()));
    read.await.unwrap().expect("who sees everything is told it")
}

#[tokio::test]
async fn it_reads_neither_the_inventory_nor_any_history() {
    on_each_database(async |db| {
        sown(&db).await;
        let backend = db.backend();
        let plan =
            db.write(move |connection| Ok(explained(connection, backend, watermark::statement()))).await.unwrap();
        // Of syncs and runs those that are under way, by an index that knows them.
        for known_by in UNDER_WAY {
            let found = |step: &String| known_by.iter().any(|index| step.contains(index));
            assert!(plan.iter().any(found), "{known_by:?}: {plan:#?}");
        }
        let mut rest = whole(&plan, &["id_blocks", "counts", "resources"]);
        rest.retain(|step| !UNDER_WAY.as_flattened().iter().any(|index| step.contains(index)));
        assert!(rest.is_empty(), "{rest:?} in {plan:#?}");
    })
    .await;
}

#[tokio::test]
async fn it_is_another_one_after_whatever_was_written_and_told_only_to_whom_nothing_is_hidden() {
    on_each_database(async |db| {
        sown(&db).await;
        let before = mark(&db).await;
        assert_eq!(mark(&db).await, before);
        let mut marks = vec![before];
        db.write(|connection| apply::tombstone(connection, &[7], minute(600))).await.unwrap();
        marks.push(mark(&db).await);
        let now = db.clock.now();
        db.write(move |connection| syncs::request(connection, "seeded", "test", now)).await.unwrap();
        marks.push(mark(&db).await);
        db.write(move |connection| syncs::claim(connection, "worker", &["seeded".to_owned()], now)).await.unwrap();
        marks.push(mark(&db).await);
        let distinct: std::collections::BTreeSet<&u64> = marks.iter().collect();
        assert_eq!(distinct.len(), marks.len(), "{marks:?}");

        let place = Within { cluster: "shop".to_owned(), ..Within::default() };
        for scope in [Scope::within(vec![place]), Scope::nothing()] {
            let told = db.read(move |connection| watermark::read(connection, &scope)).await.unwrap();
            assert_eq!(told, None);
        }
    })
    .await;
}
