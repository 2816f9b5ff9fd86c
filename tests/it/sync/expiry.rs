//! The task that removes what has run out.

use std::sync::Arc;

use chrono::TimeDelta;
use quarterdeck::audit::{self, Act, Doer};
use quarterdeck::store::{setup_links, sign_ins};
use quarterdeck::worker::{Worker, schedule};

use crate::support::database::on_each_database;
use crate::support::house::{House, instances};

#[tokio::test]
async fn what_has_run_out_goes_and_the_last_sync_of_each_source_stays() {
    on_each_database(async |db| {
        let mut house = House::over(db);
        for source in ["cloud", "quiet"] {
            house.source(source).await.holds("eu", instances(0..3));
        }
        for source in ["cloud", "quiet", "cloud", "cloud"] {
            house.sync(source).await;
        }
        let now = house.clock.now();
        house
            .db
            .write(move |connection| {
                setup_links::insert(connection, "hash", now, now + TimeDelta::hours(1))?;
                let id = sign_ins::next_id(connection, 1)?;
                sign_ins::insert(connection, id, "somebody", now)
            })
            .await
            .unwrap();
        let _cut_off = audit::begin(&house.db, &Doer::command_line(), Act::new("user.add", "ada")).await.unwrap();
        assert_eq!(
            expire(&house).await,
            "0 sessions, 0 setup links, 0 attempts, 0 secrets, 0 ignores, 0 syncs removed; 0 audit rows closed"
        );

        house.clock.advance(TimeDelta::days(31));
        assert_eq!(
            expire(&house).await,
            "0 sessions, 1 setup links, 1 attempts, 0 secrets, 0 ignores, 2 syncs removed; 1 audit rows closed"
        );
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM syncs").await, 2);
        assert_eq!(house.count("SELECT COUNT(DISTINCT source) AS n FROM syncs").await, 2);
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM sync_results").await, 2);
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM audit_log WHERE outcome = 'unknown'").await, 1);
    })
    .await;
}

async fn expire(house: &House) -> String {
    let worker = Worker::new(house.db.clone(), Arc::from(house.sources()));
    let task = schedule::by_name("expiry").expect("it is in the table");
    let row = worker.run_task(task).await.unwrap().expect("nobody else is at it");
    assert_eq!(row.outcome, "succeeded", "{}", row.report);
    row.report
}
