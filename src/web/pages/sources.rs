//! `/sources`: where the facts come from.

use askama::Template;
use askama_web::WebTemplate;

use actix_web::web;
use diesel::QueryResult;

use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::held::HeldLossRow;
use crate::store::sources::SourceRow;
use crate::store::{AnyConnection, Scope, held, sources};
use crate::web::{PageError, Shell, cells, filters};

/// All sources, those in trouble first.
#[derive(Template, WebTemplate)]
#[template(path = "sources/list.html")]
pub struct SourcesPage {
    pub shell: Shell,
    pub sources: Vec<SourceLine>,
}

/// A source and how it fares.
#[derive(Clone, Debug)]
pub struct SourceLine {
    pub name: String,
    pub provider: String,
    pub state: String,
    pub tone: Tone,
    pub reason: String,
    pub region: String,
    pub cluster: String,
    pub every_seconds: i64,
    /// Open held losses.
    pub held: i64,
    pub scopes: i64,
    pub complete_scopes: i64,
    pub present: i64,
    /// The oldest over its scopes.
    pub confirmed_at: Option<Instant>,
    pub attempted_at: Option<Instant>,
}

/// All sources, those in trouble first.
pub fn fetch(connection: &mut AnyConnection, scope: &Scope, shell: Shell) -> QueryResult<SourcesPage> {
    let sources = lines(connection, scope, shell.now)?;
    Ok(SourcesPage { shell, sources })
}

/// All sources as lines: the worst first, then by name.
pub fn lines(connection: &mut AnyConnection, scope: &Scope, now: Instant) -> QueryResult<Vec<SourceLine>> {
    let held = held::open(connection, scope, None)?;
    lines_with(connection, scope, &held, now)
}

/// The same, for who has asked for the open losses already.
pub fn lines_with(
    connection: &mut AnyConnection,
    scope: &Scope,
    held: &[HeldLossRow],
    now: Instant,
) -> QueryResult<Vec<SourceLine>> {
    let count = |name: &str| held.iter().filter(|loss| loss.source == name).count() as i64;
    let rows = sources::all(connection, scope)?;
    let mut lines: Vec<_> = rows.iter().map(|row| SourceLine::of(row, count(&row.name), now)).collect();
    lines.sort_by(|one, other| other.tone.cmp(&one.tone).then_with(|| one.name.cmp(&other.name)));
    Ok(lines)
}

impl SourceLine {
    /// A source as it stands at `now`.
    pub fn of(row: &SourceRow, held: i64, now: Instant) -> Self {
        let state = row.state_at(now).as_str();
        Self {
            name: row.name.clone(),
            provider: row.provider.clone(),
            state: state.to_owned(),
            tone: cells::state_tone(state),
            reason: row.reason.clone(),
            region: row.region.clone(),
            cluster: row.cluster.clone(),
            every_seconds: row.every_seconds,
            held,
            scopes: row.scopes,
            complete_scopes: row.complete_scopes,
            present: row.present,
            confirmed_at: row.confirmed_at(),
            attempted_at: row.attempted_at.map(|at| at.and_utc()),
        }
    }
}

/// `GET /sources`.
pub async fn show(context: web::Data<Context>, shell: Shell, scope: Scope) -> Result<SourcesPage, PageError> {
    Ok(context.db.read(move |connection| fetch(connection, &scope, shell)).await?)
}
