//! What becomes of a run whose worker is gone, or only seemed to be.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use quarterdeck::runs::AfterCrash;
use tokio::sync::Notify;

use crate::support::database::on_each_database;
use crate::support::yard::{Turn, Yard};

/// F1: a delayed worker wrote an old plan over a newer one.
#[tokio::test(flavor = "multi_thread")]
async fn f01_who_was_taken_over_writes_nothing_any_more() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let gate = Arc::new(Notify::new());
        yard.saying.turns("a", &[Turn::Dawdles(Arc::clone(&gate))]);
        let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
        yard.claim().await;
        yard.until("it runs", async || yard.steps(run).await[0].started_at().is_some()).await;
        // It stands still for longer than its lease; its heart, as of a stopped process, with it.
        let colleague = yard.colleague();
        yard.context.clock.advance(TimeDelta::minutes(5));
        colleague.ended(run).await;
        assert_eq!(yard.saying.log(), "+a");
        gate.notify_one();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(yard.saying.log(), "+a", "said once");
        assert_eq!(yard.row(run).await.epoch, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_under_way_is_settled_and_one_that_was_not_is_made() {
    on_each_database(async |db| {
        for (turn, log) in [(Turn::SaidUnheard, "+a +b"), (Turn::Lost, "+a +b")] {
            let yard = Yard::over(db.clone());
            yard.saying.turns("a", &[turn]);
            let run = yard.submit(yard.run(&["a", "b"], &["dns/one"])).await;
            yard.ended(run).await;
            assert_eq!(yard.saying.log(), log);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stops_hands_back_what_is_left() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let gate = Arc::new(Notify::new());
        yard.saying.turns("a", &[Turn::Waits(Arc::clone(&gate))]);
        let run = yard.submit(yard.run(&["a", "b"], &["dns/one"])).await;
        let work = tokio::spawn(yard.clone().executor_until_stopped());
        yard.until("a is under way", async || yard.steps(run).await[0].fenced_at().is_some()).await;
        yard.stop.cancel();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!work.is_finished(), "it waits for the outcome of what it sent");
        gate.notify_one();
        work.await.unwrap();
        assert_eq!((yard.saying.log().as_str(), yard.state(run).await.as_str()), ("+a", "running"));
        // No lease has to run out for that.
        let colleague = yard.colleague();
        colleague.ended(run).await;
        assert_eq!(yard.saying.log(), "+a +b");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stops_ends_what_has_its_last_step_behind_it() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let gate = Arc::new(Notify::new());
        yard.saying.turns("a", &[Turn::Waits(Arc::clone(&gate))]);
        let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
        let work = tokio::spawn(yard.clone().executor_until_stopped());
        yard.until("a is under way", async || yard.steps(run).await[0].fenced_at().is_some()).await;
        yard.stop.cancel();
        gate.notify_one();
        work.await.unwrap();
        assert_eq!((yard.saying.log().as_str(), yard.state(run).await.as_str()), ("+a", "succeeded"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_ends_as_its_step_declares() {
    on_each_database(async |db| {
        for (after_crash, state) in
            [(AfterCrash::Again, "succeeded"), (AfterCrash::Settle, "succeeded"), (AfterCrash::Unknown, "unknown")]
        {
            let yard = Yard::over(db.clone());
            yard.saying.turns("a", &[Turn::Waits(Arc::default())]);
            let run = yard.submit(yard.run_with(&["a"], &["dns/one"], after_crash)).await;
            let doomed = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            let worker = yard.colleague();
            doomed.spawn(async move { worker.claim().await });
            yard.until("a is under way", async || yard.steps(run).await[0].fenced_at().is_some()).await;
            // As kill -9 does: nothing of it goes on.
            doomed.shutdown_background();
            tokio::time::sleep(Duration::from_millis(50)).await;
            yard.context.clock.advance(TimeDelta::seconds(20));
            assert_eq!(yard.claim().await, 0, "its call may still be under way");
            yard.context.clock.advance(TimeDelta::seconds(40));
            assert_eq!(yard.ended(run).await.state().as_str(), state, "{after_crash:?}");
        }
    })
    .await;
}
