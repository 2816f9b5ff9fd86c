//! Findings: what does not fit together, such as an instance that nothing leads to, or a record that leads to what was
//! ours.
//!
//! A rule is a function from a slice of resources to what it finds among them, asked in batches. The task `findings`
//! takes every resource of its kind through it ([`sweep()`]) and keeps what is found; a page asks the same function
//! again about the rows that it shows ([`verify()`]), so that what has been mended since is not shown. That something
//! is *absent* is believed of complete and fresh listings only: each finding names the kinds that prove it, and is
//! unsure while they do not.
//!
//! **One more finding**: its file here with a `RULE`, and one line in [`RULES`].

use diesel::QueryResult;

use crate::clock::Instant;
use crate::config::NetworkConfig;
use crate::kinds::{Key, KindSpec};
use crate::store::AnyConnection;

mod certificate_unattached;
mod certificate_unfit;
mod dangling_record;
mod domain_without_record;
mod instance_without_record;
mod record_to_stopped;
mod sweep;
mod tally;
mod verify;

pub use sweep::{Swept, sweep};
pub use tally::{Tally, tally};
pub use verify::{Finding, verify};

/// Every rule, in the order in which they are shown: what can hurt first.
pub const RULES: &[Rule] = &[
    dangling_record::RULE,
    record_to_stopped::RULE,
    domain_without_record::RULE,
    certificate_unfit::RULE,
    certificate_unattached::RULE,
    instance_without_record::RULE,
];

/// A sort of finding.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Stored, and in paths: `dangling-record`.
    pub name: &'static str,
    /// In the plural, for people.
    pub title: &'static str,
    /// What one such finding means.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// What is found.
    pub spec: &'static KindSpec,
    /// What is looked at to find it.
    pub walks: &'static KindSpec,
    pub find: fn(&mut AnyConnection, &Given, &[i64]) -> QueryResult<Vec<Found>>,
}

/// What a rule may know besides the inventory.
#[derive(Clone, Debug)]
pub struct Given {
    pub now: Instant,
    pub networks: Vec<NetworkConfig>,
}

/// Something that a rule has found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which of the given resources it was found at.
    pub walked_id: i64,
    pub resource_id: i64,
    /// The key that it is about, where a resource can have several such findings.
    pub subject: Option<Key>,
    /// What is the case, as half a sentence.
    pub words: String,
    /// Another resource that belongs to the story, and until when it did.
    pub other: Option<(i64, Option<Instant>)>,
    /// The kinds whose listings prove it.
    pub needs: Vec<&'static str>,
    /// Why it is not sure even so.
    pub doubt: Option<String>,
}

impl Rule {
    pub fn by_name(name: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.name == name)
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_a_name_of_its_own_that_fits_into_a_path() {
        for rule in RULES {
            assert_eq!(RULES.iter().filter(|other| other.name == rule.name).count(), 1, "{rule:?}");
            assert!(rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{rule:?}");
        }
    }
}
