//! What a written record says: content in words, or in parts of which the content is a rendering.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::envelope::Refusal;
use super::world::Record;

/// The types that are written in parts.
const IN_PARTS: [&str; 13] =
    ["CAA", "CERT", "DNSKEY", "DS", "HTTPS", "LOC", "NAPTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI"];
const IN_WORDS: [&str; 8] = ["A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT"];

/// Fills content, parts and priority.
pub fn fill(record: &mut Record, asked: &Value, overwrites: bool) -> Result<(), Refusal> {
    let kind = record.record_type.clone();
    let invalid = |words: String, pointer: &str| Refusal::new(400, 9005, words).at(pointer);
    if let Some(priority) = asked.get("priority").and_then(Value::as_u64) {
        record.priority = u16::try_from(priority).ok();
    }
    if IN_PARTS.contains(&kind.as_str()) {
        match asked.get("data").filter(|data| data.is_object()) {
            Some(data) => {
                record.content = rendered(data);
                record.data = Some(data.clone());
                record.priority = data
                    .get("priority")
                    .and_then(Value::as_u64)
                    .and_then(|p| u16::try_from(p).ok())
                    .or(record.priority);
            }
            None if overwrites => return Err(invalid(format!("data is required for {kind}"), "/data")),
            None => {}
        }
        return Ok(());
    }
    if !IN_WORDS.contains(&kind.as_str()) {
        return Err(Refusal::new(400, 1004, format!("{kind} is no type")).at("/type"));
    }
    let content = match asked.get("content").and_then(Value::as_str) {
        Some(content) => content.to_owned(),
        None if overwrites => return Err(invalid("content is required".to_owned(), "/content")),
        None => return Ok(()),
    };
    if kind == "MX" && record.priority.is_none() {
        return Err(invalid("priority is required for MX".to_owned(), "/priority"));
    }
    record.content = match kind.as_str() {
        "A" => content.parse::<Ipv4Addr>().map(|address| address.to_string()).ok(),
        "AAAA" => content.parse::<Ipv6Addr>().map(|address| address.to_string()).ok(),
        "CNAME" | "MX" | "NS" | "PTR" => Some(content.trim_end_matches('.').to_lowercase()),
        _ => Some(content),
    }
    .ok_or_else(|| invalid(format!("Content for {kind} record is invalid. Must be a valid address"), "/content"))?;
    Ok(())
}

/// The parts joined by a blank, in the order in which they came: for reading only.
fn rendered(data: &Value) -> String {
    let parts = data.as_object().into_iter().flatten();
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parts.map(|(_, value)| word(value)).collect::<Vec<_>>().join(" ")
}
