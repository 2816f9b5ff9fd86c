//! What is wrong with an input, as data: a place, what is wrong there, and the remedy.
//!
//! Faults are collected and shown together; nobody should have to start a program five times to learn of five mistakes.

use std::fmt;

/// Where in which text a fault lies. Lines and columns count from 1; `0` means "the text as a whole".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

impl Place {
    /// The place of a byte offset in `text`, which was read from `file`.
    pub fn in_text(file: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Self { file: file.to_owned(), line, column }
    }

    /// A place that is not in a file: an environment variable, an argument.
    pub fn outside(name: &str) -> Self {
        Self { file: name.to_owned(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One mistake in the configuration; prints as `FILE:LINE:COLUMN: what; remedy`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub place: Place,
    pub what: String,
    pub remedy: String,
}

impl Fault {
    pub fn new(place: Place, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.remedy)
    }
}

/// All the mistakes of one configuration, in the order of their places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// `value`, if there is no fault; else all of them, sorted and each once.
    pub fn none_or<T>(value: T, mut faults: Vec<Fault>) -> Result<T, Self> {
        faults.sort();
        faults.dedup();
        if faults.is_empty() { Ok(value) } else { Err(Self(faults)) }
    }
}

/// The database was made by a newer version of this program; the process exits with 4.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database is newer than this program: it has migration {found}, and the newest known here is {known}; start the newer version"
)]
pub struct NewerDatabase {
    pub found: String,
    pub known: String,
}
