//! A database of its own for each test: a copied file on SQLite, a schema of its own on PostgreSQL. Dropped with the
//! value.
//!
//! `QUARTERDECK_TEST_POSTGRES` is the server (`tests/run` starts one), `QUARTERDECK_TEST_DATABASES` what to test on:
//! `sqlite`, `postgres`, or both, which is the default. The first of them is where tests run that are not about the
//! database.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use quarterdeck::clock::Clock;
use quarterdeck::store::{Backend, Db};
use tokio::sync::OnceCell;

use super::canary::{self, Folder};

/// Runs the test on each database in turn, migrated and empty, at a clock that stands still; a failure says on which.
pub async fn on_each_database(test: impl AsyncFn(Db)) {
    for backend in wanted() {
        if let Some(database) = Database::fresh(backend).await {
            let _named = NamedOnPanic(backend);
            test(database.open(a_quiet_noon())).await;
        }
    }
}

/// Where a test's clock stands: far from midnight, month ends and changes of the hour.
pub fn a_quiet_noon() -> Clock {
    let noon = NaiveDate::from_ymd_opt(2026, 11, 18).and_then(|day| day.and_hms_opt(12, 0, 0));
    Clock::held_at(noon.expect("a date of the calendar").and_utc())
}

/// A migrated, empty database. What a test leaves in it, and has logged meanwhile, is searched for planted secrets.
pub struct Database {
    backend: Backend,
    url: String,
    /// Removed after what is inside: the file's folder, or the schema.
    _place: Place,
}

enum Place {
    Folder { _searched_and_removed_on_drop: Folder },
    Schema { _searched_and_dropped_on_drop: Schema },
}

impl Database {
    /// One on the first of the wanted databases, for tests that are not about the database.
    pub async fn any() -> Self {
        let first = wanted()[0];
        Self::fresh(first).await.unwrap_or_else(|| panic!("there is no {first:?} server to test on; see tests/run"))
    }

    /// `None` where there is no PostgreSQL to test on, which is said loudly, and is a failure in CI.
    pub async fn fresh(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => Some(Self::copied_file().await),
            Backend::Postgres => Self::own_schema(true).await,
        }
    }

    /// One without any table, for tests of the migrations themselves.
    pub async fn empty(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => Some(Self::empty_file()),
            Backend::Postgres => Self::own_schema(false).await,
        }
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// What a configuration would name.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The store on it, at this clock.
    pub fn open(&self, clock: Clock) -> Db {
        canary::listen();
        Db::open(&self.url, clock).expect("the test's own database opens")
    }

    async fn copied_file() -> Self {
        let database = Self::empty_file();
        std::fs::copy(template().await, quarterdeck::store::connection::sqlite_path(&database.url)).unwrap();
        database
    }

    fn empty_file() -> Self {
        let folder = Folder::make();
        let url = format!("sqlite://{}", folder.path().join("quarterdeck.sqlite3").display());
        Self { backend: Backend::Sqlite, url, _place: Place::Folder { _searched_and_removed_on_drop: folder } }
    }

    async fn own_schema(migrated: bool) -> Option<Self> {
        let schema = Schema::create(server()?);
        let database = Self {
            backend: Backend::Postgres,
            url: schema.url(),
            _place: Place::Schema { _searched_and_dropped_on_drop: schema },
        };
        if migrated {
            database.open(Clock::system()).migrate().await.unwrap();
        }
        Some(database)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        canary::none_logged();
    }
}

/// A migrated file to copy, made once per build of this binary: under nextest each test is a process of its own.
async fn template() -> PathBuf {
    static TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(async || {
            let binary = std::env::current_exe().and_then(|path| path.metadata()).unwrap();
            let built = binary.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_nanos();
            let template = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("template-{built}.sqlite3"));
            if !template.exists() {
                let database = Database::empty_file();
                let db = database.open(Clock::system());
                db.migrate().await.unwrap();
                // Written beside its name and moved there, since several processes may do the same at once.
                let unfinished = template.with_extension(format!("{}", std::process::id()));
                let copy = format!("VACUUM INTO '{}'", unfinished.display());
                let mut connection =
                    SqliteConnection::establish(quarterdeck::store::connection::sqlite_path(&database.url)).unwrap();
                connection.batch_execute(&copy).unwrap();
                std::fs::rename(unfinished, &template).unwrap();
            }
            template
        })
        .await
        .clone()
}

/// A schema on the test server; its name is also the name under which its connections are known there.
struct Schema {
    server: String,
    name: String,
}

impl Schema {
    fn create(server: String) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::establish(&server).expect("QUARTERDECK_TEST_POSTGRES answers");
        // `IF NOT EXISTS` is not safe against another process that does the same at this moment, the lock is.
        connection
            .batch_execute(&format!(
                "BEGIN; SELECT pg_advisory_xact_lock(7); CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public; COMMIT; \
                 DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"
            ))
            .unwrap();
        Self { server, name }
    }

    fn url(&self) -> String {
        let (server, name) = (&self.server, &self.name);
        let joint = if server.contains('?') { '&' } else { '?' };
        format!("{server}{joint}application_name={name}&options=-csearch_path%3D{name}%2Cpublic")
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let name = &self.name;
        // A connection that a failed test left within a transaction would keep the schema for ever.
        let Ok(mut connection) = PgConnection::establish(&self.server) else { return };
        let ended = connection.batch_execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"
        ));
        let left = ended.and_then(|()| secrets_in(&mut connection, name));
        if let Err(error) = connection.batch_execute(&format!("DROP SCHEMA {name} CASCADE")) {
            eprintln!("the schema {name} is left behind: {error}");
        }
        if std::thread::panicking() {
            return;
        }
        for row in left.expect("what a test leaves can be read") {
            canary::none_in(&format!("the table {}", row.of), row.text.as_bytes());
        }
    }
}

#[derive(QueryableByName)]
struct Left {
    #[diesel(sql_type = Text)]
    of: String,
    #[diesel(sql_type = Text)]
    text: String,
}

/// The rows of all tables of the schema in which a planted secret is, each as one text.
fn secrets_in(connection: &mut PgConnection, schema: &str) -> QueryResult<Vec<Left>> {
    let tables = format!(
        "SELECT relname::text AS of, '' AS text FROM pg_class WHERE relkind = 'r' AND relnamespace = '{schema}'::regnamespace"
    );
    let tables: Vec<Left> = diesel::sql_query(tables).load(connection)?;
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let spelled: Vec<String> = canary::spellings().map(|spelled| format!("'%{spelled}%'")).collect();
    let spelled = spelled.join(", ");
    let rows = tables.iter().map(|table| {
        let table = &table.of;
        format!(
            "SELECT '{table}' AS of, t::text AS text FROM {schema}.{table} t WHERE t::text LIKE ANY (ARRAY[{spelled}])"
        )
    });
    diesel::sql_query(rows.collect::<Vec<_>>().join(" UNION ALL ")).load(connection)
}

/// What to test on, in order; never empty.
pub fn wanted() -> Vec<Backend> {
    let names = std::env::var("QUARTERDECK_TEST_DATABASES").unwrap_or_else(|_| "sqlite,postgres".to_owned());
    let backend = |name: &str| match name.trim() {
        "sqlite" => Backend::Sqlite,
        "postgres" => Backend::Postgres,
        other => panic!("QUARTERDECK_TEST_DATABASES names {other:?}; there are sqlite and postgres"),
    };
    names.split(',').map(backend).collect()
}

/// The test server's URL; its absence is written past the capture of the test's output, so that it is seen.
fn server() -> Option<String> {
    let url = std::env::var("QUARTERDECK_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        assert!(std::env::var("CI").is_err(), "QUARTERDECK_TEST_POSTGRES is not set, and CI tests on both databases");
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let loudly =
            format!("SKIPPED on PostgreSQL: {test} (QUARTERDECK_TEST_POSTGRES is not set; tests/run sets it)\n");
        std::io::Write::write_all(&mut std::io::stderr(), loudly.as_bytes()).unwrap();
    }
    url
}

/// Says on which database a test failed.
struct NamedOnPanic(Backend);

impl Drop for NamedOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("… this was on {:?}", self.0);
        }
    }
}
