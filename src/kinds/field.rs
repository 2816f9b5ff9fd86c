//! Columns, cells and sections: how a fact looks, without saying in which medium.
//!
//! Pages turn a [`Cell`] into HTML, exports into text; neither knows which kind it came from.

use std::collections::BTreeMap;
use std::fmt;

use crate::clock::Instant;

/// A column of a kind's list.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in `?columns=` and `?sort=`.
    pub id: &'static str,
    pub title: &'static str,
    /// Whether the list can be sorted by it: the common columns and the facets can.
    pub sortable: bool,
    /// Whether it is shown before anybody chose.
    pub shown: bool,
    /// How much it matters on a narrow screen: 1 stays, 2 goes below 992 px, 3 below 1,200 px.
    pub priority: u8,
    /// The fields of the kind's struct that it is made of; empty for the one of its own name.
    reads: &'static [&'static str],
}

impl Column {
    /// A column shown from the start.
    pub const fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, sortable: false, shown: true, priority: 2, reads: &[] }
    }

    pub const fn sortable(mut self) -> Self {
        self.sortable = true;
        self
    }

    /// Offered, but not shown from the start.
    pub const fn optional(mut self) -> Self {
        self.shown = false;
        self
    }

    pub const fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    /// Made of those fields of the kind's struct, and not of the one of its own name.
    pub const fn of(mut self, fields: &'static [&'static str]) -> Self {
        self.reads = fields;
        self
    }

    /// The fields of the kind's struct, by their names in JSON, that its cell is made of.
    pub fn reads(&self) -> &[&'static str] {
        if self.reads.is_empty() { std::slice::from_ref(&self.id) } else { self.reads }
    }
}

/// One value, typed by how it wants to be shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Text(String),
    /// Set in a fixed-width face: addresses, ids, hosts, record contents.
    Code(String),
    /// Several fixed-width values; a list shows the first few and how many more there are.
    Codes(Vec<String>),
    Number(i64),
    /// A word with a colour that repeats, but never alone carries, its meaning.
    Badge(String, Tone),
    Flag(bool),
    /// Seconds.
    Duration(i64),
    Time(Instant),
    /// `(name, value)` pairs.
    Tags(Vec<(String, String)>),
}

impl Cell {
    /// Text, or [`Cell::Empty`] for an empty string.
    pub fn text(value: impl Into<String>) -> Self {
        let value = value.into();
        if value.is_empty() { Self::Empty } else { Self::Text(value) }
    }

    /// Fixed-width text, or [`Cell::Empty`] for an empty string.
    pub fn code(value: impl Into<String>) -> Self {
        let value = value.into();
        if value.is_empty() { Self::Empty } else { Self::Code(value) }
    }

    pub fn codes(values: Vec<String>) -> Self {
        if values.is_empty() { Self::Empty } else { Self::Codes(values) }
    }

    /// Each as `name=value`.
    pub fn pairs(pairs: &BTreeMap<String, impl fmt::Display>) -> Self {
        Self::codes(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    pub fn badge(value: impl Into<String>, tone: Tone) -> Self {
        let value = value.into();
        if value.is_empty() { Self::Empty } else { Self::Badge(value, tone) }
    }

    /// Itself, or [`Cell::Empty`] for a list of nothing.
    pub fn filled(self) -> Self {
        match self {
            Self::Tags(tags) if tags.is_empty() => Self::Empty,
            Self::Codes(values) if values.is_empty() => Self::Empty,
            other => other,
        }
    }

    pub fn time(value: Option<Instant>) -> Self {
        value.map_or(Self::Empty, Self::Time)
    }

    /// As plain text, for exports: lists are joined with a space, times are RFC 3339.
    pub fn plain(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Code(text) | Self::Badge(text, _) => text.clone(),
            Self::Codes(values) => values.join(" "),
            Self::Number(number) | Self::Duration(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Time(at) => at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            Self::Tags(tags) => {
                tags.iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

/// How a state is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    Muted,
    Plain,
    Good,
    Warn,
    Bad,
}

impl Tone {
    /// The word that style sheets use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Muted => "muted",
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A label and its value on a detail page.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub label: &'static str,
    pub cell: Cell,
}

/// A titled group of facts on a detail page: fields, or a table where the kind has rows of its own (targets,
/// listeners).
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    pub title: &'static str,
    pub fields: Vec<Field>,
    pub table: Option<Table>,
}

/// Rows within a detail.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub headings: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
}

impl Section {
    /// A group of fields; those without a value are left out.
    pub fn fields(title: &'static str, fields: impl IntoIterator<Item = (&'static str, Cell)>) -> Self {
        let fields = fields
            .into_iter()
            .filter(|(_, cell)| *cell != Cell::Empty)
            .map(|(label, cell)| Field { label, cell })
            .collect();
        Self { title, fields, table: None }
    }

    /// A group that is a table.
    pub fn table(title: &'static str, headings: Vec<&'static str>, rows: Vec<Vec<Cell>>) -> Self {
        Self { title, fields: Vec::new(), table: Some(Table { headings, rows }) }
    }

    /// Whether its one field has no more to say for a name than the section.
    pub fn is_told_by_its_title(&self) -> bool {
        matches!(self.fields.as_slice(), [only] if only.label == self.title)
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.table.as_ref().is_none_or(|table| table.rows.is_empty())
    }
}
