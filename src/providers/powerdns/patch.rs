//! Changes as the body of one PATCH. The server takes them in their order, all or none, whole sets at a time.

use serde_json::{Value, json};

use super::wire::AS_STORED;
use crate::rdata;
use crate::wire::dns::{RecordSet, RecordValue, SetChange, SetComment};

/// The types that are written. SOA is the server's own business; LUA is a program, ALIAS an expansion, and what is not
/// known here could be anything: they are shown, and left alone.
const WRITABLE: &[&str] = &[
    "A",
    "AAAA",
    "AFSDB",
    "CAA",
    "CERT",
    "CNAME",
    "DNAME",
    "DS",
    "HTTPS",
    "KX",
    "LOC",
    "MX",
    "NAPTR",
    "NS",
    "OPENPGPKEY",
    "PTR",
    "RP",
    "SMIMEA",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
    "URI",
];
/// Whose comments are those that come without an account.
const ACCOUNT: &str = "quarterdeck";

/// Whether sets of that type may be changed.
pub fn is_writable(record_type: &str) -> bool {
    WRITABLE.contains(&record_type)
}

/// The body, deletions first, since `REPLACE A` beside a CNAME that is yet to be deleted is a conflict.
///
/// # Errors
/// In a sentence, what cannot be written.
pub fn body(changes: &[SetChange]) -> Result<Value, String> {
    let mut sets = Vec::with_capacity(changes.len());
    let (goes, stays): (Vec<_>, Vec<_>) = changes.iter().partition(|change| wanted(change).is_none());
    for change in goes.into_iter().chain(stays) {
        let of = &change.of;
        if !is_writable(&of.record_type) {
            return Err(format!("{of}: records of this type are shown and never written"));
        }
        let name = format!("{}.", of.name);
        sets.push(match wanted(change) {
            None => json!({"name": name, "type": of.record_type, "changetype": "DELETE"}),
            Some(set) => replacement(&name, change, set)?,
        });
    }
    Ok(json!({ "rrsets": sets }))
}

/// The set as the server can keep it.
///
/// # Errors
/// What it cannot keep.
pub fn shaped(mut set: RecordSet) -> Result<RecordSet, String> {
    let of = set.of.clone();
    if !is_writable(&of.record_type) {
        return Err(format!("{of}: records of this type are shown and never written"));
    }
    if set.values.iter().any(|value| value.proxied) {
        return Err(format!("{of}: PowerDNS has no proxy"));
    }
    let said: Vec<String> =
        set.values.iter().map(|value| value.comment.clone()).filter(|said| !said.is_empty()).collect();
    for content in said {
        if set.comments.iter().all(|comment| comment.content != content) {
            set.comments.push(SetComment { content, account: ACCOUNT.to_owned(), modified_at: 0 });
        }
    }
    for value in &mut set.values {
        // "Automatic" is a word of another provider.
        let ttl = if value.ttl == 1 { 300 } else { value.ttl };
        let content = rdata::canonical(&of.record_type, &stored_form(&of.record_type, value));
        let data = value.data.take().filter(|data| data.get(AS_STORED).is_some());
        *value = RecordValue { content, ttl, disabled: value.disabled, data, ..RecordValue::default() };
    }
    one_ttl(&set)?;
    Ok(set)
}

fn wanted(change: &SetChange) -> Option<&RecordSet> {
    change.after.as_ref().filter(|set| !set.values.is_empty())
}

fn replacement(name: &str, change: &SetChange, set: &RecordSet) -> Result<Value, String> {
    let of = &change.of;
    if let Some(proxied) = set.values.iter().find(|value| value.proxied) {
        return Err(format!("{of} {}: PowerDNS has no proxy", proxied.content));
    }
    let ttl = one_ttl(set)?;
    let records: Vec<Value> = set
        .values
        .iter()
        .map(|value| json!({"content": stored_form(&of.record_type, value), "disabled": value.disabled}))
        .collect();
    let mut body =
        json!({"name": name, "type": of.record_type, "changetype": "REPLACE", "ttl": ttl, "records": records});
    // Comments that are not sent stay as they are, with their times; those of a set that was none are gone or of no
    // concern.
    let kept = change.before.as_ref().is_some_and(|before| remarks(&before.comments) == remarks(&set.comments));
    if !kept {
        body["comments"] = set
            .comments
            .iter()
            .map(|comment| {
                let mut sent = json!({"content": comment.content, "account": comment.account});
                if comment.modified_at > 0 {
                    sent["modified_at"] = comment.modified_at.into();
                }
                sent
            })
            .collect();
    }
    Ok(body)
}

/// The TTL, which belongs to the set.
fn one_ttl(set: &RecordSet) -> Result<i64, String> {
    let of = &set.of;
    let ttl = set.values.first().map_or(0, |value| value.ttl);
    if set.values.iter().any(|value| value.ttl != ttl) {
        return Err(format!("{of}: the values of a set have one TTL"));
    }
    if !(0..=i64::from(i32::MAX)).contains(&ttl) {
        return Err(format!("{of}: {ttl} is no TTL"));
    }
    Ok(ttl)
}

/// The content as the server is told it: in its own spelling where that is known and still says the same.
fn stored_form(record_type: &str, value: &RecordValue) -> String {
    let stored = value.data.as_ref().and_then(|data| data.get(AS_STORED)).and_then(Value::as_str);
    match stored.filter(|stored| rdata::canonical(record_type, stored) == value.content) {
        Some(stored) => stored.to_owned(),
        None => rdata::zone_file_form(record_type, value),
    }
}

fn remarks(comments: &[SetComment]) -> Vec<(&str, &str)> {
    let mut remarks: Vec<_> =
        comments.iter().map(|comment| (comment.content.as_str(), comment.account.as_str())).collect();
    remarks.sort_unstable();
    remarks
}
