//! `/users`: who may sign in, and as what.
//!
//! Forms: `POST /users` (`email`, `role`, `reach`, `password`), `POST /users/{id}/role` (`role`), `/reach` (`reach`),
//! `/disable`, `/enable` and `/second-factor/reset`, `POST /invitations` (`email`, `role`, `reach`), `POST
//! /invitations/{id}/revoke`; each with `csrf_token`.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::accounts::invitations::{self, Inviter};
use crate::accounts::{self, AccountError, Ended, second_factor};
use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::passwords;
use crate::roles::{Reach, Role};
use crate::secret::Secret;
use crate::store::invitations::InvitationRow;
use crate::store::teams;
use crate::store::users::UserRow;
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::forms::{go_on, sentence};
use crate::web::session::{Live, Session};
use crate::web::{Shell, filters};

/// All users, who is invited, and the forms for one more.
#[derive(Template, WebTemplate)]
#[template(path = "users.html")]
pub struct UsersPage {
    pub shell: Shell,
    pub users: Vec<UserLine>,
    /// Open ones, the newest first.
    pub invitations: Vec<InvitationLine>,
    /// An invitation's link, the one time that it is shown, and for whom it is.
    pub made: Option<(String, String)>,
    /// `admin`, `operator`, `viewer`.
    pub roles: Vec<String>,
    /// `everything`, `teams`.
    pub reaches: Vec<String>,
    pub draft: Draft,
    pub shortest_password: usize,
}

/// A user in the list.
#[derive(Clone, Debug)]
pub struct UserLine {
    pub id: i64,
    pub email: String,
    pub role: String,
    pub reach: String,
    /// Sees everything by the role.
    pub is_admin: bool,
    /// Of which they are a member.
    pub teams: Vec<String>,
    pub created_at: Instant,
    pub last_sign_in_at: Option<Instant>,
    pub disabled_at: Option<Instant>,
    pub second_factor_at: Option<Instant>,
    /// Reaches nothing before making a second factor.
    pub owes_second_factor: bool,
    /// Nobody disables or demotes themselves.
    pub is_self: bool,
}

/// Somebody who is invited.
#[derive(Clone, Debug)]
pub struct InvitationLine {
    pub id: i64,
    pub email: String,
    pub role: String,
    pub reach: String,
    pub invited_by: String,
    pub expires_at: Instant,
}

/// What the form for an invitation sends.
#[derive(Deserialize)]
pub struct InviteForm {
    email: String,
    role: String,
    #[serde(default = "everything")]
    reach: String,
}

/// What the form for one more user sends.
#[derive(Deserialize)]
pub struct AddForm {
    email: String,
    role: String,
    #[serde(default = "everything")]
    reach: String,
    password: Secret,
}

/// What a form that does not ask means.
fn everything() -> String {
    Reach::Everything.to_string()
}

#[derive(Deserialize)]
pub struct ReachForm {
    reach: String,
}

#[derive(Deserialize)]
pub struct RoleForm {
    role: String,
}

/// What stands in the form for one more user, or for an invitation, and why it was refused.
#[derive(Clone, Debug)]
pub struct Draft {
    pub email: String,
    pub role: String,
    pub reach: String,
    pub invitation_error: Option<String>,
    pub user_error: Option<String>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            email: String::new(),
            role: Role::Viewer.to_string(),
            reach: everything(),
            invitation_error: None,
            user_error: None,
        }
    }
}

/// `GET /users`.
pub async fn show(context: web::Data<Context>, person: Live, shell: Shell) -> Result<UsersPage, PageError> {
    page(&context, &person, shell, Draft::default(), None).await
}

/// `POST /users`.
pub async fn add(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    form: web::Form<AddForm>,
) -> Result<HttpResponse, PageError> {
    let AddForm { email, role, reach, password } = form.into_inner();
    let known = (known_role(&role)?, known_reach(&reach)?);
    let refusal = match accounts::users::add(&context, &doer, &email, known, password).await {
        Ok(_) => {
            session.leave_flash(true, format!("{} can sign in now.", email.trim()));
            return Ok(go_on("/users"));
        }
        Err(error @ (AccountError::Email(_) | AccountError::Password(_) | AccountError::Taken(_))) => sentence(&error),
        Err(error) => return Err(error.into()),
    };
    let draft = Draft { email, role, reach, user_error: Some(refusal), invitation_error: None };
    refuse(&request, &context, &person, draft).await
}

/// `POST /invitations`. The answer is the page itself: the link is shown this once, and is nowhere to be fetched again.
pub async fn invite(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    form: web::Form<InviteForm>,
) -> Result<HttpResponse, PageError> {
    let InviteForm { email, role, reach } = form.into_inner();
    let known = (known_role(&role)?, known_reach(&reach)?);
    let inviter = Inviter { user_id: Some(person.user_id), token_id: None };
    let refusal = match invitations::invite(&context, &doer, inviter, &email, known).await {
        Ok((invitation, link)) => {
            let made = Some((invitation.email, link.expose_secret().to_owned()));
            let page = page(&context, &person, frame(&request).await?, Draft::default(), made).await?;
            return Ok(page_with(StatusCode::OK, page, &request));
        }
        Err(error @ (AccountError::Email(_) | AccountError::Taken(_))) => sentence(&error),
        Err(error) => return Err(error.into()),
    };
    let draft = Draft { email, role, reach, invitation_error: Some(refusal), user_error: None };
    refuse(&request, &context, &person, draft).await
}

/// `POST /invitations/{id}/revoke`.
pub async fn revoke_invitation(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    let invitation = invitations::revoke(&context, &doer, *id).await?;
    session.leave_flash(true, format!("The invitation of {} was revoked.", invitation.email));
    Ok(go_on("/users"))
}

/// `POST /users/{id}/role`.
pub async fn set_role(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<RoleForm>,
) -> Result<HttpResponse, PageError> {
    let id = not_oneself(*id, &person)?;
    let role = known_role(&form.role)?;
    let user = accounts::users::by_id(&context, id).await?;
    let ended = accounts::users::set_role(&context, &doer, &user, role).await?;
    Ok(done(&session, &format!("{} is {role} now", user.email), ended))
}

/// `POST /users/{id}/reach`.
pub async fn set_reach(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<ReachForm>,
) -> Result<HttpResponse, PageError> {
    let reach = known_reach(&form.reach)?;
    let user = accounts::users::by_id(&context, *id).await?;
    accounts::users::set_reach(&context, &doer, &user, reach).await?;
    let what = if reach == Reach::Teams { "what their teams see" } else { "everything" };
    session.leave_flash(true, format!("{} sees {what} from now on.", user.email));
    Ok(go_on("/users"))
}

/// `POST /users/{id}/disable`.
pub async fn disable(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    let user = accounts::users::by_id(&context, not_oneself(*id, &person)?).await?;
    let ended = accounts::users::set_disabled(&context, &doer, &user, true).await?;
    Ok(done(&session, &format!("{} is shut out", user.email), ended))
}

/// `POST /users/{id}/enable`.
pub async fn enable(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    let user = accounts::users::by_id(&context, not_oneself(*id, &person)?).await?;
    let ended = accounts::users::set_disabled(&context, &doer, &user, false).await?;
    Ok(done(&session, &format!("{} may sign in again", user.email), ended))
}

/// `POST /users/{id}/second-factor/reset`.
pub async fn reset_second_factor(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    let user = accounts::users::by_id(&context, not_oneself(*id, &person)?).await?;
    let ended = second_factor::enrol::reset(&context, &doer, &user).await?;
    Ok(done(&session, &format!("{} signs in by the password alone", user.email), ended))
}

fn known_role(role: &str) -> Result<Role, PageError> {
    Role::parse(role).ok_or_else(|| PageError::Invalid(format!("There is no role {role:?}.")))
}

fn known_reach(reach: &str) -> Result<Reach, PageError> {
    Reach::parse(reach).ok_or_else(|| PageError::Invalid(format!("Nobody can see {reach:?}: say everything or teams.")))
}

/// Whoever locked himself out would need somebody else to come back.
fn not_oneself(id: i64, person: &Live) -> Result<i64, PageError> {
    match id == person.user_id {
        true => Err(PageError::Conflict("Another administrator has to change your own account.".to_owned())),
        false => Ok(id),
    }
}

fn done(session: &Session, what: &str, ended: Ended) -> HttpResponse {
    let Ended { sessions, tokens, invitations, .. } = ended;
    session
        .leave_flash(true, format!("{what}. Ended: {sessions} sessions, {tokens} tokens, {invitations} invitations."));
    go_on("/users")
}

async fn refuse(
    request: &HttpRequest,
    context: &Context,
    person: &Live,
    draft: Draft,
) -> Result<HttpResponse, PageError> {
    let page = page(context, person, frame(request).await?, draft, None).await?;
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page, request))
}

/// The frame of an answer to a form, whose path may have no page of its own to come back to.
async fn frame(request: &HttpRequest) -> Result<Shell, PageError> {
    let mut shell = Shell::of(request).await?;
    "/users".clone_into(&mut shell.here);
    Ok(shell)
}

async fn page(
    context: &Context,
    person: &Live,
    shell: Shell,
    draft: Draft,
    made: Option<(String, String)>,
) -> Result<UsersPage, PageError> {
    let users = accounts::users::list(context).await?;
    let invitations = invitations::list(context).await?;
    let mut teams = context.db.read(teams::by_member).await?;
    Ok(UsersPage {
        shell,
        users: users.into_iter().map(|user| line(context, person, &mut teams, user)).collect(),
        invitations: invitations.into_iter().map(invitation).collect(),
        made,
        roles: Role::ALL.iter().map(ToString::to_string).collect(),
        reaches: Reach::ALL.iter().map(ToString::to_string).collect(),
        draft,
        shortest_password: passwords::MIN_LENGTH,
    })
}

fn line(context: &Context, person: &Live, teams: &mut BTreeMap<i64, Vec<String>>, user: UserRow) -> UserLine {
    let required = context.config.server.require_second_factor;
    let has_one = user.second_factor_at.is_some();
    UserLine {
        id: user.id,
        role: user.role().to_string(),
        reach: user.reach().to_string(),
        is_admin: user.role() == Role::Admin,
        teams: teams.remove(&user.id).unwrap_or_default(),
        owes_second_factor: second_factor::is_due(required, user.role(), has_one),
        is_self: user.id == person.user_id,
        email: user.email,
        created_at: user.created_at.and_utc(),
        last_sign_in_at: user.last_sign_in_at.map(|at| at.and_utc()),
        disabled_at: user.disabled_at.map(|at| at.and_utc()),
        second_factor_at: user.second_factor_at.map(|at| at.and_utc()),
    }
}

fn invitation(row: InvitationRow) -> InvitationLine {
    InvitationLine {
        id: row.id,
        role: row.role().to_string(),
        reach: row.reach().to_string(),
        expires_at: row.expires_at.and_utc(),
        email: row.email,
        invited_by: row.invited_by,
    }
}
