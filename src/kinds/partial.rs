//! Reading a few fields of a kind's stored JSON, for lists: the rest is passed over without being taken apart, which is
//! most of what a row costs.
//!
//! The object is only cut into its entries here, by its quotes and brackets; what a wanted one holds is read by
//! `serde_json`, and the struct is filled as it would be by serde alone, but all other fields keep their defaults.

use std::borrow::Cow;

use memchr::memchr2;
use serde::de::value::CowStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Result};

/// The top-level fields that are wanted, by their names in JSON.
pub type Fields<'f> = &'f [&'static str];

/// Reads `json`, an object, as a `T` of which only `fields` are looked at.
pub fn read<T: DeserializeOwned>(json: &str, fields: Fields<'_>) -> Result<T> {
    T::deserialize(Partial { entries: Entries::of(json)?, fields, value: "" })
}

/// An object that shows nothing but `fields`.
struct Partial<'de, 'f> {
    entries: Entries<'de>,
    fields: Fields<'f>,
    /// Of the field that was shown last.
    value: &'de str,
}

impl<'de> Deserializer<'de> for Partial<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Partial<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        while let Some((name, value)) = self.entries.next()? {
            if self.fields.iter().any(|field| *field == name) {
                self.value = value;
                return seed.deserialize(CowStrDeserializer::new(name)).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let mut value = serde_json::Deserializer::from_str(self.value);
        let read = seed.deserialize(&mut value)?;
        value.end().map(|()| read)
    }
}

/// The entries of an object, each as its name and the text of its value.
struct Entries<'de> {
    json: &'de str,
    /// Where the next name begins, or the object ends.
    at: usize,
}

impl<'de> Entries<'de> {
    fn of(json: &'de str) -> Result<Self> {
        let mut entries = Self { json, at: 0 };
        entries.skip_space();
        entries.expect(b'{')?;
        entries.skip_space();
        Ok(entries)
    }

    /// The next entry; `None` at the end of the object, behind which nothing may follow.
    fn next(&mut self) -> Result<Option<(Cow<'de, str>, &'de str)>> {
        if self.byte() == Some(b'}') {
            self.at += 1;
            self.skip_space();
            return if self.byte().is_none() { Ok(None) } else { Err(self.error()) };
        }
        let (name, escaped) = self.string()?;
        let name = match escaped {
            true => Cow::Owned(serde_json::from_str(name)?),
            false => Cow::Borrowed(&name[1..name.len() - 1]),
        };
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        let value = self.value()?;
        self.skip_space();
        if self.byte() != Some(b'}') {
            self.expect(b',')?;
            self.skip_space();
            // A comma leads to another name.
            if self.byte() != Some(b'"') {
                return Err(self.error());
            }
        }
        Ok(Some((name, value)))
    }

    /// A string with its quotes, and whether anything in it is escaped.
    fn string(&mut self) -> Result<(&'de str, bool)> {
        if self.byte() != Some(b'"') {
            return Err(self.error());
        }
        let (end, escaped) = string_end(self.json.as_bytes(), self.at + 1).ok_or_else(|| self.error())?;
        let string = &self.json[self.at..end];
        self.at = end;
        Ok((string, escaped))
    }

    /// A value, as far as its own brackets and quotes tell its end; what is in it is not looked at.
    fn value(&mut self) -> Result<&'de str> {
        let end = value_end(self.json.as_bytes(), self.at).filter(|end| *end > self.at).ok_or_else(|| self.error())?;
        let value = &self.json[self.at..end];
        self.at = end;
        Ok(value)
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.byte() != Some(byte) {
            return Err(self.error());
        }
        self.at += 1;
        Ok(())
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn error(&self) -> Error {
        Error::custom(format_args!("no object, by its byte {}", self.at))
    }
}

/// Behind the closing quote of the string whose content begins at `at`, and whether anything in it is escaped.
fn string_end(json: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at += memchr2(b'"', b'\\', json.get(at..)?)?;
        if json[at] == b'"' {
            return Some((at + 1, escaped));
        }
        escaped = true;
        at += 2;
    }
}

/// Behind the value that begins at `at`; there, where none does.
fn value_end(json: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match *json.get(at)? {
            b'"' => {
                at = string_end(json, at + 1)?.0;
                if depth == 0 {
                    return Some(at);
                }
            }
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            // The end of a number or a word.
            b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return Some(at),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Thing {
        name: String,
        size: u32,
        tags: Vec<String>,
    }

    const JSON: &str = r#"{"name":"a\"b","size":"no number","unknown":{"name":[]},"t\u0061gs":["x"]}"#;

    #[test]
    fn nothing_but_the_wanted_fields_is_looked_at() {
        let thing: Thing = read(JSON, &["name", "tags"]).unwrap();
        assert_eq!(thing, Thing { name: "a\"b".to_owned(), size: 0, tags: vec!["x".to_owned()] });
        assert_eq!(read::<Thing>(JSON, &[]).unwrap(), Thing::default());
        assert!(read::<Thing>(JSON, &["size"]).is_err());
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for json in ["", "[]", "7", r#"{"name":"a""#, r#"{"size":1,}"#] {
            assert!(read::<Thing>(json, &["name"]).is_err(), "{json}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            r#"[a-z"\\\[\]{},: \n\u{e9}]{0,8}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c\"{]{0,2}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        /// Whatever the values hold, compact or spaced out.
        #[test]
        fn wanted_fields_are_read_as_serde_json_reads_them(map in prop::collection::btree_map("name|size|tags|o\"ther|[a-z]{1,3}", any_value(), 0..6), pretty: bool) {
            const WANTED: [&str; 3] = ["name", "tags", "o\"ther"];
            let json = if pretty { serde_json::to_string_pretty(&map) } else { serde_json::to_string(&map) }.unwrap();
            let expected: BTreeMap<String, Value> = map.into_iter().filter(|(name, _)| WANTED.contains(&name.as_str())).collect();
            prop_assert_eq!(read::<BTreeMap<String, Value>>(&json, &WANTED).unwrap(), expected);
        }

        /// Cut off anywhere, or with a byte in it that does not belong there, it is an error or what `serde_json` reads; it
        /// never panics.
        #[test]
        fn broken_text_is_no_panic(json in r#"[{}\[\]:,"\\a-b0-9 \u{e9}]{0,24}"#) {
            let ours = read::<BTreeMap<String, Value>>(&json, &["a"]);
            if let Ok(theirs) = serde_json::from_str::<BTreeMap<String, Value>>(&json) {
                let theirs: BTreeMap<String, Value> = theirs.into_iter().filter(|(name, _)| name == "a").collect();
                prop_assert_eq!(ours.unwrap(), theirs);
            }
        }
    }
}
