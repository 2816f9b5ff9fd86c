//! `/teams/{id}`: what a team sees and who is in it; `/teams/{id}/delete` asks before it is deleted.
//!
//! Forms, each with `csrf_token`: `POST /teams/{id}` (`name`, `note`), `/teams/{id}/rules` (`region`, `cluster`,
//! `app`), `/teams/{id}/rules/{rule_id}/remove`, `/teams/{id}/members` (`user_id`),
//! `/teams/{id}/members/{user_id}/remove`, `/teams/{id}/delete`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;

use super::teams::{NameForm, Seen, seen};
use crate::accounts::teams::{self, Team};
use crate::accounts::{self, AccountError};
use crate::audit::Doer;
use crate::context::Context;
use crate::kinds::KINDS;
use crate::placement::Within;
use crate::roles::Reach;
use crate::store::listing;
use crate::web::extract::page_with;
use crate::web::forms::{go_on, sentence};
use crate::web::{PageError, Session, Shell, filters};

/// A team.
#[derive(Template, WebTemplate)]
#[template(path = "teams/show.html")]
pub struct TeamPage {
    pub shell: Shell,
    pub id: i64,
    pub name: String,
    pub note: String,
    pub sees: Seen,
    pub rules: Vec<RuleLine>,
    pub members: Vec<MemberLine>,
    /// Who could be put into it.
    pub others: Vec<MemberLine>,
    /// Names to choose from, of what is there.
    pub regions: Vec<String>,
    pub clusters: Vec<String>,
    pub apps: Vec<String>,
    /// What stands in the form for one more rule.
    pub draft: Within,
    /// What stands in the form for another name.
    pub draft_name: NameForm,
    pub rule_error: Option<String>,
    pub name_error: Option<String>,
}

/// A rule of the team.
#[derive(Clone, Debug)]
pub struct RuleLine {
    pub id: i64,
    pub within: Within,
}

/// A member, or who could be one.
#[derive(Clone, Debug)]
pub struct MemberLine {
    pub id: i64,
    pub email: String,
    /// Sees everything, whatever the team sees.
    pub sees_everything: bool,
}

/// Asks before a team is deleted.
#[derive(Template, WebTemplate)]
#[template(path = "teams/delete.html")]
pub struct DeletePage {
    pub shell: Shell,
    pub id: i64,
    pub name: String,
    pub members: Vec<String>,
}

/// What the form for one more rule sends.
#[derive(Clone, Default, Deserialize)]
pub struct RuleForm {
    #[serde(default)]
    region: String,
    #[serde(default)]
    cluster: String,
    #[serde(default)]
    app: String,
}

/// What the form for one more member sends.
#[derive(Deserialize)]
pub struct MemberForm {
    user_id: i64,
}

/// What was typed and refused, and why.
#[derive(Default)]
struct Refused {
    rule: Option<(Within, String)>,
    name: Option<(NameForm, String)>,
}

/// `GET /teams/{id}`.
pub async fn show(context: web::Data<Context>, shell: Shell, id: web::Path<i64>) -> Result<TeamPage, PageError> {
    page(&context, shell, *id, Refused::default()).await
}

/// `POST /teams/{id}`.
pub async fn rename(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<NameForm>,
) -> Result<HttpResponse, PageError> {
    let form = form.into_inner();
    match teams::rename(&context, &doer, *id, &form.name, &form.note).await {
        Ok(team) => Ok(done(&session, &team, "It is kept.")),
        Err(error @ (AccountError::TeamName | AccountError::TeamText | AccountError::TeamTaken(_))) => {
            let refused = Refused { name: Some((form, sentence(&error))), rule: None };
            refuse(&request, &context, *id, refused).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /teams/{id}/rules`.
pub async fn add_rule(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<RuleForm>,
) -> Result<HttpResponse, PageError> {
    let RuleForm { region, cluster, app } = form.into_inner();
    let within = Within { region, cluster, app };
    match teams::add_rule(&context, &doer, *id, within.clone()).await {
        Ok(team) => Ok(done(&session, &team, &format!("The team sees {within} now."))),
        Err(error @ (AccountError::EmptyRule | AccountError::TeamText | AccountError::RuleKnown(_))) => {
            let refused = Refused { rule: Some((within, sentence(&error))), name: None };
            refuse(&request, &context, *id, refused).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /teams/{id}/rules/{rule_id}/remove`.
pub async fn remove_rule(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, PageError> {
    let (id, rule_id) = path.into_inner();
    let team = teams::remove_rule(&context, &doer, id, rule_id).await?;
    Ok(done(&session, &team, "The rule was removed."))
}

/// `POST /teams/{id}/members`.
pub async fn add_member(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<MemberForm>,
) -> Result<HttpResponse, PageError> {
    let user = accounts::users::by_id(&context, form.user_id).await?;
    let team = teams::add_member(&context, &doer, *id, &user).await?;
    Ok(done(&session, &team, &format!("{} is in the team.", user.email)))
}

/// `POST /teams/{id}/members/{user_id}/remove`.
pub async fn remove_member(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, PageError> {
    let (id, user_id) = path.into_inner();
    let team = teams::remove_member(&context, &doer, id, user_id).await?;
    Ok(done(&session, &team, "They are no longer in the team."))
}

/// `GET /teams/{id}/delete`.
pub async fn ask_to_delete(
    context: web::Data<Context>,
    shell: Shell,
    id: web::Path<i64>,
) -> Result<DeletePage, PageError> {
    let team = teams::find(&context, *id).await?;
    let members = team.members.into_iter().map(|member| member.email).collect();
    Ok(DeletePage { shell, id: team.row.id, name: team.row.name, members })
}

/// `POST /teams/{id}/delete`.
pub async fn delete(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    let team = teams::delete(&context, &doer, *id).await?;
    session.leave_flash(true, format!("The team {} was deleted.", team.row.name));
    Ok(go_on("/teams"))
}

fn done(session: &Session, team: &Team, what: &str) -> HttpResponse {
    session.leave_flash(true, what);
    go_on(&format!("/teams/{}", team.row.id))
}

async fn refuse(
    request: &HttpRequest,
    context: &Context,
    id: i64,
    refused: Refused,
) -> Result<HttpResponse, PageError> {
    let mut shell = Shell::of(request).await?;
    // The form's path may have no page of its own to come back to.
    shell.here = format!("/teams/{id}");
    let page = page(context, shell, id, refused).await?;
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page, request))
}

async fn page(context: &Context, shell: Shell, id: i64, refused: Refused) -> Result<TeamPage, PageError> {
    let team = teams::find(context, id).await?;
    let users = accounts::users::list(context).await?;
    let (counted, everything) = (team.clone(), shell.scope.clone());
    let read = context.db.read(move |connection| {
        let mut names: [Vec<String>; 3] = Default::default();
        for spec in KINDS {
            let mut counts = listing::facets(connection, &everything, spec, [])?;
            for (names, facet) in names.iter_mut().zip(["region", "cluster", "app"]) {
                names.extend(counts.values.remove(facet).into_iter().flatten().map(|(value, _)| value));
            }
        }
        for names in &mut names {
            names.sort();
            names.dedup();
        }
        Ok((seen(connection, &counted)?, names))
    });
    let (sees, [regions, clusters, apps]) = read.await?;
    let is_in = |id: i64| team.members.iter().any(|member| member.user_id == id);
    let line = |user: &crate::store::users::UserRow| MemberLine {
        id: user.id,
        email: user.email.clone(),
        sees_everything: accounts::reach::Sight::of(user).reach() == Reach::Everything,
    };
    let named = NameForm { name: team.row.name.clone(), note: team.row.note.clone() };
    let (draft, rule_error) = refused.rule.map_or((Within::default(), None), |(draft, why)| (draft, Some(why)));
    let (draft_name, name_error) = refused.name.map_or((named, None), |(draft, why)| (draft, Some(why)));
    Ok(TeamPage {
        id,
        sees,
        rules: team.rules.iter().map(|rule| RuleLine { id: rule.id, within: rule.within() }).collect(),
        members: users.iter().filter(|user| is_in(user.id)).map(line).collect(),
        others: users.iter().filter(|user| !is_in(user.id) && user.disabled_at.is_none()).map(line).collect(),
        name: team.row.name,
        note: team.row.note,
        regions,
        clusters,
        apps,
        draft,
        draft_name,
        rule_error,
        name_error,
        shell,
    })
}
