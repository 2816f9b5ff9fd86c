//! What is asked of every kind's declaration, given its example.

use std::collections::BTreeSet;

use super::{Cell, KINDS, KindSpec, Origin};

/// Columns that the house fills for every kind.
const COMMON: [&str; 11] = [
    "name",
    "status",
    "source",
    "region",
    "cluster",
    "app",
    "environment",
    "role",
    "due_at",
    "changed_at",
    "first_seen_at",
];

/// Filters that the house offers for every kind.
const COMMON_FILTERS: [&str; 7] = ["status", "source", "region", "cluster", "app", "environment", "role"];

#[test]
fn an_example_has_every_field_and_no_other() {
    for spec in KINDS {
        let example: serde_json::Value = serde_json::from_str(spec.example).unwrap();
        assert_eq!((spec.of.complete)(spec.example).unwrap(), example, "{spec:?}");
        let fields = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(fields(&(spec.of.complete)("{}").unwrap()), fields(&example), "{spec:?}");
    }
}

#[test]
fn an_example_is_found_joined_and_shown() {
    let origin = Origin { source: "a-source".to_owned(), network: "a-network".to_owned() };
    for spec in KINDS {
        let facts = (spec.of.facts)(spec.example, &origin).unwrap();
        assert!(!facts.name.is_empty() && !facts.terms.is_empty(), "{spec:?}: {facts:?}");
        assert!(!facts.keys.is_empty() || !facts.refs.is_empty(), "{spec:?} would have no neighbours");
        let sections = (spec.of.sections)(spec.example).unwrap();
        assert!(!sections.is_empty() && sections.iter().all(|section| !section.is_empty()), "{spec:?}");
    }
}

#[test]
fn every_column_shows_something_and_only_what_is_indexed_sorts() {
    for spec in KINDS {
        let mut seen = BTreeSet::new();
        for column in spec.columns {
            assert!(seen.insert(column.id), "{spec:?} has the column {} twice", column.id);
            let common = COMMON.contains(&column.id);
            assert!(common || cell(spec, column.id) != Cell::Empty, "{spec:?} shows nothing under {}", column.id);
            assert!(!column.sortable || common || spec.facet(column.id).is_some(), "{} cannot be sorted by", column.id);
        }
        for facet in spec.facets.iter().filter(|facet| !facet.is_empty()) {
            assert!(seen.contains(facet), "{spec:?} has no column for its facet {facet}");
        }
        assert!(spec.columns.iter().any(|column| column.priority == 1 && column.shown), "a phone would show nothing");
    }
}

#[test]
fn every_filter_can_be_answered_and_every_volatile_field_is_there() {
    for spec in KINDS {
        for filter in spec.filters {
            assert!(COMMON_FILTERS.contains(filter) || spec.facet(filter).is_some(), "{filter} cannot be filtered by");
        }
        for field in spec.volatile {
            // Some fields are stored only where there is something in them.
            let filled = ["{}".to_owned(), format!("{{\"{field}\":1}}")];
            let mut stored = filled.iter().filter_map(|attrs| (spec.of.complete)(attrs).ok());
            assert!(
                stored.any(|stored| stored.get(field).is_some()),
                "{spec:?} has no field {field} that could be volatile"
            );
        }
        assert!(!spec.about.is_empty());
    }
}

#[test]
fn a_cell_is_made_of_the_fields_that_its_column_names() {
    for spec in KINDS {
        let stored = (spec.of.complete)(spec.example).unwrap();
        let all: Vec<&'static str> = stored.as_object().unwrap().keys().map(|key| &*key.clone().leak()).collect();
        for column in spec.columns {
            let whole = (spec.of.cells)(spec.example, &[column], &all).unwrap();
            let partial = (spec.of.cells)(spec.example, &[column], column.reads()).unwrap();
            assert_eq!(partial, whole, "{spec:?} {}: say what it reads by Column::of", column.id);
        }
    }
}

fn cell(spec: &KindSpec, column: &str) -> Cell {
    let column = spec.columns.iter().find(|known| known.id == column).unwrap();
    (spec.of.cells)(spec.example, &[column], column.reads()).unwrap().remove(0)
}
