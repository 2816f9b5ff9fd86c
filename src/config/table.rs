//! TOML with places: a tree that remembers where each value stood, so that a mistake can be shown where it was made.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::error::{Fault, Place};

/// A TOML table whose values know their places.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub place: Place,
    pub entries: BTreeMap<String, Entry>,
}

/// A value and the place of its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub place: Place,
    pub value: Value,
}

/// A TOML value, as far as a configuration uses them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Array(Vec<Entry>),
    Table(Table),
}

/// The text that places are counted in, and where it is from.
struct Written<'a> {
    file: &'a str,
    text: &'a str,
}

impl Written<'_> {
    fn place(&self, offset: usize) -> Place {
        Place::in_text(self.file, self.text, offset)
    }
}

impl Table {
    /// Parses `text`, which was read from `file`. Syntax errors become faults, and what can be read is read.
    pub fn parse(file: &str, text: &str) -> (Self, Vec<Fault>) {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let mut faults: Vec<_> = errors
            .iter()
            .map(|error| {
                let offset = error.span().map_or(0, |span| span.start);
                Fault::new(Place::in_text(file, text, offset), error.message(), "see https://toml.io for the syntax")
            })
            .collect();
        let written = Written { file, text };
        (Self::from_tree(&written, written.place(0), tree.get_ref(), &mut faults), faults)
    }

    /// An empty table at `place`.
    pub fn empty(place: Place) -> Self {
        Self { place, entries: BTreeMap::new() }
    }

    fn from_tree(written: &Written<'_>, place: Place, tree: &DeTable<'_>, faults: &mut Vec<Fault>) -> Self {
        let entries = tree
            .iter()
            .filter_map(|(key, value)| {
                let place = written.place(key.span().start);
                let value = Value::from_tree(written, &place, value.get_ref(), faults)?;
                Some((key.get_ref().to_string(), Entry { place, value }))
            })
            .collect();
        Self { place, entries }
    }
}

impl Value {
    /// `None` for a number that nothing here can hold, after a fault: as if it were not there would be another
    /// configuration.
    fn from_tree(written: &Written<'_>, place: &Place, tree: &DeValue<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut beyond = || {
            faults.push(Fault::new(place.clone(), "the number needs more than 64 bits", "write a smaller one"));
        };
        Some(match tree {
            DeValue::String(value) => Self::Text(value.to_string()),
            DeValue::Integer(value) => {
                Self::Integer(i64::from_str_radix(value.as_str(), value.radix()).map_err(|_| beyond()).ok()?)
            }
            DeValue::Float(value) => Self::Float(value.as_str().parse().map_err(|_| beyond()).ok()?),
            DeValue::Boolean(value) => Self::Boolean(*value),
            DeValue::Datetime(value) => Self::Text(value.to_string()),
            DeValue::Array(values) => Self::Array(
                values
                    .iter()
                    .filter_map(|item| {
                        let place = written.place(item.span().start);
                        let value = Self::from_tree(written, &place, item.get_ref(), faults)?;
                        Some(Entry { place, value })
                    })
                    .collect(),
            ),
            DeValue::Table(table) => Self::Table(Table::from_tree(written, place.clone(), table, faults)),
        })
    }

    /// What it is, in words, for faults.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}
