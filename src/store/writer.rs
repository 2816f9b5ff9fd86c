//! SQLite's one writer: how it is held, how long, and what becomes of its log.
//!
//! A long write in the background is made of portions. It ends early, between two of them, when somebody comes who waits
//! for it ([`Stint`]): so it may be long as long as it is in nobody's way, which is what is cheapest.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;
use tokio::sync::OwnedMutexGuard;

use super::apply::SLICE;
use super::connection::Copied;
use super::gate::Gate;
use super::{AnyConnection, Backend, Db, Priority, StoreError, connection};

/// Rows of a portion, and of all portions of one transaction, while nobody waits: less than a tenth of a second for who
/// comes first, and some hundredths dearer than one portion. The more rows a transaction has, the fewer pages are written
/// again and again: a tenth of a first sync, as against one of [`SLICE`] rows.
const LONG: (usize, usize) = (500, 4 * SLICE);
/// The same as long as people write too. So many rows take some 10 ms, with a million others beside them, and are a third
/// dearer; and what is written is soon on its way into the log, which who waits has to sit out as well.
const SHORT: (usize, usize) = (50, 400);

/// The writer holds the pages that a background write has filled its memory with for so long after the last one; the next
/// heartbeat gives them back.
const HELD: Duration = Duration::from_secs(10);

/// A write that took longer than a person likes to wait for is named in the log, for who looks for the cause of a wait.
const LONG_WRITE: Duration = Duration::from_millis(50);

/// A log that could not begin anew is copied again after so many more bytes.
const GROWN: u64 = 16_777_216;

/// So often at most a long log is copied in a row.
const PASSES: usize = 4;

/// As long as most pages read.
const A_READING: Duration = Duration::from_millis(20);

/// How much of a long background write is done in one transaction.
#[derive(Debug)]
pub struct Stint {
    gate: Arc<Gate>,
    portion: usize,
    left: usize,
}

impl Stint {
    /// Rows of one portion.
    pub fn portion(&self) -> usize {
        self.portion
    }

    /// A portion is written: whether there may be another one in this transaction.
    pub fn goes_on(&mut self) -> bool {
        self.goes_on_after(self.portion)
    }

    /// So many rows are written: whether there may be more in this transaction.
    pub fn goes_on_after(&mut self, rows: usize) -> bool {
        self.left = self.left.saturating_sub(rows);
        self.left > 0 && !self.gate.is_waited_for()
    }
}

impl Db {
    /// Whether a person waits to write, or has waited a moment ago. Never on PostgreSQL, where a write in the background
    /// is in nobody's way.
    pub fn somebody_waits(&self) -> bool {
        self.gate.waited_lately()
    }

    /// How a long write in the background that begins now is cut.
    pub fn stint(&self) -> Stint {
        let (portion, left) = match self.backend {
            Backend::Postgres => (SLICE, SLICE),
            Backend::Sqlite if self.somebody_waits() => SHORT,
            Backend::Sqlite => LONG,
        };
        Stint { gate: Arc::clone(&self.gate), portion, left }
    }

    /// Copies the log into the file once it is long, outside the gate: a person's write waits for no disk meanwhile, and
    /// those in the background, who have made it long, do.
    pub(super) async fn settle_log(&self) -> Result<(), StoreError> {
        let (length, before) = (connection::log_length(self.manager.url()), self.settled.load(Ordering::Relaxed));
        if length <= connection::LONG_LOG {
            self.settled.store(0, Ordering::Relaxed);
            return Ok(());
        }
        // Somebody still reads from it, and it goes on: once more when it is worth it.
        if (before..before + GROWN).contains(&length) {
            return Ok(());
        }
        // Who copies it already does it for all.
        let Ok(mut keeper) = Arc::clone(&self.keeper).try_lock_owned() else { return Ok(()) };
        self.settled.store(length, Ordering::Relaxed);
        // Who has read from the log meanwhile keeps it from being copied to its end, or from beginning anew, until they
        // have done, which for a page is some milliseconds. Left alone it would grow until a commit has to copy it.
        let mut before = -1;
        for _ in 0..PASSES {
            let copied;
            (copied, keeper) = self.copy_log(keeper).await?;
            tokio::time::sleep(A_READING).await;
            if copied.checkpointed == copied.log || copied.checkpointed == before {
                break;
            }
            before = copied.checkpointed;
        }
        Ok(())
    }

    async fn copy_log(&self, mut keeper: Keeper) -> Result<(Copied, Keeper), StoreError> {
        let manager = self.manager.clone();
        let copy = move || {
            let mut connection = match keeper.take() {
                Some(connection) => connection,
                None => manager.keeper()?,
            };
            let copied = connection::settle_log(&mut connection)?;
            *keeper = Some(connection);
            Ok((copied, keeper))
        };
        self.writers.run(copy).await
    }

    /// On SQLite's one writer, which is opened by the first who writes.
    pub(super) fn write_alone<T>(
        &self,
        priority: Priority,
        change: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out while it works: one that was left in the middle by a panic is not used again.
        let mut connection = match writer.connection.take() {
            Some(connection) => connection,
            None => self.manager.writer()?,
        };
        let what = std::any::type_name_of_val(&change);
        let began = std::time::Instant::now();
        let outcome = immediate(&mut connection, change);
        if began.elapsed() > LONG_WRITE {
            tracing::debug!(what, ?priority, took = ?began.elapsed(), "a long write");
        }
        match priority {
            Priority::Background => writer.filled_at = Some(std::time::Instant::now()),
            Priority::Clockwork if writer.filled_at.is_some_and(|at| at.elapsed() > HELD) => {
                if connection::let_go(&mut connection).is_ok() {
                    writer.filled_at = None;
                }
            }
            Priority::Clockwork | Priority::Interactive => {}
        }
        writer.connection = Some(connection);
        Ok(outcome?)
    }
}

/// The connection that copies SQLite's log into the file, while nobody else has it.
type Keeper = OwnedMutexGuard<Option<AnyConnection>>;

/// SQLite's one writer.
#[derive(Default)]
pub(super) struct Writer {
    connection: Option<AnyConnection>,
    /// When a background write has filled its memory last; `None` once that is given back.
    filled_at: Option<std::time::Instant>,
}

/// A transaction that takes SQLite's write lock at its beginning, where waiting for it is safe.
fn immediate<T>(
    connection: &mut AnyConnection,
    change: impl FnOnce(&mut AnyConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    let AnyConnection::Sqlite(inner) = connection else { return connection.transaction(change) };
    AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?;
    let outcome = change(connection);
    let AnyConnection::Sqlite(inner) = connection else { return outcome };
    match outcome {
        Ok(value) => AnsiTransactionManager::commit_transaction(inner).map(|()| value),
        Err(error) => {
            AnsiTransactionManager::rollback_transaction(inner)?;
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portions(stint: &mut Stint) -> usize {
        1 + std::iter::from_fn(|| stint.goes_on().then_some(())).count()
    }

    #[tokio::test]
    async fn a_stint_ends_when_it_is_full_or_somebody_comes() {
        let gate = Arc::new(Gate::default());
        let stint = |left| Stint { gate: Arc::clone(&gate), portion: 50, left };
        assert_eq!([portions(&mut stint(400)), portions(&mut stint(410)), portions(&mut stint(1))], [8, 9, 1]);
        for priority in [Priority::Interactive, Priority::Clockwork] {
            let turn = gate.pass(Priority::Background).await;
            let mut cut = stint(400);
            assert!(cut.goes_on(), "nobody waits");
            let comes = tokio::spawn({
                let gate = Arc::clone(&gate);
                async move { drop(gate.pass(priority).await) }
            });
            while !gate.is_waited_for() {
                tokio::task::yield_now().await;
            }
            assert!(!cut.goes_on(), "{priority:?} waits");
            drop(turn);
            comes.await.unwrap();
        }
    }
}
