//! The alerts of runs: one that does not get on, and one that was done in part. Each is raised once and resolves by
//! itself.

use std::sync::Arc;

use chrono::TimeDelta;
use quarterdeck::alerts::evaluate;
use quarterdeck::audit::Doer;
use quarterdeck::runs::{self, NewRun, OnFailure};
use quarterdeck::store::Scope;
use quarterdeck::store::alerts::{self, AlertRow};
use tokio::sync::Notify;

use crate::support::database::on_each_database;
use crate::support::yard::{Turn, Yard};

async fn open(yard: &Yard, rule: &str) -> Vec<AlertRow> {
    evaluate(&yard.context.db).await.unwrap();
    let read = yard.context.db.read(|connection| alerts::open(connection, &Scope::unrestricted()));
    read.await.unwrap().into_iter().filter(|alert| alert.rule == rule).collect()
}

async fn once(yard: &Yard, rule: &str) -> AlertRow {
    let (first, second) = (open(yard, rule).await, open(yard, rule).await);
    assert_eq!((first.len(), second.len()), (1, 1), "{first:?}");
    assert_eq!(first[0].id, second[0].id, "it is one alert, however often it is looked at");
    first[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_does_not_get_on_is_told_of_until_it_ends() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let gate = Arc::new(Notify::new());
        yard.saying.turns("a", &[Turn::Waits(Arc::clone(&gate))]);
        let new = NewRun { deadline: TimeDelta::minutes(5), ..yard.run(&["a"], &["dns/one"]) };
        let run = yard.submit(new).await;
        yard.claim().await;
        yard.until("a is under way", async || yard.steps(run).await[0].fenced_at().is_some()).await;
        yard.context.clock.advance(TimeDelta::minutes(9));
        assert!(open(&yard, "run_stuck").await.is_empty(), "its worker still has time to end it");
        yard.context.clock.advance(TimeDelta::minutes(2));
        let alert = once(&yard, "run_stuck").await;
        assert_eq!((alert.link, alert.title.as_str()), (format!("/runs/{run}"), "Say a does not get on"));
        gate.notify_one();
        yard.until("it has ended", async || yard.row(run).await.state().has_ended()).await;
        assert!(open(&yard, "run_stuck").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_what_was_done_in_part_is_told_of_until_somebody_takes_note() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        *yard.saying.on_failure.lock().unwrap() = OnFailure::GoOn;
        yard.saying.turns("b", &[Turn::Fails]);
        let run = yard.submit(yard.run(&["a", "b"], &["dns/one"])).await;
        yard.ended(run).await;
        let alert = once(&yard, "run_unsettled").await;
        assert_eq!((alert.severity.as_str(), alert.title.as_str()), ("warning", "Say a b was done in part"));
        let everybody = Scope::unrestricted();
        runs::acknowledge(&yard.context, &Doer::command_line(), &everybody, run).await.unwrap().unwrap();
        assert!(open(&yard, "run_unsettled").await.is_empty());
    })
    .await;
}
