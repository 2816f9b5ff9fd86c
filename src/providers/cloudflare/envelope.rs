//! The object that every answer of the provider is wrapped in, and what its errors say.

use serde::Deserialize;

use crate::net::html;

/// An answer without its results, which travel separately.
#[derive(Debug, Deserialize)]
pub struct Envelope<T = serde::de::IgnoredAny> {
    /// An answer of status 200 without it is a failure.
    #[serde(default)]
    pub success: bool,
    pub errors: Option<Vec<Fault>>,
    pub result: Option<T>,
    pub result_info: Option<ResultInfo>,
}

/// One error, in the provider's words.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fault {
    pub code: i64,
    pub message: String,
    pub source: Option<Source>,
    pub error_chain: Option<Vec<Self>>,
}

/// The part of the request that an error is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Source {
    pub pointer: Option<String>,
}

/// Which page this is. `total_pages` is not promised, so it is not read.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResultInfo {
    pub total_count: Option<u64>,
}

impl<T> Envelope<T> {
    /// All errors in one line: `An identical record already exists. (81058)`.
    pub fn words(&self) -> Option<String> {
        let faults = self.errors.as_deref().unwrap_or_default();
        let words: Vec<_> = faults.iter().map(Fault::words).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

impl Fault {
    fn words(&self) -> String {
        let mut words = format!("{} ({})", self.message.trim(), self.code);
        if let Some(pointer) = self.source.as_ref().and_then(|source| source.pointer.as_deref()) {
            words.push_str(&format!(" at {pointer}"));
        }
        for cause in self.error_chain.as_deref().unwrap_or_default() {
            words.push_str(&format!(", because: {}", cause.words()));
        }
        words
    }
}

/// What an answer that failed says for itself: the envelope's errors, a page's title, or its own words. Uncut: secrets
/// are taken out before, or a half of one would stay.
pub fn words_of(body: &[u8]) -> String {
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(body) {
        return envelope.words().unwrap_or_else(|| "it gave no reason".to_owned());
    }
    let text = String::from_utf8_lossy(body);
    match html::title(&text) {
        Some(title) => format!("not the API but a page answered: {title}"),
        None if text.trim().is_empty() => "the answer is empty".to_owned(),
        None => format!("not the API answered: {}", text.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_with_their_codes_places_and_causes() {
        let body = br#"{"success":false,"errors":[{"code":1004,"message":"DNS Validation Error","source":{"pointer":"/content"},
            "error_chain":[{"code":9005,"message":"Content for A record is invalid."}]}],"messages":[],"result":null}"#;
        assert_eq!(
            words_of(body),
            "DNS Validation Error (1004) at /content, because: Content for A record is invalid. (9005)"
        );
    }

    #[test]
    fn whatever_stands_in_between_may_answer() {
        assert_eq!(
            words_of(b"<HTML><Title>502 Bad Gateway</Title>"),
            "not the API but a page answered: 502 Bad Gateway"
        );
        assert_eq!(words_of(b""), "the answer is empty");
        assert_eq!(words_of(b"upstream gone"), "not the API answered: upstream gone");
        assert_eq!(words_of(br#"{"success":false,"errors":null}"#), "it gave no reason");
        assert_eq!(words_of("<title>\u{130}".as_bytes()), "not the API answered: <title>\u{130}");
    }
}
