//! Switches that may need their way back, or have grown old: the way back ends while the old side is going, the
//! balancer's members have changed since its addresses were written into records (F5). That a change ended as `unknown`
//! or `partial` is said of its run.

use chrono::TimeDelta;
use diesel::QueryResult;

use super::Rule;
use crate::clock::Instant;
use crate::kinds::load_balancer;
use crate::relations::switched::{self, Divergence, WATCHED};
use crate::store::alerts::{Condition, Severity};
use crate::store::dns_changes::{ChangeRow, due};
use crate::store::rows::ResourceRow;
use crate::store::{AnyConnection, Scope, resources};

pub const WAY_BACK: Rule =
    Rule { name: "way_back_ending", title: "Way back ends while the old side goes", conditions: way_back };
pub const MEMBERS: Rule =
    Rule { name: "switch_members_diverge", title: "Records no longer match their balancer", conditions: members };

/// So long before its end a way back is told of.
const BEFORE: TimeDelta = TimeDelta::hours(2);

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
            // Not by the change's own title: that names the other side, and the alert is about this one.
            let title = format!("The way back to {} ends soon", old.title());
            conditions.push(condition("way_back_ending", &change, &old, title, body));
        }
    }
    Ok(conditions)
}

fn members(connection: &mut AnyConnection, now: Instant) -> QueryResult<Vec<Condition>> {
    let mut conditions = Vec::new();
    for change in due::standing_switches(connection, now - WATCHED)? {
        let Some(balancer) = side(connection, change.to_id)? else { continue };
        let found = switched::divergence(connection, &Scope::unrestricted(), &balancer, now - WATCHED)?;
        let Some(Divergence { strangers, missing, .. }) = found else { continue };
        // Not how many: whoever sees the balancer need not see each record that was switched to it.
        let body = format!(
            "Records that were switched to it are out of line. Addresses that stand no more behind it: {}; addresses of healthy machines \
             that are missing: {}. Its page brings them in line.",
            strangers.len(),
            missing.len()
        );
        let title = format!("Records no longer match what stands behind {}", balancer.title());
        conditions.push(Condition {
            fingerprint: format!("switch_members_diverge:{}", balancer.id),
            link: format!("/{}/{}", load_balancer::SPEC.path, balancer.id),
            due_at: None,
            ..condition("switch_members_diverge", &change, &balancer, title, body)
        });
    }
    Ok(conditions)
}

fn side(connection: &mut AnyConnection, id: Option<i64>) -> QueryResult<Option<ResourceRow>> {
    let Some(id) = id else { return Ok(None) };
    Ok(resources::of_ids(connection, &Scope::unrestricted(), &[id], None)?.into_iter().next())
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
