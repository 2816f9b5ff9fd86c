//! `serve` killed at every boundary of every step of a switch: whoever starts it again finds out what became of it, and
//! ends it one way or the other.

use std::time::{Duration, Instant};

use super::served::Served;
use crate::support::program::Running;

#[tokio::test(flavor = "multi_thread")]
async fn dns09_killed_before_a_fence_a_switch_ends_one_way_or_the_other() {
    killed_at("before_fence").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dns09_killed_behind_a_fence_a_switch_ends_one_way_or_the_other() {
    killed_at("after_fence").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dns09_killed_when_it_was_written_a_switch_ends_one_way_or_the_other() {
    killed_at("after_call").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dns09_killed_between_two_steps_a_switch_ends_one_way_or_the_other() {
    killed_at("after_record").await;
}

async fn killed_at(point: &str) {
    let served = Served::start().await;
    let program = &served.program;
    let undisturbed = program.serve().await;
    let change = served.plan(program).await;
    served.apply(program, &change).await;
    assert_eq!(served.ended(program, &change).await, "succeeded");
    let switched = served.told().await;
    assert_ne!(switched, served.before);
    let steps = served.steps(program, &change).await;
    assert_eq!(steps.iter().filter(|(_, title)| title.starts_with("Write ")).count(), 2, "{steps:?}");
    served.take_back(program, &change).await;
    undisturbed.kill();

    for (position, title) in steps {
        // Asking writes nothing, so it has no fence.
        if !title.starts_with("Write ") && point != "after_record" {
            continue;
        }
        let mut doomed = program.serve_with(&[("QUARTERDECK_FAULT", &format!("{point}:{position}"))]).await;
        let change = served.plan(program).await;
        served.apply(program, &change).await;
        dies(&mut doomed).await;
        served.leases_run_out().await;
        let again = program.serve().await;
        let state = served.ended(program, &change).await;
        let told = served.told().await;
        match state.as_str() {
            "succeeded" => {
                assert_eq!(told, switched, "{point} of {title}");
                served.take_back(program, &change).await;
            }
            "rolled_back" => assert_eq!(told, served.before, "{point} of {title}"),
            other => panic!("{point} of {title}: {other}"),
        }
        again.kill();
    }
}

async fn dies(running: &mut Running) {
    let patience = Instant::now() + Duration::from_secs(30);
    while running.0.try_wait().unwrap().is_none() {
        assert!(Instant::now() < patience, "it was told to end there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
