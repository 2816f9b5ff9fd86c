//! Who writes, and what becomes of a write that breaks off.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use quarterdeck::clock::Clock;
use quarterdeck::store::connection::{LONG_LOG, log_length};
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{AnyConnection, Backend, Priority, Scope, ids, sources};

use crate::support::database::{Database, on_each_database};
use crate::support::seed::{self, minute};

#[tokio::test]
async fn a_write_that_breaks_off_leaves_nothing_behind_and_the_next_one_works() {
    on_each_database(async |db| {
        let panicked = db.write(|connection| -> diesel::QueryResult<()> {
            ids::take(connection, "things", 5)?;
            panic!("in the middle of a write");
        });
        assert!(panicked.await.is_err());
        let refused = db.write(|connection| {
            ids::take(connection, "things", 5)?;
            connection.batch_execute("NO SQL")
        });
        assert!(refused.await.is_err());
        let next = db.write(|connection| ids::take(connection, "things", 1)).await.unwrap();
        assert_eq!(next, 1, "what broke off has taken nothing");
    })
    .await;
}

#[tokio::test]
async fn what_one_has_written_is_what_the_next_one_reads() {
    on_each_database(async |db| {
        for round in 0..20 {
            db.write(move |connection| ids::take(connection, "things", 1)).await.unwrap();
            let (one, other) = (db.clone(), db.clone());
            let read = |db: quarterdeck::store::Db| async move {
                db.read(|connection| {
                    #[derive(diesel::QueryableByName)]
                    struct Next {
                        #[diesel(sql_type = diesel::sql_types::BigInt)]
                        next_id: i64,
                    }
                    let sql = Sql::new("SELECT next_id FROM id_blocks WHERE name = 'things'");
                    Ok(sql.first::<Next>(connection)?.map(|next| next.next_id))
                })
                .await
                .unwrap()
            };
            assert_eq!(tokio::join!(read(one), read(other)), (Some(round + 2), Some(round + 2)));
        }
    })
    .await;
}

/// A log that is never begun anew grows until a commit has to copy all of it, while everybody waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_grown_long_begins_anew_once_its_readers_have_done() {
    let database = Database::fresh(Backend::Sqlite).await.expect("SQLite is always there");
    let db = database.open(Clock::system());
    let length = || log_length(database.url());
    db.write(|connection| connection.batch_execute("CREATE TABLE padding (text TEXT)")).await.unwrap();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let reading = tokio::spawn({
        let db = db.clone();
        async move {
            let page = move |connection: &mut AnyConnection| {
                connection.batch_execute("SELECT count(*) FROM padding")?;
                let _ = left.recv();
                Ok(())
            };
            db.read(page).await
        }
    });
    let pad = "INSERT INTO padding WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 160) \
         SELECT hex(randomblob(250000)) FROM n";
    let padding = tokio::spawn({
        let db = db.clone();
        async move { db.write_as(Priority::Background, move |connection| connection.batch_execute(pad)).await }
    });
    while length() <= LONG_LOG {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    leave.send(()).unwrap();
    reading.await.unwrap().unwrap();
    padding.await.unwrap().unwrap();
    assert!(length() > LONG_LOG, "it is as long as it was");
    db.write(|connection| ids::take(connection, "things", 1)).await.unwrap();
    assert_eq!(length(), LONG_LOG, "and is cut by the next who writes");
}

/// A connection that has answered a moment ago is not asked whether it lives, and may have been ended since: that costs one
/// answer, and then none of those is had again that ended with it.
#[tokio::test]
async fn a_server_that_hangs_up_costs_one_answer_and_no_more() {
    on_each_database(async |db| {
        if db.backend() != Backend::Postgres {
            return;
        }
        let ask = |sql: &'static str| db.read(move |connection| connection.batch_execute(sql));
        let (one, other) = tokio::join!(ask("SELECT pg_sleep(0.3)"), ask("SELECT pg_sleep(0.3)"));
        assert!(one.is_ok() && other.is_ok(), "two connections are open");
        let ended = ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()");
        ended.await.unwrap();
        // The last one by itself, in the middle of its own question.
        assert!(ask("SELECT pg_terminate_backend(pg_backend_pid())").await.is_err());
        for _ in 0..3 {
            let (one, other) = tokio::join!(ask("SELECT pg_sleep(0.01)"), ask("SELECT pg_sleep(0.01)"));
            one.unwrap();
            other.unwrap();
        }
    })
    .await;
}

/// The database totals a source's scopes itself, whatever is done to them.
#[tokio::test]
async fn the_totals_of_a_source_follow_its_scopes() {
    on_each_database(async |db| {
        let totals = |connection: &mut AnyConnection| -> diesel::QueryResult<Vec<_>> {
            let rows = sources::all(connection, &Scope::unrestricted())?;
            let told = |row: &sources::SourceRow| {
                (row.scopes, row.complete_scopes, row.present, row.confirmed_at(), row.is_complete())
            };
            Ok(rows.iter().map(told).collect())
        };
        let [one, two, three] = [1, 2, 3].map(minute);
        db.write(move |connection| {
            connection.batch_execute(
                "INSERT INTO sources (name, provider, state, reason, every_seconds, region, cluster, kinds) \
                 VALUES ('dns', 'memory', 'ok', '', 60, '', '', ''), ('hosts', 'memory', 'ok', '', 60, '', '', '')",
            )?;
            seed::scope_of(connection, "dns", 1, "dns_record", "a", "complete", Some(one));
            seed::scope_of(connection, "dns", 2, "dns_record", "b", "complete", Some(two));
            seed::scope_of(connection, "dns", 3, "dns_record", "c", "never", None);
            Ok(())
        })
        .await
        .unwrap();
        let none = (0, 0, 0, None, false);
        assert_eq!(db.read(totals).await.unwrap(), [(3, 2, 0, None, false), none]);
        for (change, expected) in [
            ("UPDATE scopes SET present = id * 10", (3, 2, 60, None, false)),
            ("UPDATE scopes SET gone_at = attempted_at, present = 0 WHERE id = 1", (2, 1, 50, None, false)),
            ("DELETE FROM scopes WHERE id = 3", (1, 1, 20, Some(two), true)),
            ("UPDATE scopes SET state = 'partial', present = 7 WHERE id = 2", (1, 0, 7, Some(two), false)),
            ("UPDATE scopes SET state = 'complete', gone_at = NULL", (2, 2, 7, Some(one), true)),
            ("UPDATE scopes SET confirmed_at = NULL WHERE id = 2", (2, 2, 7, None, true)),
            ("DELETE FROM scopes WHERE id = 2", (1, 1, 0, Some(one), true)),
        ] {
            db.write(move |connection| connection.batch_execute(change)).await.unwrap();
            assert_eq!(db.read(totals).await.unwrap(), [expected, none], "after {change}");
        }
        db.write(move |connection| {
            seed::scope_of(connection, "hosts", 9, "instance", "eu", "complete", Some(three));
            connection.batch_execute("UPDATE scopes SET source = 'hosts'")
        })
        .await
        .unwrap();
        assert_eq!(db.read(totals).await.unwrap(), [none, (2, 2, 0, Some(one), true)]);
    })
    .await;
}

#[tokio::test]
async fn two_who_change_scopes_of_one_source_at_a_time_leave_its_true_age() {
    on_each_database(async |db| {
        let [one, two] = [1, 2].map(minute);
        db.write(move |connection| {
            connection.batch_execute(
                "INSERT INTO sources (name, provider, state, reason, every_seconds, region, cluster, kinds) \
                 VALUES ('dns', 'memory', 'ok', '', 60, '', '', '')",
            )?;
            seed::scope_of(connection, "dns", 1, "dns_record", "a", "complete", Some(one));
            seed::scope_of(connection, "dns", 2, "dns_record", "b", "complete", Some(one));
            Ok(())
        })
        .await
        .unwrap();
        let (written, seen) = std::sync::mpsc::channel();
        let slow = db.write(move |connection| {
            let mut sql = Sql::new("UPDATE scopes SET confirmed_at = ");
            sql.bind(two).push(" WHERE id = 1");
            sql.execute(connection)?;
            written.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(300));
            Ok(())
        });
        let quick = async {
            let seen = tokio::task::spawn_blocking(move || seen.recv());
            seen.await.unwrap().unwrap();
            let end = "UPDATE scopes SET gone_at = attempted_at WHERE id = 2";
            db.write(move |connection| connection.batch_execute(end)).await
        };
        let (slow, quick) = tokio::join!(slow, quick);
        assert_eq!((slow.unwrap(), quick.unwrap()), ((), ()));
        let rows = db.read(|connection| sources::all(connection, &Scope::unrestricted())).await.unwrap();
        assert_eq!(rows[0].confirmed_at(), Some(two));
    })
    .await;
}
