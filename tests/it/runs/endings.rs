//! How runs end: what failed is taken back, what nobody knows is said so, and who cancels is believed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use quarterdeck::audit::Doer;
use quarterdeck::runs::{self, Action, AfterCrash, NewRun, OnFailure};
use quarterdeck::store::Scope;
use quarterdeck::store::audit;
use quarterdeck::store::runs::hold::Asked;
use tokio::sync::Notify;

use crate::support::database::on_each_database;
use crate::support::yard::{Turn, Yard};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_before_a_failure_is_taken_back_in_reverse() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        yard.saying.turns("c", &[Turn::Fails]);
        let run = yard.submit(yard.run(&["a", "b", "c", "d"], &["dns/one"])).await;
        yard.ended(run).await;
        assert_eq!(yard.saying.log(), "+a +b -b -a");
        let story = yard.story(run).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r"
        rolled_back: The word cannot be said. What had been done was taken back.
        Say a: succeeded: Said.
        Say b: succeeded: Said.
        Say c: failed: The word cannot be said.
        Say d: skipped: not reached
        Unsay b: succeeded: Said.
        Unsay a: succeeded: Said.
        ");
        }
    })
    .await;
}

/// F4: partial is not success.
#[tokio::test(flavor = "multi_thread")]
async fn f04_what_cannot_be_taken_back_is_partial() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        yard.saying.turns("c", &[Turn::Fails]);
        yard.saying.turns("-b", &[Turn::Fails]);
        let run = yard.submit(yard.run(&["a", "b", "c"], &["dns/one"])).await;
        yard.ended(run).await;
        assert_eq!(yard.saying.log(), "+a +b -a", "the rest is taken back all the same");
        let story = yard.story(run).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r"
        partial: The word cannot be said. 1 of 2 steps back failed.
        Say a: succeeded: Said.
        Say b: succeeded: Said.
        Say c: failed: The word cannot be said.
        Unsay b: failed: The word cannot be said.
        Unsay a: succeeded: Said.
        ");
        }
    })
    .await;
}

/// F4: a push that stopped at its first error and said it was done.
#[tokio::test(flavor = "multi_thread")]
async fn f04_steps_that_stand_for_themselves_go_on_after_one_that_failed() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        *yard.saying.on_failure.lock().unwrap() = OnFailure::GoOn;
        yard.saying.turns("b", &[Turn::Fails]);
        let run = yard.submit(yard.run(&["a", "b", "c"], &["dns/one"])).await;
        yard.ended(run).await;
        let story = yard.story(run).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r"
        partial: The word cannot be said. 2 of 3 steps were done, and stay.
        Say a: succeeded: Said.
        Say b: failed: The word cannot be said.
        Say c: succeeded: Said.
        ");
        }
        assert_eq!(
            audited(&yard).await,
            "say failed partial: The word cannot be said. 2 of 3 steps were done, and stay."
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_looking() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        yard.saying.turns("a", &[Turn::SaidUnheard]);
        yard.saying.turns("b", &[Turn::Lost]);
        let run = yard.submit(yard.run(&["a", "b"], &["dns/one"])).await;
        yard.ended(run).await;
        assert_eq!(yard.saying.log(), "+a +b", "neither twice nor not at all");
        let story = yard.story(run).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r"
        succeeded: Done.
        Say a: succeeded: It turns out that a was said.
        Say b: succeeded: Said.
        ");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_find_out_ends_unknown_and_nothing_is_taken_back_blindly() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        yard.saying.turns("b", &[Turn::Lost, Turn::Unreadable]);
        let run = yard.submit(yard.run(&["a", "b", "c"], &["dns/one"])).await;
        yard.ended(run).await;
        assert_eq!(yard.saying.log(), "+a");
        let story = yard.story(run).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r"
        unknown: Nobody knows what became of step 2. No answer. Nobody listens.
        Say a: succeeded: Said.
        Say b: unknown: No answer. Nobody listens.
        Say c: skipped: not reached
        ");
        }
        assert!(audited(&yard).await.starts_with("say unknown"));
        let blind = yard.run_with(&["x"], &["dns/one"], AfterCrash::Unknown);
        yard.saying.turns("x", &[Turn::SaidUnheard]);
        let blind = yard.submit(blind).await;
        assert_eq!(yard.ended(blind).await.state().as_str(), "unknown");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_busy_is_tried_again() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        yard.saying.turns("a", &[Turn::Busy]);
        let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
        yard.ended(run).await;
        assert_eq!(yard.story(run).await, "succeeded: Done.\nSay a: succeeded: Said.");
        assert_eq!(yard.steps(run).await[0].attempts, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_written_before_and_completed_after() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
        assert_eq!(audited(&yard).await, "say begun ");
        // However long it waits: who ends the run completes it.
        yard.context.clock.advance(TimeDelta::hours(2));
        quarterdeck::audit::close_stale(&yard.context.db).await.unwrap();
        assert_eq!(audited(&yard).await, "say begun ");
        yard.ended(run).await;
        assert_eq!(audited(&yard).await, "say succeeded succeeded: Done.");
        let step = &yard.steps(run).await[0];
        assert_eq!(
            (step.request.as_str(), step.answer.as_str(), step.request_id.as_str()),
            ("say a", "said", "request-1")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cancels_what_waits_has_ended_it() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
        assert_eq!(cancel(&yard, run).await, Asked::Ended);
        assert_eq!(cancel(&yard, run).await, Asked::TooLate);
        assert_eq!(
            yard.story(run).await,
            "cancelled: Cancelled by ada@example.com before it began.\nSay a: skipped: not reached"
        );
        let next = yard.submit(yard.run(&["b"], &["dns/one"])).await;
        yard.ended(next).await;
        assert_eq!(yard.saying.log(), "+b", "and its lane is free");
        assert_eq!(yard.saying.ended.lock().unwrap().len(), 2);
    })
    .await;
}

/// F19: cancel said yes and nothing stopped.
#[tokio::test(flavor = "multi_thread")]
async fn f19_cancel_is_seen_while_a_call_blocks_and_comes_true_when_its_outcome_is_known() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let gate = Arc::new(Notify::new());
        yard.saying.turns("b", &[Turn::Waits(Arc::clone(&gate))]);
        let run = yard.submit(yard.run(&["a", "b", "c"], &["dns/one"])).await;
        yard.claim().await;
        yard.until("b is under way", async || yard.steps(run).await[1].fenced_at().is_some()).await;
        let asked = Instant::now();
        assert_eq!(cancel(&yard, run).await, Asked::Noted);
        yard.until("it is cancelling", async || yard.state(run).await == "cancelling").await;
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        gate.notify_one();
        yard.ended(run).await;
        assert_eq!(yard.saying.log(), "+a +b -b -a");
        let story = yard.story(run).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r"
        rolled_back: Cancelled by ada@example.com. What had been done was taken back.
        Say a: succeeded: Said.
        Say b: succeeded: Said.
        Say c: skipped: not reached
        Unsay b: succeeded: Said.
        Unsay a: succeeded: Said.
        ");
        }
    })
    .await;
}

/// F19: a provider that hangs before anything was sent keeps nobody waiting.
#[tokio::test(flavor = "multi_thread")]
async fn f19_what_has_sent_nothing_is_cancelled_at_once() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        yard.saying.turns("a", &[Turn::Dawdles(Arc::default())]);
        let run = yard.submit(yard.run(&["a"], &["dns/one"])).await;
        yard.claim().await;
        yard.until("it runs", async || yard.state(run).await == "running").await;
        cancel(&yard, run).await;
        yard.ended(run).await;
        assert_eq!(yard.story(run).await, "cancelled: Cancelled by ada@example.com.\nSay a: skipped: not reached");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_a_deadline_ends_what_hangs() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        yard.saying.turns("b", &[Turn::Dawdles(Arc::default())]);
        let run = NewRun { deadline: TimeDelta::minutes(5), ..yard.run(&["a", "b"], &["dns/one"]) };
        let run = yard.submit(run).await;
        yard.claim().await;
        yard.until("a is said", async || yard.saying.log() == "+a").await;
        yard.context.clock.advance(TimeDelta::minutes(4));
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(yard.state(run).await, "running");
        yard.context.clock.advance(TimeDelta::minutes(2));
        yard.ended(run).await;
        assert_eq!(yard.saying.log(), "+a -a");
        let story = yard.story(run).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(story, @r"
        rolled_back: It was not done within its time. What had been done was taken back.
        Say a: succeeded: Said.
        Say b: skipped: not reached
        Unsay a: succeeded: Said.
        ");
        }
    })
    .await;
}

async fn cancel(yard: &Yard, run: i64) -> Asked {
    let doer = Doer::command_line().named("ada@example.com");
    let actions = Box::leak(Box::new([yard.saying as &dyn Action]));
    runs::cancel(&yard.context, actions, &doer, &Scope::unrestricted(), run).await.unwrap().unwrap().1
}

/// The newest row of the audit that is about the run itself.
async fn audited(yard: &Yard) -> String {
    let rows = yard.context.db.read(|connection| audit::page(connection, "say", None, 10)).await.unwrap().rows;
    let row = &rows[0];
    format!("{} {} {}", row.action, row.outcome, row.after_state)
}
