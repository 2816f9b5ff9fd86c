//! One connection to either database, and the pool's way of making it.
//!
//! The backend is chosen by the URL's scheme alone: SQLite would take any mistyped URL for a file name and begin an
//! empty database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;
use diesel::sql_types::Integer;

/// A connection to SQLite or PostgreSQL.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Runs the same expression on the inner connection, for what the combined backend cannot say: `on_inner!(conn, |c|
/// …)`.
#[macro_export]
macro_rules! on_inner {
    ($conn:expr, |$inner:ident| $body:expr) => {
        match $conn {
            $crate::store::connection::AnyConnection::Postgres($inner) => $body,
            $crate::store::connection::AnyConnection::Sqlite($inner) => $body,
        }
    };
}

/// Which database a URL means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// The URL is of neither backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a database URL begins with sqlite:// or postgres://")]
pub struct UnknownScheme;

impl Backend {
    /// The backend that a URL's scheme names.
    pub fn of_url(url: &str) -> Result<Self, UnknownScheme> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(UnknownScheme),
        }
    }
}

/// The file of a `sqlite:` URL: `sqlite://relative.sqlite3`, `sqlite:///absolute.sqlite3`.
pub fn sqlite_path(url: &str) -> &str {
    let rest = url.strip_prefix("sqlite:").unwrap_or(url);
    rest.strip_prefix("//").unwrap_or(rest)
}

/// Makes the file of a new SQLite database readable by its owner alone; SQLite gives its companions the same mode. A
/// file that is there already keeps what its owner chose, and one that cannot be made is told by the connection.
pub fn make_private(url: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(sqlite_path(url));
}

/// Every query here has its index. A plan that was made and cached while a table was empty must not scan it once it is
/// full, be it row by row or as one side of a merge or a hash; and compiling a plan costs more than running it. Making one
/// does too, at each asking as long as the server thinks that the values might lead to a better one: two thirds of a
/// dashboard, a third of a list. So each is made once a connection, and again when the samples of its tables are new.
const POSTGRES_SETTINGS: &str = "SET TIME ZONE 'UTC'; SET enable_seqscan = off; SET enable_mergejoin = off; \
    SET enable_hashjoin = off; SET random_page_cost = 1.1; SET jit = off; SET plan_cache_mode = force_generic_plan";

/// For every connection to SQLite. NORMAL is safe in WAL mode: a power cut may lose the last commits, never the
/// consistency.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";

/// How the pages of SQLite's file come into the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// The whole file is mapped, however large it is, or each page beyond would be copied at each reading
    /// (`.cargo/config.toml` lifts SQLite's own limit of 2 GiB). For whoever answers pages.
    Mapped,
    /// Each is read when it is needed. What goes through the whole file once would have all of it in memory at its end.
    Read,
}

impl Pages {
    fn settings(self) -> &'static str {
        match self {
            Self::Mapped => "PRAGMA mmap_size = 1099511627776;",
            Self::Read => "PRAGMA mmap_size = 0;",
        }
    }
}

/// For those that read, of which there are several: what is in the file is mapped and not copied, so that a cache holds
/// little else than pages of the log.
const READER_SETTINGS: &str = "PRAGMA cache_size = -2000;";

/// For the one that writes. A slice of a large listing changes pages all over the indexes: what is in memory is not
/// read back out of the log, nor written there before its time. With 96 MB a first sync of 300,000 records takes a sixth less
/// than with 64. Copying the log into the file is left to who made it long ([`settle_log`]); that a commit
/// does so itself, at four times the length, is for when nobody of these comes. A log that begins anew is cut to 64 MB,
/// so that a longer one is known by its length.
const WRITER_SETTINGS: &str =
    "PRAGMA cache_size = -98304; PRAGMA wal_autocheckpoint = 65536; PRAGMA journal_size_limit = 67108864;";

/// More bytes of log than these are worth copying: a page that many slices change is copied once, and until then read
/// from there.
pub const LONG_LOG: u64 = 67_108_864;

/// How long SQLite's write-ahead log is, in bytes.
pub fn log_length(url: &str) -> u64 {
    std::fs::metadata(format!("{}-wal", sqlite_path(url))).map_or(0, |log| log.len())
}

/// Gives back the memory in which SQLite holds pages.
pub fn let_go(connection: &mut AnyConnection) -> QueryResult<()> {
    connection.batch_execute("PRAGMA shrink_memory")
}

/// How much of SQLite's log there is, and how much of that is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Copied {
    /// Pages in the log.
    #[diesel(sql_type = Integer)]
    pub log: i32,
    /// Pages of these that are in the file.
    #[diesel(sql_type = Integer)]
    pub checkpointed: i32,
}

/// Copies what readers no longer need from SQLite's log into the file, without waiting for anybody and without anybody
/// waiting for it. The log begins anew with the next write if all of it could be copied, and nobody reads from it any
/// more.
pub fn settle_log(connection: &mut AnyConnection) -> QueryResult<Copied> {
    diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(connection)
}

/// Makes connections for the pool.
#[derive(Clone, Debug)]
pub struct Manager {
    url: String,
    backend: Backend,
    pages: Pages,
    /// Questions that were not answered.
    failures: Arc<AtomicU64>,
}

impl Manager {
    pub fn new(url: &str, pages: Pages) -> Result<Self, UnknownScheme> {
        Ok(Self { url: url.to_owned(), backend: Backend::of_url(url)?, pages, failures: Arc::default() })
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The connection that writes, on SQLite.
    pub fn writer(&self) -> Result<AnyConnection, diesel::r2d2::Error> {
        self.sqlite(WRITER_SETTINGS)
    }

    /// The one that copies the log into the file, on SQLite.
    pub fn keeper(&self) -> Result<AnyConnection, diesel::r2d2::Error> {
        self.sqlite(READER_SETTINGS)
    }

    fn sqlite(&self, settings: &str) -> Result<AnyConnection, diesel::r2d2::Error> {
        let mut connection =
            SqliteConnection::establish(sqlite_path(&self.url)).map_err(diesel::r2d2::Error::ConnectionError)?;
        for settings in [SQLITE_SETTINGS, self.pages.settings(), settings] {
            connection.batch_execute(settings).map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(AnyConnection::Sqlite(connection))
    }
}

/// A connection of the pool, and when it was last known to live.
pub struct Pooled {
    inner: AnyConnection,
    /// And after how many failures of any.
    proven: Option<(Instant, u64)>,
    failures: Arc<AtomicU64>,
}

/// A connection that has answered so lately is not asked whether it lives: on PostgreSQL that is a round trip of its own,
/// and a page takes two connections, one for its session.
const TRUSTED: Duration = Duration::from_secs(1);

impl Pooled {
    /// Asks something of it. After one that failed to answer, each is asked whether it lives before anybody has it again: a
    /// server that hangs up hangs up on all of them.
    pub fn ask<T>(&mut self, question: impl FnOnce(&mut AnyConnection) -> QueryResult<T>) -> QueryResult<T> {
        let answer = question(self.inner());
        match answer {
            Ok(_) => self.proven = Some((Instant::now(), self.failures.load(Ordering::Relaxed))),
            Err(_) => _ = self.failures.fetch_add(1, Ordering::Relaxed),
        }
        answer
    }

    /// For who has it for good, outside of a pool.
    pub fn into_inner(self) -> AnyConnection {
        self.inner
    }

    /// Itself, for what is no question; it is asked whether it lives the next time.
    pub fn inner(&mut self) -> &mut AnyConnection {
        self.proven = None;
        &mut self.inner
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Self::Connection, Self::Error> {
        let inner = match self.backend {
            Backend::Postgres => {
                let mut connection =
                    PgConnection::establish(&self.url).map_err(diesel::r2d2::Error::ConnectionError)?;
                connection.batch_execute(POSTGRES_SETTINGS).map_err(diesel::r2d2::Error::QueryError)?;
                AnyConnection::Postgres(connection)
            }
            Backend::Sqlite => self.sqlite(READER_SETTINGS)?,
        };
        let proven = Some((Instant::now(), self.failures.load(Ordering::Relaxed)));
        Ok(Pooled { inner, proven, failures: self.failures.clone() })
    }

    fn is_valid(&self, connection: &mut Self::Connection) -> Result<(), Self::Error> {
        let failures = self.failures.load(Ordering::Relaxed);
        if connection.proven.is_some_and(|(at, after)| at.elapsed() < TRUSTED && after == failures) {
            return Ok(());
        }
        connection.ask(AnyConnection::ping).map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, connection: &mut Self::Connection) -> bool {
        connection.inner.is_broken()
    }
}

/// Connection failures belong into the log, not onto standard error as plain text.
#[derive(Debug)]
pub struct LoggingHandler;

impl<E: std::error::Error> r2d2::HandleError<E> for LoggingHandler {
    fn handle_error(&self, error: E) {
        tracing::warn!(error = %error, "a database connection failed");
    }
}
