//! `quarterdeck sync`: its lines, its exit codes, and a dry run that writes nothing.

use std::fs;
use std::time::Duration;

use chrono::TimeDelta;
use quarterdeck::store::AnyConnection;
use quarterdeck::store::sql::Sql;

use crate::support::cloudflare::{FakeCloudflare, Sight, TOKEN};
use crate::support::house::House;
use crate::support::program::Program;

const ZONES: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

async fn three_zones() -> (FakeCloudflare, Vec<String>) {
    let fake = FakeCloudflare::start().await;
    let mut ids = Vec::new();
    for zone in ["one.example", "two.example", "three.example"] {
        let id = fake.world().add_zone(zone);
        for number in 0..12 {
            fake.world().add_record(&id, "A", &format!("h{number:02}.{zone}"), "192.0.2.1");
        }
        ids.push(id);
    }
    (fake, ids)
}

fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_tells_each_scope_in_a_line_and_its_exit_code_how_it_went() {
    let (fake, ids) = three_zones().await;
    let program = Program::over(&fake);
    let ran = program.run(&["sync"]);
    let expected = |zones: &str, records: &str| {
        let mut lines: Vec<_> =
            ["one", "three", "two"].map(|zone| format!("dns {zone}.example dns_record complete {records}")).to_vec();
        lines.push(format!("dns {ZONES} zone {zones}"));
        lines.sort();
        lines
    };
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(sorted(&ran.out), expected("complete +3 ~0 -0 =0", "+12 ~0 -0 =0"));
    let again = program.run(&["sync", "dns"]);
    assert_eq!(sorted(&again.out), expected("complete +0 ~0 -0 =3", "+0 ~0 -0 =12"));

    fake.world().token(TOKEN).sight = Sight::Only([ids[0].clone()].into());
    let held = program.run(&["sync", "dns"]);
    assert_eq!(held.code, 3, "{held:?}");
    assert!(sorted(&held.out).contains(&format!("dns {ZONES} zone held +0 ~0 -0 =1")), "{held:?}");
    // Under ten a second listing would confirm the loss; those that come back dissolve it.
    fake.world().token(TOKEN).sight = Sight::All;
    assert_eq!(program.run(&["sync"]).code, 0);
    fake.world().token(TOKEN).sight = Sight::Only([ids[0].clone()].into());
    let json = program.run(&["sync", "--json"]);
    let objects: Vec<serde_json::Value> = json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let zones = objects.iter().find(|object| object["kind"] == "zone").unwrap();
    assert_eq!((json.code, zones["state"].as_str(), zones["held"].as_u64()), (3, Some("held"), Some(2)));

    fake.world().tokens.clear();
    let failed = program.run(&["sync", "dns"]);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(!failed.err.contains(TOKEN) && !failed.out.contains(TOKEN), "{failed:?}");
    let unknown = program.run(&["sync", "nowhere"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_while_one_waits_for_it_is_not_waited_for() {
    let (fake, _) = three_zones().await;
    let program = Program::over(&fake);
    assert_eq!(program.run(&["sync"]).code, 0);
    let house = House::over(program.database());
    let claim = house.claim("dns", "a worker that dies").await;
    // What is left of its lease outlives the start of the command, and nothing renews it.
    let (id, end) = (claim.sync_id, house.clock.now() + TimeDelta::seconds(4));
    let shorten = move |connection: &mut AnyConnection| {
        let mut sql = Sql::new("UPDATE syncs SET lease_until = ");
        sql.bind(end).push(" WHERE id = ").bind(id);
        sql.execute(connection)
    };
    assert_eq!(house.db.write(shorten).await.unwrap(), 1);
    let ran =
        tokio::time::timeout(Duration::from_secs(60), tokio::task::spawn_blocking(move || program.run(&["sync"])));
    let ran = ran.await.expect("it waits for ever").unwrap();
    assert!([0, 3].contains(&ran.code), "done by itself, or unknown: {ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prints_the_differences_and_writes_nothing() {
    let (fake, ids) = three_zones().await;
    let program = Program::over(&fake);
    assert_eq!(program.run(&["sync"]).code, 0);
    let record = |name: &str| {
        let mut world = fake.world();
        let records = &world.zone(&ids[0]).records;
        records.values().find(|record| record.name == name).expect("it was made above").id.clone()
    };
    let (changed, removed) = (record("h00.one.example"), record("h01.one.example"));
    fake.world().record(&ids[0], &changed).content = "192.0.2.99".to_owned();
    fake.world().zone(&ids[0]).records.remove(&removed);
    fake.world().add_record(&ids[0], "A", "new.one.example", "192.0.2.2");

    let (before, rows) = (fs::read(program.database_file()).unwrap(), rows(&program).await);
    let ran = program.run(&["sync", "--dry-run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = sorted(&ran.out);
    assert_eq!(lines.len(), 3, "{ran:?}");
    assert!(lines[0].starts_with("+ dns_record ") && lines[0].contains("new.one.example"), "{ran:?}");
    assert!(lines[1].starts_with("- dns_record ") && lines[1].contains("h01.one.example"), "{ran:?}");
    assert!(lines[2].starts_with("~ dns_record ") && lines[2].contains("h00.one.example"), "{ran:?}");
    assert!(lines[2].contains(": 192.0.2.1 -> 192.0.2.99"), "{ran:?}");
    assert!(fs::read(program.database_file()).unwrap() == before, "the file is the same, byte for byte");
    assert_eq!(self::rows(&program).await, rows);
}

/// How many rows there are of what a sync writes.
async fn rows(program: &Program) -> Vec<i64> {
    let house = House::over(program.database());
    let mut counts = Vec::new();
    for query in [
        "SELECT COUNT(*) AS n FROM resources",
        "SELECT COUNT(*) AS n FROM resource_versions",
        "SELECT COUNT(*) AS n FROM syncs",
        "SELECT COUNT(*) AS n FROM sync_results",
        "SELECT COUNT(*) AS n FROM sync_stage",
        "SELECT COUNT(*) AS n FROM held_losses",
    ] {
        counts.push(house.count(query).await);
    }
    counts
}
