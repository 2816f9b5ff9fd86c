//! What a list is sorted by, and the keys by which a page begins where another ended.

use chrono::DateTime;

use super::column::{self, CHANGED, Column, DUE, FIRST_SEEN, GONE, ID, Index, NAME};
use crate::kinds::KindSpec;
use crate::store::rows::ResourceRow;
use crate::store::sql::Value;

/// A column to sort by, and the direction. Ties are broken by name where the column's index does, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    column: Column,
    pub descending: bool,
}

/// A stretch of the list with an order of its own. Only a column that can be empty makes two: the empty ones come last,
/// in both directions, by name.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub keys: &'static [Key],
    /// The column that must be set in this stretch, or must not.
    pub empty: Option<(Column, bool)>,
    first: Option<Column>,
    pub descending: bool,
}

/// Which of a row's values a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Sorted,
    Name,
    Id,
}

impl Sort {
    pub fn by_name() -> Self {
        Self { column: NAME, descending: false }
    }

    /// The sort of that name, with `-` in front for descending: `name`, `changed_at`, `first_seen_at`, `due_at`,
    /// `gone_at` (of tombstones), the common text columns, and the kind's facets. `None` for anything else.
    pub fn parse(spec: &KindSpec, text: &str) -> Option<Self> {
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let column = match name {
            "name" => NAME,
            "changed_at" => CHANGED,
            "first_seen_at" => FIRST_SEEN,
            "due_at" => DUE,
            "gone_at" => GONE,
            _ => column::text(spec, name)?,
        };
        Some(Self { column, descending })
    }

    pub fn column(&self) -> Column {
        self.column
    }

    /// The list's stretches, in order.
    pub fn segments(&self) -> Vec<Segment> {
        let one = |keys, first, empty| Segment { keys, first, empty, descending: self.descending };
        match self.column.id {
            "name" => vec![one(&[Key::Name, Key::Id], None, None)],
            "due_at" => vec![
                one(&[Key::Sorted, Key::Id], Some(DUE), Some((DUE, false))),
                Segment { descending: false, ..one(&[Key::Name, Key::Id], None, Some((DUE, true))) },
            ],
            // As the column's index goes on.
            _ if self.column.index == Index::ByName => {
                vec![one(&[Key::Sorted, Key::Name, Key::Id], Some(self.column), None)]
            }
            _ => vec![one(&[Key::Sorted, Key::Id], Some(self.column), None)],
        }
    }

    /// In which stretch a row lies.
    pub fn segment_of(&self, row: &ResourceRow) -> usize {
        usize::from(self.column == DUE && row.due_at.is_none())
    }
}

impl Segment {
    /// The columns of the keys, in order.
    pub fn columns(&self) -> impl Iterator<Item = Column> {
        self.keys.iter().map(|key| match key {
            Key::Sorted => self.first.unwrap_or(NAME),
            Key::Name => NAME,
            Key::Id => ID,
        })
    }

    /// A row's values of the keys.
    pub fn values(&self, row: &ResourceRow) -> Vec<Value> {
        self.columns().map(|column| value(column, row)).collect()
    }
}

fn value(column: Column, row: &ResourceRow) -> Value {
    let text = |text: &String| Value::Text(text.clone());
    match column.id {
        "id" => Value::Big(row.id),
        "changed_at" => Value::Time(row.changed_at),
        "first_seen_at" => Value::Time(row.first_seen_at),
        "due_at" => Value::from(row.due_at().unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)),
        "gone_at" => Value::from(row.gone_at().unwrap_or(DateTime::UNIX_EPOCH)),
        "status" => text(&row.status),
        "source" => text(&row.source),
        "region" => text(&row.region),
        "cluster" => text(&row.cluster),
        "app" => text(&row.app),
        "role" => text(&row.role),
        "app_type" => text(&row.app_type),
        "environment" => text(&row.environment),
        "facet_a" => text(&row.facet_a),
        "facet_b" => text(&row.facet_b),
        "facet_c" => text(&row.facet_c),
        _ => text(&row.name),
    }
}
