//! Teams: who sees what, for administrators' machines. Each answer to a change is the whole team after it.

use actix_web::{HttpRequest, HttpResponse, web};

use super::items::{
    List, MemberItem, MemberWanted, ReachWanted, TeamItem, TeamRuleItem, TeamWanted, UserItem, WithinWanted,
};
use super::{answer, asked};
use crate::accounts::teams::{self, Team};
use crate::accounts::users;
use crate::audit::Doer;
use crate::context::Context;
use crate::placement::Within;
use crate::roles::Reach;
use crate::web::PageError;

/// `GET /api/v1/teams`.
pub async fn list(context: web::Data<Context>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    let items = teams::list(&context).await?.into_iter().map(TeamItem::from).collect();
    answer(&request, &List::of_own(items, None))
}

/// `GET /api/v1/teams/{id}`.
pub async fn detail(
    context: web::Data<Context>,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    answer(&request, &TeamItem::from(teams::find(&context, *id).await?))
}

/// `POST /api/v1/teams`.
pub async fn create(
    context: web::Data<Context>,
    doer: Doer,
    body: web::Json<TeamWanted>,
) -> Result<HttpResponse, PageError> {
    let team = teams::create(&context, &doer, &body.name, &body.note).await?;
    Ok(HttpResponse::Created().json(TeamItem::from(team)))
}

/// `PUT /api/v1/teams/{id}`.
pub async fn rename(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
    body: web::Json<TeamWanted>,
) -> Result<HttpResponse, PageError> {
    changed(teams::rename(&context, &doer, *id, &body.name, &body.note).await?)
}

/// `DELETE /api/v1/teams/{id}`.
pub async fn delete(context: web::Data<Context>, doer: Doer, id: web::Path<i64>) -> Result<HttpResponse, PageError> {
    changed(teams::delete(&context, &doer, *id).await?)
}

/// `POST /api/v1/teams/{id}/rules`.
pub async fn add_rule(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
    body: web::Json<WithinWanted>,
) -> Result<HttpResponse, PageError> {
    let WithinWanted { region, cluster, app } = body.into_inner();
    changed(teams::add_rule(&context, &doer, *id, Within { region, cluster, app }).await?)
}

/// `DELETE /api/v1/teams/{id}/rules/{rule_id}`.
pub async fn remove_rule(
    context: web::Data<Context>,
    doer: Doer,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, PageError> {
    let (id, rule_id) = path.into_inner();
    changed(teams::remove_rule(&context, &doer, id, rule_id).await?)
}

/// `POST /api/v1/teams/{id}/members`.
pub async fn add_member(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
    body: web::Json<MemberWanted>,
) -> Result<HttpResponse, PageError> {
    let user = users::find(&context, &body.email).await?;
    changed(teams::add_member(&context, &doer, *id, &user).await?)
}

/// `DELETE /api/v1/teams/{id}/members/{user_id}`.
pub async fn remove_member(
    context: web::Data<Context>,
    doer: Doer,
    path: web::Path<(i64, i64)>,
) -> Result<HttpResponse, PageError> {
    let (id, user_id) = path.into_inner();
    changed(teams::remove_member(&context, &doer, id, user_id).await?)
}

/// `PUT /api/v1/users/{id}/reach`.
pub async fn set_reach(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
    body: web::Json<ReachWanted>,
) -> Result<HttpResponse, PageError> {
    let reach = Reach::parse(&body.reach)
        .ok_or_else(|| PageError::Invalid(format!("Nobody can see {:?}: say everything or teams.", body.reach)))?;
    let user = users::by_id(&context, *id).await?;
    users::set_reach(&context, &doer, &user, reach).await?;
    Ok(HttpResponse::Ok().json(UserItem::from(users::by_id(&context, *id).await?)))
}

fn changed(team: Team) -> Result<HttpResponse, PageError> {
    Ok(HttpResponse::Ok().json(TeamItem::from(team)))
}

impl From<Team> for TeamItem {
    fn from(team: Team) -> Self {
        let rules = team.rules.iter().map(|rule| {
            let Within { region, cluster, app } = rule.within();
            TeamRuleItem { id: rule.id.to_string(), region, cluster, app }
        });
        Self {
            id: team.row.id.to_string(),
            rules: rules.collect(),
            members: team
                .members
                .into_iter()
                .map(|member| MemberItem { user_id: member.user_id.to_string(), email: member.email })
                .collect(),
            created_at: team.row.created_at.and_utc(),
            name: team.row.name,
            note: team.row.note,
        }
    }
}
