//! From an ask to a plan: what the inventory knows, what the providers say this moment, and what the rules make of it.

use diesel::QueryResult;

use super::ask::{Ask, Sort};
use super::sides::{self, Sides};
use super::touched::touch;
use super::zones::{self, How, Wanted};
use crate::context::Context;
use crate::dns_plan::{self, Code, Limit, Plan, PlannedChange, Refusal, Swap, ZoneNow, guard};
use crate::store::dns_changes::{self, sets};
use crate::store::{AnyConnection, Scope, StoreError};

/// A plan that is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub title: String,
    pub plan: Plan,
    /// The resources that it is about.
    pub subjects: Vec<i64>,
    /// The change that a switch follows, or that is taken back.
    pub follows: Option<i64>,
}

/// What the inventory gives an ask.
#[derive(Default)]
struct Known {
    title: String,
    zones: Vec<Wanted>,
    refusals: Vec<Refusal>,
    notes: Vec<String>,
    subjects: Vec<i64>,
    swap: Option<Swap>,
    follows: Option<i64>,
    /// What another change has written.
    written: Vec<PlannedChange>,
    /// What came after it.
    later: Vec<PlannedChange>,
}

/// Plans what is asked, from fresh reads. `None` where something that it names is not there for the asker; for whom a team bounds nothing
/// is, since a plan reads whole zones and tells what else they hold.
pub async fn draft(context: &Context, scope: &Scope, ask: &Ask) -> Result<Option<Draft>, StoreError> {
    if !scope.sees_everything() {
        return Ok(None);
    }
    let (reach, asked, now) = (scope.clone(), ask.clone(), context.clock.now());
    let known = context.db.read(move |connection| know(connection, &reach, &asked, now)).await?;
    let Some(mut known) = known else { return Ok(None) };
    let how = if ask.is_swap() && known.written.is_empty() { How::Whole } else { How::Names };
    let (now, unread) = zones::read(context, std::mem::take(&mut known.zones), how).await;
    let mut plan = match (&known.swap, ask.action) {
        (Some(swap), _) if known.written.is_empty() => dns_plan::swap(&now, swap),
        (Some(swap), _) => dns_plan::swap_within(&now, swap, &known.written),
        (None, Sort::Undo) => dns_plan::way_back(&known.written, &now),
        (None, Sort::Restore) => dns_plan::restore(&known.written, &known.later, &now),
        (None, _) => zones::shaped(context, dns_plan::edit(&now, &ask.records)),
    };
    if let Some(seconds) = ask.prepare_ttl_seconds.filter(|_| ask.is_swap()) {
        plan = dns_plan::lower(&plan, &now, seconds);
    }
    plan.refusals.extend(unread);
    plan.refusals.extend(known.refusals);
    plan.notes.extend(known.notes);
    // Where somebody says why there is nothing to do, or something else speaks against it, that there is nothing is no news.
    let nothing = plan.refusals.iter().position(|refusal| refusal.code == Code::NothingToDo);
    if let (Some(nothing), true) = (nothing, plan.refusals.len() > 1) {
        plan.refusals.remove(nothing);
    }
    let limit = |zone: &ZoneNow| Limit { source: zone.source.clone(), at: zone.at.clone(), most: zone.most_per_write };
    plan.limits = now.iter().map(limit).collect();
    let confirm = known.swap.as_ref().map(|swap| swap.to.title.clone());
    plan = match ask.action {
        // The way back and the old times to live state exactly their sets, which somebody has agreed to before.
        Sort::Undo | Sort::Restore => only_hard(guard(plan, &now, None)),
        _ => guard(plan, &now, confirm.as_deref()),
    };
    let reach = scope.clone();
    let plan = context
        .db
        .read(move |connection| {
            touch(connection, &reach, &mut plan, &now)?;
            Ok(plan)
        })
        .await?;
    Ok(Some(Draft { title: known.title, plan, subjects: known.subjects, follows: known.follows }))
}

fn only_hard(mut plan: Plan) -> Plan {
    plan.refusals.retain(|refusal| !refusal.overridable);
    plan
}

fn know(
    connection: &mut AnyConnection,
    scope: &Scope,
    ask: &Ask,
    now: crate::clock::Instant,
) -> QueryResult<Option<Known>> {
    let known = match ask.action {
        Sort::Edit => Some(of_edits(connection, scope, ask)?),
        Sort::Undo | Sort::Restore => of_change(connection, scope, ask)?,
        Sort::Repoint | Sort::Replace | Sort::Switch => {
            let sides = sides::sides(connection, scope, ask, now)?;
            match sides {
                Some(sides) => Some(of_sides(connection, scope, ask, sides)?),
                None => None,
            }
        }
    };
    let Some(mut known) = known else { return Ok(None) };
    for zone in &mut known.zones {
        known.subjects.push(zone.resource);
        known.subjects.extend(zone.mark(connection, scope)?);
    }
    Ok(Some(known))
}

fn of_edits(connection: &mut AnyConnection, scope: &Scope, ask: &Ask) -> QueryResult<Known> {
    let (zones, refusals) = zones::of_edits(connection, scope, &ask.records, ask.source.as_deref())?;
    let title = match ask.records.as_slice() {
        [one] => {
            let of = one.of().map_or_else(|| one.name.clone(), |of| of.to_string());
            format!("{} {of}", ["Create", "Update", "Delete"][one.op as usize])
        }
        several => format!("Edit {} record sets", several.len()),
    };
    Ok(Known { title, zones, refusals, ..Known::default() })
}

fn of_sides(connection: &mut AnyConnection, scope: &Scope, ask: &Ask, sides: Sides) -> QueryResult<Known> {
    let zones = match &sides.swap {
        Some(swap) if sides.written.is_empty() => zones::of_side(connection, scope, &swap.from)?,
        Some(_) => {
            let sets = sides.written.iter().map(|done| (done.source.as_str(), &done.at, &done.change.of));
            zones::of_sets(connection, scope, sets)?
        }
        None => Vec::new(),
    };
    let follows = match ask.prepare_ttl_seconds {
        None => dns_changes::due::prepared_for(connection, ask.from, ask.to)?,
        Some(_) => None,
    };
    let title = match ask.prepare_ttl_seconds {
        None => sides.title,
        Some(seconds) => format!("{}: lower TTLs to {seconds} s first", sides.title),
    };
    let Sides { swap, refusals, notes, subjects, written, .. } = sides;
    Ok(Known { title, zones, refusals, notes, subjects, swap, follows, written, ..Known::default() })
}

/// Of a way back, and of old times to live: the sets as the earlier change left them.
fn of_change(connection: &mut AnyConnection, scope: &Scope, ask: &Ask) -> QueryResult<Option<Known>> {
    let Some(change) = ask.of else { return Ok(None) };
    let Some(row) = dns_changes::find(connection, scope, change)? else { return Ok(None) };
    let (lowered, later) = match (ask.action, row.follows) {
        (Sort::Restore, Some(prepared)) => (written(connection, prepared)?, written(connection, change)?),
        _ => (written(connection, change)?, Vec::new()),
    };
    let all = lowered.iter().chain(&later).map(|done| (done.source.as_str(), &done.at, &done.change.of));
    let zones = zones::of_sets(connection, scope, all)?;
    let title = match ask.action {
        Sort::Restore => format!("Restore the TTLs after: {}", row.title),
        _ => format!("Way back of: {}", row.title),
    };
    let follows = Some(change);
    Ok(Some(Known { title, zones, follows, written: lowered, later, ..Known::default() }))
}

/// What a change has written and not taken back itself.
fn written(connection: &mut AnyConnection, change: i64) -> QueryResult<Vec<PlannedChange>> {
    let sets = sets::of(connection, change)?;
    let written = sets.into_iter().filter(|set| set.written_at().is_some());
    Ok(written.filter_map(|set| serde_json::from_str(&set.change).ok()).collect())
}
