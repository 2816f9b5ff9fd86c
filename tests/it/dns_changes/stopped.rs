//! F1: a worker stopped between reading a zone and writing to it, while another finishes. When it goes on it sends
//! nothing.

use std::fs;
use std::time::{Duration, Instant};

use super::served::Served;
use crate::support::program::{Program, Running};

/// How long a worker that was taken over is watched once it goes on: it would write at once.
const WATCHED: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn f01_stopped_before_its_fence_a_worker_sends_nothing_when_it_goes_on() {
    goes_on_in_vain("before_fence", Duration::ZERO).await;
}

/// What has passed the fence may send for as long as its lease says, which is sat out here: some two minutes, in the
/// full run.
#[tokio::test(flavor = "multi_thread")]
async fn f01_stopped_behind_its_fence_a_worker_sends_nothing_when_its_time_is_over() {
    if std::env::var_os("QUARTERDECK_TEST_LARGE").is_some() {
        goes_on_in_vain("after_fence", Duration::from_secs(110)).await;
    }
}

async fn goes_on_in_vain(point: &str, lease: Duration) {
    let served = Served::start().await;
    let probe = served.program.serve().await;
    let change = served.plan(&served.program).await;
    served.apply(&served.program, &change).await;
    assert_eq!(served.ended(&served.program, &change).await, "succeeded");
    let first = served.steps(&served.program, &change).await[0].0;
    served.take_back(&served.program, &change).await;
    probe.kill();

    let stopped = served.program.serve_with(&[("QUARTERDECK_FAULT", &format!("{point}:{first}:stop"))]).await;
    let change = served.plan(&served.program).await;
    // It is not waited for: the answer may be among what was stopped.
    let _ = tokio::time::timeout(Duration::from_secs(5), served.apply(&served.program, &change)).await;
    is_stopped(&stopped).await;
    tokio::time::sleep(lease).await;

    let other = served.program.beside();
    let finishing = other.serve().await;
    assert_eq!(served.ended(&other, &change).await, "succeeded");
    served.take_back(&other, &change).await;
    let serials = served.serials().await;

    signal(&stopped, "-CONT");
    taken_over(&served.program).await;
    tokio::time::sleep(WATCHED).await;
    assert_eq!(served.serials().await, serials, "something was written");
    assert_eq!(served.told().await, served.before);
    assert_eq!(served.program.status("/healthz").await, Some(200), "it lives, and nothing more");
    finishing.kill();
}

fn signal(running: &Running, signal: &str) {
    let sent = std::process::Command::new("kill").args([signal, &running.0.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Waits until the whole process stands still (`T` in proc(5)).
async fn is_stopped(running: &Running) {
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        let told = fs::read_to_string(format!("/proc/{}/stat", running.0.id())).unwrap();
        if told.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T')) {
            return;
        }
        assert!(Instant::now() < patience, "it was told to stop there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until its log says so.
async fn taken_over(program: &Program) {
    let patience = Instant::now() + Duration::from_secs(30);
    while !fs::read_to_string(program.folder.path().join("log")).unwrap().contains("was taken over") {
        assert!(Instant::now() < patience, "it never noticed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
