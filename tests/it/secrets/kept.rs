//! What is kept, and under which key.

use chrono::TimeDelta;
use quarterdeck::kinds::app::App;
use quarterdeck::providers::Listing;
use quarterdeck::store::StoreError;
use quarterdeck::store::vault::{self, Contents};
use quarterdeck::sync::recover;

use super::*;
use crate::support::database::{Database, a_quiet_noon, on_each_database, wanted};
use crate::support::house::line;

const KEY: &str = "the first key of this house, canary-9c41, of many letters";
const OTHER: &str = "another key of this house, of many letters too";
const VALUES: &str = "SELECT COUNT(*) AS n FROM secret_values";
const VERSIONS: &str = "SELECT COUNT(*) AS n FROM resource_versions";

#[tokio::test]
async fn f20_a_value_is_kept_sealed_when_it_changes_and_is_nowhere_in_the_clear() {
    on_each_database(async |db| {
        db.unlock(&KEY.into()).await.unwrap();
        let fake = controller().await;
        let house = house(db.clone(), &fake).await;
        house.sync("paas").await;
        assert_eq!((house.count(VALUES).await, house.count(VERSIONS).await), (2, 0));
        house.sync("paas").await;
        assert_eq!(
            (house.count(VALUES).await, house.count(VERSIONS).await),
            (2, 0),
            "unchanged is dropped by its digest"
        );

        let next = format!("{CANARY}-next");
        fake.world().app("shop").config["values"]["DATABASE_URL"] = json!(next);
        let report = house.sync("paas").await;
        assert_eq!(line(&report, &fake.host()), "complete +0 ~1 -0 =0 !0");
        assert_eq!(
            (house.count(VALUES).await, house.count(VERSIONS).await),
            (3, 1),
            "a change of a value is one of the app"
        );
        assert_eq!(revealed(&house, &db, "DATABASE_URL").await, Some(next));
        assert_eq!(revealed(&house, &db, "PORT").await.as_deref(), Some("8080"));

        let stored = everything_stored(&db).await;
        assert!(stored.contains("DATABASE_URL") && stored.contains("[redacted]"), "the sweep sees what there is");
        assert!(!stored.contains(CANARY), "a value lies in the clear");
        assert!(!stored.contains(KEY) && !stored.contains(TOKEN));
    })
    .await;
}

#[tokio::test]
async fn the_last_ten_values_of_a_name_are_kept() {
    on_each_database(async |db| {
        db.unlock(&KEY.into()).await.unwrap();
        let fake = controller().await;
        // What was never listed, or is ten changes old, is not known any more, so a controller that told it in a release's
        // text would be believed: none is known to.
        fake.world().app("shop").releases.clear();
        let house = house(db.clone(), &fake).await;
        for number in 0..13 {
            fake.world().app("shop").config["values"]["DATABASE_URL"] = json!(format!("value {number}"));
            house.sync("paas").await;
        }
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM secret_values WHERE name = 'DATABASE_URL'").await, 10);
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM secret_values WHERE name = 'PORT'").await, 1);
        assert_eq!(revealed(&house, &db, "DATABASE_URL").await.as_deref(), Some("value 12"));
    })
    .await;
}

#[tokio::test]
async fn the_values_of_what_is_gone_are_forgotten_after_a_month() {
    on_each_database(async |db| {
        db.unlock(&KEY.into()).await.unwrap();
        let fake = controller().await;
        fake.world().add_app("cart", "panel");
        let house = house(db.clone(), &fake).await;
        house.sync("paas").await;
        fake.world().apps.remove("cart");
        house.sync("paas").await;
        let prune = async || {
            let before = house.clock.now() - TimeDelta::days(30);
            db.write(move |connection| secret_values::prune(connection, before)).await.unwrap()
        };
        assert_eq!((prune().await, house.count(VALUES).await), (0, 3));
        house.clock.advance(TimeDelta::days(31));
        assert_eq!((prune().await, house.count(VALUES).await), (1, 2), "what is there keeps its own");
    })
    .await;
}

#[tokio::test]
async fn a_scope_too_large_for_one_transaction_keeps_its_values_too() {
    fn seal(app: &mut App, listing: &Listing) -> Vec<quarterdeck::kinds::SecretValue> {
        let value = listing.secret(&app.name, "TOKEN", format!("{CANARY} of {}", app.name).into());
        app.config.insert(value.name.clone(), value.digest.clone());
        vec![value]
    }
    on_each_database(async |db| {
        db.unlock(&KEY.into()).await.unwrap();
        let mut house = House::over(db.clone());
        let script = house.source("paas").await;
        let apps = (0..2_300).map(|number| App { name: format!("app-{number}"), ..App::default() }).collect();
        script.seals("eu", apps, seal);
        assert_eq!(house.sync("paas").await.state.as_str(), "succeeded");
        assert_eq!(house.count(VALUES).await, 2_300);
        assert!(!everything_stored(&db).await.contains(CANARY));
    })
    .await;
}

#[tokio::test]
async fn without_its_key_a_house_keeps_no_value_and_tells_none_apart() {
    on_each_database(async |db| {
        let fake = controller().await;
        let house = house(db.clone(), &fake).await;
        house.sync("paas").await;
        fake.world().app("shop").config["values"]["PORT"] = json!("8081");
        let report = house.sync("paas").await;
        assert_eq!(line(&report, &fake.host()), "complete +0 ~0 -0 =1 !0");
        assert_eq!(house.count(VALUES).await, 0);
        assert!(!everything_stored(&db).await.contains(CANARY));
    })
    .await;
}

#[tokio::test]
async fn another_key_is_refused_and_names_both() {
    on_each_database(async |db| {
        db.unlock_if_sealed(&OTHER.into()).await.unwrap();
        assert!(db.vault().is_none(), "a look makes no vault");
        db.unlock(&KEY.into()).await.unwrap();
        db.unlock(&KEY.into()).await.unwrap();
        for outcome in [db.unlock(&OTHER.into()).await, db.unlock_if_sealed(&OTHER.into()).await] {
            let Err(StoreError::WrongKey(wrong)) = outcome else { panic!("it is refused: {outcome:?}") };
            assert_eq!(wrong.wanted, db.vault().unwrap().key_id());
            assert_ne!(wrong.wanted, wrong.given);
            assert!(!wrong.to_string().contains(OTHER));
        }
    })
    .await;
}

#[tokio::test]
async fn a_rotation_seals_everything_anew_and_makes_no_version() {
    for backend in wanted() {
        let Some(database) = Database::fresh(backend).await else { continue };
        let db = database.open(a_quiet_noon());
        db.unlock(&KEY.into()).await.unwrap();
        let fake = controller().await;
        let before = house(db.clone(), &fake).await;
        before.sync("paas").await;
        assert_eq!(db.rotate(&OTHER.into()).await.unwrap(), 2);

        // Whoever still has the former key may read what it knows, and writes nothing that nobody could open.
        fake.world().app("shop").config["values"]["PORT"] = json!("8081");
        let claim = before.claim("paas", "worker-1").await;
        let refused = quarterdeck::sync::run(&db, before.get("paas"), &claim).await.unwrap_err();
        assert!(format!("{refused:?}").contains("WrongKey"), "{refused:?}");
        assert_eq!(before.count(VALUES).await, 2);
        fake.world().app("shop").config["values"]["PORT"] = json!("8080");

        let reopened = database.open(a_quiet_noon());
        assert!(matches!(reopened.unlock(&KEY.into()).await, Err(StoreError::WrongKey(_))));
        reopened.unlock(&OTHER.into()).await.unwrap();
        let after = house(reopened.clone(), &fake).await;
        assert_eq!(revealed(&after, &reopened, "DATABASE_URL").await.as_deref(), Some(CANARY));
        assert_eq!(after.count(VERSIONS).await, 0);
        assert_eq!(reopened.rotate(&KEY.into()).await.unwrap(), 2, "and back again");
    }
}

#[tokio::test]
async fn what_a_lost_key_sealed_is_forgotten_whole_and_seen_again_under_another() {
    for backend in wanted() {
        let Some(database) = Database::fresh(backend).await else { continue };
        let db = database.open(a_quiet_noon());
        db.unlock(&KEY.into()).await.unwrap();
        let fake = controller().await;
        fake.world().add_app("cart", "panel");
        let before = house(db.clone(), &fake).await;
        before.sync("paas").await;
        fake.world().app("shop").config["values"]["PORT"] = json!("8081");
        before.sync("paas").await;
        let (lost, versions) = (db.vault().unwrap().key_id().to_owned(), before.count(VERSIONS).await);

        let other = db.write(|connection| vault::forget(connection, "0123456789abcdef")).await;
        assert!(other.is_err() && before.count(VALUES).await == 4, "it was rotated in the meantime: {other:?}");
        let named = lost.clone();
        let forgotten = db.write(move |connection| vault::forget(connection, &named)).await.unwrap();
        assert_eq!(forgotten, Contents { key_id: lost, values: 4, resources: 2, second_factors: 0 });
        assert_eq!((before.count(VALUES).await, before.count("SELECT COUNT(*) AS n FROM vault").await), (0, 0));

        // Whoever still runs with that key writes nothing any more.
        fake.world().app("shop").config["values"]["PORT"] = json!("8082");
        let claim = before.claim("paas", "worker-1").await;
        assert!(quarterdeck::sync::run(&db, before.get("paas"), &claim).await.is_err());
        assert_eq!((before.count(VALUES).await, before.count(VERSIONS).await), (0, versions));

        let reopened = database.open(a_quiet_noon());
        reopened.unlock(&OTHER.into()).await.unwrap();
        let after = house(reopened.clone(), &fake).await;
        fake.world().app("shop").config["values"]["PORT"] = json!("8081");
        recover::recover(&reopened, &after.sources(), true).await.unwrap();
        let report = after.sync("paas").await;
        assert_eq!(line(&report, &fake.host()), "complete +0 ~2 -0 =0 !0", "no digest is as it was");
        assert_eq!(after.count(VALUES).await, 3, "what is there now, and nothing before it");
        assert_eq!(after.count("SELECT COUNT(*) AS n FROM resources WHERE kind = 'app' AND gone_at IS NULL").await, 2);
        assert_eq!(line(&after.sync("paas").await, &fake.host()), "complete +0 ~0 -0 =2 !0");
    }
}

#[tokio::test]
async fn a_value_that_was_put_elsewhere_is_not_opened() {
    on_each_database(async |db| {
        db.unlock(&KEY.into()).await.unwrap();
        let fake = controller().await;
        let house = house(db.clone(), &fake).await;
        house.sync("paas").await;
        let swap = "UPDATE secret_values SET sealed = (SELECT sealed FROM secret_values WHERE name = 'DATABASE_URL') \
                    WHERE name = 'PORT'";
        db.write(move |connection| Sql::new(swap).execute(connection)).await.unwrap();
        assert_eq!(revealed(&house, &db, "PORT").await, None);
        assert_eq!(revealed(&house, &db, "DATABASE_URL").await.as_deref(), Some(CANARY));
        assert!(db.rotate(&OTHER.into()).await.is_err(), "what cannot be opened is not thrown away by a rotation");
    })
    .await;
}
