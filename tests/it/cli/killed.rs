//! The program on SQLite with a sync that is large: killed in the middle of it, and watched while it goes on.
//!
//! With `QUARTERDECK_TEST_LARGE` set the watched sync has 200,000 records, as large accounts do; otherwise as many as a
//! build without optimisation takes in well under a minute.

use std::collections::BTreeSet;
use std::ops::Range;
use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use quarterdeck::clock::Clock;
use quarterdeck::config::Environment;
use quarterdeck::store::tasks;

use crate::support::cloudflare::{Effect, FakeCloudflare, Fault};
use crate::support::house::House;
use crate::support::panel::PASSWORD;
use crate::support::program::{Program, Running};

/// Enough to be staged and applied in many slices, or written in many while it is listed.
const MANY: usize = 10_000;
/// So many are known before: what comes to a scope that has been listed is staged.
const FEW: usize = 10;
const STAGED: &str = "SELECT COUNT(*) AS n FROM (SELECT 1 FROM sync_stage LIMIT 1) AS some";
const APPLIED: &str = "SELECT COUNT(*) AS n FROM resources WHERE kind = 'dns_record'";
/// In scopes that are shown as complete.
const SHOWN: &str = "SELECT COUNT(*) AS n FROM resources r JOIN scopes s ON s.id = r.scope_id \
                     WHERE s.kind = 'dns_record' AND s.state = 'complete'";

/// A zone of so many records, read slowly enough to be met in the middle.
async fn fake_with(records: usize) -> FakeCloudflare {
    let fake = FakeCloudflare::start().await;
    let zone = fake.world().add_zone("large.example");
    add_records(&fake, &zone, 0..records);
    fake.script(Fault::on("dns_records", Effect::Dribble(65_536, Duration::from_millis(20))).times(99));
    fake
}

fn add_records(fake: &FakeCloudflare, zone: &str, numbers: Range<usize>) {
    for number in numbers {
        fake.world().add_record(zone, "A", &format!("h{number:06}.large.example"), "192.0.2.1");
    }
}

/// A zone that has been listed with a few records and has many by now; a sync of it goes on.
async fn grown() -> (FakeCloudflare, Program, Running) {
    let fake = FakeCloudflare::start().await;
    let zone = fake.world().add_zone("large.example");
    add_records(&fake, &zone, 0..FEW);
    let program = Program::over(&fake);
    assert_eq!(program.run(&["sync"]).code, 0);
    add_records(&fake, &zone, FEW..MANY);
    fake.script(Fault::on("dns_records", Effect::Dribble(65_536, Duration::from_millis(20))).times(99));
    let mut command = program.command(&["sync"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    (fake, program, Running(child))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_first_listing_it_goes_on_from_what_is_written() {
    let fake = fake_with(MANY).await;
    let program = Program::over(&fake);
    let running = program.serve().await;
    let house = House::over(program.database());
    watch(&house, &[0], async || house.count(APPLIED).await > 0).await;
    running.kill();
    let written = house.count(APPLIED).await;
    assert!(written < MANY as i64, "or it was not killed in the middle");
    assert_eq!(house.count(SHOWN).await, 0, "half is not shown as complete");

    let again = program.serve().await;
    watch(&house, &[0, MANY], async || house.count(SHOWN).await == MANY as i64).await;
    assert_eq!(house.count("SELECT COUNT(DISTINCT external_id) AS n FROM resources").await, MANY as i64 + 1);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM resource_versions").await, 0);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM syncs WHERE state = 'unknown'").await, 1, "the one that died");
    drop(again);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_stages_it_discards_the_draft_and_begins_anew() {
    let (_fake, program, running) = grown().await;
    let house = House::over(program.database());
    watch(&house, &[FEW], async || house.count(STAGED).await > 0).await;
    running.kill();
    assert_eq!(house.count(APPLIED).await, FEW as i64, "or it was not killed while it staged");

    let again = program.serve().await;
    watch(&house, &[0, FEW, MANY], async || house.count(SHOWN).await == MANY as i64).await;
    assert_eq!(house.count(STAGED).await, 0);
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM syncs WHERE state = 'unknown'").await, 1, "the one that died");
    drop(again);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_applies_it_finishes_what_was_begun() {
    let (fake, program, running) = grown().await;
    let house = House::over(program.database());
    watch(&house, &[0, FEW], async || house.count(APPLIED).await > FEW as i64).await;
    running.kill();
    let applied = house.count(APPLIED).await;
    assert!(applied < MANY as i64, "or it was not killed while it applied");
    assert_eq!(house.count(SHOWN).await, 0, "half is not shown as complete");

    // Nothing can be listed any more: what is there at the end comes from the stage alone.
    fake.world().tokens.clear();
    let again = program.serve().await;
    watch(&house, &[0, MANY], async || house.count(APPLIED).await == MANY as i64).await;
    watch(&house, &[0, MANY], async || house.count(STAGED).await == 0).await;
    assert_eq!(house.count("SELECT COUNT(DISTINCT external_id) AS n FROM resources").await, MANY as i64 + 1);
    drop(again);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_answer_and_the_worker_lives_during_a_large_first_sync() {
    let large = Environment::of_process().get("QUARTERDECK_TEST_LARGE").is_some();
    let many = if large { 200_000 } else { 20_000 };
    let fake = fake_with(many).await;
    let program = Program::over(&fake);
    program.run_with(&["user", "add", "ada@example.com", "--role", "viewer", "--password-stdin"], PASSWORD);
    let _running = program.serve().await;
    let house = House::over(program.database());
    let began = Instant::now();
    let (mut beats, mut signed_in, mut slowest) = (BTreeSet::new(), 0, Duration::ZERO);
    watch(&house, &[0, many], async || {
        let asked = Instant::now();
        let ada = program.browser();
        assert_eq!(ada.sign_in("ada@example.com", PASSWORD).await.status, 303);
        assert_eq!(ada.get("/dns-records").await.status, 200);
        slowest = slowest.max(asked.elapsed());
        signed_in += 1;
        let worker = house.read(tasks::heartbeats).await.remove(0);
        let silence = Clock::system().now() - worker.beat_at.and_utc();
        assert!(silence < TimeDelta::seconds(40), "the worker was silent for {silence}");
        beats.insert(worker.beat_at);
        house.count(SHOWN).await == many as i64
    })
    .await;
    assert!(slowest < Duration::from_secs(5), "to sign in and to see a list took {slowest:?}");
    let took = began.elapsed();
    // A beat every quarter of a minute, at the next tick.
    assert!(beats.len() as u64 >= took.as_secs() / 20, "{} heartbeats in {took:?}", beats.len());
    println!(
        "{many} records in {took:?}: {} heartbeats, {signed_in} sign-ins, the slowest took {slowest:?}",
        beats.len()
    );
}

/// Waits for `enough`; all the while one of these numbers is shown as complete, and no other.
async fn watch(house: &House, whole: &[usize], mut enough: impl AsyncFnMut() -> bool) {
    let is_large = whole.iter().any(|&many| many > 100_000);
    let patience = Instant::now() + Duration::from_secs(if is_large { 1_200 } else { 120 });
    while !enough().await {
        let shown = house.count(SHOWN).await;
        assert!(whole.iter().any(|&many| shown == many as i64), "{shown} are shown as complete, not one of {whole:?}");
        assert!(Instant::now() < patience, "waited in vain");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
