//! Whether a name server's answer is what a change asked for: pure, so that looking and judging are apart.

use crate::net::dns::{Answer, Answered, Content, Rcode};
use crate::wire::dns::{RecordSet, SetChange, SetName};

use super::{canonical, text, zone_file_form};

/// What an answer amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the new set.
    Served,
    /// It is still the old one.
    NotYet,
    /// It is neither; in words.
    Other(String),
    /// The answer is not meant to be what the records say.
    Unjudgeable(Why),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The provider's own addresses are answered.
    Proxied,
    /// The addresses of an alias are answered, not the alias.
    Flattened,
    /// Values of this type are not compared here.
    Type,
}

/// The types whose answers are understood and have one spelling.
const COMPARED: &[&str] = &["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "SSHFP", "TLSA", "TXT"];

/// By what a zone's own server can prove that a set is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It answers with the set itself.
    Itself,
    /// It answers with addresses that are in no set: that it still answers is all that it can prove, and the rest is
    /// the API's to say.
    StillAnswers(Why),
    /// It answered with addresses that were in no set, and has none to answer with any more, unless another set does
    /// ([`is_answered_by_another`]).
    NoLongerAnswers(Why),
    /// Nothing that it says.
    Nothing(Why),
}

/// What a server is to be asked about a set. `zone` is the zone's name: what is at its apex may be flattened.
pub fn proof(change: &SetChange, zone: &str) -> Proof {
    let why = match change.after.as_ref().or(change.before.as_ref()) {
        Some(set) if is_proxied(set) => Why::Proxied,
        Some(set) if is_flattened(set, zone) => Why::Flattened,
        _ if !COMPARED.contains(&change.of.record_type.as_str()) => return Proof::Nothing(Why::Type),
        _ => return Proof::Itself,
    };
    if change.after.is_some() { Proof::StillAnswers(why) } else { Proof::NoLongerAnswers(why) }
}

/// Whether `answer` to a question for an address says that there is one, whichever it is.
pub fn still_answers(answer: &Answer) -> Verdict {
    if let Some(refused) = refused(answer) {
        return refused;
    }
    match (&answer.rcode, &answer.alias_of) {
        _ if !answer.values.is_empty() => Verdict::Served,
        (Rcode::NxDomain, _) => Verdict::Other("no such name".to_owned()),
        (_, Some(target)) => Verdict::Other(format!("an alias of {target}, and no address")),
        _ => Verdict::Other("no address".to_owned()),
    }
}

/// Whether `answer` to a question for an address says that there is none.
pub fn no_longer_answers(answer: &Answer) -> Verdict {
    if let Some(refused) = refused(answer) {
        return refused;
    }
    match &answer.alias_of {
        _ if !answer.values.is_empty() => Verdict::Other("still answered with an address".to_owned()),
        Some(target) => Verdict::Other(format!("an alias of {target}")),
        None => Verdict::Served,
    }
}

/// The names beside its own of which a set may answer for `name`: the wildcards above it, and the names that may be
/// given away to other servers.
pub fn above(name: &str, zone: &str) -> Vec<String> {
    let mut above = Vec::new();
    let mut rest = name;
    while let Some((_, parent)) = rest.split_once('.').filter(|_| rest != zone) {
        above.push(format!("*.{parent}"));
        above.extend((parent != zone).then(|| parent.to_owned()));
        rest = parent;
    }
    above
}

/// Whether another set than `of` gives its name an address, or may: one of the same name, a wildcard, a delegation.
pub fn is_answered_by_another(of: &SetName, zone: &str, sets: &[RecordSet]) -> bool {
    let above = above(&of.name, zone);
    sets.iter().map(|set| &set.of).filter(|other| *other != of).any(|other| {
        let gives_away = other.name != zone && matches!(other.record_type.as_str(), "NS" | "DNAME");
        let leads = matches!(other.record_type.as_str(), "A" | "AAAA" | "CNAME" | "ALIAS" | "ANAME" | "LUA");
        if other.name == of.name {
            return leads || gives_away;
        }
        above.contains(&other.name) && (other.name.starts_with("*.") || gives_away)
    })
}

/// Whether `answer` to a question for the set's name and type is what `change` asked for, where that can be told
/// ([`Proof::Itself`]).
pub fn served(change: &SetChange, zone: &str, answer: &Answer) -> Verdict {
    match proof(change, zone) {
        Proof::Itself => {}
        Proof::StillAnswers(why) | Proof::NoLongerAnswers(why) | Proof::Nothing(why) => {
            return Verdict::Unjudgeable(why);
        }
    }
    if let Some(refused) = refused(answer) {
        return refused;
    }
    let answered = said(&change.of.record_type, &answer.values);
    let matches = |set: Option<&RecordSet>| expected(set).is_served_as(&answered);
    if matches(change.after.as_ref()) {
        return Verdict::Served;
    }
    // What a proxied set was answered with, nobody here knows.
    if matches(change.before.as_ref()) || change.before.as_ref().is_some_and(is_proxied) {
        return Verdict::NotYet;
    }
    Verdict::Other(match (&answer.alias_of, answered.as_slice()) {
        (Some(target), []) => format!("an alias of {target}"),
        (None, []) => "no such record".to_owned(),
        (_, values) => {
            values.iter().map(|(content, ttl)| format!("{content} (TTL {ttl})")).collect::<Vec<_>>().join(", ")
        }
    })
}

fn is_proxied(set: &RecordSet) -> bool {
    set.values.iter().any(|value| value.proxied)
}

fn is_flattened(set: &RecordSet, zone: &str) -> bool {
    let by_setting = set.values.iter().any(|value| {
        value.settings.as_ref().and_then(|settings| settings.get("flatten_cname")).is_some_and(|on| on == true)
    });
    match set.of.record_type.as_str() {
        "ALIAS" | "ANAME" => true,
        // Where an alias at the apex is kept at all, it is flattened.
        "CNAME" => set.of.name == zone || by_setting,
        _ => false,
    }
}

/// An answer that is none.
fn refused(answer: &Answer) -> Option<Verdict> {
    match &answer.rcode {
        Rcode::Other(words) => Some(Verdict::Other(words.clone())),
        _ if !answer.authoritative => Some(Verdict::Other("the server does not speak for the zone".to_owned())),
        _ => None,
    }
}

/// What a set is to be answered with.
struct Expected {
    contents: Vec<String>,
    /// `None` where the provider chooses it.
    ttl: Option<i64>,
}

impl Expected {
    fn is_served_as(&self, answered: &[(String, u32)]) -> bool {
        self.contents.iter().eq(answered.iter().map(|(content, _)| content))
            && self.ttl.is_none_or(|ttl| answered.iter().all(|(_, answered)| i64::from(*answered) == ttl))
    }
}

fn expected(set: Option<&RecordSet>) -> Expected {
    let Some(set) = set else { return Expected { contents: Vec::new(), ttl: None } };
    let record_type = set.of.record_type.as_str();
    let served = || set.values.iter().filter(|value| !value.disabled);
    let mut contents: Vec<String> = served()
        .map(|value| comparable(record_type, canonical(record_type, &zone_file_form(record_type, value))))
        .collect();
    contents.sort();
    contents.dedup();
    Expected { contents, ttl: served().next().map(|value| value.ttl).filter(|ttl| *ttl != 1) }
}

/// What was answered, in the same spelling and order.
fn said(record_type: &str, values: &[Answered]) -> Vec<(String, u32)> {
    let mut said: Vec<(String, u32)> = values
        .iter()
        .map(|value| {
            let content = match &value.content {
                Content::Words(words) => canonical(record_type, words),
                Content::Text(bytes) => text::text_of(bytes),
                Content::Unread => String::new(),
            };
            (comparable(record_type, content), value.ttl)
        })
        .collect();
    said.sort();
    said
}

/// The one spelling that both sides are brought to: the digits of a fingerprint have two cases.
fn comparable(record_type: &str, content: String) -> String {
    if matches!(record_type, "SSHFP" | "TLSA") { content.to_ascii_lowercase() } else { content }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
