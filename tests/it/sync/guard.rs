//! The guard as a table, through a whole sync.

use chrono::TimeDelta;
use quarterdeck::store::apply;
use quarterdeck::store::held;

use crate::support::database::on_each_database;
use crate::support::house::{House, instance, instances, line};

#[tokio::test]
async fn f14_twelve_nine_seven_none_within_a_day_is_one_large_loss() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        let mut told = Vec::new();
        for listed in [12, 9, 7, 0] {
            script.holds("eu", instances(0..listed));
            told.push(format!("{listed}: {}", line(&house.sync("cloud").await, "eu")));
        }
        assert_eq!(
            told,
            [
                "12: complete +12 ~0 -0 =0 !0",
                "9: complete +0 ~0 -3 =9 !0",
                "7: held +0 ~0 -0 =7 !2",
                "0: held +0 ~0 -0 =0 !9",
            ]
        );
        assert_eq!(house.present("instance").await.len(), 9, "what was held is still there");
        assert_eq!(house.held().await.iter().map(|loss| loss.rows).collect::<Vec<_>>(), [2, 7]);
    })
    .await;
}

#[tokio::test]
async fn nine_to_one_is_confirmed_by_a_second_complete_listing() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..9));
        house.sync("cloud").await;
        script.holds("eu", instances(0..1));
        assert_eq!(line(&house.sync("cloud").await, "eu"), "held +0 ~0 -0 =1 !8");
        assert_eq!(house.present("instance").await.len(), 9);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -8 =1 !0");
        assert_eq!(house.present("instance").await, ["web-000"]);
        assert!(house.held().await.is_empty(), "the listing has decided it");
    })
    .await;
}

#[tokio::test]
async fn three_of_ten_may_go_and_four_may_not() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("three", instances(0..10)).holds("four", instances(100..110));
        house.sync("cloud").await;
        script.holds("three", instances(0..7)).holds("four", instances(100..106));
        let report = house.sync("cloud").await;
        assert_eq!(line(&report, "three"), "complete +0 ~0 -3 =7 !0");
        assert_eq!(line(&report, "four"), "held +0 ~0 -0 =6 !4");
        assert_eq!(report.state.as_str(), "partial", "a held scope is not a success");
    })
    .await;
}

#[tokio::test]
async fn news_goes_on_while_a_loss_is_held() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        let mut stopped = instance(0);
        stopped.state = "stopped".to_owned();
        script.holds("eu", [vec![stopped], instances(50..52)].concat());
        assert_eq!(line(&house.sync("cloud").await, "eu"), "held +2 ~1 -0 =0 !11");
        let present = house.present("instance").await;
        assert_eq!(present.len(), 14);
        assert_eq!(present.iter().filter(|name| name.starts_with('!')).count(), 11, "marked as missing");
    })
    .await;
}

#[tokio::test]
async fn rows_that_return_dissolve_the_hold() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", instances(0..2));
        house.sync("cloud").await;
        assert_eq!(house.held().await[0].rows, 10);
        script.holds("eu", instances(0..8));
        house.sync("cloud").await;
        assert_eq!(house.held().await[0].rows, 4, "those that are back have left it");
        script.holds("eu", instances(0..12));
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~0 -0 =12 !0");
        assert!(house.held().await.is_empty());
        assert!(house.present("instance").await.iter().all(|name| !name.starts_with('!')));
    })
    .await;
}

#[tokio::test]
async fn accept_takes_exactly_the_rows_that_were_shown_while_a_larger_loss_comes() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..20));
        house.sync("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        let shown = house.held().await.remove(0);
        assert_eq!(shown.rows, 8);
        // While somebody looks at the eight, six more vanish.
        script.holds("eu", instances(0..6));
        house.sync("cloud").await;
        let now = house.clock.now();
        let outcome = held::accept_all(&house.db, shown.id, "ada", "scaled in", now).await.unwrap();
        assert_eq!(outcome, Some(8));
        assert_eq!(house.present("instance").await.len(), 12);
        assert_eq!(house.held().await.iter().map(|loss| loss.rows).collect::<Vec<_>>(), [6]);
        assert_eq!(
            held::accept_all(&house.db, shown.id, "ada", "again", now).await.unwrap(),
            None,
            "a double click is one click"
        );
    })
    .await;
}

#[tokio::test]
async fn a_rejected_loss_is_not_asked_about_again() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        script.holds("eu", instances(0..4));
        house.sync("cloud").await;
        let loss = house.held().await.remove(0);
        let now = house.clock.now();
        assert!(held::reject(&house.db, loss.id, "ada", "the listing is wrong", now).await.unwrap());
        house.sync("cloud").await;
        assert!(house.held().await.is_empty());
        assert_eq!(house.present("instance").await.len(), 12, "they stay, marked as missing");
        assert_eq!(house.scope_state("eu").await, "complete");
    })
    .await;
}

#[tokio::test]
async fn the_same_small_losses_a_day_apart_are_believed() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        for listed in [12, 9, 7] {
            script.holds("eu", instances(0..listed));
            let report = house.sync("cloud").await;
            assert!(line(&report, "eu").starts_with("complete"), "{}", line(&report, "eu"));
            house.clock.advance(TimeDelta::hours(26));
        }
        assert_eq!(house.present("instance").await.len(), 7);
    })
    .await;
}

#[tokio::test]
async fn f15_tags_missing_from_all_are_held_and_come_back() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.holds("eu", instances(0..12));
        house.sync("cloud").await;
        let mut degraded = instances(0..12);
        for instance in &mut degraded {
            instance.tags.clear();
        }
        degraded[3].state = "stopped".to_owned();
        script.holds("eu", degraded.clone());
        let report = house.sync("cloud").await;
        assert_eq!(line(&report, "eu"), "held +0 ~1 -0 =11 !0", "the stop is news, the tags are held");
        assert_eq!(house.held().await[0].subject, "tags");
        let tagged = "SELECT COUNT(*) AS n FROM resources WHERE attrs LIKE '%\"prod\"%'";
        assert_eq!(house.count(tagged).await, 12, "rows keep the tags that they had");

        script.holds("eu", instances(0..12));
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +0 ~1 -0 =11 !0");
        assert!(house.held().await.is_empty());

        // This time it is meant: somebody accepts it, and the next listing takes the tags away.
        script.holds("eu", degraded);
        house.sync("cloud").await;
        let loss = house.held().await.remove(0);
        house.clock.advance(TimeDelta::seconds(1));
        let now = house.clock.now();
        held::accept_all(&house.db, loss.id, "ada", "retagged", now).await.unwrap();
        assert!(line(&house.sync("cloud").await, "eu").starts_with("complete +0 ~12"));
        assert_eq!(house.count(tagged).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_large_loss_is_held_in_slices_too() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.streams("eu", 2_600, instance);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +2600 ~0 -0 =0 !0");
        script.streams("eu", 100, instance);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "held +0 ~0 -0 =100 !2500");
        assert_eq!(house.held().await[0].rows, 2_500);
        let (loss, now) = (house.held().await.remove(0), house.clock.now());
        held::accept_all(&house.db, loss.id, "ada", "moved away", now).await.unwrap();
        assert_eq!(house.present("instance").await.len(), 100);
        const { assert!(apply::SLICE < 2_500, "or this test proves nothing") };
    })
    .await;
}
