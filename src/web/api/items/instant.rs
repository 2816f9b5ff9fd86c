//! An instant as JSON, written without a format string: a page of a list holds hundreds, and chrono's own way takes a
//! quarter of the time in which the page is written.

use serde::{Serialize, Serializer};

use crate::clock::{Instant, push_instant};

/// As chrono writes it: RFC 3339, with milliseconds where there are any.
pub fn one<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(24);
    if !push_instant(&mut text, at.naive_utc(), 'T') {
        return at.serialize(serializer);
    }
    text.push('Z');
    serializer.serialize_str(&text)
}

/// The same of one that need not be there.
pub fn maybe<S: Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => one(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Ours {
        #[serde(serialize_with = "one")]
        one: Instant,
        #[serde(serialize_with = "maybe")]
        other: Option<Instant>,
    }

    #[derive(Serialize)]
    struct Theirs {
        one: Instant,
        other: Option<Instant>,
    }

    proptest! {
        #[test]
        fn it_is_written_as_chrono_writes_it(millis in -60_000_000_000_000_i64..353_402_300_800_000, nanos in prop_oneof![4 => Just(0_u32), 1 => 0..1_000_000_u32]) {
            let at = DateTime::from_timestamp_millis(millis).unwrap() + chrono::TimeDelta::nanoseconds(i64::from(nanos));
            for other in [None, Some(at)] {
                let ours = serde_json::to_string(&Ours { one: at, other }).unwrap();
                prop_assert_eq!(ours, serde_json::to_string(&Theirs { one: at, other }).unwrap());
            }
        }
    }
}
