//! `/runs/{id}`: what, by whom and why, the plan as its action renders it, each step with its times, outcome and calls.

use actix_web::web;
use askama::Template;
use askama_web::WebTemplate;
use diesel::QueryResult;

use super::{RunLine, StepLine};
use crate::actions;
use crate::clock::Instant;
use crate::context::Context;
use crate::store::runs::list::{self, Wanted};
use crate::store::runs::{RunRow, steps};
use crate::store::{AnyConnection, Scope, resources};
use crate::web::view::Crumb;
use crate::web::{PageError, Shell, cells, filters};
use crate::wire::runs::{RunState, Shown};

/// A run's own page.
#[derive(Template, WebTemplate)]
#[template(path = "runs/show.html")]
pub struct RunPage {
    pub shell: Shell,
    pub id: i64,
    pub run: RunLine,
    pub reason: String,
    pub worker: String,
    pub deadline_at: Option<Instant>,
    /// Why it takes back what was done.
    pub turned: String,
    pub cancel_requested: Option<(String, Instant)>,
    pub acknowledged: Option<(String, Instant)>,
    /// It can still be cancelled.
    pub is_open: bool,
    /// Somebody has to look at what it left.
    pub is_unsettled: bool,
    pub plan: Shown,
    pub steps: Vec<StepLine>,
    /// The resources that it is about.
    pub subjects: Vec<Crumb>,
    pub parent: Option<Crumb>,
    pub children: Vec<RunLine>,
}

/// Children that are named on the page; the list has the others.
const CHILDREN: usize = 50;

/// A run's page; `None` where there is none that the asker may see.
pub fn fetch(connection: &mut AnyConnection, scope: &Scope, id: i64, shell: Shell) -> QueryResult<Option<RunPage>> {
    let Some(row) = list::find(connection, scope, id)? else { return Ok(None) };
    let subjects = list::subjects(connection, id)?;
    let subjects = resources::of_ids(connection, scope, &subjects, None)?;
    let parent = match row.parent_id {
        Some(parent) => list::find(connection, scope, parent)?,
        None => None,
    };
    let of_it = Wanted { parent: Some(id), ..Wanted::default() };
    let children = list::page(connection, scope, &of_it, CHILDREN)?;
    Ok(Some(RunPage {
        id,
        run: RunLine::of(&row),
        plan: plan_of(&row),
        steps: steps::of_run(connection, id)?.iter().map(StepLine::of).collect(),
        subjects: subjects
            .iter()
            .filter_map(|row| {
                let spec = row.spec()?;
                Some(Crumb { title: format!("{} {}", spec.title, row.name), href: cells::href(spec, row.id, None) })
            })
            .collect(),
        parent: parent.map(|parent| Crumb { href: format!("/runs/{}", parent.id), title: parent.title }),
        children: children.rows.iter().map(RunLine::of).collect(),
        is_open: !row.state().has_ended(),
        is_unsettled: row.state().is_unsettled() && row.acknowledged_at().is_none(),
        cancel_requested: row.cancel_requested_at().map(|at| (row.cancel_requested_by.clone(), at)),
        acknowledged: row.acknowledged_at().map(|at| (row.acknowledged_by.clone(), at)),
        deadline_at: row.deadline_at(),
        reason: row.reason,
        worker: row.worker,
        turned: row.turned,
        shell,
    }))
}

/// The plan as its action shows it; of an action that this version does not know there is nothing to show.
pub fn plan_of(row: &RunRow) -> Shown {
    let plan = serde_json::from_str(&row.plan).unwrap_or_default();
    actions::by_name(&row.action).map(|action| action.show(&plan)).unwrap_or_default()
}

impl RunPage {
    /// What somebody who stands before it at night is to know.
    fn advice(&self) -> Option<&'static str> {
        match RunState::parse(self.run.state)? {
            RunState::Unknown => Some(
                "Nobody knows whether the last call was carried out. Look at the provider before you do it again; then acknowledge it here.",
            ),
            RunState::Partial => {
                Some("Part of it was done and stays. The steps below say which; acknowledge it once that is in order.")
            }
            RunState::RolledBack => Some("Nothing of it is left: what had been done was taken back."),
            _ => None,
        }
    }
}

/// `GET /runs/{id}`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<RunPage, PageError> {
    let page = context.db.read(move |connection| fetch(connection, &scope, *id, shell)).await?;
    page.ok_or(PageError::NotFound)
}
