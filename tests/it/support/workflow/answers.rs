//! Pages and refusals, in the shapes in which either controller gives them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Flavour;

/// An answer before its headers.
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub retry_after: Option<u64>,
}

pub type Query = BTreeMap<String, String>;

impl Answer {
    pub fn new(status: u16, body: String) -> Self {
        Self { status, body, retry_after: None }
    }

    pub fn ok(value: &Value) -> Self {
        Self::new(200, value.to_string())
    }

    pub fn throttled(after: Option<u64>) -> Self {
        let seconds = after.unwrap_or(59);
        let words = format!("Request was throttled. Expected available in {seconds} seconds.");
        Self { retry_after: after, ..Self::new(429, json!({"detail": words}).to_string()) }
    }

    pub fn detail(status: u16, words: &str) -> Self {
        Self::new(status, json!({"detail": words}).to_string())
    }

    /// A model that is not there: a bare string from Hephy, an object from Drycc.
    pub fn not_found(flavour: Flavour, model: &str) -> Self {
        let words = format!("No {model} matches the given query.");
        let body = match flavour {
            Flavour::Hephy => Value::String(words),
            Flavour::Drycc => json!({"error": {"code": "NOT_FOUND", "message": words}}),
        };
        Self::new(404, body.to_string())
    }

    /// A URL that no route has.
    pub fn unknown_url() -> Self {
        Self::new(404, "<!doctype html><title>Not Found</title><h1>Not Found</h1>".to_owned())
    }
}

/// The page that the query asks for: 100 unless it says otherwise, as many as there are if it says so, and links built
/// from `host`.
pub fn page(all: &[Value], query: &Query, host: &str, path: &str) -> Answer {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(100);
    let offset = number("offset").unwrap_or(0);
    let start = offset.min(all.len());
    let part = &all[start..start.saturating_add(limit).min(all.len())];
    let link = |offset: usize| format!("http://{host}{path}?limit={limit}&offset={offset}");
    Answer::ok(&json!({
        "count": all.len(),
        "next": (start + part.len() < all.len()).then(|| link(offset + limit)),
        "previous": (offset > 0).then(|| link(offset.saturating_sub(limit))),
        "results": part,
    }))
}
