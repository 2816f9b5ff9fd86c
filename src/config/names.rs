//! Names: what one may look like, that it is given once, and what is mentioned here and defined elsewhere.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::error::Place;

/// Something that the configuration names and that only a higher layer can look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub place: Place,
    pub mentioned: Mentioned,
}

/// What is mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mentioned {
    /// The name of a kind.
    Kind(String),
    /// A field that some kind must offer as a facet.
    Facet(String),
    /// A field that resources of a kind must have, for a link to be filled with.
    LinkField { kind: String, field: String },
}

/// Whether `name` can stand in a path, a key and a command line as it is: `[a-z0-9][a-z0-9._-]*`.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.bytes().next().is_some_and(plain) && name.bytes().all(|byte| plain(byte) || b"._-".contains(&byte))
}

/// The names of one sort, each with the place where it was given first.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, Place>);

impl Names {
    /// Reads `name` from a section; an unusable one is a fault, and so is one that was given before. Without a name it
    /// is `""`.
    pub fn read(&mut self, section: &mut Reader<'_>, example: &str) -> String {
        let Some(name) = section.required_text("name", example) else { return String::new() };
        if !is_name(&name) {
            section.fault(
                "name",
                format!("{name:?} cannot be a name"),
                "use lower-case letters, digits, `.`, `_` and `-`, with a letter or digit first",
            );
        } else if let Some(first) = self.0.get(&name) {
            let what = format!("the name {name:?} is already taken in line {}", first.line);
            section.fault("name", what, "give each its own name");
        } else {
            self.0.insert(name.clone(), section.place("name"));
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_can_stand_in_a_path_as_it_is() {
        for (name, expected) in [
            ("eu-production", true),
            ("1.2_3", true),
            ("", false),
            ("-eu", false),
            (".", false),
            ("EU", false),
            ("a/b", false),
            ("a b", false),
            ("żółw", false),
        ] {
            assert_eq!(is_name(name), expected, "{name:?}");
        }
    }
}
