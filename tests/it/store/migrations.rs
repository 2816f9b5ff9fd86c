//! Both folders of migrations build the same house, and the way down leaves nothing behind.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use quarterdeck::store::ids::take;
use quarterdeck::store::sql::Sql;
use quarterdeck::store::{AnyConnection, Backend, Db};

use crate::support::database::{Database, a_quiet_noon, on_each_database, wanted};

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let Some(postgres) = Database::fresh(Backend::Postgres).await else { return };
    let Some(sqlite) = Database::fresh(Backend::Sqlite).await else { return };
    let (postgres, sqlite) = (columns_of(&postgres).await, columns_of(&sqlite).await);
    assert!(sqlite.contains_key("resources.id"), "the reading itself works: {sqlite:#?}");
    for (column, meant) in &sqlite {
        assert_eq!(postgres.get(column), Some(meant), "{column} on PostgreSQL");
    }
    for column in postgres.keys() {
        assert!(sqlite.contains_key(column), "{column} is missing on SQLite");
    }
}

#[tokio::test]
async fn the_way_down_leaves_nothing_and_the_way_up_can_be_gone_again() {
    on_each_database(async |db| {
        let built = objects_of(&db).await;
        assert!(db.is_current().await.unwrap());

        db.revert_everything().await.unwrap();
        assert_eq!(objects_of(&db).await, Vec::<String>::new());
        assert!(!db.is_current().await.unwrap());

        db.migrate().await.unwrap();
        assert_eq!(objects_of(&db).await, built);
    })
    .await;
}

#[tokio::test]
async fn an_empty_database_is_brought_up_to_date_once() {
    for backend in wanted() {
        let Some(database) = Database::empty(backend).await else { continue };
        let db = database.open(a_quiet_noon());
        assert!(!db.migrate().await.unwrap().is_empty());
        assert_eq!(db.migrate().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn two_tests_never_meet_in_one_database() {
    on_each_database(async |one| {
        let database = Database::fresh(one.backend()).await.unwrap();
        let other = database.open(a_quiet_noon());
        one.write(|connection| take(connection, "resources", 10)).await.unwrap();
        assert_eq!(other.write(|connection| take(connection, "resources", 10)).await.unwrap(), 1);
    })
    .await;
}

/// What a column is, in words that both databases share.
#[derive(Debug, PartialEq, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

#[derive(QueryableByName)]
struct Object {
    #[diesel(sql_type = Text)]
    name: String,
}

/// By `table.column`: the type in PostgreSQL's words, and whether it may be NULL. The trigram index is a table on
/// SQLite alone, and an INTEGER PRIMARY KEY, which is 64 bits wide there, is the table's own order.
async fn columns_of(database: &Database) -> BTreeMap<String, (String, bool)> {
    let query = match database.backend() {
        Backend::Postgres => {
            "SELECT table_name || '.' || column_name AS place, \
             CASE data_type WHEN 'timestamp without time zone' THEN 'timestamp' ELSE data_type END AS data_type, \
             is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        Backend::Sqlite => {
            "SELECT t.name || '.' || c.name AS place, \
             CASE WHEN c.pk = 1 AND lower(c.type) = 'integer' THEN 'bigint' ELSE lower(c.type) END AS data_type, NOT c.\"notnull\" AS nullable \
             FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
    };
    let columns: Vec<Column> = load(&database.open(a_quiet_noon()), query).await;
    let told = |column: Column| (column.place, (column.data_type, column.nullable));
    columns.into_iter().map(told).filter(|(place, _)| !place.starts_with(BOOKKEEPING)).collect()
}

/// Tables, indexes and triggers by name, without those that diesel and the databases keep for themselves.
async fn objects_of(db: &Db) -> Vec<String> {
    let query = match db.backend() {
        Backend::Postgres => {
            "SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() ORDER BY 1"
        }
        Backend::Sqlite => "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1",
    };
    let objects: Vec<Object> = load(db, query).await;
    objects.into_iter().map(|object| object.name).filter(|name| !name.starts_with(BOOKKEEPING)).collect()
}

/// Diesel's own table, which each backend's harness makes in its own way.
const BOOKKEEPING: &str = "__diesel_schema_migrations";

async fn load<R>(db: &Db, query: &'static str) -> Vec<R>
where
    R: Send + 'static,
    for<'q> Sql:
        diesel::query_dsl::LoadQuery<'q, PgConnection, R> + diesel::query_dsl::LoadQuery<'q, SqliteConnection, R>,
{
    db.read(move |connection: &mut AnyConnection| Sql::new(query).load(connection)).await.unwrap()
}
