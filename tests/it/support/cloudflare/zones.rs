//! Zones and tokens, read.

use serde_json::json;

use super::envelope::{Answer, Page, Query, Refusal, object};
use super::world::{Token, World, Zone};

/// `GET /zones`: ordered by name, `internal` zones only when asked for.
pub fn list(world: &World, token: &Token, query: &Query) -> Result<Answer, Refusal> {
    let page = Page::of(query, 20, 5, 50)?;
    let asks = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
    let mut zones: Vec<&Zone> = world
        .zones
        .values()
        .filter(|zone| token.sees(zone))
        .filter(|zone| asks("name", &zone.name) && asks("status", &zone.status) && asks("account.id", &zone.account.0))
        .filter(|zone| query.get("type").map_or(zone.zone_type != "internal", |wanted| *wanted == zone.zone_type))
        .collect();
    zones.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    if query.get("direction").is_some_and(|direction| direction == "desc") {
        zones.reverse();
    }
    Ok(page.cut(&zones, |zone| zone.json().to_string()))
}

/// `GET /zones/{id}`.
pub fn read(world: &World, token: &Token, id: &str) -> Result<Answer, Refusal> {
    Ok(object(&visible(world, token, id)?.json()))
}

/// The zone, if there is one and the token sees it; the API does not tell the two apart.
pub fn visible<'a>(world: &'a World, token: &Token, id: &str) -> Result<&'a Zone, Refusal> {
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::new(
            404,
            7003,
            format!("Could not route to /zones/{id}, perhaps your object identifier is invalid?"),
        ));
    }
    let zone = world.zones.get(id).filter(|zone| token.sees(zone));
    zone.ok_or_else(|| Refusal::new(403, 9109, format!("Unauthorized to access requested resource {id}")))
}

/// `GET /user/tokens/verify` for a user's token, `GET /accounts/{account}/tokens/verify` for an account's.
pub fn verify(token: &Token, account: Option<&str>) -> Result<Answer, Refusal> {
    if token.account.as_deref() != account {
        return Err(Refusal::new(401, 1000, "Invalid API Token"));
    }
    Ok(object(&json!({
        "id": "ed17574386854bf78a67040be0a770b0", "status": token.status,
        "expires_on": "2027-01-01T00:00:00Z", "not_before": "2026-01-01T00:00:00Z",
    })))
}
