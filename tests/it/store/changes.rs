//! The tape: what happened, in order, page by page in both directions, and by ranges of indexes alone.

use quarterdeck::clock::Instant;
use quarterdeck::kinds::{dns_record, instance};
use quarterdeck::providers::memory::Script;
use quarterdeck::store::changes::{self, Asked, Change, Cursor, Page, What};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Db, Scope};

use crate::support::database::on_each_database;
use crate::support::house::{House, instances};
use crate::support::plans::{explained, whole};
use crate::support::seed::{self, Seed, minute};

async fn page(db: &Db, asked: &Asked) -> Page<Change> {
    let asked = asked.clone();
    db.read(move |connection| changes::tape(connection, &Scope::unrestricted(), &asked)).await.unwrap()
}

/// `what name`, the newest first.
async fn told(db: &Db, asked: &Asked) -> Vec<String> {
    let page = page(db, asked).await;
    page.rows.iter().map(|change| format!("{} {}", change.what.as_str(), change.row.name)).collect()
}

/// A house in which three instances came, one changed, went and returned, and another went.
async fn busy(db: &Db) -> (House, Script, Instant) {
    let mut house = House::over(db.clone());
    let before = house.clock.now();
    let script = house.source("cloud").await;
    let mut all = instances(0..3);
    script.holds("eu", all.clone());
    house.sync("cloud").await;
    all[1].instance_type = "m6i.xlarge".to_owned();
    script.holds("eu", all.clone());
    house.sync("cloud").await;
    for kept in [&[0, 2][..], &[0, 2], &[0, 1, 2], &[0, 1], &[0, 1]] {
        script.holds("eu", kept.iter().map(|number| all[*number].clone()));
        house.sync("cloud").await;
    }
    (house, script, before)
}

#[tokio::test]
async fn what_came_changed_went_and_returned_is_told_in_order_with_what_was_before() {
    on_each_database(|db: Db| async move {
        let (house, _, before) = busy(&db).await;
        let asked = Asked::between(before, house.clock.now());
        let mut lines = told(&db, &asked).await;
        let mut first = lines.split_off(4);
        first.sort();
        assert_eq!(lines, ["gone web-002", "returned web-001", "gone web-001", "changed web-001"]);
        assert_eq!(first, ["added web-000", "added web-001", "added web-002"]);
        let page = page(&db, &asked).await;
        let types = |change: &Change| {
            let of = |attrs: &str| serde_json::from_str::<instance::Instance>(attrs).unwrap().instance_type;
            (change.before.as_ref().map(|before| of(&before.attrs)), of(&change.row.attrs))
        };
        assert_eq!(types(&page.rows[3]), (Some("m6i.large".to_owned()), "m6i.xlarge".to_owned()));
        assert_eq!(types(&page.rows[1]), (Some("m6i.xlarge".to_owned()), "m6i.xlarge".to_owned()));
        assert!(page.rows[4].before.is_none() && page.next.is_none() && page.previous.is_none() && !page.cut);
    })
    .await;
}

#[tokio::test]
async fn the_window_begins_after_its_first_moment_and_ends_with_its_last() {
    on_each_database(|db: Db| async move {
        let (house, _, before) = busy(&db).await;
        let minute = |number: i64| before + chrono::TimeDelta::minutes(number);
        assert_eq!(told(&db, &Asked::between(minute(0), minute(1))).await.len(), 3);
        assert_eq!(told(&db, &Asked::between(minute(1), minute(2))).await, ["changed web-001"]);
        assert_eq!(told(&db, &Asked::between(minute(2), minute(3))).await, ["gone web-001"]);
        assert_eq!(told(&db, &Asked::between(minute(3), minute(4))).await, [""; 0]);
        let only = |what| Asked { what: vec![what], ..Asked::between(before, house.clock.now()) };
        assert_eq!(told(&db, &only(What::Returned)).await, ["returned web-001"]);
        assert_eq!(told(&db, &only(What::Gone)).await, ["gone web-002", "gone web-001"]);
        let of_kind = Asked { kinds: vec![&dns_record::SPEC], ..only(What::Gone) };
        assert_eq!(told(&db, &of_kind).await, [""; 0]);
        let elsewhere = Asked { sources: vec!["dns".to_owned()], ..Asked::between(before, house.clock.now()) };
        assert_eq!(told(&db, &elsewhere).await, [""; 0]);
    })
    .await;
}

/// Resources with many states, several of them changed at one moment; some gone, some gone and back.
fn histories() -> Vec<Seed> {
    (1..=60_i64)
        .map(|id| {
            let kind = if id % 3 == 0 { "dns_record" } else { "instance" };
            let mut seed = Seed::new(id, kind, 1 + i64::from(id % 3 == 0), &format!("r-{id}"));
            seed.cluster = if id % 10 == 0 { "rare" } else { "usual" }.to_owned();
            let mut at = 20 + id % 5;
            for step in 0..id % 7 {
                seed = seed.version(minute(at), minute(at + 10 + step), &format!("r-{id}-{step}"), "was");
                at += 10 + step;
            }
            if id % 7 == 0 {
                seed.first_seen = minute(at);
            }
            seed.changed = minute(at);
            if id % 4 == 0 { seed.gone(minute(at + 30)) } else { seed }
        })
        .collect()
}

async fn sown(db: &Db) {
    db.write(|connection| {
        seed::scope(connection, 1, "instance", "eu", "complete", Some(minute(500)));
        seed::scope(connection, 2, "dns_record", "example.com", "complete", Some(minute(500)));
        seed::sow(connection, &histories());
        Ok(())
    })
    .await
    .unwrap();
}

fn named(changes: &[Change]) -> Vec<(Instant, i64, &'static str)> {
    changes.iter().map(|change| (change.at, change.row.id, change.what.as_str())).collect()
}

#[tokio::test]
async fn pages_of_any_size_in_both_directions_are_the_whole_each_change_once() {
    on_each_database(async |db| {
        sown(&db).await;
        let everything = Asked { limit: 1_000, ..Asked::between(minute(0), minute(1_000)) };
        let all = named(&page(&db, &everything).await.rows);
        assert!(all.len() > 200 && all.windows(2).all(|pair| (pair[0].0, pair[0].1) >= (pair[1].0, pair[1].1)));
        for narrowed in [everything.clone(), Asked { clusters: vec!["rare".to_owned()], ..everything.clone() }] {
            let expected = named(&page(&db, &narrowed).await.rows);
            for limit in [1, 7, 50] {
                let asked = Asked { limit, ..narrowed.clone() };
                let (mut older, mut cursor, mut last) = (Vec::new(), None, None);
                loop {
                    let page = page(&db, &Asked { cursor, ..asked.clone() }).await;
                    assert!(page.rows.len() <= limit);
                    older.extend(named(&page.rows));
                    last = page.previous.or(last);
                    let Some(next) = page.next else { break };
                    cursor = Cursor::parse(&next.to_string());
                }
                assert_eq!(older, expected, "older by {limit}");
                // From the last page back to the first one.
                let (mut newer, mut cursor) = (Vec::new(), last);
                while let Some(at) = cursor {
                    let page = page(&db, &Asked { cursor: Some(at), ..asked.clone() }).await;
                    newer.splice(0..0, named(&page.rows));
                    cursor = page.previous;
                }
                assert!(expected.starts_with(&newer), "newer by {limit}");
                assert!(expected.len() - newer.len() <= limit, "all but the last page, by {limit}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_changes_again_meanwhile_shifts_no_page() {
    on_each_database(|db: Db| async move {
        let (house, script, before) = busy(&db).await;
        let asked = Asked { limit: 4, ..Asked::between(before, house.clock.now()) };
        let first = page(&db, &asked).await;
        // The very state that the page ended with is superseded before the next page is asked for.
        let mut all = instances(0..3);
        all.iter_mut().for_each(|one| one.instance_type = "t3.nano".to_owned());
        script.holds("eu", all);
        house.sync("cloud").await;
        let second = page(&db, &Asked { cursor: first.next, ..asked }).await;
        let mut names: Vec<_> =
            second.rows.iter().map(|change| format!("{} {}", change.what.as_str(), change.row.name)).collect();
        names.sort();
        assert_eq!(names, ["added web-000", "added web-001", "added web-002"]);
    })
    .await;
}

#[tokio::test]
async fn what_moves_between_clusters_is_told_of_in_both() {
    on_each_database(async |db| {
        let mut moved = Seed::new(1, "instance", 1, "web").version(minute(20), minute(30), "web", "running");
        moved.cluster = "new".to_owned();
        moved.first_seen = minute(20);
        moved.changed = minute(30);
        db.write(move |connection| {
            seed::scope(connection, 1, "instance", "eu", "complete", Some(minute(500)));
            seed::sow(connection, &[moved]);
            Sql::new("UPDATE resource_versions SET cluster = 'old'").execute(connection)
        })
        .await
        .unwrap();
        for (cluster, expected) in
            [("old", vec!["changed web", "added web"]), ("new", vec!["changed web"]), ("other", vec![])]
        {
            let asked = Asked { clusters: vec![cluster.to_owned()], ..Asked::between(minute(0), minute(40)) };
            assert_eq!(told(&db, &asked).await, expected, "{cluster}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_is_ranges_of_indexes_and_reads_no_table_from_end_to_end() {
    on_each_database(async |db| {
        sown(&db).await;
        let backend = db.backend();
        let whole_window = Asked::between(minute(0), minute(1_000));
        let cursor = page(&db, &Asked { limit: 5, ..whole_window.clone() }).await.next;
        let back = page(&db, &Asked { limit: 5, cursor, ..whole_window.clone() }).await.previous;
        for (net, cursor) in [(false, None), (false, cursor), (false, back), (true, None), (true, cursor)] {
            let asked = Asked { cursor, ..whole_window.clone() };
            let plan = db
                .write(move |connection| {
                    Ok(explained(connection, backend, changes::statement(&Scope::unrestricted(), &asked, net)))
                })
                .await
                .unwrap();
            let tables = ["r", "v", "w", "n", "o", "p", "resources", "resource_versions"];
            assert!(whole(&plan, &tables).is_empty(), "{net} {cursor:?}: {plan:#?}");
            for index in [
                "resources_by_changed",
                "resources_were",
                "resources_gone",
                "resource_versions_begun",
                "resource_versions_gone",
            ] {
                assert!(plan.iter().any(|step| step.contains(index)), "{index} for {net} {cursor:?}: {plan:#?}");
            }
        }
    })
    .await;
}

/// With `QUARTERDECK_TEST_LARGE` set a million states have been superseded, as after a year of a large house; otherwise
/// twenty thousand.
#[tokio::test]
async fn however_many_changes_there_are_a_page_of_them_takes_no_longer() {
    let many: i64 = if std::env::var("QUARTERDECK_TEST_LARGE").is_ok() { 1_000_000 } else { 20_000 };
    on_each_database(async |db| {
        db.write(move |connection| {
            seed::scope(connection, 1, "instance", "eu", "complete", Some(minute(500)));
            let seeds: Vec<Seed> = (1..=1_000).map(|id| Seed::new(id, "instance", 1, &format!("r-{id}"))).collect();
            seed::sow(connection, &seeds);
            // Each resource has had thousands of states, a second each, one after the other.
            let states = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < ";
            let mut sql = Sql::new("INSERT INTO resource_versions (id, resource_id, kind, source, name, status, region, cluster, app, role, \
                 app_type, environment, facet_a, facet_b, facet_c, attrs, valid_from, valid_until, ended_gone) ");
            sql.push(states).bind(many).push(match connection {
                quarterdeck::store::AnyConnection::Sqlite(_) => {
                    ") SELECT i, 1 + i % 1000, 'instance', 'seeded', 'r', '', '', '', '', '', '', '', '', '', '', '{}', \
                     datetime('2025-01-01', printf('%+d seconds', i - 1000)), datetime('2025-01-01', printf('%+d seconds', i)), 0 FROM n"
                }
                quarterdeck::store::AnyConnection::Postgres(_) => {
                    ") SELECT i, 1 + i % 1000, 'instance', 'seeded', 'r', '', '', '', '', '', '', '', '', '', '', '{}', \
                     TIMESTAMP '2025-01-01' + (i - 1000) * INTERVAL '1 second', TIMESTAMP '2025-01-01' + i * INTERVAL '1 second', \
                     FALSE FROM n"
                }
            });
            sql.execute(connection)?;
            Sql::new("ANALYZE").execute(connection)
        })
        .await
        .unwrap();
        let from = minute(0) - chrono::TimeDelta::days(1_000);
        let mut asked = Asked { limit: 50, ..Asked::between(from, minute(1_000)) };
        let mut slowest = std::time::Duration::ZERO;
        for _ in 0..40 {
            let began = std::time::Instant::now();
            let page = page(&db, &asked).await;
            slowest = slowest.max(began.elapsed());
            assert_eq!(page.rows.len(), 50);
            asked.cursor = page.next;
        }
        eprintln!("{:?}: the slowest of 40 pages over {many} changes took {slowest:?}", db.backend());
        assert!(slowest < std::time::Duration::from_millis(500), "{slowest:?}");
    })
    .await;
}
