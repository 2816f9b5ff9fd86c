//! The fields of a resource as they are stored, which is as JSON: an answer carries that text and nobody reads it on
//! the way.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// JSON that serde wrote when the resource was stored.
#[derive(Clone, Debug)]
pub struct Attrs(pub(super) String);

/// By this name `serde_json` knows text that is JSON already. Its own `RawValue` cannot be had without reading the text
/// once more, which is a fifth of a page of a list. A test holds the two to each other.
const RAW: &str = "$serde_json::private::RawValue";

impl Serialize for Attrs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A row that was damaged by hand is shown as having no fields rather than as no JSON.
        let is_whole = self.0.starts_with('{') && self.0.ends_with('}');
        let mut raw = serializer.serialize_struct(RAW, 1)?;
        raw.serialize_field(RAW, if is_whole { self.0.as_str() } else { "null" })?;
        raw.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn it_is_written_as_serde_json_writes_its_own() {
        #[derive(Serialize)]
        struct Answer<A> {
            id: u8,
            attrs: A,
        }
        let text = r#"{"name":"a \"b\"","list":[1,null,{}]}"#;
        let own = Answer { id: 1, attrs: RawValue::from_string(text.to_owned()).unwrap() };
        let ours = Answer { id: 1, attrs: Attrs(text.to_owned()) };
        assert_eq!(serde_json::to_string(&ours).unwrap(), serde_json::to_string(&own).unwrap());
        assert_eq!(serde_json::to_value(&ours).unwrap(), serde_json::to_value(&own).unwrap());
        assert_eq!(serde_json::to_string(&Attrs("{\"cut off\": ".to_owned())).unwrap(), "null");
    }
}
