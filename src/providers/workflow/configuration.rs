//! An app's configuration, taken apart: limits and node labels, which anybody may read, and settings, which are
//! secrets.
//!
//! Whatever is in the answer and is not known to be harmless is treated as a secret: credentials of registries,
//! commands of health checks, and every part that a later version of the controller may add. Nothing of an answer is
//! ever quoted in an error.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::kinds::app::Limit;
use crate::secret::Secret;

/// Parts of the answer that say nothing of the app itself.
const PLAIN: &[&str] = &["uuid", "app", "owner", "created", "updated"];

/// What an app is configured with.
#[derive(Debug, Default)]
pub struct Configuration {
    pub limits: BTreeMap<String, Limit>,
    pub node_tags: BTreeMap<String, String>,
    pub settings: Vec<Setting>,
    /// Parts of the answer that this version does not know; what they hold is among the settings.
    pub unknown: Vec<String>,
}

/// A name and what it is set to.
#[derive(Debug)]
pub struct Setting {
    /// `PORT`, `web/PORT`, `registry/password`: unique within the app.
    pub key: String,
    pub value: Secret,
}

impl Setting {
    /// `place` is the process type that it is for, or the part of the configuration; empty for a variable of every
    /// process.
    pub fn new(place: &str, name: &str, value: String) -> Self {
        let key = if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
        Self { key, value: Secret::from(value) }
    }
}

/// Parts whose content is known to this version, though it is kept like a secret.
const SEALED: &[&str] = &[
    "registry",
    "healthcheck",
    "lifecycle",
    "lifecycle_post_start",
    "lifecycle_pre_stop",
    "termination_grace_period",
    "values_refs",
];

/// The parts of an answer that nobody has read yet.
pub struct Unread(Map<String, Value>);

impl Unread {
    /// The parts of `answer`, if it is an object with values.
    pub fn of(answer: Value) -> Option<Self> {
        match answer {
            Value::Object(parts) if parts.contains_key("values") => Some(Self(parts)),
            _ => None,
        }
    }

    /// Takes a part that maps names to texts; nothing where it is absent or null, `None` where it is of another shape.
    pub fn texts(&mut self, part: &str) -> Option<BTreeMap<String, String>> {
        match self.0.remove(part) {
            None | Some(Value::Null) => Some(BTreeMap::new()),
            Some(Value::Object(entries)) => {
                Some(entries.into_iter().map(|(name, value)| (name, text_of(value))).collect())
            }
            Some(_) => None,
        }
    }

    /// Takes a part that is a list.
    pub fn items(&mut self, part: &str) -> Option<Vec<Value>> {
        match self.0.remove(part) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(items)) => Some(items),
            Some(_) => None,
        }
    }

    /// With all that is left as settings, too.
    pub fn into_configuration(
        self,
        limits: BTreeMap<String, Limit>,
        node_tags: BTreeMap<String, String>,
        mut settings: Vec<Setting>,
    ) -> Configuration {
        let mut unknown = Vec::new();
        for (part, value) in self.0 {
            if PLAIN.contains(&part.as_str()) {
                continue;
            }
            if !SEALED.contains(&part.as_str()) {
                unknown.push(part.clone());
            }
            flatten(&part, "", value, &mut settings);
        }
        Configuration { limits, node_tags, settings, unknown }
    }
}

/// Each leaf of `value` as a setting, named by its path: `registry/web.password`. What is empty is nothing.
fn flatten(part: &str, path: &str, value: Value, settings: &mut Vec<Setting>) {
    match value {
        Value::Null => {}
        Value::Object(entries) => {
            for (name, value) in entries {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(part, &path, value, settings);
            }
        }
        Value::Array(items) if items.is_empty() => {}
        leaf => settings.push(Setting::new(part, name_of(path), text_of(leaf))),
    }
}

/// A part that is a value itself has no path of its own.
fn name_of(path: &str) -> &str {
    if path.is_empty() { "value" } else { path }
}

/// A value as the app will see it: a text as it is, nothing as an empty one, anything else as JSON.
pub fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_known_to_be_harmless_is_a_secret() {
        let answer = json!({
            "uuid": "u", "app": "shop", "values": {"PORT": "8080"}, "memory": {"web": "512M"}, "later": {"a": {"b": 5}, "c": []},
            "registry": {"username": "u", "password": "p"}, "healthcheck": {}, "flag": true, "tags": {"rack": 1},
        });
        let mut unread = Unread::of(answer).unwrap();
        assert_eq!(unread.texts("memory").unwrap()["web"], "512M");
        assert_eq!(unread.texts("tags").unwrap()["rack"], "1");
        let values = unread.texts("values").unwrap();
        assert_eq!(values["PORT"], "8080");
        let rest = unread.into_configuration(BTreeMap::new(), BTreeMap::new(), Vec::new());
        let told: Vec<_> =
            rest.settings.iter().map(|one| (one.key.as_str(), one.value.expose_secret().to_owned())).collect();
        let expected =
            [("flag/value", "true"), ("later/a.b", "5"), ("registry/password", "p"), ("registry/username", "u")];
        assert_eq!(told, expected.map(|(key, value)| (key, value.to_owned())));
        assert_eq!(rest.unknown, ["flag", "later"]);
        assert!(!format!("{:?}", rest.settings).contains("\"p\""));
    }

    #[test]
    fn an_answer_of_another_shape_is_no_configuration() {
        assert!(Unread::of(json!({"detail": "no"})).is_none());
        assert!(Unread::of(json!({"values": [1]})).unwrap().texts("values").is_none());
    }
}
