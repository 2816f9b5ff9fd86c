//! Records, written: one by one or in a batch, by the API's own rules.
//!
//! A batch runs deletes, patches, puts and posts in this order; the first error is the answer, and then nothing has
//! happened.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::content;
use super::envelope::{Answer, Refusal, object};
use super::world::{Record, Token, World, Zone};
use super::zones::visible;

/// The four lists of a batch, in the order of their execution.
const LISTS: [&str; 4] = ["deletes", "patches", "puts", "posts"];

type Records = BTreeMap<String, Record>;

/// `POST /zones/{id}/dns_records/batch`.
pub fn batch(world: &mut World, token: &Token, zone: &str, body: &Value) -> Result<Answer, Refusal> {
    let most = match editable(world, token, zone)?.plan.as_str() {
        "free" => 200,
        _ => 3_500,
    };
    let list = |name: &str| body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let count: usize = LISTS.iter().map(|name| list(name).len()).sum();
    if count > most {
        return Err(Refusal::new(400, 1004, format!("{count} records are more than the {most} of a batch")));
    }
    change(world, zone, |world, zone, records| {
        let mut results = json!({});
        for name in LISTS {
            let asked = list(name);
            let done = asked.iter().map(|asked| one(world, zone, records, name, asked));
            results[name] = done.collect::<Result<Vec<_>, _>>()?.into();
        }
        Ok(results)
    })
}

/// One record by itself: `POST`, `PATCH`, `PUT` or `DELETE`.
pub fn single(
    world: &mut World,
    token: &Token,
    zone: &str,
    list: &str,
    id: Option<&str>,
    body: &Value,
) -> Result<Answer, Refusal> {
    editable(world, token, zone)?;
    let mut asked = if body.is_object() { body.clone() } else { json!({}) };
    if let Some(id) = id {
        asked["id"] = id.into();
    }
    change(world, zone, |world, zone, records| one(world, zone, records, list, &asked))
}

/// All of it or nothing.
fn change(
    world: &mut World,
    zone: &str,
    apply: impl FnOnce(&mut World, &Zone, &mut Records) -> Result<Value, Refusal>,
) -> Result<Answer, Refusal> {
    let known = world.zones[zone].clone();
    let mut records = known.records.clone();
    let result = apply(world, &known, &mut records)?;
    let zone = world.zone(zone);
    zone.before_last_write = Some(std::mem::replace(&mut zone.records, records));
    world.lists.borrow_mut().clear();
    Ok(object(&result))
}

fn editable<'a>(world: &'a World, token: &Token, zone: &str) -> Result<&'a Zone, Refusal> {
    let zone = visible(world, token, zone)?;
    if token.read_only || token.without_dns.contains(&zone.id) {
        return Err(Refusal::new(403, 10000, "Authentication error"));
    }
    if zone.zone_type == "secondary" {
        return Err(Refusal::new(400, 1004, "The zone is a secondary"));
    }
    Ok(zone)
}

fn one(world: &mut World, zone: &Zone, records: &mut Records, list: &str, asked: &Value) -> Result<Value, Refusal> {
    let unknown = || Refusal::new(404, 81044, "Record does not exist.");
    let id = asked.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    if list == "deletes" {
        return Ok(records.remove(&id).ok_or_else(unknown)?.json());
    }
    let mut record = match list {
        "posts" => world.blank_record(),
        "puts" => {
            let old = records.get(&id).ok_or_else(unknown)?;
            Record {
                id,
                created_on: old.created_on.clone(),
                record_type: old.record_type.clone(),
                ..world.blank_record()
            }
        }
        _ => records.get(&id).ok_or_else(unknown)?.clone(),
    };
    let overwrites = list != "patches";
    fill(zone, &mut record, asked, overwrites, list == "posts")?;
    record.modified_on = world.tick();
    conflict(records, &record)?;
    records.insert(record.id.clone(), record.clone());
    Ok(record.json())
}

/// What is asked for, over what is there or over the defaults.
fn fill(zone: &Zone, record: &mut Record, asked: &Value, overwrites: bool, is_new: bool) -> Result<(), Refusal> {
    let invalid = |message: &str, pointer: &str| Refusal::new(400, 9005, message).at(pointer);
    let text = |name: &str| asked.get(name).and_then(Value::as_str);
    match text("type") {
        Some(kind) if is_new => record.record_type = kind.to_owned(),
        Some(kind) if kind != record.record_type => {
            return Err(Refusal::new(400, 1004, "The type of a record cannot be changed.").at("/type"));
        }
        None if overwrites => return Err(invalid("type is required", "/type")),
        _ => {}
    }
    match text("name") {
        Some("@") => record.name.clone_from(&zone.name),
        Some(name) => record.name = name.trim_end_matches('.').to_lowercase(),
        None if overwrites => return Err(invalid("name is required", "/name")),
        None => {}
    }
    if record.name != zone.name && !record.name.ends_with(&format!(".{}", zone.name)) {
        return Err(invalid("name is outside of the zone", "/name"));
    }
    content::fill(record, asked, overwrites)?;
    if let Some(ttl) = asked.get("ttl") {
        let ttl = ttl.as_u64().filter(|ttl| *ttl == 1 || (60..=86_400).contains(ttl));
        record.ttl = ttl.and_then(|ttl| u32::try_from(ttl).ok()).ok_or_else(|| {
            Refusal::new(400, 9021, "TTL must be 1 for automatic, or between 60 and 86400.").at("/ttl")
        })?;
    }
    if let Some(proxied) = asked.get("proxied").and_then(Value::as_bool) {
        record.proxied = proxied;
    }
    record.proxiable = matches!(record.record_type.as_str(), "A" | "AAAA" | "CNAME");
    if record.proxied && !record.proxiable {
        return Err(Refusal::new(400, 9004, "This record type cannot be proxied.").at("/proxied"));
    }
    if record.proxied {
        record.ttl = 1;
    }
    if let Some(comment) = asked.get("comment") {
        record.comment = comment.as_str().filter(|comment| !comment.is_empty()).map(str::to_owned);
    }
    if record.comment.as_ref().is_some_and(|comment| comment.contains('\n')) {
        return Err(Refusal::new(400, 9300, "A comment has no line breaks.").at("/comment"));
    }
    if let Some(tags) = asked.get("tags").and_then(Value::as_array) {
        record.tags = tags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    if let Some(settings) = asked.get("settings") {
        record.settings = settings.clone();
    }
    Ok(())
}

/// Whether the record may stand beside the others of its name.
fn conflict(records: &Records, record: &Record) -> Result<(), Refusal> {
    let others = || records.values().filter(|other| other.id != record.id && other.name == record.name);
    let same = |other: &Record| {
        other.record_type == record.record_type && other.content == record.content && other.priority == record.priority
    };
    if others().any(same) {
        return Err(Refusal::new(400, 81058, "An identical record already exists.").at("/content"));
    }
    let host = |kind: &str| matches!(kind, "A" | "AAAA" | "CNAME");
    let blocked = others().any(|other| match (record.record_type.as_str(), other.record_type.as_str()) {
        ("CNAME", kind) | (kind, "CNAME") => host(kind),
        ("NS", kind) | (kind, "NS") => kind != "NS",
        _ => false,
    });
    if blocked {
        let words = format!("A record of another type blocks the {} of {}.", record.record_type, record.name);
        return Err(Refusal::new(400, if record.record_type == "CNAME" { 81053 } else { 81054 }, words));
    }
    Ok(())
}
