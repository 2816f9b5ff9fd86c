//! `/dns-changes/{id}`: the plan, what speaks against it, and the button; then the steps, what each server says, and
//! the way back.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use chrono::TimeDelta;
use diesel::QueryResult;

use super::lines::{ChangeLine, RefusalLine, SetLine};
use super::{tone, worded};
use crate::actions::dns_change::{Ask, first_back, told};
use crate::clock::Instant;
use crate::context::Context;
use crate::dns_plan::Code;
use crate::store::dns_changes::checks::CheckRow;
use crate::store::dns_changes::{self, ChangeRow, checks, sets};
use crate::store::runs::steps;
use crate::store::{AnyConnection, Scope};
use crate::web::extract::written;
use crate::web::pages::runs::StepLine;
use crate::web::{PageError, Shell, filters};

/// A change.
#[derive(Template, WebTemplate)]
#[template(path = "dns_changes/show.html")]
pub struct ChangePage {
    pub shell: Shell,
    pub change: ChangeLine,
    pub generation: i64,
    /// As stored: `planned`, `running`, …
    pub state: String,
    pub reason: String,
    pub override_reason: String,
    pub expires_at: Instant,
    pub sets: Vec<SetLine>,
    /// Records that it touches.
    pub records: usize,
    pub refusals: Vec<RefusalLine>,
    pub notes: Vec<String>,
    /// So many machines' own names were left alone, and what would be asked to move them too.
    pub own_names: usize,
    pub asked: Ask,
    pub is_blocked: bool,
    /// Something speaks against it that a reason overrides.
    pub wants_reason: bool,
    /// What has to be typed.
    pub confirm: Option<String>,
    pub run: Option<RunPanel>,
    pub checks: Vec<CheckRow>,
    /// From when a switch is safe, once times to live were lowered.
    pub safe_from: Option<Instant>,
    /// The change that it takes back, that has taken it back, or that it follows.
    pub undo_of: Option<i64>,
    pub undone_by: Option<ChangeLine>,
    /// What came on top of it and is taken back before it: link and title.
    pub first_back: Option<(String, String)>,
    pub follows: Option<i64>,
    pub restore_at: Option<Instant>,
    /// The swap that this one has prepared, or that needs no preparation: action, from, to.
    pub prepared: Option<(String, i64, i64)>,
    pub key: String,
}

/// What the run has done so far.
#[derive(Clone, Debug)]
pub struct RunPanel {
    pub id: i64,
    pub steps: Vec<StepLine>,
    pub has_ended: bool,
}

/// `GET /dns-changes/{id}`.
pub async fn show(
    context: web::Data<Context>,
    request: HttpRequest,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let (shell, id) = (Shell::begin(&request)?, *id);
    written(&context, shell, move |connection, shell| fetch(connection, &scope, id, shell)).await
}

fn fetch(connection: &mut AnyConnection, scope: &Scope, id: i64, shell: Shell) -> QueryResult<Option<ChangePage>> {
    let Some(row) = dns_changes::find(connection, scope, id)? else { return Ok(None) };
    let now = shell.now;
    let plan = told(connection, scope, &row)?;
    let related: Vec<i64> = [row.undo_of, row.follows].into_iter().flatten().collect();
    let related = dns_changes::visible(connection, scope, &related)?;
    let checks = checks::of(connection, id)?;
    let run = run(connection, &row)?;
    let undone_by = match row.undone_by {
        Some(by) => dns_changes::find(connection, scope, by)?.map(|by| ChangeLine::of(&by, now)),
        None => None,
    };
    let state = row.state(now).to_owned();
    let line = ChangeLine::of(&row, now);
    let first_back = match line.undo_until {
        Some(_) => first_back(connection, scope, id)?,
        None => None,
    };
    let is_needless = plan.refusals.iter().any(|refusal| refusal.code == Code::NothingToLower);
    Ok(Some(ChangePage {
        generation: row.generation,
        reason: row.reason.clone(),
        override_reason: row.override_reason.clone(),
        expires_at: row.expires_at(),
        sets: plan.changes.iter().map(SetLine::of).collect(),
        records: plan.records(),
        refusals: plan.refusals.iter().map(RefusalLine::of).collect(),
        notes: plan.notes.clone(),
        own_names: plan.own_names,
        asked: serde_json::from_str(&row.ask).unwrap_or_default(),
        is_blocked: plan.is_blocked(),
        wants_reason: !plan.is_clear() && !plan.is_blocked(),
        confirm: plan.confirm().map(str::to_owned),
        safe_from: if row.action == "prepare" { safe_from(connection, &row, &checks)? } else { None },
        undo_of: row.undo_of.filter(|change| related.contains(change)),
        follows: row.follows.filter(|change| related.contains(change)),
        restore_at: row.restore_at(),
        prepared: prepared(&row).filter(|_| state == "succeeded" || is_needless),
        change: ChangeLine { state: worded(&state).to_owned(), tone: tone(&state), ..line },
        first_back: first_back.map(|(id, title)| (format!("/dns-changes/{id}"), title)),
        state,
        run,
        checks,
        undone_by,
        key: crate::telemetry::new_id(),
        shell,
    }))
}

impl ChangePage {
    pub fn is_planned(&self) -> bool {
        self.run.is_none()
    }

    pub fn is_under_way(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.has_ended)
    }

    /// What moves the machines' own names too: from, to, and the TTL where it is a preparation.
    pub fn with_own_names(&self) -> Option<(i64, i64, Option<i64>)> {
        let (from, to) = self.asked.from.zip(self.asked.to).filter(|_| self.is_planned() && self.own_names > 0)?;
        Some((from, to, self.asked.prepare_ttl_seconds))
    }

    pub fn is_expired(&self) -> bool {
        self.state == "expired"
    }
}

fn run(connection: &mut AnyConnection, row: &ChangeRow) -> QueryResult<Option<RunPanel>> {
    let Some(id) = row.run_id else { return Ok(None) };
    let steps = steps::of_run(connection, id)?;
    Ok(Some(RunPanel { id, steps: steps.iter().map(StepLine::of).collect(), has_ended: row.ended_at().is_some() }))
}

/// The last server served the lowered times to live, and the longest of the old ones has passed since.
fn safe_from(connection: &mut AnyConnection, row: &ChangeRow, checks: &[CheckRow]) -> QueryResult<Option<Instant>> {
    let served: Option<Vec<Instant>> = checks.iter().map(CheckRow::served_at).collect();
    let last = served.and_then(|served| served.into_iter().max()).or(row.ended_at());
    let mut longest = 0;
    for set in sets::of(connection, row.id)? {
        let done: Result<crate::dns_plan::PlannedChange, _> = serde_json::from_str(&set.change);
        let before = done.ok().and_then(|done| done.change.before);
        longest = before.iter().flat_map(|set| &set.values).map(|value| value.ttl).chain([longest]).max().unwrap_or(0);
    }
    Ok(last.map(|last| last + TimeDelta::seconds(longest)))
}

/// What a prepared change is to be followed by.
fn prepared(row: &ChangeRow) -> Option<(String, i64, i64)> {
    let ask: serde_json::Value = serde_json::from_str(&row.ask).ok()?;
    let action = ask["action"].as_str().filter(|_| row.action == "prepare")?;
    Some((action.to_owned(), row.from_id?, row.to_id.or(row.from_id)?))
}
