//! What an answer that failed says for itself.
//!
//! A controller says it as an object of lists by field, as an object with `detail`, as one with `error`, as a bare
//! list, as a bare string, or, where its own routes do not answer, as a page. What is none of these is not repeated: at
//! the address of a configuration it might be anything.

use serde_json::Value;

use crate::net::html;

/// The words of a failed answer's body, on one line.
pub fn words_of(body: &[u8]) -> String {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        let words = said(&value);
        return if words.is_empty() { "it gave no reason".to_owned() } else { words };
    }
    let text = String::from_utf8_lossy(body);
    match html::title(&text) {
        Some(title) => format!("not the API but a page answered: {title}"),
        None if text.trim().is_empty() => "the answer is empty".to_owned(),
        None => "not the API answered".to_owned(),
    }
}

/// Whether this is how the API itself says that a thing is not there. A page means that the URL is unknown: no absence
/// of anything.
pub fn is_the_apis(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok()
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => joined(items.iter().map(said)),
        Value::Object(fields) => match (fields.get("detail"), fields.get("error")) {
            (Some(detail), _) => said(detail),
            (None, Some(Value::Object(error))) => {
                let message = error.get("message").map(said).unwrap_or_default();
                match error.get("code").and_then(Value::as_str) {
                    Some(code) => format!("{message} ({code})"),
                    None => message,
                }
            }
            (None, Some(error)) => said(error),
            (None, None) => joined(fields.iter().map(|(field, texts)| match field.as_str() {
                "non_field_errors" => said(texts),
                field => format!("{field}: {}", said(texts)),
            })),
        },
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_in_every_shape_in_which_it_comes() {
        for (body, expected) in [
            (r#"{"id":["Application with this id already exists."]}"#, "id: Application with this id already exists."),
            (r#"{"non_field_errors":["one","two"]}"#, "one; two"),
            (r#"{"detail":"Invalid token."}"#, "Invalid token."),
            (
                r#"{"error":{"code":"NOT_FOUND","message":"No App matches the given query."}}"#,
                "No App matches the given query. (NOT_FOUND)",
            ),
            (r#"["Certificate and private key do not match!"]"#, "Certificate and private key do not match!"),
            (r#""No App matches the given query.""#, "No App matches the given query."),
            ("<html><TITLE>Not Found</TITLE>", "not the API but a page answered: Not Found"),
            ("", "the answer is empty"),
            ("DATABASE_URL=postgres://u:p@h/d", "not the API answered"),
            ("null", "it gave no reason"),
        ] {
            assert_eq!(words_of(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn only_the_apis_own_words_say_that_something_is_not_there() {
        assert!(is_the_apis(br#""No App matches the given query.""#));
        assert!(!is_the_apis(b"<html><title>Not Found</title>"));
    }
}
