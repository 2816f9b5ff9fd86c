//! One resource as a provider reports it: an identity and the kind's struct, already as JSON.
//!
//! A record may leave fields out: then nobody knows them this time, and what is stored keeps those it has. That is
//! something else than an empty field, which says that there is nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

use super::Kind;
use crate::secret::Secret;

/// A reported resource. It is hashed at once and dropped when nothing changed, so it carries nothing that can be
/// derived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub external_id: String,
    /// The JSON of the kind's struct, fields in the order of their declaration.
    pub attrs: Box<RawValue>,
    /// What belongs to it and must not stand in `attrs`. Never serialised: whoever sends a record elsewhere has to seal
    /// these first.
    #[serde(skip)]
    pub values: Vec<SecretValue>,
}

/// A secret beside its record. In the record's attrs stands `name` with `digest`, so that a change of the value is one
/// of the record.
#[derive(Clone, Debug)]
pub struct SecretValue {
    pub name: String,
    /// The keyed hash of the value (`secret::Digest`).
    pub digest: String,
    pub value: Secret,
}

impl Record {
    /// The record of a filled struct.
    ///
    /// # Errors
    /// When the struct does not serialise, which means a map with keys that are no strings.
    pub fn of<K: Kind>(kind: &K) -> serde_json::Result<Self> {
        let attrs = serde_json::value::to_raw_value(kind)?;
        Ok(Self { external_id: kind.external_id(), attrs, values: Vec::new() })
    }

    /// With these beside it.
    pub fn with_values(self, values: Vec<SecretValue>) -> Self {
        Self { values, ..self }
    }

    /// The record of a struct of which the fields `unsaid` could not be learned.
    ///
    /// # Errors
    /// As [`Record::of`].
    pub fn without<K: Kind>(kind: &K, unsaid: &[&str]) -> serde_json::Result<Self> {
        let mut record = Self::of(kind)?;
        if !unsaid.is_empty() {
            let mut fields: BTreeMap<&str, &RawValue> = serde_json::from_str(record.attrs.get())?;
            fields.retain(|field, _| !unsaid.contains(field));
            record.attrs = serde_json::value::to_raw_value(&fields)?;
        }
        Ok(record)
    }

    /// The same with U+FFFD for every NUL, which PostgreSQL's text cannot hold: one in a TXT record would keep its
    /// whole zone from being written.
    pub fn without_nul(self) -> Self {
        let external_id =
            if self.external_id.contains('\0') { self.external_id.replace('\0', "\u{FFFD}") } else { self.external_id };
        let attrs =
            replace_nul(self.attrs.get()).and_then(|json| RawValue::from_string(json).ok()).unwrap_or(self.attrs);
        let mut values = self.values;
        for value in values.iter_mut().filter(|value| value.name.contains('\0')) {
            value.name = value.name.replace('\0', "\u{FFFD}");
        }
        Self { external_id, attrs, values }
    }

    /// The identity within its scope in 64 bits (XXH3).
    pub fn identity(&self) -> i64 {
        identity(&self.external_id)
    }

    /// The content in 64 bits (XXH3 over the JSON): equal fingerprints, equal facts.
    pub fn fingerprint(&self) -> i64 {
        xxh3_64(self.attrs.get().as_bytes()).cast_signed()
    }
}

/// An external id in 64 bits (XXH3), as it is stored beside the id itself.
pub fn identity(external_id: &str) -> i64 {
    xxh3_64(external_id.as_bytes()).cast_signed()
}

/// The JSON without escaped NULs, if it has any. JSON has no others.
fn replace_nul(json: &str) -> Option<String> {
    const NUL: &str = "\\u0000";
    if !json.contains(NUL) {
        return None;
    }
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    // A backslash and what it escapes go together: in `\\\\u0000` it is a backslash, and no NUL follows.
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        clean.push_str(before);
        if let Some(after) = escape.strip_prefix(NUL) {
            clean.push('\u{FFFD}');
            rest = after;
        } else {
            let end = escape.char_indices().nth(2).map_or(escape.len(), |(end, _)| end);
            clean.push_str(&escape[..end]);
            rest = &escape[end..];
        }
    }
    clean.push_str(rest);
    Some(clean)
}

/// Whether a JSON value says nothing: null, an empty string, list or object. `false` and zero do say something.
pub fn is_blank(json: &str) -> bool {
    matches!(json.trim(), "null" | "\"\"" | "[]" | "{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> String {
        let attrs = serde_json::value::to_raw_value(&[text, "\n\"é"]).unwrap_or_default();
        let record = Record { external_id: text.to_owned(), attrs, values: Vec::new() }.without_nul();
        let texts: Vec<String> = serde_json::from_str(record.attrs.get()).unwrap_or_default();
        assert_eq!(texts.last().map(String::as_str), Some("\n\"é"));
        assert_eq!(texts.first(), Some(&record.external_id));
        record.external_id
    }

    #[test]
    fn a_nul_is_replaced_and_what_only_looks_like_one_is_not() {
        assert_eq!(clean("a\0\0b"), "a\u{FFFD}\u{FFFD}b");
        assert_eq!(clean("\\\0"), "\\\u{FFFD}");
        for other in ["", "a", "\\u0000", "\\\\u0000", "\u{1}0000", "\\"] {
            assert_eq!(clean(other), other);
        }
    }
}
