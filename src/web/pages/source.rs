//! `/sources/{name}`: one source with its listings, what is held, and its latest syncs.
//!
//! Forms: `POST /sources/{name}/syncs`, `POST /held-losses/{id}/accept` and `/reject` (`reason`).

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpResponse, web};
use diesel::QueryResult;

use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::{KindSpec, Tone};
use crate::store::held::{self, HeldLossRow, ROWS};
use crate::store::rows::ResourceRow;
use crate::store::scopes::{self, ScopeRow};
use crate::store::{AnyConnection, Scope, resources, sources};
use crate::web::forms::{go_on, sentence};
use crate::web::pages::sources::SourceLine;
use crate::web::pages::syncs::{self, SyncLine};
use crate::web::view::{Age, Crumb};
use crate::web::{PageError, Session, Shell, acts, cells, filters};

/// A source.
#[derive(Template, WebTemplate)]
#[template(path = "sources/show.html")]
pub struct SourcePage {
    pub shell: Shell,
    pub source: SourceLine,
    pub age: Age,
    /// One waits or runs.
    pub is_syncing: bool,
    pub held: Vec<HeldLine>,
    pub scopes: Vec<ScopeLine>,
    pub syncs: Vec<SyncLine>,
}

/// A loss that waits for a person.
#[derive(Clone, Debug)]
pub struct HeldLine {
    pub id: i64,
    /// `312 of 320 instances in eu-west-1 are missing`.
    pub title: String,
    pub reason: String,
    pub opened_at: Instant,
    /// Complete listings that have shown the same loss.
    pub seen: i64,
    pub rows: i64,
    /// The first of them.
    pub items: Vec<Crumb>,
}

/// A listing of the source: one kind in one place.
#[derive(Clone, Debug)]
pub struct ScopeLine {
    pub titles: &'static str,
    pub name: String,
    pub state: String,
    pub tone: Tone,
    pub reason: String,
    pub present: i64,
    pub confirmed_at: Option<Instant>,
    pub attempted_at: Option<Instant>,
}

/// So many of the held are named.
const NAMED: usize = 60;

/// A source's page; `None` where there is none of that name.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    name: &str,
    shell: Shell,
) -> QueryResult<Option<SourcePage>> {
    let Some(row) = sources::find(connection, scope, name)? else { return Ok(None) };
    let losses = held::open(connection, scope, Some(name))?;
    let listings = scopes::of_source(connection, scope, name)?;
    let syncs = syncs::lines(connection, scope, Some(name), None, 12)?;
    let incomplete = |listing: &&ScopeRow| listing.state != "complete";
    let age = Age {
        confirmed_at: row.confirmed_at(),
        stale: row.is_stale(shell.now),
        complete: !listings.iter().any(|listing| incomplete(&listing)),
        reasons: Vec::new(),
    };
    let mut lines = Vec::with_capacity(losses.len());
    for loss in &losses {
        let ids = held::items(connection, scope, loss.id, NAMED)?;
        lines.push(held_line(loss, &resources::of_ids(connection, scope, &ids, None)?));
    }
    Ok(Some(SourcePage {
        source: SourceLine::of(&row, losses.len() as i64, shell.now),
        age,
        is_syncing: syncs.iter().any(|sync| matches!(sync.state.as_str(), "queued" | "running")),
        held: lines,
        scopes: listings.iter().map(scope_line).collect(),
        syncs,
        shell,
    }))
}

fn held_line(loss: &HeldLossRow, items: &[ResourceRow]) -> HeldLine {
    let titles = KindSpec::by_name(&loss.kind).map_or(loss.kind.as_str(), |spec| spec.titles);
    let what = if loss.subject == ROWS {
        "missing".to_owned()
    } else {
        format!("without their {}", loss.subject.replace('_', " "))
    };
    HeldLine {
        id: loss.id,
        title: format!(
            "{} of {} {} in {} are {what}",
            loss.rows,
            loss.baseline,
            filters::within_sentence(titles),
            loss.scope
        ),
        reason: sentence(&loss.reason),
        opened_at: loss.opened_at.and_utc(),
        seen: loss.seen,
        rows: loss.rows,
        items: items
            .iter()
            .filter_map(|row| Some(Crumb { title: row.name.clone(), href: cells::href(row.spec()?, row.id, None) }))
            .collect(),
    }
}

fn scope_line(listing: &ScopeRow) -> ScopeLine {
    ScopeLine {
        titles: KindSpec::by_name(&listing.kind).map_or("Unknown kind", |spec| spec.titles),
        name: listing.name.clone(),
        state: listing.state.clone(),
        tone: cells::state_tone(&listing.state),
        reason: listing.reason.clone(),
        present: listing.present,
        confirmed_at: listing.confirmed_at(),
        attempted_at: listing.attempted_at.map(|at| at.and_utc()),
    }
}

/// `GET /sources/{name}`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    name: web::Path<String>,
    scope: Scope,
) -> Result<SourcePage, PageError> {
    let page = context.db.read(move |connection| fetch(connection, &scope, &name, shell)).await?;
    page.ok_or(PageError::NotFound)
}

/// `POST /sources/{name}/syncs`.
pub async fn sync(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    name: web::Path<String>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    acts::sync_now(&context, &doer, &scope, &name).await?;
    session.leave_flash(true, format!("A sync of {name} was requested. Reload this page to see how it goes."));
    Ok(go_on(&format!("/sources/{name}")))
}
