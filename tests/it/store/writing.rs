//! Who writes, and what becomes of a write that breaks off.

use diesel::connection::SimpleConnection;
use quarterdeck::store::ids;

use crate::support::database::on_each_database;

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
                    let sql = quarterdeck::store::sql::Sql::new("SELECT next_id FROM id_blocks WHERE name = 'things'");
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
