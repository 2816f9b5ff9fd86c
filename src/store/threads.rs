//! The threads on which the database is asked, and no more of them than have something to do at a time: each keeps what
//! its largest page took, and more than one a core share the core.
//!
//! Who reads stands in one line before as many threads as there are cores. A thread that has done takes the next one at
//! once; nobody else, who is as busy, has to bring it. So that a long read holds up nobody for long, who has stood there
//! for a while goes to a second line, before threads of its own.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::StoreError;

/// So long somebody stands in the first line: more than sixteen readers of a page each have to wait there.
const FIRST_LINE: Duration = Duration::from_millis(10);

/// A pool of threads that may wait. They begin with their first work, and end after ten seconds without any.
#[derive(Debug)]
pub(super) struct Threads {
    /// Drives nothing and has no thread of its own: it is tokio's way to have a pool. `None` once it ends.
    pool: Option<Runtime>,
}

/// The two lines of those that read.
#[derive(Debug)]
pub(super) struct Lines {
    first: Threads,
    second: Threads,
}

/// Work that waits for its turn, and where its answer goes. Whoever begins it takes it out.
type Held<T, F> = Mutex<Option<(F, oneshot::Sender<Result<T, StoreError>>)>>;

/// Takes work out that nobody waits for any more.
struct Waited<T, F>(Arc<Held<T, F>>);

impl Threads {
    /// At most so many at a time; who comes then waits, first come, first served.
    ///
    /// # Errors
    /// When the system has nothing left of what a pool is made of.
    pub fn new(most: u32) -> io::Result<Self> {
        let pool = Builder::new_current_thread().max_blocking_threads(most as usize).thread_name("database").build()?;
        Ok(Self { pool: Some(pool) })
    }

    /// Does `work` there, also when nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let pool = self.pool.as_ref().ok_or(StoreError::Cancelled)?;
        pool.spawn_blocking(work).await.map_err(|_| StoreError::Cancelled)?
    }

    /// Puts work in line.
    fn hold<T, F>(&self, held: &Arc<Held<T, F>>)
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, StoreError> + Send + 'static,
    {
        let held = Arc::clone(held);
        if let Some(pool) = &self.pool {
            pool.spawn_blocking(move || {
                if let Some((work, answer)) = take(&held) {
                    // Who has gone away meanwhile needs none.
                    let _ = answer.send(work());
                }
            });
        }
    }
}

impl Lines {
    /// As many threads before each line.
    ///
    /// # Errors
    /// As [`Threads::new`].
    pub fn new(first: u32, second: u32) -> io::Result<Self> {
        Ok(Self { first: Threads::new(first)?, second: Threads::new(second)? })
    }

    /// Does `work` there, if its turn comes while somebody waits for it, and before `patience` is at its end.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when its turn did not come.
    pub async fn run<T, F>(&self, patience: Duration, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, mut answered) = oneshot::channel();
        let waited = Waited(Arc::new(Mutex::new(Some((work, answer)))));
        self.first.hold(&waited.0);
        if let Ok(done) = timeout(FIRST_LINE, &mut answered).await {
            return done.map_err(|_| StoreError::Cancelled)?;
        }
        // Nothing is done there where it has begun in the first line already.
        self.second.hold(&waited.0);
        if let Ok(done) = timeout(patience, &mut answered).await {
            return done.map_err(|_| StoreError::Cancelled)?;
        }
        match take(&waited.0) {
            Some(_) => Err(StoreError::Busy),
            // It has begun, however long it takes.
            None => answered.await.map_err(|_| StoreError::Cancelled)?,
        }
    }
}

fn take<T, F>(held: &Held<T, F>) -> Option<(F, oneshot::Sender<Result<T, StoreError>>)> {
    held.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl<T, F> Drop for Waited<T, F> {
    fn drop(&mut self) {
        drop(take(&self.0));
    }
}

impl Drop for Threads {
    /// Waits for nobody: whoever drops the database may stand where waiting is not allowed.
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(1);

    /// Does nothing until it is told to; and what tells it, and what tells that it has begun.
    fn slow() -> (impl FnOnce() -> Result<u8, StoreError> + Send + 'static, mpsc::Sender<()>, mpsc::Receiver<()>) {
        let ((go, told), (begun, begins)) = (mpsc::channel(), mpsc::channel());
        let work = move || {
            begun.send(()).unwrap();
            told.recv().unwrap();
            Ok(1)
        };
        (work, go, begins)
    }

    /// Something slow that has begun.
    async fn occupy(
        lines: &Arc<Lines>,
        patience: Duration,
    ) -> (tokio::task::JoinHandle<Result<u8, StoreError>>, mpsc::Sender<()>) {
        let (work, go, begins) = slow();
        let lines = Arc::clone(lines);
        let occupied = tokio::spawn(async move { lines.run(patience, work).await });
        tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
        (occupied, go)
    }

    #[tokio::test]
    async fn no_more_threads_than_allowed_and_all_work_is_done() {
        let (lines, used) = (Arc::new(Lines::new(3, 2).unwrap()), Arc::new(Mutex::new(HashSet::new())));
        let asked: Vec<_> = (0..40)
            .map(|number| {
                let (lines, used) = (Arc::clone(&lines), Arc::clone(&used));
                let work = move || {
                    used.lock().unwrap().insert(std::thread::current().id());
                    std::thread::sleep(SHORT);
                    Ok(number)
                };
                tokio::spawn(async move { lines.run(LONG, work).await.unwrap() })
            })
            .collect();
        let mut answers = Vec::new();
        for answer in asked {
            answers.push(answer.await.unwrap());
        }
        assert_eq!(answers, (0..40).collect::<Vec<_>>());
        let used = used.lock().unwrap().len();
        assert!((1..=5).contains(&used), "{used} threads");
    }

    #[tokio::test]
    async fn a_long_read_holds_up_nobody_for_long() {
        let lines = Arc::new(Lines::new(1, 1).unwrap());
        let (first, go) = occupy(&lines, LONG).await;
        assert_eq!(lines.run(LONG, || Ok(7)).await.unwrap(), 7, "beside it");
        go.send(()).unwrap();
        assert_eq!(first.await.unwrap().unwrap(), 1);
    }

    #[tokio::test]
    async fn whose_turn_does_not_come_is_told_so_and_what_has_begun_is_waited_for() {
        let lines = Arc::new(Lines::new(1, 1).unwrap());
        let (first, go) = occupy(&lines, SHORT).await;
        // Its thread has yet to begin.
        let (second, go_too) = occupy(&lines, LONG).await;
        let late = lines.run(SHORT, || -> Result<(), _> { panic!("nobody waits") }).await;
        assert!(matches!(late, Err(StoreError::Busy)), "{late:?}");
        for (go, slow) in [(go, first), (go_too, second)] {
            go.send(()).unwrap();
            assert_eq!(slow.await.unwrap().unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_read() {
        let lines = Arc::new(Lines::new(1, 1).unwrap());
        let ((first, go), (second, go_too)) = (occupy(&lines, LONG).await, occupy(&lines, LONG).await);
        let (done, read) = mpsc::channel();
        let given_up = lines.run(LONG, move || done.send(()).map_err(|_| StoreError::Cancelled));
        assert!(timeout(2 * FIRST_LINE, given_up).await.is_err());
        for (go, slow) in [(go, first), (go_too, second)] {
            go.send(()).unwrap();
            assert_eq!(slow.await.unwrap().unwrap(), 1);
        }
        for line in [&lines.first, &lines.second] {
            line.run(|| Ok(())).await.unwrap();
        }
        assert!(read.try_recv().is_err(), "what came after it is done, and this is not");
    }

    #[tokio::test]
    async fn one_that_panics_takes_nobody_with_it() {
        let lines = Lines::new(1, 1).unwrap();
        let panicked = lines.run(LONG, || -> Result<(), StoreError> { panic!("on purpose") }).await;
        assert!(matches!(panicked, Err(StoreError::Cancelled)), "{panicked:?}");
        assert_eq!(lines.run(LONG, || Ok(7)).await.unwrap(), 7);
    }
}
