//! Record sets: what DNS serves under one name and type, with all that it takes to put it back as it was (RFC 2181 §5).
//!
//! A provider that gives every value an id (Cloudflare) and one that knows whole sets only (PowerDNS) are both told in
//! these types: what the one has not is `None` or empty. Plans, undo and display go by set; ids ride along, so that a
//! write can keep them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Instant;

/// A zone as its provider knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ZoneAt {
    /// The provider's id: 32 hex digits, or `example.com.`.
    pub id: String,
    /// In A-labels, lower case, without the final dot.
    pub name: String,
}

/// What tells a set from its neighbours within a zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SetName {
    /// The full owner name, in A-labels, lower case, without the final dot.
    pub name: String,
    /// `A`, `AAAA`, `CNAME`, …
    #[serde(rename = "type")]
    pub record_type: String,
}

/// One value of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordValue {
    /// The provider's id, where values have one.
    pub id: Option<String>,
    /// Canonical, as `DnsRecord::content` is: addresses in their one spelling, hosts without the final dot, TXT
    /// unquoted and joined.
    pub content: String,
    /// Seconds; 1 is "automatic" at Cloudflare.
    pub ttl: i64,
    /// Of MX, SRV and URI, where the provider keeps it apart from the content.
    pub priority: Option<i64>,
    /// The structured content of SRV, CAA and their like, where the provider wants it back.
    pub data: Option<Value>,
    pub proxied: bool,
    /// Kept and not served.
    pub disabled: bool,
    pub comment: String,
    /// In the provider's order.
    pub tags: Vec<String>,
    /// Switches of the provider's own.
    pub settings: Option<Value>,
    /// With every digit that the provider gave; half of a write's precondition.
    pub modified_on: Option<Instant>,
}

/// A comment of a whole set, as PowerDNS has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct SetComment {
    pub content: String,
    pub account: String,
    /// Unix seconds.
    pub modified_at: i64,
}

/// Everything of one name and type. A set without values is no set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSet {
    #[serde(flatten)]
    pub of: SetName,
    pub values: Vec<RecordValue>,
    #[serde(default)]
    pub comments: Vec<SetComment>,
}

/// A set as it is and as it shall be; `None` is "none there".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetChange {
    #[serde(flatten)]
    pub of: SetName,
    pub before: Option<RecordSet>,
    pub after: Option<RecordSet>,
}

/// What a provider takes in a record: what differs between them when somebody types one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteTerms {
    /// Seconds.
    pub least_ttl: i64,
    pub most_ttl: i64,
    /// Of a record for which nobody says one.
    pub usual_ttl: i64,
    /// 1 means that the provider chooses.
    pub automatic_ttl: bool,
    pub proxies: bool,
    /// Comments belong to values, and not to sets.
    pub comments_of_values: bool,
    /// A CNAME at the apex is flattened.
    pub cname_at_apex: bool,
    /// ALIAS and ANAME are plain names that may be rewritten.
    pub aliases: bool,
}

impl Default for WriteTerms {
    /// Plain DNS (RFC 2181 §8).
    fn default() -> Self {
        Self {
            least_ttl: 0,
            most_ttl: 2_147_483_647,
            usual_ttl: 300,
            automatic_ttl: false,
            proxies: false,
            comments_of_values: false,
            cname_at_apex: false,
            aliases: false,
        }
    }
}

impl WriteTerms {
    /// Cloudflare's, for plans other than Enterprise.
    pub const CLOUDFLARE: Self = Self {
        least_ttl: 60,
        most_ttl: 86_400,
        usual_ttl: 1,
        automatic_ttl: true,
        proxies: true,
        comments_of_values: true,
        cname_at_apex: true,
        aliases: false,
    };
}

impl RecordSet {
    /// Whether it says the same to people and resolvers: values in any order, without ids and times.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.of == other.of && self.sayings() == other.sayings() && self.remarks() == other.remarks()
    }

    /// Whether nobody has touched it since `seen` was read: ids and change times too, where there are any.
    pub fn is_still(&self, seen: &Self) -> bool {
        let marks = |set: &Self| {
            let mut marks: Vec<_> =
                set.values.iter().map(|value| (value.content.clone(), value.id.clone(), value.modified_on)).collect();
            marks.sort();
            marks
        };
        self.says_the_same_as(seen) && marks(self) == marks(seen)
    }

    fn sayings(&self) -> Vec<RecordValue> {
        let mut sayings: Vec<RecordValue> =
            self.values.iter().map(|value| RecordValue { id: None, modified_on: None, ..value.clone() }).collect();
        sayings.sort_by_cached_key(|value| format!("{value:?}"));
        sayings
    }

    fn remarks(&self) -> Vec<(&str, &str)> {
        let mut remarks: Vec<_> =
            self.comments.iter().map(|comment| (comment.content.as_str(), comment.account.as_str())).collect();
        remarks.sort_unstable();
        remarks
    }
}

impl SetChange {
    /// The change that takes this one back.
    pub fn inverse(&self) -> Self {
        Self { of: self.of.clone(), before: self.after.clone(), after: self.before.clone() }
    }
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.record_type)
    }
}
