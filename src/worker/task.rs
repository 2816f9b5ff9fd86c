//! What a task is: a name, a cadence, and something to do that takes no input, can be repeated, and reports one line.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use diesel::QueryResult;

use super::Worker;
use crate::clock::Instant;
use crate::store::{AnyConnection, tasks};

/// A task's run: one line for people, or what went wrong.
pub type Outcome = anyhow::Result<String>;

/// A periodic task. It retries nothing by itself: its next run is the retry.
#[derive(Clone, Copy)]
pub struct Task {
    /// In the database, on the command line and in the log.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    pub every: Duration,
    pub run: fn(&Worker) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>>,
}

impl Task {
    /// Makes its row, or brings what the row says of it up to date.
    pub fn ensure(&self, connection: &mut AnyConnection, at: Instant) -> QueryResult<()> {
        self.ensure_every(connection, self.every, at)
    }

    /// The same with another interval.
    pub fn ensure_every(&self, connection: &mut AnyConnection, every: Duration, at: Instant) -> QueryResult<()> {
        tasks::ensure(connection, self.name, self.about, every, at)
    }
}
