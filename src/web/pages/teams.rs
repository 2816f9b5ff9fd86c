//! `/teams`: who sees what, team by team.
//!
//! Form: `POST /teams` (`name`, `note`, `csrf_token`).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use diesel::QueryResult;
use serde::Deserialize;

use crate::accounts::reach::Sight;
use crate::accounts::teams::{self, Team};
use crate::accounts::{self, AccountError};
use crate::audit::Doer;
use crate::context::Context;
use crate::kinds::KINDS;
use crate::store::{AnyConnection, Scope, listing};
use crate::web::extract::page_with;
use crate::web::forms::{go_on, sentence};
use crate::web::{PageError, Session, Shell, filters};

/// All teams, and the form for one more.
#[derive(Template, WebTemplate)]
#[template(path = "teams/list.html")]
pub struct TeamsPage {
    pub shell: Shell,
    pub teams: Vec<TeamLine>,
    /// People whose teams let them see nothing: in no team, or in none that has a rule.
    pub lost: Vec<String>,
    pub name: String,
    pub note: String,
    pub error: Option<String>,
}

/// A team, and how much it sees.
#[derive(Clone, Debug)]
pub struct TeamLine {
    pub id: i64,
    pub name: String,
    pub note: String,
    /// The first of them in words: `cluster eu-staging, app shop*`.
    pub rules: Vec<String>,
    /// So many others.
    pub more_rules: usize,
    pub members: Vec<String>,
    pub sees: Seen,
}

/// How many resources a team sees.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub resources: i64,
    /// There are more than were counted.
    pub more: bool,
}

/// What the form for one more team, or for another name, sends.
#[derive(Clone, Default, Deserialize)]
pub struct NameForm {
    pub name: String,
    #[serde(default)]
    pub note: String,
}

/// Rules of a team that the list tells; its own page has all of them.
const RULES: usize = 4;

/// `GET /teams`.
pub async fn show(context: web::Data<Context>, shell: Shell) -> Result<TeamsPage, PageError> {
    page(&context, shell, NameForm::default(), None).await
}

/// `POST /teams`.
pub async fn create(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    form: web::Form<NameForm>,
) -> Result<HttpResponse, PageError> {
    let form = form.into_inner();
    match teams::create(&context, &doer, &form.name, &form.note).await {
        Ok(team) => {
            session.leave_flash(
                true,
                format!("The team {} was created. Now say what it sees, and who is in it.", team.row.name),
            );
            Ok(go_on(&format!("/teams/{}", team.row.id)))
        }
        Err(error @ (AccountError::TeamName | AccountError::TeamText | AccountError::TeamTaken(_))) => {
            let page = page(&context, Shell::of(&request).await?, form, Some(sentence(&error))).await?;
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request))
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(context: &Context, shell: Shell, form: NameForm, error: Option<String>) -> Result<TeamsPage, PageError> {
    let teams = teams::list(context).await?;
    let mut lost = Vec::new();
    for user in accounts::users::list(context).await?.iter().filter(|user| user.disabled_at.is_none()) {
        if Sight::of(user).scope(&context.db).await?.sees_nothing() {
            lost.push(user.email.clone());
        }
    }
    let lines = context.db.read(move |connection| teams.iter().map(|team| line(connection, team)).collect());
    let NameForm { name, note } = form;
    Ok(TeamsPage { teams: lines.await?, lost, shell, name, note, error })
}

fn line(connection: &mut AnyConnection, team: &Team) -> QueryResult<TeamLine> {
    Ok(TeamLine {
        id: team.row.id,
        name: team.row.name.clone(),
        note: team.row.note.clone(),
        rules: team.rules.iter().take(RULES).map(|rule| rule.within().to_string()).collect(),
        more_rules: team.rules.len().saturating_sub(RULES),
        members: team.members.iter().map(|member| member.email.clone()).collect(),
        sees: seen(connection, team)?,
    })
}

/// How much a team sees now, as far as it is counted.
pub fn seen(connection: &mut AnyConnection, team: &Team) -> QueryResult<Seen> {
    let scope = Scope::within(team.rules.iter().map(|rule| rule.within()).collect());
    let mut seen = Seen::default();
    for spec in KINDS {
        let total = listing::total(connection, &scope, spec)?;
        seen.resources += total.present;
        seen.more |= total.more;
    }
    Ok(seen)
}
