//! DNS records, read.

use std::cmp::Ordering;
use std::sync::Arc;

use super::envelope::{Answer, Page, Query, Refusal, object};
use super::world::{Record, Token, World, Zone};
use super::zones::visible;

/// `GET /zones/{id}/dns_records`, filtered, ordered and paged.
pub fn list(world: &World, token: &Token, zone: &str, query: &Query) -> Result<Answer, Refusal> {
    let zone = permitted(world, token, zone)?;
    let page = Page::of(query, 100, 1, 5_000_000)?.holding(world.fullest_page);
    let order = query.get("order").map_or("name", String::as_str);
    if !matches!(order, "type" | "name" | "content" | "ttl" | "proxied") {
        return Err(Refusal::new(400, 7400, format!("cannot order by {order}")));
    }
    let ids = ordered(world, zone, order, query);
    Ok(page.cut(&ids, |id| zone.shown(world.lists_lag)[id].text()))
}

/// The ids that pass the query, in order; kept for the next page, since sorting 200,000 for each would take minutes.
fn ordered(world: &World, zone: &Zone, order: &str, query: &Query) -> Arc<Vec<String>> {
    let asked: Vec<_> = query.iter().filter(|(name, _)| !matches!(name.as_str(), "page" | "per_page")).collect();
    let key = format!("{} {asked:?} {}", zone.id, world.lists_lag);
    if let Some(ids) = world.lists.borrow().get(&key) {
        return ids.clone();
    }
    let mut records: Vec<&Record> =
        zone.shown(world.lists_lag).values().filter(|record| passes(record, query)).collect();
    records.sort_by(|one, other| compare(order, one, other).then_with(|| one.id.cmp(&other.id)));
    if query.get("direction").is_some_and(|direction| direction == "desc") {
        records.reverse();
    }
    let ids = Arc::new(records.iter().map(|record| record.id.clone()).collect::<Vec<_>>());
    world.lists.borrow_mut().insert(key, ids.clone());
    ids
}

/// `GET /zones/{id}/dns_records/{id}`.
pub fn read(world: &World, token: &Token, zone: &str, id: &str) -> Result<Answer, Refusal> {
    let record = permitted(world, token, zone)?.records.get(id);
    let record = record.ok_or_else(|| Refusal::new(404, 81044, "Record does not exist."))?;
    Ok(object(&record.json()))
}

fn permitted<'a>(world: &'a World, token: &Token, zone: &str) -> Result<&'a Zone, Refusal> {
    let zone = visible(world, token, zone)?;
    if token.without_dns.contains(&zone.id) {
        return Err(Refusal::new(403, 10000, "Authentication error"));
    }
    Ok(zone)
}

fn compare(order: &str, one: &Record, other: &Record) -> Ordering {
    match order {
        "type" => one.record_type.cmp(&other.record_type),
        "content" => one.content.cmp(&other.content),
        "ttl" => one.ttl.cmp(&other.ttl),
        "proxied" => one.proxied.cmp(&other.proxied),
        _ => one.name.cmp(&other.name),
    }
}

/// Whether a record passes the query's filters: all of them, or with `match=any` one.
fn passes(record: &Record, query: &Query) -> bool {
    let verdicts: Vec<bool> = query.iter().filter_map(|(name, wanted)| verdict(record, name, wanted)).collect();
    let any = query.get("match").is_some_and(|how| how == "any");
    if any && !verdicts.is_empty() { verdicts.contains(&true) } else { !verdicts.contains(&false) }
}

/// What one filter says; `None` for what is no filter.
fn verdict(record: &Record, filter: &str, wanted: &str) -> Option<bool> {
    let comment = record.comment.as_deref().unwrap_or_default();
    let (field, how) = filter.split_once('.').unwrap_or((filter, "exact"));
    match (field, how) {
        ("type", _) => Some(record.record_type == wanted),
        ("proxied", _) => Some(record.proxied.to_string() == wanted),
        ("tag", "exact") => Some(record.tags.iter().any(|tag| tag == wanted)),
        ("comment", "present") => Some(record.comment.is_some()),
        ("comment", "absent") => Some(record.comment.is_none()),
        ("name", how) => matches(&record.name, how, wanted),
        ("content", how) => matches(&record.content, how, wanted),
        ("comment", how) => matches(comment, how, wanted),
        _ => None,
    }
}

/// Comparisons ignore case, as the API's do.
fn matches(value: &str, how: &str, wanted: &str) -> Option<bool> {
    let (value, wanted) = (value.to_lowercase(), wanted.to_lowercase());
    match how {
        "exact" => Some(value == wanted),
        "contains" => Some(value.contains(&wanted)),
        "startswith" => Some(value.starts_with(&wanted)),
        "endswith" => Some(value.ends_with(&wanted)),
        _ => None,
    }
}
