//! A dry run compares what arrives and keeps the changes alone; it tells them once their scope has ended.

use std::io;

use quarterdeck::kinds::instance::Instance;
use quarterdeck::providers::memory::script::Ending;
use quarterdeck::sync::dry_run::{Difference, DryRun, Stopped, dry_run};

use crate::support::database::on_each_database;
use crate::support::house::{House, instances};

/// What a dry run came to, and its differences as the program prints them, in its order.
async fn run(house: &House) -> (DryRun, Vec<String>) {
    let mut told = Vec::new();
    let mut tell = |difference| {
        told.push(match difference {
            Difference::Added { name, .. } => format!("+ {name}"),
            Difference::Changed { name, changes, .. } => format!("~ {name} {}", changes.len()),
            Difference::Gone { name, .. } => format!("- {name}"),
            Difference::Held { name, .. } => format!("! {name}"),
        });
        io::Result::Ok(())
    };
    let found = dry_run(&house.db, house.get("cloud"), &mut tell).await.unwrap();
    (found, told)
}

#[tokio::test]
async fn a_listing_that_begins_again_is_told_once() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..3)).restarts_after::<Instance>("eu", 2);
        let names = ["+ web-000", "+ web-001", "+ web-002"];
        assert_eq!(run(&house).await.1, names, "in the order of the listing");
        house.sync("cloud").await;
        assert_eq!(run(&house).await.1, [] as [&str; 0]);
        let mut changed = instances(0..4);
        changed[1].state = "stopped".to_owned();
        script.holds("eu", [changed.clone(), changed].concat()).restarts_after::<Instance>("eu", 2);
        assert_eq!(run(&house).await.1, ["+ web-003", "~ web-001 1"], "what is listed twice counts once");
        assert_eq!(house.present("instance").await.len(), 3, "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn what_was_not_listed_to_its_end_proves_no_absence_and_is_told() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", instances(1..13));
        assert_eq!(run(&house).await.1, ["+ web-012", "- web-000"]);
        script.ends::<Instance>("eu", Ending::Cut);
        let (found, told) = run(&house).await;
        assert_eq!(told, ["+ web-012"]);
        assert_eq!(found.inconclusive.len(), 1, "{found:?}");
        assert_eq!(found.inconclusive[0].1, "the listing broke off");
        assert!(found.error.is_none(), "{found:?}");
        script.holds("eu", instances(8..12)).ends::<Instance>("eu", Ending::Complete);
        let held: Vec<String> = (0..8).map(|n| format!("! web-{n:03}")).collect();
        let mut told = run(&house).await.1;
        told.sort();
        assert_eq!(told, held, "a sync would ask somebody first");
    })
    .await;
}

#[tokio::test]
async fn whoever_does_not_listen_ends_it() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..3));
        let mut told = 0;
        let mut tell = |_| {
            told += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        };
        let stopped = dry_run(&house.db, house.get("cloud"), &mut tell).await.unwrap_err();
        assert!(matches!(stopped, Stopped::Untold(_)), "{stopped:?}");
        assert_eq!(told, 1);
    })
    .await;
}
