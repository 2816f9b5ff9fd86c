//! Who goes when: lanes, order, priorities, several workers, and requests that come twice.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use quarterdeck::audit::Doer;
use quarterdeck::runs::{self, NewRun, Priority, Submitted};
use tokio::sync::Notify;

use crate::support::database::on_each_database;
use crate::support::yard::{Turn, Yard};

#[tokio::test(flavor = "multi_thread")]
async fn of_runs_that_share_a_lane_one_runs_and_the_others_wait_in_order() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let gate = Arc::new(Notify::new());
        yard.saying.turns("a", &[Turn::Waits(Arc::clone(&gate))]);
        let first = yard.submit(yard.run(&["a"], &["dns/one", "dns/two"])).await;
        let second = yard.submit(yard.run(&["b"], &["dns/two", "dns/three"])).await;
        // It could run at once, but for the second one, which was there before and wants its lane.
        let third = yard.submit(yard.run(&["c"], &["dns/three"])).await;
        let apart = yard.submit(yard.run(&["d"], &["dns/four"])).await;
        yard.ended(apart).await;
        assert_eq!(yard.state(first).await, "running");
        assert_eq!((yard.state(second).await, yard.state(third).await), ("queued".into(), "queued".into()));
        gate.notify_one();
        yard.work_off().await;
        assert_eq!(yard.saying.log(), "+d +a +b +c");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_more_urgent_goes_first_and_what_is_due_later_waits() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let lane = &["dns/one"];
        yard.submit(NewRun { priority: Priority::Background, ..yard.run(&["slow"], lane) }).await;
        yard.submit(yard.run(&["usual"], lane)).await;
        yard.submit(NewRun { priority: Priority::Urgent, ..yard.run(&["back"], lane) }).await;
        let later = yard.context.clock.now() + TimeDelta::minutes(10);
        let soaked = NewRun { priority: Priority::Urgent, not_before: Some(later), ..yard.run(&["soaked"], lane) };
        let soaked = yard.submit(soaked).await;
        yard.until("three are said", async || {
            yard.claim().await;
            yard.saying.log.lock().unwrap().len() == 3
        })
        .await;
        assert_eq!(yard.saying.log(), "+back +usual +slow");
        assert_eq!(yard.state(soaked).await, "queued");
        yard.context.clock.advance(TimeDelta::minutes(11));
        yard.work_off().await;
        assert_eq!(yard.saying.log(), "+back +usual +slow +soaked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_do_everything_once() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let workers = [yard.clone(), yard.colleague(), yard.colleague()];
        let mut words = Vec::new();
        for number in 0..30 {
            let word = format!("w{number:02}");
            let lanes = [format!("dns/{}", number % 7), format!("dns/{}", number % 5)];
            yard.submit(yard.run(&[&word], &lanes.each_ref().map(String::as_str))).await;
            words.push(format!("+{word}"));
        }
        let works = workers.iter().map(|worker| tokio::spawn(worker.clone().executor_until_stopped()));
        let works: Vec<_> = works.collect();
        yard.until("all are said", async || yard.saying.log.lock().unwrap().len() >= 30).await;
        for worker in &workers {
            worker.stop.cancel();
        }
        for work in works {
            work.await.unwrap();
        }
        let mut said = yard.saying.log.lock().unwrap().clone();
        said.sort();
        assert_eq!(said, words);
        assert_eq!(yard.saying.ended.lock().unwrap().len(), 30);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_twice_makes_one_run() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let with_key = |body: &[u8]| {
            let key = Some(runs::IdempotencyKey::new("click-1", body));
            NewRun { key, ..yard.run(&["a"], &["dns/one"]) }
        };
        let first = yard.submit(with_key(b"body")).await;
        assert_eq!(yard.ask(with_key(b"body")).await, Submitted::Known(first));
        assert_eq!(yard.ask(with_key(b"another")).await, Submitted::Other);
        let somebody_else = Doer::command_line().named("ada@example.com");
        let theirs = yard.submit(NewRun { by: somebody_else, ..with_key(b"another") }).await;
        assert_ne!(theirs, first, "keys are each actor's own");
        let both = tokio::join!(
            yard.ask(NewRun { key: Some(runs::IdempotencyKey::new("click-2", b"x")), ..yard.run(&["b"], &[]) }),
            yard.ask(NewRun { key: Some(runs::IdempotencyKey::new("click-2", b"x")), ..yard.run(&["b"], &[]) }),
        );
        let made = match both {
            (Submitted::New(id), Submitted::Known(same)) | (Submitted::Known(same), Submitted::New(id)) => {
                assert_eq!(id, same);
                id
            }
            other => panic!("{other:?}"),
        };
        yard.work_off().await;
        assert_eq!(yard.saying.log.lock().unwrap().iter().filter(|said| *said == "+b").count(), 1);
        assert_eq!(yard.state(made).await, "succeeded");
    })
    .await;
}

/// F19: one dead target must not hold up the rest.
#[tokio::test(flavor = "multi_thread")]
async fn f19_a_source_that_answers_nobody_leaves_slots_for_the_others() {
    on_each_database(async |db| {
        let yard = Yard::over(db);
        let gate = Arc::new(Notify::new());
        for number in 0..20 {
            let word = format!("dead{number}");
            yard.saying.turns(&word, &[Turn::Waits(Arc::clone(&gate))]);
            yard.submit(yard.run(&[&word], &[&format!("dead/{number}")])).await;
        }
        let alive = yard.submit(yard.run(&["alive"], &["other/one"])).await;
        assert_eq!(yard.ended(alive).await.state().as_str(), "succeeded");
        assert_eq!(yard.saying.log(), "+alive");
        tokio::time::sleep(Duration::from_millis(20)).await;
    })
    .await;
}
