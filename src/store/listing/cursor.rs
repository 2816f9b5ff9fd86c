//! Cursors: where a page begins, in one opaque word that fits into a URL.
//!
//! It carries the key values of the row beside which the page begins, and the hash of the query they belong to, under a
//! checksum: a cursor that was cut, changed or taken to another list is refused and never silently shows other rows.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::ListQuery;
use crate::clock::Instant;
use crate::store::rows::ResourceRow;
use crate::store::sql::Value;

/// Begins a page after (or, backwards, before) a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// Of the query that it belongs to.
    #[serde(rename = "q")]
    query: u64,
    #[serde(rename = "b")]
    backwards: bool,
    #[serde(rename = "s")]
    segment: usize,
    #[serde(rename = "k")]
    keys: Vec<Part>,
    /// The moment that the query asked for, in microseconds since the Unix epoch.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Part {
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "n")]
    Number(i64),
    /// Microseconds since the Unix epoch.
    #[serde(rename = "m")]
    Time(i64),
}

/// A cursor that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    #[error("this is not a cursor of this panel, or it was cut off; begin again without it")]
    Malformed,
    #[error("the cursor belongs to another list, filter or sort; begin again without it")]
    OtherQuery,
}

impl Cursor {
    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Malformed)?;
        let (body, sum) = bytes.split_last_chunk::<8>().ok_or(CursorError::Malformed)?;
        if *checksum(body) != *sum {
            return Err(CursorError::Malformed);
        }
        serde_json::from_slice(body).map_err(|_| CursorError::Malformed)
    }

    /// Whether it fits `query`: the same list, filters, sort and moment; another page size is fine.
    pub fn check(&self, query: &ListQuery) -> Result<(), CursorError> {
        if self.query != hash(query) {
            return Err(CursorError::OtherQuery);
        }
        let segments = query.sort.segments();
        let segment = segments.get(self.segment).ok_or(CursorError::Malformed)?;
        if segment.keys.len() == self.keys.len() { Ok(()) } else { Err(CursorError::Malformed) }
    }

    pub(super) fn after(query: &ListQuery, row: &ResourceRow) -> Self {
        Self::beside(query, row, false)
    }

    pub(super) fn before(query: &ListQuery, row: &ResourceRow) -> Self {
        Self::beside(query, row, true)
    }

    fn beside(query: &ListQuery, row: &ResourceRow, backwards: bool) -> Self {
        let segment = query.sort.segment_of(row);
        let values = query.sort.segments().get(segment).map(|keys| keys.values(row)).unwrap_or_default();
        let keys = values.into_iter().map(Part::of).collect();
        Self { query: hash(query), backwards, segment, keys, at: query.at.map(|at| at.timestamp_micros()) }
    }

    /// The moment of the list that it belongs to.
    pub fn at(&self) -> Option<Instant> {
        self.at.and_then(DateTime::from_timestamp_micros)
    }

    pub(super) fn is_backwards(&self) -> bool {
        self.backwards
    }

    pub(super) fn segment(&self) -> usize {
        self.segment
    }

    pub(super) fn values(&self) -> Vec<Value> {
        self.keys.iter().map(Part::value).collect()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = serde_json::to_vec(self).map_err(|_| fmt::Error)?;
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&*sum);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl Part {
    fn of(value: Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            Value::Big(number) => Self::Number(number),
            Value::Time(at) => Self::Time(at.and_utc().timestamp_micros()),
            // No key column is of another type.
            _ => Self::Number(0),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.clone()),
            Self::Number(number) => Value::Big(*number),
            Self::Time(micros) => Value::from(DateTime::from_timestamp_micros(*micros).unwrap_or_default()),
        }
    }
}

fn checksum(body: &[u8]) -> Box<[u8; 8]> {
    Box::new(xxh3_64(body).to_le_bytes())
}

/// Everything that decides which rows there are and in which order.
fn hash(query: &ListQuery) -> u64 {
    let mut hash = Xxh3::new();
    let mut part = |text: &str| {
        hash.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(text.as_bytes());
    };
    part(query.spec.name);
    part(query.text.as_deref().unwrap_or_default().trim());
    part(query.sort.column().id);
    part(if query.sort.descending { "-" } else { "+" });
    part(if query.gone { "gone" } else { "present" });
    part(&query.at.map(|at| at.timestamp_micros().to_string()).unwrap_or_default());
    for filter in &query.filters {
        part(filter.name());
        for value in filter.values() {
            part(value);
        }
        part("\0");
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::super::{Filter, Sort};
    use super::*;
    use crate::kinds::instance;

    fn query() -> ListQuery {
        ListQuery::of(&instance::SPEC)
    }

    fn cursor(query: &ListQuery) -> Cursor {
        let keys = vec![Part::Text("web 1".to_owned()), Part::Number(7)];
        Cursor { query: hash(query), backwards: false, segment: 0, keys, at: None }
    }

    #[test]
    fn a_cursor_survives_a_url() {
        let query = query();
        let text = cursor(&query).to_string();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{text}");
        assert_eq!(Cursor::parse(&text), Ok(cursor(&query)));
        assert!(query.starting_at(&text).is_ok());
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let text = cursor(&query()).to_string();
        for position in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap_or_default();
            assert_eq!(query().starting_at(&changed).err(), Some(CursorError::Malformed), "{changed}");
        }
        for bad in ["", "x", "%%%", &text[..text.len() - 3]] {
            assert_eq!(query().starting_at(bad).err(), Some(CursorError::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn a_cursor_of_another_query_is_refused() {
        let text = cursor(&query()).to_string();
        let mut others = vec![query(), query(), query(), query(), ListQuery::of(&crate::kinds::zone::SPEC)];
        others[0].text = Some("web".to_owned());
        others[1].filters.extend(Filter::named(&instance::SPEC, "status", ["running"]));
        others[2].sort = Sort::parse(&instance::SPEC, "-name").unwrap_or_else(Sort::by_name);
        others[3].gone = true;
        for other in others {
            assert_eq!(other.starting_at(&text).err(), Some(CursorError::OtherQuery));
        }
    }
}
