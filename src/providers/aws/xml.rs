//! AWS's XML: unknown elements are ignored, an absent list is an empty one, prefixes and the order of elements mean
//! nothing.
//!
//! Because everything may be absent, any well-formed text would read as an empty listing; so the root has to be the
//! answer to the question that was asked, or a proxy's error page would pass for "there is nothing".

use std::fmt;
use std::marker::PhantomData;

use chrono::DateTime;
use quick_xml::events::Event;
use serde::de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::clock::Instant;

/// EC2's `<somethingSet><item>…`.
#[derive(Debug, Deserialize)]
pub(super) struct Items<T> {
    #[serde(default = "Vec::new")]
    pub item: Vec<T>,
}

/// The query services' `<Something><member>…`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Members<T> {
    #[serde(default = "Vec::new")]
    pub member: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { item: Vec::new() }
    }
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self { member: Vec::new() }
    }
}

/// The query services' `<ActionResponse><ActionResult>…`: what is within, whatever the action.
pub(super) struct Wrapped<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wrapped<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Unwrap(PhantomData))
    }
}

struct Unwrap<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Unwrap<T> {
    type Value = Wrapped<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an element whose name ends with Result")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut elements: A) -> Result<Wrapped<T>, A::Error> {
        let mut result = None;
        while let Some(name) = elements.next_key::<String>()? {
            if name.ends_with("Result") {
                result = Some(Wrapped(elements.next_value()?));
            } else {
                elements.next_value::<IgnoredAny>()?;
            }
        }
        result.ok_or_else(|| A::Error::custom("there is no result in it"))
    }
}

/// Reads the answer to `action`.
///
/// # Errors
/// What is wrong with it: not XML, cut short, or the answer to something else.
pub(super) fn read<T: DeserializeOwned>(action: &str, body: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("not UTF-8: {error}"))?;
    let root = root_name(text)?;
    if root.strip_suffix("Response") != Some(action) {
        return Err(format!("the answer is a <{root}>, not a <{action}Response>"));
    }
    quick_xml::de::from_str(text).map_err(|error| format!("not the XML that was expected: {error}"))
}

fn root_name(text: &str) -> Result<String, String> {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event().map_err(|error| format!("not XML: {error}"))? {
            Event::Start(start) | Event::Empty(start) => {
                return Ok(start.local_name().as_ref().to_owned());
            }
            Event::Eof => return Err("the answer is empty".to_owned()),
            _ => {}
        }
    }
}

/// A timestamp; one that cannot be read is none.
pub(super) fn time(text: &str) -> Option<Instant> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Things {
        #[serde(default)]
        thing_set: Items<Thing>,
    }

    #[derive(Debug, Deserialize)]
    struct Thing {
        #[serde(default)]
        value: String,
    }

    fn values(body: &str) -> Result<Vec<String>, String> {
        let things: Things = read("ListThings", body.as_bytes())?;
        Ok(things.thing_set.item.into_iter().map(|thing| thing.value).collect())
    }

    #[test]
    fn absent_and_empty_lists_are_the_same() {
        assert_eq!(values("<ListThingsResponse/>"), Ok(vec![]));
        assert_eq!(values("<ListThingsResponse><thingSet/></ListThingsResponse>"), Ok(vec![]));
        assert_eq!(values("<ListThingsResponse>\n <thingSet> </thingSet>\n</ListThingsResponse>"), Ok(vec![]));
    }

    #[test]
    fn prefixes_unknown_elements_and_order_mean_nothing() {
        let body = r#"<?xml version="1.0"?><a:ListThingsResponse xmlns:a="http://x/"><new><deep>1</deep></new><a:thingSet>
            <a:item><other/><a:value>R&amp;D &lt;x&gt;</a:value></a:item><a:item><a:value/></a:item></a:thingSet><late/>
            </a:ListThingsResponse>"#;
        assert_eq!(values(body), Ok(vec!["R&D <x>".to_owned(), String::new()]));
    }

    #[test]
    fn f02_what_is_no_answer_is_never_an_empty_listing() {
        for body in [
            "",
            "<html><body>Welcome to the hotel network</body></html>",
            "<ListOthersResponse/>",
            "<ListThingsResponse><thingSet><item><value>1</value>",
            "{}",
        ] {
            assert!(values(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn timestamps_are_read_with_and_without_a_fraction() {
        assert_eq!(time("2026-12-01T02:00:00.000Z"), time("2026-12-01T02:00:00Z"));
        assert!(time("2026-12-01T02:00:00Z").is_some());
        assert_eq!(time("soon"), None);
    }
}
