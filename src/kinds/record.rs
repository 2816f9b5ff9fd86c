//! One resource as a provider reports it: an identity and the kind's struct, already as JSON.
//!
//! A record may leave fields out: then nobody knows them this time, and what is stored keeps those it has. That is something else
//! than an empty field, which says that there is nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

use super::Kind;

/// A reported resource. It is hashed at once and dropped when nothing changed, so it carries nothing that can be derived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub external_id: String,
    /// The JSON of the kind's struct, fields in the order of their declaration.
    pub attrs: Box<RawValue>,
}

impl Record {
    /// The record of a filled struct.
    ///
    /// # Errors
    /// When the struct does not serialise, which means a map with keys that are no strings.
    pub fn of<K: Kind>(kind: &K) -> serde_json::Result<Self> {
        Ok(Self { external_id: kind.external_id(), attrs: serde_json::value::to_raw_value(kind)? })
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

/// Whether a JSON value says nothing: null, an empty string, list or object, false or zero.
pub fn is_blank(json: &str) -> bool {
    matches!(json.trim(), "null" | "\"\"" | "[]" | "{}" | "false" | "0")
}
