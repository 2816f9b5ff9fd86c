//! `/users`: who may sign in, and as what.
//!
//! Forms: `POST /users` (`email`, `role`, `password`), `POST /users/{id}/role` (`role`), `POST /users/{id}/disable` and `/enable`;
//! each with `csrf_token`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;

use crate::accounts::{self, AccountError, Ended};
use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::passwords;
use crate::roles::Role;
use crate::secret::Secret;
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::forms::{go_on, sentence};
use crate::web::session::{Live, Session};
use crate::web::{Shell, filters};

/// All users, and the form for one more.
#[derive(Template, WebTemplate)]
#[template(path = "users.html")]
pub struct UsersPage {
    pub shell: Shell,
    pub users: Vec<UserLine>,
    /// `admin`, `operator`, `viewer`.
    pub roles: Vec<String>,
    /// Why a user was not added, with what was typed.
    pub error: Option<String>,
    pub draft_email: String,
    pub draft_role: String,
    pub shortest_password: usize,
}

/// A user in the list.
#[derive(Clone, Debug)]
pub struct UserLine {
    pub id: i64,
    pub email: String,
    pub role: String,
    pub created_at: Instant,
    pub last_sign_in_at: Option<Instant>,
    pub disabled_at: Option<Instant>,
    /// Nobody disables or demotes themselves.
    pub is_self: bool,
}

/// What the form for one more user sends.
#[derive(Deserialize)]
pub struct AddForm {
    email: String,
    role: String,
    password: Secret,
}

#[derive(Deserialize)]
pub struct RoleForm {
    role: String,
}

/// What stands in the form for one more user, and why it was refused.
struct Draft {
    email: String,
    role: String,
    error: Option<String>,
}

/// `GET /users`.
pub async fn show(context: web::Data<Context>, person: Live, shell: Shell) -> Result<UsersPage, PageError> {
    let draft = Draft { email: String::new(), role: Role::Viewer.to_string(), error: None };
    page(&context, &person, shell, draft).await
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
    let AddForm { email, role, password } = form.into_inner();
    let known = Role::parse(&role).ok_or_else(|| PageError::Invalid(format!("There is no role {role:?}.")))?;
    let refusal = match accounts::users::add(&context, &doer, &email, known, password).await {
        Ok(_) => {
            session.leave_flash(true, format!("{} can sign in now.", email.trim()));
            return Ok(go_on("/users"));
        }
        Err(error @ (AccountError::Email(_) | AccountError::Password(_) | AccountError::Taken(_))) => sentence(&error),
        Err(error) => return Err(error.into()),
    };
    let draft = Draft { email, role, error: Some(refusal) };
    Ok(page_with(
        StatusCode::UNPROCESSABLE_ENTITY,
        page(&context, &person, Shell::of(&request).await?, draft).await?,
        &request,
    ))
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
    let role =
        Role::parse(&form.role).ok_or_else(|| PageError::Invalid(format!("There is no role {:?}.", form.role)))?;
    let user = accounts::users::by_id(&context, id).await?;
    let ended = accounts::users::set_role(&context, &doer, &user, role).await?;
    Ok(done(&session, &format!("{} is {role} now", user.email), ended))
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

/// Whoever locked himself out would need somebody else to come back.
fn not_oneself(id: i64, person: &Live) -> Result<i64, PageError> {
    match id == person.user_id {
        true => Err(PageError::Conflict("Another administrator has to change your own account.".to_owned())),
        false => Ok(id),
    }
}

fn done(session: &Session, what: &str, ended: Ended) -> HttpResponse {
    session.leave_flash(true, format!("{what}. Ended: {} sessions, {} tokens.", ended.sessions, ended.tokens));
    go_on("/users")
}

async fn page(context: &Context, person: &Live, shell: Shell, draft: Draft) -> Result<UsersPage, PageError> {
    let users = accounts::users::list(context).await?;
    Ok(UsersPage {
        shell,
        users: users
            .into_iter()
            .map(|user| UserLine {
                id: user.id,
                role: user.role().to_string(),
                is_self: user.id == person.user_id,
                email: user.email,
                created_at: user.created_at.and_utc(),
                last_sign_in_at: user.last_sign_in_at.map(|at| at.and_utc()),
                disabled_at: user.disabled_at.map(|at| at.and_utc()),
            })
            .collect(),
        roles: Role::ALL.iter().map(ToString::to_string).collect(),
        error: draft.error,
        draft_email: draft.email,
        draft_role: draft.role,
        shortest_password: passwords::MIN_LENGTH,
    })
}
