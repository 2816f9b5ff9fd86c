//! `[history]`: how long it is kept what once was.

use std::time::Duration;

use super::reader::Reader;

/// What is older is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryConfig {
    /// Pages can be asked for any moment of so long ago.
    pub keep: Duration,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Default for HistoryConfig {
    /// A year, and time enough to look back at the same week of it.
    fn default() -> Self {
        Self { keep: 400 * DAY }
    }
}

/// Reads how long history is kept.
pub fn read(root: &mut Reader<'_>) -> HistoryConfig {
    let mut history = HistoryConfig::default();
    let Some(table) = root.table("history") else { return history };
    let mut section = root.within(table);
    match section.duration("keep") {
        Some(keep) if keep < DAY => {
            section.fault("keep", "`keep` is less than a day", "write 1d or more; 400d is the default");
        }
        Some(keep) => history.keep = keep,
        None => {}
    }
    section.finish();
    history
}
