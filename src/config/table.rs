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

impl Table {
    /// Parses `text`, which was read from `file`. Syntax errors become faults, and what can be read is read.
    pub fn parse(file: &str, text: &str) -> (Self, Vec<Fault>) {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let faults = errors
            .iter()
            .map(|error| {
                let offset = error.span().map_or(0, |span| span.start);
                Fault::new(Place::in_text(file, text, offset), error.message(), "see https://toml.io for the syntax")
            })
            .collect();
        (Self::from_tree(file, text, Place::in_text(file, text, 0), tree.get_ref()), faults)
    }

    /// An empty table at `place`.
    pub fn empty(place: Place) -> Self {
        Self { place, entries: BTreeMap::new() }
    }

    fn from_tree(file: &str, text: &str, place: Place, tree: &DeTable<'_>) -> Self {
        let entries = tree
            .iter()
            .filter_map(|(key, value)| {
                let place = Place::in_text(file, text, key.span().start);
                let value = Value::from_tree(file, text, &place, value.get_ref())?;
                Some((key.get_ref().to_string(), Entry { place, value }))
            })
            .collect();
        Self { place, entries }
    }
}

impl Value {
    fn from_tree(file: &str, text: &str, place: &Place, tree: &DeValue<'_>) -> Option<Self> {
        Some(match tree {
            DeValue::String(value) => Self::Text(value.to_string()),
            DeValue::Integer(value) => Self::Integer(i64::from_str_radix(value.as_str(), value.radix()).ok()?),
            DeValue::Float(value) => Self::Float(value.as_str().parse().ok()?),
            DeValue::Boolean(value) => Self::Boolean(*value),
            DeValue::Datetime(value) => Self::Text(value.to_string()),
            DeValue::Array(values) => Self::Array(
                values
                    .iter()
                    .filter_map(|item| {
                        let place = Place::in_text(file, text, item.span().start);
                        let value = Self::from_tree(file, text, &place, item.get_ref())?;
                        Some(Entry { place, value })
                    })
                    .collect(),
            ),
            DeValue::Table(table) => Self::Table(Table::from_tree(file, text, place.clone(), table)),
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
