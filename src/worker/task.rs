//! What a task is: a name, a cadence, and something to do that takes no input, can be repeated, and reports one line.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::Worker;

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
