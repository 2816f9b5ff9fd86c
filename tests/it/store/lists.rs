//! Lists of values, as each database is asked for them.

use diesel::prelude::*;
use diesel::sql_types::Text;
use quarterdeck::store::Backend;
use quarterdeck::store::sql::Sql;

use crate::support::database::on_each_database;
use crate::support::plans::explained;

/// A first sync is planned while there is nothing: what began with the table, and went through the list for each of its
/// rows, was quick then, and took five sixths of the time of 50,000 records.
#[tokio::test]
async fn a_list_is_looked_up_in_an_index_although_the_table_is_empty() {
    on_each_database(async |db| {
        let backend = db.backend();
        let plan = db.write(move |connection| {
            let mut sql = Sql::new("SELECT id FROM terms WHERE term IN ");
            sql.bind_list(&["one", "two", "three"]);
            Ok(explained(connection, backend, sql))
        });
        let plan = plan.await.unwrap().join("\n");
        let by_index = match backend {
            Backend::Sqlite => plan.contains("(term=?)"),
            Backend::Postgres => plan.contains("Index Cond: (term = ANY "),
        };
        assert!(by_index && !plan.contains("Join") && !plan.contains("Loop"), "{backend:?}: {plan}");
    })
    .await;
}

#[tokio::test]
async fn what_is_in_a_list_and_what_is_not() {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        name: String,
    }
    on_each_database(async |db| {
        let found = async |head: &'static str, list: &'static [&'static str]| {
            let rows = db.read(move |connection| {
                let mut sql = Sql::new(head);
                sql.bind_list(list).push(" ORDER BY 1");
                sql.load::<Found>(connection)
            });
            rows.await.unwrap().into_iter().map(|row| row.name).collect::<Vec<_>>()
        };
        let is = "SELECT name FROM (SELECT 'a' AS name UNION ALL SELECT 'b' UNION ALL SELECT 'c') x WHERE name IN ";
        let is_not =
            "SELECT name FROM (SELECT 'a' AS name UNION ALL SELECT 'b' UNION ALL SELECT 'c') x WHERE name NOT IN ";
        assert_eq!(found(is, &["a", "c", "d"]).await, ["a", "c"]);
        assert_eq!(found(is_not, &["a", "c", "d"]).await, ["b"]);
        assert_eq!(found(is, &[]).await, [""; 0], "an empty list matches nothing");
    })
    .await;
}
