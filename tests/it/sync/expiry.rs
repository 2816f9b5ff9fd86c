//! The task that removes what has run out.

use std::sync::Arc;

use chrono::TimeDelta;
use quarterdeck::audit::{self, Act, Doer};
use quarterdeck::roles::{Reach, Role};
use quarterdeck::store::invitations::NewInvitation;
use quarterdeck::store::{AnyConnection, half_sign_ins, invitations, second_factors, setup_links, sign_ins, users};
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
            "0 sessions, 0 links, 0 attempts, 0 secrets, 0 ignores, 0 syncs removed; 0 audit rows closed"
        );

        house.clock.advance(TimeDelta::days(31));
        assert_eq!(
            expire(&house).await,
            "0 sessions, 1 links, 1 attempts, 0 secrets, 0 ignores, 2 syncs removed; 1 audit rows closed"
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

#[tokio::test]
async fn what_was_begun_at_the_door_and_never_finished_goes() {
    on_each_database(async |db| {
        db.unlock(&"0123456789abcdef0123456789abcdef".into()).await.unwrap();
        let house = House::over(db);
        let (now, vault) = (house.clock.now(), house.db.vault().cloned().unwrap());
        let begin = move |connection: &mut AnyConnection| {
            for (id, email) in [(1, "ada@example.com"), (2, "bob@example.com")] {
                users::insert(connection, id, email, (Role::Admin, Reach::Everything), "no hash", now)?;
                second_factors::begin(connection, &vault, id, now, now)?;
            }
            users::set_second_factor(connection, 2, Some(now))?;
            let ada = users::by_id(connection, 1)?.unwrap();
            half_sign_ins::insert(connection, "hash", &ada, now + TimeDelta::minutes(5))?;
            let invitation = NewInvitation {
                token_hash: "hash".to_owned(),
                email: "grace@example.com".to_owned(),
                role: Role::Viewer,
                reach: Reach::Everything,
                invited_by: ada.email,
                inviter_id: Some(1),
                token_id: None,
                created_at: now,
                expires_at: now + TimeDelta::hours(72),
            };
            invitations::insert(connection, &invitation).map(|_| ())
        };
        house.db.write(begin).await.unwrap();
        assert!(expire(&house).await.starts_with("0 sessions, 0 links, 0 attempts, 0 secrets"));
        house.clock.advance(TimeDelta::minutes(20));
        assert!(expire(&house).await.starts_with("1 sessions, 0 links, 0 attempts, 1 secrets"));
        house.clock.advance(TimeDelta::hours(72));
        assert!(expire(&house).await.starts_with("0 sessions, 1 links, 0 attempts, 0 secrets"));
        let kept = "SELECT user_id AS n FROM second_factors";
        assert_eq!(house.count(kept).await, 2, "one that is on stays");
    })
    .await;
}
