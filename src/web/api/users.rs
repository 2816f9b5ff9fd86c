//! People and invitations: who there is, who is invited, and taking a second factor away that somebody has lost.
//!
//! All of it takes an administrator's token. What it makes rests on that administrator and that token, and ends with
//! either.

use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;

use super::items::{InvitationItem, InvitationMade, InvitationWanted, List, UserItem};
use super::{answer, asked};
use crate::accounts::invitations::{self, Inviter};
use crate::accounts::reach::Sight;
use crate::accounts::{second_factor, users};
use crate::audit::Doer;
use crate::context::Context;
use crate::roles::{Reach, Role};
use crate::store::invitations::InvitationRow;
use crate::store::users::UserRow;
use crate::web::PageError;
use crate::web::access::Caller;

/// `GET /api/v1/users`.
pub async fn list(context: web::Data<Context>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    let items = users::list(&context).await?.into_iter().map(UserItem::from).collect();
    answer(&request, &List::of_own(items, None))
}

/// `DELETE /api/v1/users/{id}/second-factor`.
pub async fn reset_second_factor(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    let user = users::by_id(&context, *id).await?;
    second_factor::enrol::reset(&context, &doer, &user).await?;
    Ok(HttpResponse::Ok().json(UserItem::from(users::by_id(&context, *id).await?)))
}

/// `GET /api/v1/invitations`.
pub async fn invitations(context: web::Data<Context>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    let items = invitations::list(&context).await?.into_iter().map(InvitationItem::from).collect();
    answer(&request, &List::of_own(items, None))
}

/// `POST /api/v1/invitations`.
pub async fn invite(
    context: web::Data<Context>,
    doer: Doer,
    caller: web::ReqData<Caller>,
    body: web::Json<InvitationWanted>,
) -> Result<HttpResponse, PageError> {
    let InvitationWanted { email, role, reach } = body.into_inner();
    let role = Role::parse(&role).ok_or_else(|| PageError::Invalid(format!("There is no role {role:?}.")))?;
    let reach = Reach::parse(&reach)
        .ok_or_else(|| PageError::Invalid(format!("Nobody can see {reach:?}: say everything or teams.")))?;
    let inviter = match &*caller {
        Caller::Token(token) => Inviter { user_id: token.user_id, token_id: Some(token.id) },
        Caller::Person(person) => Inviter { user_id: Some(person.user_id), token_id: None },
        Caller::Anonymous => return Err(PageError::Unauthorized(None)),
    };
    let (invitation, link) = invitations::invite(&context, &doer, inviter, &email, (role, reach)).await?;
    let link = link.expose_secret().to_owned();
    Ok(HttpResponse::Created().json(InvitationMade { invitation: invitation.into(), link }))
}

/// `DELETE /api/v1/invitations/{id}`.
pub async fn revoke_invitation(
    context: web::Data<Context>,
    doer: Doer,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    let invitation = invitations::revoke(&context, &doer, *id).await?;
    Ok(HttpResponse::Ok().json(InvitationItem::from(invitation)))
}

impl From<UserRow> for UserItem {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id.to_string(),
            role: row.role().to_string(),
            reach: Sight::of(&row).reach().to_string(),
            email: row.email,
            state: if row.disabled_at.is_some() { "disabled" } else { "enabled" }.to_owned(),
            created_at: row.created_at.and_utc(),
            last_sign_in_at: row.last_sign_in_at.map(|at| at.and_utc()),
            second_factor_at: row.second_factor_at.map(|at| at.and_utc()),
        }
    }
}

impl From<InvitationRow> for InvitationItem {
    fn from(row: InvitationRow) -> Self {
        Self {
            id: row.id.to_string(),
            role: row.role().to_string(),
            reach: row.reach().to_string(),
            email: row.email,
            state: if row.revoked_at.is_some() { "revoked" } else { "open" }.to_owned(),
            invited_by: row.invited_by,
            created_at: row.created_at.and_utc(),
            expires_at: row.expires_at.and_utc(),
        }
    }
}
