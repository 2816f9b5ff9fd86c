//! Deep links to the tools that this panel does not replace: `[[link]]` of the configuration, filled from a resource.
//!
//! A field is a column that every kind has, `tag.NAME`, or a plain field of the kind's own.

use serde_json::{Map, Value};

use super::view::Crumb;
use crate::config::LinkConfig;
use crate::kinds::{KindSpec, Origin};
use crate::store::rows::ResourceRow;

/// A column's name, and how it is read.
type Common = (&'static str, fn(&ResourceRow) -> &str);

/// What every kind has.
const COMMON: &[Common] = &[
    ("name", |row| &row.name),
    ("external_id", |row| &row.external_id),
    ("source", |row| &row.source),
    ("status", |row| &row.status),
    ("region", |row| &row.region),
    ("cluster", |row| &row.cluster),
    ("app", |row| &row.app),
    ("role", |row| &row.role),
    ("app_type", |row| &row.app_type),
    ("environment", |row| &row.environment),
];

/// Whether a link of this kind can be filled with that field.
pub fn is_field(spec: &KindSpec, field: &str) -> bool {
    field.strip_prefix("tag.").is_some_and(|tag| !tag.is_empty()) || fields(spec).iter().any(|known| known == field)
}

/// The fields that a link of this kind can be filled with, besides tags.
pub fn fields(spec: &KindSpec) -> Vec<String> {
    let own = (spec.of.complete)(spec.example).unwrap_or_default();
    let own = own.as_object().into_iter().flatten().filter(|(_, value)| plain(value).is_some());
    let mut fields: Vec<String> = COMMON.iter().map(|(name, _)| (*name).to_owned()).collect();
    for (name, _) in own {
        if !fields.contains(name) {
            fields.push(name.clone());
        }
    }
    fields
}

/// The link for this resource; `None` where a field that it names is empty, because half a link leads nowhere.
pub fn of(link: &LinkConfig, row: &ResourceRow) -> Option<Crumb> {
    let attrs: Map<String, Value> = serde_json::from_str(&row.attrs).unwrap_or_default();
    let mut href = String::new();
    let mut rest = link.url.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let (field, after) = after.split_once('}')?;
        let value = value_of(field, row, &attrs).filter(|value| !value.is_empty())?;
        href.push_str(before);
        href.extend(url::form_urlencoded::byte_serialize(value.as_bytes()).map(|part| part.replace('+', "%20")));
        rest = after;
    }
    href.push_str(rest);
    Some(Crumb { title: link.title.clone(), href })
}

fn value_of(field: &str, row: &ResourceRow, attrs: &Map<String, Value>) -> Option<String> {
    if let Some((_, read)) = COMMON.iter().find(|(name, _)| *name == field) {
        return Some(read(row).to_owned());
    }
    match field.strip_prefix("tag.") {
        Some(tag) => tag_of(tag, row),
        None => plain(attrs.get(field)?),
    }
}

fn tag_of(tag: &str, row: &ResourceRow) -> Option<String> {
    let origin = Origin { source: row.source.clone(), network: row.source.clone() };
    let tags = (row.spec()?.of.facts)(&row.attrs, &origin).ok()?.tags;
    tags.into_iter().find(|(name, _)| name == tag).map(|(_, value)| value)
}

/// A value that can stand in a URL.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
