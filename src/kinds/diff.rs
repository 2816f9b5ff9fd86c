//! What differs between two states of a resource, as a person would say it: field by field, lists by what came and what
//! went.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::KindSpec;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field's name in the kind's struct, or the column's.
    pub field: String,
    /// What people call it.
    pub label: String,
    /// Empty where there was nothing; for a list, only the elements that went.
    pub before: String,
    /// Empty where there is nothing; for a list, only the elements that came.
    pub after: String,
    /// The field is a list, and `before` and `after` are parts of it.
    pub is_list: bool,
}

/// A state of a resource: the columns that all kinds have by name, and the JSON of the kind's struct.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    pub columns: &'a [(&'static str, &'a str)],
    pub attrs: &'a str,
}

/// The differences between two states, common columns first. Columns that merely repeat a field of that name are not
/// named twice.
pub fn between(spec: &KindSpec, older: State<'_>, newer: State<'_>) -> Vec<Change> {
    let fields = differences(spec, older.attrs, newer.attrs);
    let mut changes: Vec<Change> = Vec::new();
    for (field, before) in older.columns {
        let after = newer.columns.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value);
        let repeated = fields.iter().any(|change| change.before == *before && change.after == after);
        if *before != after && !repeated {
            changes.push(Change {
                field: (*field).to_owned(),
                label: label(spec, field),
                before: (*before).to_owned(),
                after: after.to_owned(),
                is_list: false,
            });
        }
    }
    changes.extend(fields);
    changes
}

/// The top-level fields that differ between two JSON objects of the kind, without the volatile ones, in the newer one's
/// order. Text that is no JSON object counts as one without fields.
pub fn differences(spec: &KindSpec, older: &str, newer: &str) -> Vec<Change> {
    let (older, newer) = (object(older), object(newer));
    let names = newer.keys().chain(older.keys().filter(|name| !newer.contains_key(*name)));
    names
        .filter(|name| !spec.volatile.contains(&name.as_str()))
        .filter_map(|name| {
            let (before, after) = (older.get(name).unwrap_or(&Value::Null), newer.get(name).unwrap_or(&Value::Null));
            change(spec, name, before, after)
        })
        .collect()
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn change(spec: &KindSpec, name: &str, before: &Value, after: &Value) -> Option<Change> {
    let is_list = before.is_array() || after.is_array() || before.is_object() || after.is_object();
    let (before, after) = if is_list {
        let (had, has) = (elements(before), elements(after));
        let went: Vec<&str> = had.iter().filter(|one| !has.contains(*one)).map(String::as_str).collect();
        let came: Vec<&str> = has.iter().filter(|one| !had.contains(*one)).map(String::as_str).collect();
        (went.join(", "), came.join(", "))
    } else {
        (plain(before), plain(after))
    };
    // The same elements in another order are the same list.
    (before != after).then(|| Change { field: name.to_owned(), label: label(spec, name), before, after, is_list })
}

/// The elements of a list, or the entries of a map as `name: value`, distinct and in order.
fn elements(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(entries) => entries.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect(),
        Value::Null => BTreeSet::new(),
        other => BTreeSet::from([plain(other)]),
    }
}

/// A value without JSON's signs. A pair of texts is a tag, `name:value`; a struct is its values.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => match values.as_slice() {
            [Value::String(name), Value::String(value)] => format!("{name}:{value}"),
            values => values.iter().map(plain).collect::<Vec<_>>().join(" "),
        },
        Value::Object(entries) => {
            let values = entries.values().map(plain).filter(|value| !value.is_empty());
            values.collect::<Vec<_>>().join(" ")
        }
    }
}

/// The column's title, or the name in words: `instance_type` → `Instance type`.
fn label(spec: &KindSpec, name: &str) -> String {
    if let Some(column) = spec.columns.iter().find(|column| column.id == name) {
        return column.title.to_owned();
    }
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::super::instance::SPEC;
    use super::*;

    fn said(older: &str, newer: &str) -> Vec<String> {
        differences(&SPEC, older, newer)
            .into_iter()
            .map(|change| format!("{}: {:?} → {:?}", change.label, change.before, change.after))
            .collect()
    }

    #[test]
    fn fields_are_named_as_people_call_them() {
        assert_eq!(
            said(r#"{"instance_type":"t3.small","ttl":60}"#, r#"{"instance_type":"t3.large","ttl":null}"#),
            [r#"Type: "t3.small" → "t3.large""#, r#"Ttl: "60" → """#]
        );
    }

    #[test]
    fn lists_tell_what_came_and_what_went() {
        let before = r#"{"addresses":[{"address":"192.0.2.7","sort":"public"},{"address":"10.0.0.7","sort":"private"}],"tags":[["role","web"]]}"#;
        let after = r#"{"addresses":[{"address":"10.0.0.7","sort":"private"},{"address":"192.0.2.8","sort":"public"}],"tags":[["role","web"],["env","test"]]}"#;
        assert_eq!(
            said(before, after),
            [r#"Addresses: "192.0.2.7 public" → "192.0.2.8 public""#, r#"Tags: "" → "env:test""#]
        );
    }

    #[test]
    fn the_order_of_a_list_is_no_change() {
        assert!(said(r#"{"groups":["a","b"]}"#, r#"{"groups":["b","a"]}"#).is_empty());
    }

    #[test]
    fn what_a_newer_version_of_the_kind_no_longer_has_is_shown_as_gone() {
        assert_eq!(said(r#"{"old":"x"}"#, "{}"), [r#"Old: "x" → """#]);
        assert!(said("not json", "{}").is_empty());
    }

    #[test]
    fn a_column_that_repeats_a_field_is_told_once() {
        let older = State { columns: &[("status", "running"), ("cluster", "eu")], attrs: r#"{"state":"running"}"# };
        let newer = State { columns: &[("status", "stopped"), ("cluster", "us")], attrs: r#"{"state":"stopped"}"# };
        let told: Vec<String> = between(&SPEC, older, newer).into_iter().map(|change| change.field).collect();
        assert_eq!(told, ["cluster", "state"]);
    }
}
