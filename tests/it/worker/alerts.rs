//! Alerts are settled by the last one who looked.

use std::time::Duration;

use quarterdeck::alerts::evaluate;
use quarterdeck::store::gate::{Turn, take_turn};
use quarterdeck::store::sources::{self, SourceState};
use quarterdeck::store::{AnyConnection, Scope, alerts};

use crate::support::database::on_each_database;
use crate::support::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn an_older_look_resolves_nothing() {
    on_each_database(async |db| {
        let mut house = House::over(db.clone());
        house.source("cloud").await;
        evaluate(&db).await.unwrap();
        let before = open(&house).await;

        // Somebody else is in the middle of writing that the source is refused, and opens the alert for it.
        let (entered, mut inside) = tokio::sync::mpsc::unbounded_channel();
        let (let_go, wait) = std::sync::mpsc::channel::<()>();
        let now = db.clock.now();
        let elsewhere = {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |connection| {
                    take_turn(connection, Turn::Alerts)?;
                    entered.send(()).unwrap();
                    wait.recv().unwrap();
                    sources::set_state(connection, "cloud", SourceState::Auth, "refused", now)?;
                    settle_all(connection, now)
                })
                .await
            })
        };
        inside.recv().await.unwrap();
        let evaluation = tokio::spawn({
            let db = db.clone();
            async move { evaluate(&db).await }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let_go.send(()).unwrap();
        elsewhere.await.unwrap().unwrap();
        let evaluated = evaluation.await.unwrap().unwrap();
        assert_eq!(evaluated.resolved, 0, "{evaluated:?}");
        let after = open(&house).await;
        assert_ne!(before, after);
        assert!(after.iter().any(|title| title.contains("refuses our credentials")), "{after:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_evaluations_at_once_open_each_alert_once() {
    on_each_database(async |db| {
        let mut house = House::over(db.clone());
        for number in 0..20 {
            house.source(&format!("cloud-{number}")).await;
        }
        for state in [SourceState::Auth, SourceState::Ok, SourceState::Failing] {
            let now = db.clock.now();
            db.write(move |connection| {
                for number in 0..20 {
                    sources::set_state(connection, &format!("cloud-{number}"), state, "", now)?;
                }
                Ok(())
            })
            .await
            .unwrap();
            let (one, other) = tokio::join!(evaluate(&db), evaluate(&db));
            one.unwrap();
            other.unwrap();
        }
        let now = house.clock.now();
        let due = house.read(move |connection| settle_all(connection, now)).await;
        assert_eq!(due, 0, "everything was settled");
    })
    .await;
}

/// Settles the health of sources by what is written now; gives how much that changed.
fn settle_all(connection: &mut AnyConnection, now: quarterdeck::clock::Instant) -> diesel::QueryResult<usize> {
    let mut changed = 0;
    for rule in quarterdeck::alerts::rules::RULES {
        let conditions = (rule.conditions)(connection, now)?;
        let settled = alerts::settle(connection, rule.name, &conditions, now)?;
        changed += settled.opened + settled.resolved;
    }
    Ok(changed)
}

async fn open(house: &House) -> Vec<String> {
    let open = house.read(|connection| alerts::open(connection, &Scope::unrestricted())).await;
    open.into_iter().map(|alert| alert.title).collect()
}
