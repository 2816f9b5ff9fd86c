//! Reading a few fields of a kind's stored JSON, for lists: the rest is passed over without being taken apart, which is
//! most of what a row costs.
//!
//! The struct is filled as it would be by serde alone, but sees only the fields of [`Fields`]; all others keep their
//! defaults. What is behind the last of them is not looked at.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::value::CowStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// The top-level fields that are wanted, by their names in JSON.
pub type Fields<'f> = &'f [&'static str];

/// Reads `json`, an object, as a `T` of which only `fields` are looked at.
pub fn read<T: DeserializeOwned>(json: &str, fields: Fields<'_>) -> serde_json::Result<T> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let left = Cell::new(fields.len());
    T::deserialize(Partial { inner: &mut reader, fields, left: &left })
}

/// A deserializer of an object, or a map of its, that shows nothing but `fields`.
struct Partial<'f, I> {
    inner: I,
    fields: Fields<'f>,
    /// How many of them have not been met yet.
    left: &'f Cell<usize>,
}

/// A visitor that is shown such a map. What it makes of it is kept apart: who leaves a map before its end is told of an
/// error by the reader.
struct Shown<'f, V, T> {
    inner: V,
    fields: Fields<'f>,
    left: &'f Cell<usize>,
    made: &'f mut Option<T>,
}

/// A field's name, borrowed where it holds no escape.
struct Name<'de>(Cow<'de, str>);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Partial<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { inner, fields, left } = self;
        let mut made = None;
        let read = inner.deserialize_map(Shown { inner: visitor, fields, left, made: &mut made });
        match made {
            Some(made) if left.get() == 0 => Ok(made),
            made => read.and_then(|()| made.ok_or_else(|| D::Error::custom("an object was expected"))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Shown<'_, V, V::Value> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        *self.made = Some(self.inner.visit_map(Partial { inner: map, fields: self.fields, left: self.left })?);
        Ok(())
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Partial<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while self.left.get() > 0
            && let Some(Name(name)) = self.inner.next_key()?
        {
            if self.fields.iter().any(|field| *field == name) {
                self.left.set(self.left.get() - 1);
                return seed.deserialize(CowStrDeserializer::new(name)).map(Some);
            }
            self.inner.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Either)
    }
}

#[cfg(test)]
mod tests {
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
    fn what_is_behind_the_last_wanted_field_is_not_read() {
        let named = Thing { name: "a".to_owned(), ..Thing::default() };
        assert_eq!(read::<Thing>(r#"{"size":1,"name":"a","tags":[broken"#, &["name"]).unwrap(), named);
        assert!(read::<Thing>(r#"{"name":"a","tags":[broken"#, &["name", "size"]).is_err());
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for json in ["", "[]", "7", r#"{"name":"a"#, r#"{"size":1,}"#] {
            assert!(read::<Thing>(json, &["name"]).is_err(), "{json}");
        }
    }
}
