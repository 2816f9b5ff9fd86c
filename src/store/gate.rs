//! The gate before SQLite's one writer: one passes at a time, and those whom somebody waits for go first. And its
//! counterpart on PostgreSQL, where only those take turns who would get in each other's way.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::QueryResult;
use tokio::sync::{Mutex, MutexGuard, Notify};
use tokio::time::Instant;

use super::AnyConnection;
use super::sql::Sql;

/// What those who take turns change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Each change of the inventory touches rows that all share (counts, terms, blocks of ids), and two that took them
    /// in different orders would wait for each other.
    Inventory,
    /// Who settles alerts by what is the case must be the last one who looked.
    Alerts,
    /// What one target sends says something of the host's others, so whoever judges a host touches all its rows.
    Served,
    /// Two workers that claimed runs with overlapping lanes at a time would wait for each other.
    Runs,
}

/// Begins such a change within the current transaction. On PostgreSQL they take turns, schema by schema; on SQLite the
/// gate has seen to it already.
pub fn take_turn(connection: &mut AnyConnection, turn: Turn) -> QueryResult<()> {
    if matches!(connection, AnyConnection::Postgres(_)) {
        let mut sql = Sql::new("SELECT pg_advisory_xact_lock(");
        // Any two numbers that nobody else on the server is likely to use.
        sql.bind(match turn {
            Turn::Inventory => 1_768_846_949_i32,
            Turn::Alerts => 1_768_846_950_i32,
            Turn::Served => 1_768_846_960_i32,
            Turn::Runs => 1_768_846_961_i32,
        });
        sql.push(", hashtext(current_schema()::text))");
        sql.execute(connection)?;
    }
    Ok(())
}

/// Who waits for a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A person.
    Interactive,
    /// A lease, a heartbeat, a claim: as soon as a person's, but a third of a second is no matter.
    Clockwork,
    /// A sync, a recalculation: its writes are many, short, and can wait.
    Background,
}

/// After a person has waited, background writes stay short for so long after the last write of any.
const COURTESY: Duration = Duration::from_secs(3);

/// Who has just written for a person writes once more soon, as likely as not: a sign-in does before it looks at the
/// password, after it, and for the session. The next background write waits so long for that, and no longer, so that each
/// of these waits for one write of a sync at most among them.
const ENCORE: Duration = Duration::from_millis(50);

/// Admits one writer at a time.
#[derive(Debug, Default)]
pub struct Gate {
    writer: Mutex<()>,
    waiting: AtomicUsize,
    quiet: Notify,
    /// When a person waited last.
    waited: std::sync::Mutex<Option<Instant>>,
    /// When a person's write began last.
    served: std::sync::Mutex<Option<Instant>>,
}

impl Gate {
    /// Waits for one's turn; the turn lasts until the guard is dropped.
    pub async fn pass(&self, priority: Priority) -> MutexGuard<'_, ()> {
        match priority {
            Priority::Interactive => {
                let turn = self.before_others(priority).await;
                set(&self.served);
                // Who came through without a wait did so because slices are short.
                if self.waited_lately() {
                    set(&self.waited);
                }
                turn
            }
            Priority::Clockwork => self.before_others(priority).await,
            Priority::Background => self.after_others().await,
        }
    }

    async fn before_others(&self, priority: Priority) -> MutexGuard<'_, ()> {
        if let Ok(turn) = self.writer.try_lock() {
            return turn;
        }
        let _waiting = Waiting::begin(self);
        if priority == Priority::Interactive {
            set(&self.waited);
        }
        let turn = self.writer.lock().await;
        // Counted from the end of the wait, which may have been a long one.
        if priority == Priority::Interactive {
            set(&self.waited);
        }
        turn
    }

    async fn after_others(&self) -> MutexGuard<'_, ()> {
        let patience = Instant::now() + ENCORE;
        loop {
            // Registered before the count is read, so that the last one to go cannot be missed.
            let quiet = self.quiet.notified();
            if self.is_waited_for() {
                quiet.await;
                continue;
            }
            if let Some(encore) = self.encore().filter(|_| Instant::now() < patience) {
                tokio::time::sleep_until(encore.min(patience)).await;
                continue;
            }
            let turn = self.writer.lock().await;
            if !self.is_waited_for() {
                return turn;
            }
        }
    }

    /// Until when somebody who has just written is waited for; `None` where nobody is.
    fn encore(&self) -> Option<Instant> {
        let until = get(&self.served)? + ENCORE;
        (until > Instant::now()).then_some(until)
    }

    /// Whether somebody waits at this moment who goes before every background write.
    pub fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Whether a person waits, or has waited and they have not been gone for long: people come in rows, and a page is many
    /// requests.
    pub fn waited_lately(&self) -> bool {
        get(&self.waited).is_some_and(|at| at.elapsed() < COURTESY)
    }
}

fn set(moment: &std::sync::Mutex<Option<Instant>>) {
    *moment.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

fn get(moment: &std::sync::Mutex<Option<Instant>>) -> Option<Instant> {
    *moment.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts one who waits, also when the wait is cancelled.
struct Waiting<'a>(&'a Gate);

impl<'a> Waiting<'a> {
    fn begin(gate: &'a Gate) -> Self {
        gate.waiting.fetch_add(1, Ordering::SeqCst);
        Self(gate)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.quiet.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn that_somebody_has_waited_is_known_for_a_while() {
        let gate = Arc::new(Gate::default());
        let turn = gate.pass(Priority::Background).await;
        assert!(!gate.waited_lately());
        let page = tokio::spawn({
            let gate = gate.clone();
            async move { drop(gate.pass(Priority::Interactive).await) }
        });
        while gate.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(gate.waited_lately(), "a page waits");
        drop(turn);
        page.await.unwrap();
        drop(gate.pass(Priority::Background).await);
        assert!(gate.waited_lately(), "a page has waited a moment ago");
        *gate.waited.lock().unwrap() = Instant::now().checked_sub(COURTESY / 2);
        drop(gate.pass(Priority::Interactive).await);
        assert!(get(&gate.waited).is_some_and(|at| at.elapsed() < COURTESY / 4), "people go on");
        *gate.waited.lock().unwrap() = Instant::now().checked_sub(COURTESY);
        drop(gate.pass(Priority::Interactive).await);
        assert!(!gate.waited_lately(), "nobody has waited");
        let turn = gate.pass(Priority::Background).await;
        let beat = tokio::spawn({
            let gate = gate.clone();
            async move { drop(gate.pass(Priority::Clockwork).await) }
        });
        while gate.waiting.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(!gate.waited_lately(), "a heartbeat is nobody");
        drop(turn);
        beat.await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_for_a_page_goes_before_a_sync() {
        let gate = Arc::new(Gate::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let held = gate.pass(Priority::Background).await;
        let mut writers = Vec::new();
        for (name, priority) in [("sync", Priority::Background), ("page", Priority::Interactive)] {
            let (gate, order) = (gate.clone(), order.clone());
            writers.push(tokio::spawn(async move {
                let _turn = gate.pass(priority).await;
                order.lock().await.push(name);
            }));
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
        drop(held);
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(*order.lock().await, ["page", "sync"]);
    }

    #[tokio::test]
    async fn who_has_just_written_is_waited_for_and_not_for_ever() {
        let gate = Arc::new(Gate::default());
        drop(gate.pass(Priority::Interactive).await);
        let began = Instant::now();
        let sync = tokio::spawn({
            let gate = gate.clone();
            async move { drop(gate.pass(Priority::Background).await) }
        });
        // Somebody who goes on and on is not waited for again and again.
        while !sync.is_finished() && began.elapsed() < 100 * ENCORE {
            tokio::time::sleep(ENCORE / 5).await;
            drop(gate.pass(Priority::Interactive).await);
        }
        assert!(sync.is_finished() && began.elapsed() >= ENCORE, "{:?}", began.elapsed());
        tokio::time::sleep(2 * ENCORE).await;
        assert_eq!(gate.encore(), None, "nobody has written lately");
    }
}
