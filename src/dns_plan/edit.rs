//! Records created, updated and deleted by somebody's hand: by a form, or by the API.
//!
//! An edit speaks of a set. `create` adds values to it, `update` says what the whole of it shall be, `delete` takes the
//! named values away, or all of it where none is named. What is left out stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::conflicts::conflicts;
use super::swap::take_over;
use super::{Code, Plan, Refusal, ZoneNow, content};
use crate::kinds::key::normal_host;
use crate::rdata;
use crate::wire::dns::{RecordSet, RecordValue, SetComment, SetName};

/// What to do with a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Create,
    Update,
    Delete,
}

/// One edit, as the API has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub op: Op,
    /// The zone's name.
    pub zone: String,
    /// The owner name, whole or within the zone; `@` is the zone itself.
    pub name: String,
    #[serde(rename = "type")]
    pub record_type: String,
    #[serde(default)]
    pub ttl: Option<i64>,
    #[serde(default)]
    pub proxied: Option<bool>,
    #[serde(default)]
    pub comment: Option<String>,
    #[serde(default)]
    pub contents: Vec<String>,
}

/// The longest comment; providers differ, and this fits the smallest plan of all.
const LONGEST_COMMENT: usize = 100;

impl Edit {
    /// The set that it speaks of, if its name is one.
    pub fn of(&self) -> Option<SetName> {
        let zone = normal_host(&self.zone)?;
        let name = self.name.trim();
        let name = match name {
            "" | "@" => zone,
            absolute if absolute.ends_with('.') => normal_host(absolute)?,
            name => {
                let name = normal_host(name)?;
                if name == zone || name.ends_with(&format!(".{zone}")) { name } else { format!("{name}.{zone}") }
            }
        };
        let name = normal_host(&name)?;
        Some(SetName { name, record_type: self.record_type.trim().to_ascii_uppercase() })
    }
}

/// The plan of edits, one after the other, over the zones that they name.
pub fn edit(zones: &[ZoneNow], edits: &[Edit]) -> Plan {
    let mut plan = Plan::default();
    for zone in zones {
        let mut sets: BTreeMap<SetName, RecordSet> =
            zone.sets.iter().map(|set| (set.of.clone(), set.clone())).collect();
        let mut touched = BTreeSet::new();
        for edit in edits.iter().filter(|edit| normal_host(&edit.zone).as_deref() == Some(&zone.at.name)) {
            match apply(zone, &mut sets, edit) {
                Ok(of) => {
                    touched.insert(of);
                }
                Err(refusal) => plan.refusals.push(refusal),
            }
        }
        let names = touched.iter().map(|of| of.name.as_str()).collect();
        plan.refusals.extend(conflicts(zone, &sets, &names));
        for of in &touched {
            plan.changes.extend(zone.plan(zone.set(of), sets.get(of).cloned(), "was asked for"));
        }
    }
    plan.settled()
}

fn apply(zone: &ZoneNow, sets: &mut BTreeMap<SetName, RecordSet>, edit: &Edit) -> Result<SetName, Refusal> {
    let invalid = |text: String| Refusal::hard(Code::Invalid, text);
    let of = edit.of().ok_or_else(|| invalid(format!("{} is no name for a record.", edit.name.trim())))?;
    if of.name != zone.at.name && !of.name.ends_with(&format!(".{}", zone.at.name)) {
        return Err(invalid(format!("{} does not lie in {}.", of.name, zone.at.name)));
    }
    if edit.op != Op::Delete && !content::EDITABLE.contains(&of.record_type.as_str()) {
        return Err(invalid(format!("{of} is of a type that is only shown here, and never rewritten.")));
    }
    let here = sets.get(&of).cloned();
    let after = match edit.op {
        Op::Create => {
            let mut set =
                here.clone().unwrap_or(RecordSet { of: of.clone(), values: Vec::new(), comments: Vec::new() });
            for value in typed(zone, &of, edit, here.as_ref())? {
                if set.values.iter().any(|other| words(&of, other) == value.content) {
                    return Err(invalid(format!("{of} has the value {} already.", value.content)));
                }
                set.values.push(value);
            }
            Some(noted(zone, set, edit))
        }
        Op::Update => {
            let set = here.as_ref().ok_or_else(|| invalid(format!("{of} does not exist.")))?;
            Some(noted(zone, updated(zone, set, edit)?, edit))
        }
        Op::Delete => {
            let set = here.as_ref().ok_or_else(|| invalid(format!("{of} does not exist.")))?;
            deleted(set, edit).map_err(invalid)?
        }
    };
    match after {
        Some(set) => sets.insert(of.clone(), set),
        None => sets.remove(&of),
    };
    Ok(of)
}

/// The values that were typed, with what else the edit says of them.
fn typed(zone: &ZoneNow, of: &SetName, edit: &Edit, here: Option<&RecordSet>) -> Result<Vec<RecordValue>, Refusal> {
    let invalid = |text: String| Refusal::hard(Code::Invalid, text);
    let contents: Vec<&str> =
        edit.contents.iter().map(|typed| typed.trim()).filter(|typed| !typed.is_empty()).collect();
    if contents.is_empty() {
        return Err(invalid(format!("{of} needs a content.")));
    }
    let sibling = here.and_then(|set| set.values.first());
    let mut values: Vec<RecordValue> = Vec::with_capacity(contents.len());
    for typed in contents {
        let content = content::content(&of.record_type, typed);
        let content = content.map_err(|wrong| invalid(format!("{of}: “{typed}” {wrong}.")))?;
        if values.iter().any(|other| other.content == content) {
            return Err(invalid(format!("{of} would have the value {content} twice.")));
        }
        let ttl = sibling.map_or(zone.terms.usual_ttl, |sibling| sibling.ttl);
        values.push(decided(zone, of, edit, RecordValue { content, ttl, ..RecordValue::default() })?);
    }
    Ok(values)
}

/// A value with the time to live, the proxying and the comment that the edit gives it.
fn decided(zone: &ZoneNow, of: &SetName, edit: &Edit, mut value: RecordValue) -> Result<RecordValue, Refusal> {
    let invalid = |text: String| Refusal::hard(Code::Invalid, text);
    let terms = &zone.terms;
    if let Some(proxied) = edit.proxied {
        let can = terms.proxies && matches!(of.record_type.as_str(), "A" | "AAAA" | "CNAME");
        if proxied && !can {
            return Err(invalid(format!("{of} cannot be proxied.")));
        }
        value.proxied = proxied;
    }
    if let Some(ttl) = edit.ttl {
        let automatic = terms.automatic_ttl && ttl == 1;
        if !automatic && !(terms.least_ttl..=terms.most_ttl).contains(&ttl) {
            let or = if terms.automatic_ttl { ", or 1 for automatic" } else { "" };
            let bounds = format!("{} to {} seconds{or}", terms.least_ttl, terms.most_ttl);
            return Err(invalid(format!("{of}: the time to live must be {bounds}.")));
        }
        value.ttl = ttl;
    }
    // The provider's own rule, which its answer would otherwise differ by.
    if value.proxied && terms.automatic_ttl {
        value.ttl = 1;
    }
    if let Some(comment) = &edit.comment {
        let comment = comment.trim();
        if comment.chars().count() > LONGEST_COMMENT || comment.chars().any(char::is_control) {
            return Err(invalid(format!("{of}: a comment is one line of at most {LONGEST_COMMENT} characters.")));
        }
        if terms.comments_of_values {
            comment.clone_into(&mut value.comment);
        }
    }
    Ok(value)
}

fn updated(zone: &ZoneNow, set: &RecordSet, edit: &Edit) -> Result<RecordSet, Refusal> {
    let mut after = set.clone();
    if !edit.contents.is_empty() {
        let contents: Vec<String> =
            typed(zone, &set.of, edit, Some(set))?.into_iter().map(|value| value.content).collect();
        after = take_over(&in_words(set), &contents, |_| true);
        // What stays is left as its provider keeps it.
        for value in &mut after.values {
            if let Some(same) = set.values.iter().find(|old| words(&set.of, old) == value.content) {
                value.clone_from(same);
            }
        }
    }
    let values = after.values.into_iter().map(|value| decided(zone, &set.of, edit, value)).collect::<Result<_, _>>()?;
    Ok(RecordSet { values, ..after })
}

/// All that a value says, as it would be typed.
fn words(of: &SetName, value: &RecordValue) -> String {
    rdata::canonical(&of.record_type, &rdata::zone_file_form(&of.record_type, value))
}

fn in_words(set: &RecordSet) -> RecordSet {
    let in_words = |value: &RecordValue| RecordValue {
        content: words(&set.of, value),
        priority: None,
        data: None,
        ..value.clone()
    };
    RecordSet { values: set.values.iter().map(in_words).collect(), ..set.clone() }
}

/// Where comments are the set's, an edit's comment takes the place of all of them; without one they stay.
fn noted(zone: &ZoneNow, mut set: RecordSet, edit: &Edit) -> RecordSet {
    let Some(comment) = edit.comment.as_ref().filter(|_| !zone.terms.comments_of_values) else { return set };
    let comment = comment.trim();
    let same = set.comments.len() == 1 && set.comments.iter().any(|known| known.content == comment);
    if !same {
        let account = "quarterdeck".to_owned();
        let noted = SetComment { content: comment.to_owned(), account, modified_at: 0 };
        set.comments = if comment.is_empty() { Vec::new() } else { vec![noted] };
    }
    set
}

fn deleted(set: &RecordSet, edit: &Edit) -> Result<Option<RecordSet>, String> {
    if edit.contents.is_empty() {
        return Ok(None);
    }
    let mut after = set.clone();
    for typed in &edit.contents {
        let typed = typed.trim();
        let meant = rdata::canonical(&set.of.record_type, typed);
        let held = after.values.len();
        after.values.retain(|value| words(&set.of, value) != meant && value.content != typed);
        if after.values.len() == held {
            return Err(format!("{} has no value {typed}.", set.of));
        }
    }
    Ok((!after.values.is_empty()).then_some(after))
}
