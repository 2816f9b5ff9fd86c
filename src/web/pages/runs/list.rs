//! `/runs`: the newest first, by state, action, actor and target.

use actix_web::{HttpRequest, web};
use askama::Template;
use askama_web::WebTemplate;
use diesel::QueryResult;

use super::RunLine;
use crate::actions::ACTIONS;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::runs::list::{self, Wanted};
use crate::store::{AnyConnection, Scope};
use crate::web::listing::ROWS;
use crate::web::params::Params;
use crate::web::view::{Chip, FilterGroup, Kept, Pager};
use crate::web::{PageError, Shell, cells, filters};
use crate::wire::runs::RunState;

/// Runs.
#[derive(Template, WebTemplate)]
#[template(path = "runs/list.html")]
pub struct RunsPage {
    pub shell: Shell,
    pub filters: Vec<FilterGroup>,
    pub target: String,
    pub actor: String,
    /// What the form for target and actor keeps of the query.
    pub kept: Vec<Kept>,
    pub is_narrowed: bool,
    pub runs: Vec<RunLine>,
    pub pager: Pager,
}

/// What a query may ask for.
pub const PARAMETERS: [&str; 7] = ["state", "action", "actor", "target", "parent", "cursor", "limit"];

/// What a query asks for.
///
/// # Errors
/// [`PageError::Invalid`] for a state or a cursor that there is not.
pub fn wanted(params: &Params) -> Result<Wanted, PageError> {
    let known = || RunState::ALL.map(RunState::as_str).join(", ");
    let state = |name: &str| {
        let unknown = || PageError::Invalid(format!("there is no state “{name}”; there are {}", known()));
        RunState::parse(name).ok_or_else(unknown)
    };
    let text = |name| params.get(name).map(str::trim).map(str::to_owned);
    let parent = params.get("parent").map(|id| id.parse().map_err(|_| PageError::Invalid("parent is a number".into())));
    Ok(Wanted {
        states: params.all("state").map(state).collect::<Result<_, _>>()?,
        action: text("action"),
        actor: text("actor"),
        target: text("target"),
        subject: None,
        parent: parent.transpose()?,
        before: params.id_cursor().map_err(PageError::Invalid)?,
    })
}

/// The runs that are wanted.
pub fn fetch(
    connection: &mut AnyConnection,
    scope: &Scope,
    wanted: &Wanted,
    params: &Params,
    shell: Shell,
) -> QueryResult<RunsPage> {
    let page = list::page(connection, scope, wanted, ROWS)?;
    let here = params.without(&["cursor"]);
    Ok(RunsPage {
        filters: vec![states(&here), kinds(&here)],
        target: wanted.target.clone().unwrap_or_default(),
        actor: wanted.actor.clone().unwrap_or_default(),
        kept: here.without(&["target", "actor"]).kept(),
        is_narrowed: !here.is_empty(),
        runs: page.rows.iter().map(RunLine::of).collect(),
        pager: Pager {
            shown: page.rows.len(),
            first_href: params.get("cursor").map(|_| here.href("/runs")),
            next_href: page.next.map(|cursor| here.with("cursor", &cursor.to_string()).href("/runs")),
        },
        shell,
    })
}

fn states(here: &Params) -> FilterGroup {
    let chip = |state: RunState| Chip {
        label: state.as_str().replace('_', " "),
        count: None,
        href: here.toggled("state", state.as_str()).href("/runs"),
        on: here.all("state").any(|on| on == state.as_str()),
        tone: cells::state_tone(state.as_str()),
    };
    let chips = RunState::ALL.into_iter().map(chip).collect();
    FilterGroup { name: "state".to_owned(), title: "State".to_owned(), chips, more: Vec::new() }
}

fn kinds(here: &Params) -> FilterGroup {
    let chip = |name: &str, title: &str| {
        let on = here.get("action") == Some(name);
        let href = if on { here.without(&["action"]) } else { here.with("action", name) }.href("/runs");
        Chip { label: title.to_owned(), count: None, href, on, tone: Tone::Plain }
    };
    let chips = ACTIONS.iter().map(|action| chip(action.name(), action.title())).collect();
    FilterGroup { name: "action".to_owned(), title: "What".to_owned(), chips, more: Vec::new() }
}

/// `GET /runs`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    request: HttpRequest,
    scope: Scope,
) -> Result<RunsPage, PageError> {
    let params = Params::parse(request.query_string());
    params.only(&PARAMETERS).map_err(PageError::Invalid)?;
    let wanted = wanted(&params)?;
    Ok(context.db.read(move |connection| fetch(connection, &scope, &wanted, &params, shell)).await?)
}
