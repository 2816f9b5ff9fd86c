//! Where a page of the tape begins: after one change, by its moment, its resource, and whether it was an end.

use std::fmt;

use chrono::DateTime;

use crate::clock::Instant;

/// A place on the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) at: Instant,
    pub(super) resource_id: i64,
    /// What went comes after what began at the same moment.
    pub(super) is_end: bool,
    /// Towards what is newer.
    pub(super) backwards: bool,
}

impl Cursor {
    /// Reads what a page has given.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let &[direction, at, resource, end] = parts.as_slice() else { return None };
        Some(Self {
            backwards: one_of(direction, "older", "newer")?,
            at: DateTime::from_timestamp_micros(at.parse().ok()?)?,
            resource_id: resource.parse().ok()?,
            is_end: one_of(end, "begun", "ended")?,
        })
    }
}

fn one_of(text: &str, no: &str, yes: &str) -> Option<bool> {
    if text == yes { Some(true) } else { (text == no).then_some(false) }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.backwards { "newer" } else { "older" };
        let end = if self.is_end { "ended" } else { "begun" };
        write!(f, "{direction}.{}.{}.{end}", self.at.timestamp_micros(), self.resource_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_a_url_and_nonsense_is_none() {
        let cursor = Cursor { at: Instant::UNIX_EPOCH, resource_id: 7, is_end: true, backwards: false };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for bad in [
            "",
            "older",
            "older.x.7.begun",
            "older.1.7",
            "sideways.1.7.begun",
            "older.1.7.begun.1",
            "older.9999999999999999999.1.begun",
        ] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
