//! Answers, errors and pages in the API's form.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// An answer before its headers.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// One error in the API's form.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub code: i64,
    pub message: String,
    /// The part of the request that it is about.
    pub pointer: Option<String>,
}

pub type Query = BTreeMap<String, String>;

/// A page of a list.
#[derive(Clone, Copy)]
pub struct Page {
    number: usize,
    size: usize,
}

impl Refusal {
    pub fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), pointer: None }
    }

    pub fn at(self, pointer: &str) -> Self {
        Self { pointer: Some(pointer.to_owned()), ..self }
    }

    pub fn answer(&self) -> Answer {
        let mut error = json!({
            "code": self.code, "message": self.message, "documentation_url": "https://developers.cloudflare.com/api/",
        });
        if let Some(pointer) = &self.pointer {
            error["source"] = json!({ "pointer": pointer });
        }
        let body = json!({"success": false, "messages": [], "result": null, "errors": [error]});
        Answer { status: self.status, body: body.to_string() }
    }
}

/// One object.
pub fn object(result: &Value) -> Answer {
    let body = json!({"success": true, "errors": [], "messages": [], "result": result});
    Answer { status: 200, body: body.to_string() }
}

impl Page {
    /// The page that the query asks for, within the list's bounds.
    pub fn of(query: &Query, default: usize, least: usize, most: usize) -> Result<Self, Refusal> {
        let number = |name: &str, default: usize| match query.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Refusal::new(400, 7400, format!("{name} is not a number"))),
        };
        let (page, size) = (number("page", 1)?, number("per_page", default)?);
        if page < 1 || !(least..=most).contains(&size) {
            return Err(Refusal::new(400, 7400, format!("page from 1, per_page from {least} to {most}")));
        }
        Ok(Self { number: page, size })
    }

    /// A page of at most so many.
    pub fn holding(self, most: usize) -> Self {
        Self { size: self.size.min(most), ..self }
    }

    /// The page's part of `all`, written out by `text`.
    pub fn cut<T>(self, all: &[T], text: impl Fn(&T) -> String) -> Answer {
        let start = (self.number - 1).saturating_mul(self.size).min(all.len());
        let part = &all[start..start.saturating_add(self.size).min(all.len())];
        let mut body = String::from(r#"{"success":true,"errors":[],"messages":[],"result":["#);
        for (index, element) in part.iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            body.push_str(&text(element));
        }
        let info = json!({"page": self.number, "per_page": self.size, "count": part.len(), "total_count": all.len()});
        body.push_str(&format!("],\"result_info\":{info}}}"));
        Answer { status: 200, body }
    }
}
