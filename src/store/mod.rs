//! The database, and the only place that speaks SQL.
//!
//! [`Db`] hands out connections on threads that may wait: [`Db::read`] for a page, [`Db::write`] for a change. SQLite has
//! one writer, so its writes pass one gate in the process, where people and leases go before sync. Every read that a
//! person's page makes takes a [`Scope`].
//!
//! **One more table**: its migration in both folders, its columns in `schema.rs`, its file here with the row, the
//! insert and the queries.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diesel::prelude::*;

use crate::clock::Clock;
use crate::error::NewerDatabase;

pub mod alerts;
pub mod annotations;
pub mod apply;
pub mod audit;
pub mod changes;
pub mod connection;
pub mod counts;
pub mod dns_changes;
pub mod doubt;
pub mod estate;
pub mod finding_passes;
pub mod findings;
pub mod gate;
mod habits;
pub mod half_sign_ins;
pub mod held;
pub mod holders;
pub mod idempotency;
pub mod ids;
pub mod invitations;
pub mod keys;
pub mod listing;
pub mod migrate;
pub mod moment;
pub mod page;
pub mod pattern;
pub mod placement_due;
pub mod places;
pub mod prune;
pub mod recovery_codes;
pub mod resource_writes;
pub mod resources;
pub mod rows;
pub mod runs;
pub mod schema;
pub mod scope;
pub mod scopes;
pub mod search;
pub mod second_factors;
pub mod secret_values;
pub mod served_certificates;
pub mod sessions;
pub mod setup_links;
pub mod sign_ins;
pub mod sources;
pub mod sql;
pub mod stage;
pub mod standing;
pub mod statistics;
pub mod syncs;
pub mod tasks;
pub mod teams;
pub mod terms;
mod threads;
pub mod tokens;
pub mod unmet;
pub mod users;
pub mod vault;
pub mod versions;
pub mod watermark;
pub mod words;
mod writer;
pub mod zone_scopes;

pub use connection::{AnyConnection, Backend, Pages};
pub use gate::Priority;
use habits::Habits;
pub use habits::Likeness;
pub use scope::Scope;
use threads::{Lines, Threads};
pub use vault::Vault;
pub use writer::Stint;
use writer::Writer;

/// A page waits this long for a connection before it says that the panel is overloaded.
const POOL_WAIT: Duration = Duration::from_secs(5);
/// Connections to PostgreSQL at most; pages are short, and two cores serve no more than this at once.
const POOL_SIZE: u32 = 16;

/// Threads before each line of SQLite's readers. What is read there is read by the very core that asks: more would only
/// share the cores, each with the memory of its largest page and with a connection's statements.
fn readers() -> u32 {
    cores().clamp(2, 8)
}

/// As many as there are workers of the server, each of which asks one thing at a time by itself ([`Db::glance`]).
fn cores() -> u32 {
    static CORES: OnceLock<u32> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(2)))
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: r2d2::Pool<connection::Manager>,
    manager: connection::Manager,
    backend: Backend,
    gate: Arc<gate::Gate>,
    /// SQLite's one writer. A connection of its own, because it alone knows that nobody else has changed what it holds
    /// in memory.
    writer: Arc<Mutex<Writer>>,
    /// The connection that copies SQLite's log into the file.
    keeper: Arc<tokio::sync::Mutex<Option<AnyConnection>>>,
    /// How long the log was when it was copied last without beginning anew since, in bytes.
    settled: Arc<AtomicU64>,
    vault: Arc<OnceLock<Vault>>,
    readers: Arc<Lines>,
    habits: Arc<Habits>,
    samples: Arc<statistics::Samples>,
    /// A pool of their own: who writes does not stand in the readers' line.
    writers: Arc<Threads>,
    pub clock: Clock,
}

/// What can go wrong between a question and the database's answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused a query")]
    Query(#[from] diesel::result::Error),
    #[error("no connection to the database could be had in time")]
    Pool(#[from] r2d2::Error),
    #[error("the database could not be opened for writing")]
    Writer(#[from] diesel::r2d2::Error),
    #[error(transparent)]
    Url(#[from] connection::UnknownScheme),
    #[error(transparent)]
    Newer(#[from] NewerDatabase),
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    #[error(transparent)]
    WrongKey(#[from] vault::WrongKey),
    #[error("the secret key could not be had: {0}")]
    NoKey(#[from] std::io::Error),
    #[error("the vault is not open: the secret key has not been given")]
    Locked,
    #[error("no threads for the database could be had")]
    Threads(#[source] std::io::Error),
    #[error("too many others read at the same time")]
    Busy,
    #[error("a query was cut off by the end of the process")]
    Cancelled,
}

impl Db {
    /// Opens the database behind a `sqlite:` or `postgres:` URL without looking at its state; see [`migrate`].
    pub fn open(url: &str, clock: Clock) -> Result<Self, StoreError> {
        Self::open_by(url, clock, Pages::Mapped)
    }

    /// The same, of which `pages` says how SQLite reads its file.
    pub fn open_by(url: &str, clock: Clock, pages: Pages) -> Result<Self, StoreError> {
        let manager = connection::Manager::new(url, pages)?;
        let backend = manager.backend();
        if backend == Backend::Sqlite {
            connection::make_private(url);
        }
        // SQLite has one who writes and one who copies the log, each with a connection of its own; and the workers of the
        // server, which look by themselves as well.
        let (lines, writers, connections) = match backend {
            Backend::Postgres => (Lines::new(POOL_SIZE, 1), POOL_SIZE, POOL_SIZE),
            Backend::Sqlite => (Lines::new(readers(), readers()), 2, 2 * readers() + cores()),
        };
        let pool = r2d2::Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .connection_timeout(POOL_WAIT)
            .test_on_check_out(backend == Backend::Postgres)
            .error_handler(Box::new(connection::LoggingHandler))
            .build(manager.clone())?;
        Ok(Self {
            pool,
            manager,
            backend,
            gate: Arc::default(),
            writer: Arc::default(),
            keeper: Arc::default(),
            settled: Arc::default(),
            vault: Arc::default(),
            habits: Arc::default(),
            samples: Arc::default(),
            readers: Arc::new(lines.map_err(StoreError::Threads)?),
            writers: Arc::new(Threads::new(writers).map_err(StoreError::Threads)?),
            clock,
        })
    }

    /// What seals and opens, once [`Db::unlock`] has been given the secret key.
    pub fn vault(&self) -> Option<&Vault> {
        self.vault.get()
    }

    /// The first key stays: a process has one.
    fn keep_open(&self, vault: Vault) {
        let _ = self.vault.set(vault);
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Connections in use and in all.
    pub fn pool_use(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections - state.idle_connections, state.connections)
    }

    /// Runs `question` on a thread of the database's. On SQLite all of it sees one moment.
    pub async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.in_line(self.of_one_moment(question)).await
    }

    /// The same, for what is asked again and again: where SQLite has answered what is like it quickly so far, and few ask at
    /// a time, it is asked where the caller stands, in less time than it takes to wake another thread.
    pub async fn read_like<T, F>(&self, likeness: Likeness, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let (ask, habits) = (self.of_one_moment(question), Arc::clone(&self.habits));
        let ask = move |connection: &mut AnyConnection| {
            let begun = Instant::now();
            let answer = ask(connection);
            habits.learn(likeness, begun.elapsed());
            answer
        };
        let _asking = self.habits.ask();
        if self.habits.is_quick(likeness)
            && self.is_nearly_alone().await
            && let Some(mut connection) = self.at_hand()
        {
            // Whoever stands here goes on with others.
            return Ok(catch_unwind(AssertUnwindSafe(|| connection.ask(ask))).map_err(|_| StoreError::Cancelled)??);
        }
        self.in_line(ask).await
    }

    /// Whether no more ask than there are cores. Who has come meanwhile, and would not be looked at before this one has
    /// its answer, is let in first.
    async fn is_nearly_alone(&self) -> bool {
        tokio::task::yield_now().await;
        self.habits.asked() <= cores() as usize
    }

    async fn in_line<T, F>(&self, ask: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let pool = self.pool.clone();
        self.readers.run(POOL_WAIT, move || Ok(pool.get()?.ask(ask)?)).await
    }

    /// Runs a question that is answered by one row of a unique index: where the caller stands, on SQLite.
    pub async fn glance<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        match self.at_hand() {
            Some(mut connection) => Ok(connection.ask(question)?),
            None => self.read(question).await,
        }
    }

    /// A connection for who asks where they stand: SQLite's readers wait for nobody. `None` on PostgreSQL, and while
    /// every connection is in use.
    fn at_hand(&self) -> Option<r2d2::PooledConnection<connection::Manager>> {
        if self.backend == Backend::Sqlite { self.pool.try_get() } else { None }
    }

    /// On PostgreSQL a transaction would cost two round trips a page for a moment's consistency.
    fn of_one_moment<T, F>(&self, question: F) -> impl FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + use<T, F>
    where
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send,
    {
        let snapshot = self.backend == Backend::Sqlite;
        move |connection| if snapshot { connection.transaction(question) } else { question(connection) }
    }

    /// Runs `change` in one transaction, for somebody who waits: it goes before every background write.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.write_as(Priority::Interactive, change).await
    }

    /// Runs `change` in one transaction, for the worker's own clockwork: leases, heartbeats, claims. It goes before every
    /// background write too, and makes none of them shorter.
    pub async fn tend<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.write_as(Priority::Clockwork, change).await
    }

    /// Runs `change` in one transaction; nothing is kept if it returns an error.
    pub async fn write_as<T, F>(&self, priority: Priority, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let db = self.clone();
        match self.backend {
            Backend::Sqlite => {
                let passed = self.gate.pass(priority).await;
                let outcome = self.writers.run(move || db.write_alone(priority, change)).await;
                drop(passed);
                if priority == Priority::Background
                    && let Err(error) = self.settle_log().await
                {
                    tracing::warn!(error = %error, "the log could not be copied into the database");
                }
                outcome
            }
            Backend::Postgres => {
                self.writers.run(move || Ok(db.pool.get()?.ask(|connection| connection.transaction(change))?)).await
            }
        }
    }

    /// Runs `act` while nothing of this process is in the middle of a write, on SQLite: a process that is stopped there
    /// keeps the file locked, and nobody can take over from it.
    pub fn between_writes<T>(&self, act: impl FnOnce() -> T) -> T {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        act()
    }
}
