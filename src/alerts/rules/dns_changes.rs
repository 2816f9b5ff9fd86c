//! Switches that may need their way back, or have grown old: the way back ends while the old side is going, the balancer's members have
//! changed since its addresses were written into records (F5). That a change ended as `unknown` or `partial` is said of its run.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::dns_plan::PlannedChange;
use crate::kinds::load_balancer::LoadBalancer;
use crate::kinds::{Held, Key, Role};
use crate::store::alerts::{Condition, Severity};
use crate::store::dns_changes::{ChangeRow, due, sets};
use crate::store::keys::{self, When};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};
use crate::wire::dns::RecordSet;

pub const WAY_BACK: Rule =
    Rule { name: "way_back_ending", title: "Way back ends while the old side goes", conditions: way_back };
pub const MEMBERS: Rule =
    Rule { name: "switch_members_diverge", title: "Records no longer match their balancer", conditions: members };

/// So long before its end a way back is told of.
const BEFORE: TimeDelta = TimeDelta::hours(2);
/// Switches of longer ago are anybody's records by now.
const WATCHED: TimeDelta = TimeDelta::days(90);

fn way_back(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Condition>> {
    let mut conditions = Vec::new();
    for change in due::ways_back_ending(connection, now, now + BEFORE)? {
        let Some(old) = side(connection, change.from_id)? else { continue };
        let going = old.gone_at.is_some() || !matches!(old.status.as_str(), "running" | "active");
        if let (true, Some(until)) = (going, change.undo_until()) {
            let state = if old.gone_at.is_some() { "gone" } else { old.status.as_str() };
            let body = format!(
                "{} is {state}, and the change can be taken back until {} UTC only. Make sure that nobody needs it any more.",
                old.title(),
                until.format("%Y-%m-%d %H:%M")
            );
            let title = format!("{}: the way back ends soon", change.title);
            conditions.push(condition("way_back_ending", &change, &old, title, body));
        }
    }
    Ok(conditions)
}

fn members(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Condition>> {
    let mut conditions = Vec::new();
    for change in due::standing_switches(connection, now - WATCHED)? {
        let Some(balancer) = side(connection, change.to_id)? else { continue };
        let written = written(connection, &change)?;
        let behind = behind(connection, &balancer, |_| true)?;
        let healthy = self::behind(connection, &balancer, |health| health == "healthy")?;
        // Where nothing is known to stand behind it, another rule has something to say.
        if written.is_empty() || behind.is_empty() {
            continue;
        }
        let strangers: Vec<String> = written.difference(&behind).cloned().collect();
        let strangers = still_led_to(connection, strangers)?;
        let missing = healthy.difference(&written).count();
        if !strangers.is_empty() || missing > 0 {
            let body = format!(
                "Records that were switched to it name {} addresses that are no longer behind it, and lack {missing} that are. \
                 Switch again from it to itself by planning a replace, or edit the records.",
                strangers.len()
            );
            let title = format!("Records no longer match what stands behind {}", balancer.title());
            conditions.push(condition("switch_members_diverge", &change, &balancer, title, body));
        }
    }
    Ok(conditions)
}

fn side(connection: &mut AnyConnection, id: Option<i64>) -> QueryResult<Option<ResourceRow>> {
    let Some(id) = id else { return Ok(None) };
    Ok(resources::of_ids(connection, &Scope::unrestricted(), &[id], None)?.into_iter().next())
}

/// The addresses that a change has put into records, as stored keys.
fn written(connection: &mut AnyConnection, change: &ChangeRow) -> QueryResult<BTreeSet<String>> {
    let mut addresses = BTreeSet::new();
    for set in sets::of(connection, change.id)?.iter().filter(|set| set.written_at().is_some()) {
        let Ok(done) = serde_json::from_str::<PlannedChange>(&set.change) else { continue };
        let contents = |set: Option<&RecordSet>| -> BTreeSet<String> {
            set.into_iter().flat_map(|set| &set.values).map(|value| value.content.clone()).collect()
        };
        let before = contents(done.change.before.as_ref());
        let new = contents(done.change.after.as_ref()).into_iter().filter(|content| !before.contains(content));
        addresses.extend(new.filter_map(|content| Some(Key::address(content.parse().ok()?, "").stored())));
    }
    Ok(addresses)
}

/// The public addresses of those behind a balancer whose health is such.
fn behind(
    connection: &mut AnyConnection,
    row: &ResourceRow,
    takes: impl Fn(&str) -> bool,
) -> QueryResult<BTreeSet<String>> {
    let balancer: LoadBalancer = serde_json::from_str(&row.attrs).unwrap_or_default();
    let (account, region) = (&balancer.account, &balancer.provider_region);
    let targets = balancer.targets.iter().filter(|target| takes(&target.health));
    let targets: Vec<String> = targets.map(|target| Key::instance(account, region, &target.id).stored()).collect();
    let holders =
        keys::of_keys(connection, &Scope::unrestricted(), Held::Key, &targets, &[Role::Is], When::Now, usize::MAX)?;
    let ids: Vec<i64> = holders.iter().map(|link| link.resource_id).collect();
    let own = keys::of_resources(connection, Held::Key, &ids, When::Now)?;
    let addresses = own.into_iter().map(|link| link.key).filter(|key| Key::from_stored(key).is_public_address());
    Ok(addresses.collect())
}

/// Those to which a record still leads.
fn still_led_to(connection: &mut AnyConnection, keys: Vec<String>) -> QueryResult<BTreeSet<String>> {
    let links =
        keys::of_keys(connection, &Scope::unrestricted(), Held::Ref, &keys, &[Role::PointsAt], When::Now, 1_000)?;
    Ok(links.into_iter().map(|link| link.key).collect())
}

fn condition(rule: &str, change: &ChangeRow, about: &ResourceRow, title: String, body: String) -> Condition {
    Condition {
        fingerprint: format!("{rule}:{}", change.id),
        severity: Severity::Warning,
        title,
        body,
        link: format!("/dns-changes/{}", change.id),
        resource_id: Some(about.id),
        source: about.source.clone(),
        due_at: change.undo_until(),
    }
}
