//! Values that the contract does not know: kept as they come, and noted once per collection, so that somebody hears of
//! them.

use std::collections::BTreeSet;

/// What was met that nobody here knows.
#[derive(Debug, Default)]
pub(super) struct Unknowns(BTreeSet<String>);

impl Unknowns {
    /// Notes `value` unless it is empty or among the `known`.
    pub fn check(&mut self, what: &str, value: &str, known: &[&str]) {
        if !value.is_empty() && !known.contains(&value) {
            self.0.insert(format!("unknown {what} {value:?}, kept as it came"));
        }
    }

    pub fn into_notes(self) -> impl Iterator<Item = String> {
        self.0.into_iter()
    }
}
