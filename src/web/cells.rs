//! The cells of a row: those that all kinds have from its columns, the others from the kind itself.

use crate::clock::Instant;
use crate::kinds::{Cell, Column, KindSpec, Tone};
use crate::store::rows::{ResourceRow, Wanted};
use crate::web::moment;

/// The columns to show of rows of a kind.
#[derive(Debug)]
pub struct Chosen<'c> {
    spec: &'static KindSpec,
    columns: &'c [&'static Column],
    /// Those that only the kind can fill, and the fields that they are made of.
    own: Vec<&'static Column>,
    fields: Vec<&'static str>,
}

impl<'c> Chosen<'c> {
    pub fn of(spec: &'static KindSpec, columns: &'c [&'static Column]) -> Self {
        let own: Vec<&'static Column> = columns.iter().copied().filter(|column| !is_common(column)).collect();
        let mut fields: Vec<&'static str> = own.iter().flat_map(|column| column.reads()).copied().collect();
        fields.sort_unstable();
        fields.dedup();
        Self { spec, columns, own, fields }
    }

    /// What of a row the cells are made of.
    pub fn wanted(&self) -> Wanted {
        let common = self.columns.iter().filter(|column| is_common(column)).map(|column| column.id);
        Wanted::only(common.chain((!self.own.is_empty()).then_some("attrs")))
    }

    /// A row's cells, in the order of the columns. What cannot be read out of the stored facts is empty, not an error:
    /// a list with one broken row is still a list.
    pub fn of_row(&self, row: &ResourceRow) -> Vec<Cell> {
        let own = match self.own.as_slice() {
            [] => Vec::new(),
            own => (self.spec.of.cells)(&row.attrs, own, &self.fields).unwrap_or_default(),
        };
        let mut own = own.into_iter();
        let cell = |column: &&'static Column| match is_common(column) {
            true => common(self.spec, row, column.id),
            false => own.next().unwrap_or(Cell::Empty),
        };
        self.columns.iter().map(cell).collect()
    }
}

/// The columns that every kind has.
const COMMON: [&str; 13] = [
    "name",
    "status",
    "source",
    "region",
    "cluster",
    "app",
    "role",
    "app_type",
    "environment",
    "external_id",
    "due_at",
    "changed_at",
    "first_seen_at",
];

fn is_common(column: &Column) -> bool {
    COMMON.contains(&column.id)
}

fn common(spec: &KindSpec, row: &ResourceRow, column: &str) -> Cell {
    match column {
        "name" => Cell::Text(row.name.clone()),
        "status" => Cell::badge(row.status.as_str(), (spec.tone)(&row.status)),
        "source" => Cell::text(row.source.as_str()),
        "region" => Cell::text(row.region.as_str()),
        "cluster" => Cell::text(row.cluster.as_str()),
        "app" => Cell::text(row.app.as_str()),
        "role" => Cell::text(row.role.as_str()),
        "app_type" => Cell::text(row.app_type.as_str()),
        "environment" => Cell::text(row.environment.as_str()),
        "external_id" => Cell::code(row.external_id.as_str()),
        "due_at" => Cell::time(row.due_at()),
        "changed_at" => Cell::Time(row.changed_at()),
        "first_seen_at" => Cell::Time(row.first_seen_at()),
        _ => Cell::Empty,
    }
}

/// A resource's own page, at the same moment.
pub fn href(spec: &KindSpec, id: i64, at: Option<Instant>) -> String {
    ["/", spec.path, "/", &id.to_string(), &href_query(at)].concat()
}

/// The query that keeps a page at a moment.
pub fn href_query(at: Option<Instant>) -> String {
    at.map_or_else(String::new, |at| format!("?at={}", moment::said(at)))
}

/// How bad an alert of that severity looks.
pub fn severity_tone(severity: &str) -> Tone {
    match severity {
        "critical" => Tone::Bad,
        "warning" => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// The colour of a state that the house itself stores: of a source, a scope, a sync, a task, an act.
pub fn state_tone(state: &str) -> Tone {
    match state {
        "ok" | "complete" | "succeeded" => Tone::Good,
        "stale" | "partial" | "held" | "unknown" | "cancelled" | "rolled_back" => Tone::Warn,
        "failing" | "auth" | "failed" | "refused" => Tone::Bad,
        "running" | "cancelling" | "applying" | "queued" | "begun" => Tone::Plain,
        _ => Tone::Muted,
    }
}
