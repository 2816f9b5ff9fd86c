//! What the tests of every kind ask of its declaration, given a specimen with every field filled.

use std::collections::BTreeSet;

use super::{Cell, Kind};

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

/// Every column has a value, only what is indexed sorts, every facet is a column, every filter can be answered.
pub(crate) fn assert_presentable<K: Kind>(full: &K) {
    let spec = K::SPEC;
    let mut seen = BTreeSet::new();
    for column in spec.columns {
        let common = COMMON.contains(&column.id);
        assert!(seen.insert(column.id), "{spec:?} has the column {} twice", column.id);
        assert!(common || full.cell(column.id) != Cell::Empty, "{spec:?} shows nothing under {}", column.id);
        assert!(!column.sortable || common || spec.facet(column.id).is_some(), "{} cannot be sorted by", column.id);
    }
    for facet in spec.facets.iter().filter(|facet| !facet.is_empty()) {
        assert!(seen.contains(facet), "{spec:?} has no column for its facet {facet}");
    }
    for filter in spec.filters {
        assert!(COMMON_FILTERS.contains(filter) || spec.facet(filter).is_some(), "{filter} cannot be filtered by");
    }
    assert!(spec.columns.iter().any(|column| column.priority == 1 && column.shown), "a phone would show nothing");
    assert!(!spec.about.is_empty());
    let stored = serde_json::to_value(full).unwrap();
    for field in spec.volatile {
        assert!(stored.get(field).is_some(), "{spec:?} has no field {field} that could be volatile");
    }
}
