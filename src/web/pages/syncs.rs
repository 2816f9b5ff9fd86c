//! `/syncs`: every pass over a source, the newest first.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, web};
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::syncs::{self, SyncResultRow, SyncRow};
use crate::store::{AnyConnection, Scope};
use crate::web::params::Params;
use crate::web::view::Pager;
use crate::web::{PageError, Shell, cells, filters};

/// Syncs of one source, or of all.
#[derive(Template, WebTemplate)]
#[template(path = "syncs.html")]
pub struct SyncsPage {
    pub shell: Shell,
    pub source: Option<String>,
    pub syncs: Vec<SyncLine>,
    pub pager: Pager,
}

/// A sync with its sums over all listings.
#[derive(Clone, Debug)]
pub struct SyncLine {
    pub source: String,
    /// When it began, or was asked for.
    pub at: Instant,
    pub state: String,
    pub tone: Tone,
    pub reason: String,
    pub notes: Vec<String>,
    pub added: i64,
    pub changed: i64,
    pub gone: i64,
    pub unchanged: i64,
    pub held: i64,
    /// How long it took; `None` until it ends.
    pub seconds: Option<i64>,
    pub requested_by: String,
}

/// Syncs of one page.
const SHOWN: i64 = 50;

/// The syncs, of `?source=` or of all.
pub fn fetch(connection: &mut AnyConnection, scope: &Scope, params: &Params, shell: Shell) -> QueryResult<SyncsPage> {
    let source = params.get("source").map(str::to_owned);
    let before = params.get("cursor").and_then(|id| id.parse().ok());
    let rows = syncs::latest(connection, scope, source.as_deref(), before, SHOWN)?;
    let next = rows.last().filter(|_| rows.len() as i64 == SHOWN).map(|row| row.id.to_string());
    let here = params.without(&["cursor"]);
    let pager = Pager {
        shown: rows.len(),
        first_href: before.map(|_: i64| here.href("/syncs")),
        next_href: next.map(|cursor| here.with("cursor", &cursor).href("/syncs")),
    };
    let syncs = with_sums(connection, scope, rows)?;
    Ok(SyncsPage { shell, source, syncs, pager })
}

/// The latest syncs as lines.
pub fn lines(
    connection: &mut AnyConnection,
    scope: &Scope,
    source: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<SyncLine>> {
    let rows = syncs::latest(connection, scope, source, before, limit)?;
    with_sums(connection, scope, rows)
}

fn with_sums(connection: &mut AnyConnection, scope: &Scope, rows: Vec<SyncRow>) -> QueryResult<Vec<SyncLine>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let results = if ids.is_empty() { Vec::new() } else { syncs::results(connection, scope, &ids)? };
    Ok(rows.into_iter().map(|row| line(row, &results)).collect())
}

fn line(row: SyncRow, results: &[SyncResultRow]) -> SyncLine {
    let sum = |of: fn(&SyncResultRow) -> i64| results.iter().filter(|result| result.sync_id == row.id).map(of).sum();
    SyncLine {
        at: row.started_at.unwrap_or(row.requested_at).and_utc(),
        tone: cells::state_tone(&row.state),
        notes: row.notes.lines().map(str::to_owned).filter(|note| !note.is_empty()).collect(),
        added: sum(|result| result.added),
        changed: sum(|result| result.changed),
        gone: sum(|result| result.gone),
        unchanged: sum(|result| result.unchanged),
        held: sum(|result| result.held),
        seconds: row
            .started_at
            .zip(row.ended_at)
            .map(|(began, ended)| (ended.and_utc() - began.and_utc()).num_seconds()),
        source: row.source,
        state: row.state,
        reason: row.reason,
        requested_by: row.requested_by,
    }
}

/// `GET /syncs`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    request: HttpRequest,
    scope: Scope,
) -> Result<SyncsPage, PageError> {
    let params = Params::parse(request.query_string());
    Ok(context.db.read(move |connection| fetch(connection, &scope, &params, shell)).await?)
}
