//! Changes of sets as one batch of records: ids are kept by patching wherever a value of `before` can become one of
//! `after`.
//!
//! A batch runs deletes, patches, puts and posts in this order, in one transaction. The type of a record cannot be
//! changed, so a CNAME that gives way to addresses is a delete and posts, in the same batch.

use serde_json::{Map, Value, json};

use crate::rdata;
use crate::wire::dns::{RecordSet, RecordValue, SetChange, SetName};

/// One batch, and what it leaves alone.
#[derive(Debug, Default)]
pub struct Batch {
    pub deletes: Vec<Value>,
    pub patches: Vec<Value>,
    pub puts: Vec<Value>,
    pub posts: Vec<Value>,
    /// Values that stay as they are, of sets that change.
    pub untouched: Vec<(SetName, RecordValue)>,
}

impl Batch {
    /// What it takes to carry the changes out.
    ///
    /// # Errors
    /// In a sentence, what the provider cannot keep.
    pub fn of(changes: &[SetChange]) -> Result<Self, String> {
        let mut batch = Self::default();
        for change in changes {
            let before = change.before.as_ref().map_or(&[][..], |set| &set.values);
            let after = change.after.as_ref().map_or(&[][..], |set| &set.values);
            for value in after {
                check(&change.of, value)?;
            }
            batch.pair(&change.of, before, after)?;
        }
        Ok(batch)
    }

    /// How many records it touches.
    pub fn len(&self) -> usize {
        self.deletes.len() + self.patches.len() + self.puts.len() + self.posts.len()
    }

    pub fn body(&self) -> Value {
        json!({"deletes": self.deletes, "patches": self.patches, "puts": self.puts, "posts": self.posts})
    }

    pub fn words(&self) -> String {
        let [deletes, patches, puts, posts] = [&self.deletes, &self.patches, &self.puts, &self.posts].map(Vec::len);
        format!("{deletes} deletes, {patches} patches, {puts} puts, {posts} posts")
    }

    /// Same content first, so that no patch makes a value twice; then the same id, so that a way back restores it; then
    /// any.
    fn pair(&mut self, of: &SetName, before: &[RecordValue], after: &[RecordValue]) -> Result<(), String> {
        let mut before: Vec<&RecordValue> = before.iter().collect();
        let mut after: Vec<&RecordValue> = after.iter().collect();
        let rounds: [fn(&RecordValue, &RecordValue) -> bool; 4] = [
            |old, new| old.content == new.content && old.priority == new.priority,
            |old, new| old.content == new.content,
            |old, new| old.id == new.id,
            |_, _| true,
        ];
        for fits in rounds {
            let mut unmatched = Vec::new();
            for new in after {
                match before.iter().position(|old| fits(old, new)) {
                    Some(at) => self.turn(of, before.remove(at), new)?,
                    None => unmatched.push(new),
                }
            }
            after = unmatched;
        }
        for gone in before {
            self.deletes.push(json!({"id": id(of, gone)?}));
        }
        for new in after {
            self.posts.push(Value::Object(whole(of, new)?));
        }
        Ok(())
    }

    fn turn(&mut self, of: &SetName, old: &RecordValue, new: &RecordValue) -> Result<(), String> {
        let id = id(of, old)?;
        let (was, mut now) = (whole(of, old)?, whole(of, new)?);
        let settings_go = old.settings.is_some() && new.settings.is_none();
        if settings_go {
            // What a patch does not name stays; an overwritten record begins with the defaults.
            now.insert("id".to_owned(), id.into());
            self.puts.push(Value::Object(now));
            return Ok(());
        }
        // What a whole record leaves out is a default, which a patch has to name.
        for (name, default) in [("comment", json!("")), ("tags", json!([]))] {
            if was.contains_key(name) && !now.contains_key(name) {
                now.insert(name.to_owned(), default);
            }
        }
        let mut patch: Map<String, Value> =
            now.into_iter().filter(|(name, value)| was.get(name) != Some(value)).collect();
        if patch.is_empty() {
            self.untouched.push((of.clone(), old.clone()));
            return Ok(());
        }
        patch.insert("id".to_owned(), id.into());
        self.patches.push(Value::Object(patch));
        Ok(())
    }
}

/// The set as the provider can keep it.
///
/// # Errors
/// What it cannot keep.
pub fn shaped(mut set: RecordSet) -> Result<RecordSet, String> {
    let of = set.of.clone();
    let remarks: Vec<String> = set.comments.drain(..).map(|comment| comment.content).collect();
    let remarks = remarks.join("; ").replace(['\n', '\r'], " ");
    for value in &mut set.values {
        value.content = rdata::canonical(&of.record_type, &value.content);
        if value.comment.is_empty() {
            value.comment.clone_from(&remarks);
        }
        if value.data.as_ref().is_some_and(|data| data.get("as_stored").is_some()) {
            value.data = None;
        }
        *value = rdata::preference_apart(&of.record_type, std::mem::take(value));
        if rdata::IN_PARTS.contains(&of.record_type.as_str()) && value.data.is_some() {
            let said = rdata::canonical(&of.record_type, &rdata::zone_file_form(&of.record_type, value));
            if rdata::parts(&of.record_type, &said).is_some() {
                (value.content, value.priority, value.data) = (said, None, None);
            }
        }
        if value.proxied {
            value.ttl = 1;
        }
        check(&of, value)?;
        whole(&of, value)?;
    }
    Ok(set)
}

fn check(of: &SetName, value: &RecordValue) -> Result<(), String> {
    let content = &value.content;
    if value.disabled {
        return Err(format!("{of} {content}: Cloudflare keeps no record that it does not serve"));
    }
    if value.proxied && !matches!(of.record_type.as_str(), "A" | "AAAA" | "CNAME") {
        return Err(format!("{of} {content}: only A, AAAA and CNAME can be proxied"));
    }
    if !super::wire::KNOWN_TYPES.contains(&of.record_type.as_str()) {
        return Err(format!("{of}: records of this type are shown and never written"));
    }
    Ok(())
}

/// The id that the provider gave the value.
fn id(of: &SetName, value: &RecordValue) -> Result<String, String> {
    value.id.clone().ok_or_else(|| format!("{of} {}: a value that was read has no id", value.content))
}

/// The record with all that is not a default.
fn whole(of: &SetName, value: &RecordValue) -> Result<Map<String, Value>, String> {
    let record_type = of.record_type.as_str();
    let mut record = Map::new();
    record.insert("type".to_owned(), record_type.into());
    record.insert("name".to_owned(), of.name.as_str().into());
    let mut priority = value.priority;
    if rdata::IN_PARTS.contains(&record_type) {
        let parts = value.data.clone().or_else(|| rdata::parts(record_type, &value.content));
        let parts = parts.ok_or_else(|| format!("{of}: {:?} is not what a {record_type} says", value.content))?;
        if record_type == "URI" {
            priority = priority.or_else(|| parts.get("priority").and_then(Value::as_i64));
        }
        record.insert("data".to_owned(), parts);
    } else {
        let content = match record_type {
            "TXT" => rdata::text::quoted(&value.content),
            _ => value.content.clone(),
        };
        record.insert("content".to_owned(), content.into());
    }
    if let Some(priority) = priority {
        record.insert("priority".to_owned(), priority.into());
    }
    // Whatever is sent, a proxied record's TTL is automatic.
    record.insert("ttl".to_owned(), if value.proxied { 1 } else { value.ttl }.into());
    if matches!(record_type, "A" | "AAAA" | "CNAME") {
        record.insert("proxied".to_owned(), value.proxied.into());
    }
    if !value.comment.is_empty() {
        record.insert("comment".to_owned(), value.comment.as_str().into());
    }
    if !value.tags.is_empty() {
        record.insert("tags".to_owned(), json!(value.tags));
    }
    if let Some(settings) = &value.settings {
        record.insert("settings".to_owned(), settings.clone());
    }
    Ok(record)
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
