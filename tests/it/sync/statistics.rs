//! PostgreSQL plans with samples of the tables, and a listing that has brought much has them taken anew.

use diesel::sql_types::BigInt;
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{Backend, Db};

use crate::support::database::on_each_database;
use crate::support::house::{House, instance, line};

#[derive(diesel::QueryableByName)]
struct Sampled {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// How many resources the planner believes in; -1 before the first sample.
async fn believed(db: &Db) -> i64 {
    let question = |connection: &mut _| {
        Sql::new("SELECT CAST(reltuples AS BIGINT) AS n FROM pg_class WHERE oid = 'resources'::regclass")
            .first::<Sampled>(connection)
    };
    db.read(question).await.unwrap().unwrap().n
}

#[tokio::test]
async fn after_a_large_listing_the_planner_knows_how_much_there_is() {
    on_each_database(|db| async move {
        let mut house = House::over(db);
        let script = house.source("cloud").await;
        script.streams("eu", 900, instance);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +900 ~0 -0 =0 !0");
        let is_postgres = house.db.backend() == Backend::Postgres;
        if is_postgres {
            assert_eq!(
                believed(&house.db).await,
                -1,
                "the server itself has taken none, so that this proves something"
            );
        }
        script.streams("eu", 2_600, instance);
        assert_eq!(line(&house.sync("cloud").await, "eu"), "complete +1700 ~0 -0 =900 !0");
        if is_postgres {
            assert_eq!(believed(&house.db).await, 2_600);
        }
    })
    .await;
}
