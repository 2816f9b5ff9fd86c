//! `/account`: one's own password, second factor and sessions.
//!
//! Forms: `POST /account/password` (`current_password`, `new_password`, `new_password_again`), `POST /account/theme`
//! (`theme`, `next`), `POST /account/sessions/{id}/revoke`, `POST /account/sessions/revoke-others`; each with
//! `csrf_token`.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::accounts::{self, AccountError, second_factor};
use crate::audit::{self, Act, Doer, Outcome};
use crate::clock::Instant;
use crate::context::Context;
use crate::passwords;
use crate::secret::Secret;
use crate::store::{recovery_codes, sessions, teams};
use crate::web::csrf::Cookies;
use crate::web::error::PageError;
use crate::web::extract::{THEME_COOKIE, page_with, safe_next};
use crate::web::forms::{come_back, go_on, sentence};
use crate::web::session::{Live, Session};
use crate::web::{Shell, Theme, filters};

/// One's own account.
#[derive(Template, WebTemplate)]
#[template(path = "account.html")]
pub struct AccountPage {
    pub shell: Shell,
    pub email: String,
    pub role: String,
    pub sees: Sees,
    pub created_at: Instant,
    /// Since when a code is asked for besides the password.
    pub second_factor_at: Option<Instant>,
    pub codes_left: i64,
    /// New recovery codes should be made.
    pub few_codes_left: bool,
    /// The current one first, then by last use.
    pub sessions: Vec<SessionLine>,
    /// Why the password was not changed.
    pub error: Option<String>,
    pub shortest_password: usize,
}

/// What somebody sees, in words.
#[derive(Clone, Debug)]
pub struct Sees {
    pub everything: bool,
    /// The teams that let them see it.
    pub teams: Vec<String>,
    /// Where it lies: `cluster eu-staging, app shop*`.
    pub places: Vec<String>,
}

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// Names it in a path; never the session's own token.
    pub id: String,
    pub address: String,
    pub user_agent: String,
    pub created_at: Instant,
    pub used_at: Instant,
    pub expires_at: Instant,
    pub current: bool,
}

/// What the form for a new password sends.
#[derive(Deserialize)]
pub struct PasswordForm {
    current_password: Secret,
    new_password: Secret,
    new_password_again: Secret,
}

/// What the switch of themes sends.
#[derive(Deserialize)]
pub struct ThemeForm {
    theme: String,
    #[serde(default)]
    next: String,
}

/// `GET /account`.
pub async fn show(context: web::Data<Context>, person: Live, shell: Shell) -> Result<AccountPage, PageError> {
    page(&context, &person, shell, None).await
}

/// `POST /account/password`. Everything that rested on the old one ends, but for this very session.
pub async fn change_password(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    form: web::Form<PasswordForm>,
) -> Result<HttpResponse, PageError> {
    let PasswordForm { current_password, new_password, new_password_again } = form.into_inner();
    let mut throttled = None;
    let refusal = if new_password.expose_secret() == new_password_again.expose_secret() {
        let user = accounts::users::by_id(&context, person.user_id).await?;
        match accounts::users::change_password(&context, &doer, &user, current_password, new_password).await {
            Ok(ended) => {
                session.begin_epoch(ended.epoch);
                let others = ended.sessions.saturating_sub(1);
                session.leave_flash(
                    true,
                    format!(
                        "The password was changed. Ended with the old one: {others} other sessions, {} tokens, {} invitations.",
                        ended.tokens, ended.invitations
                    ),
                );
                return Ok(go_on("/account"));
            }
            Err(error @ (AccountError::Password(_) | AccountError::CurrentPassword)) => sentence(&error),
            Err(error @ AccountError::Throttled(until)) => {
                throttled = Some(until);
                sentence(&error)
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        "The two new passwords differ.".to_owned()
    };
    let mut shell = Shell::of(&request).await?;
    let now = shell.now;
    // This path has no page of its own to come back to.
    "/account".clone_into(&mut shell.here);
    let page = page(&context, &person, shell, Some(refusal)).await?;
    Ok(match throttled {
        Some(until) => come_back(page_with(StatusCode::TOO_MANY_REQUESTS, page, &request), until, now),
        None => page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request),
    })
}

/// `POST /account/theme`: a cookie for a year, and back to where the switch was.
pub async fn set_theme(cookies: web::Data<Cookies>, form: web::Form<ThemeForm>) -> Result<HttpResponse, PageError> {
    let cookie = Cookie::build(THEME_COOKIE, Theme::parse(&form.theme).as_str())
        .path("/")
        .secure(cookies.secure)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::days(365))
        .finish();
    let mut response = go_on(safe_next(&form.next));
    response.add_cookie(&cookie).map_err(|error| PageError::Internal(error.into()))?;
    Ok(response)
}

/// `POST /account/sessions/{id}/revoke`: signs another browser out.
pub async fn revoke(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let begun = audit::begin(&context.db, &doer, Act::new("session.revoke", &person.email)).await?;
    let (id, user_id) = (id.into_inner(), person.user_id);
    let db = context.db.clone();
    let ended = context.db.write(move |connection| accounts::sessions::end_of(connection, &db, user_id, &id));
    let was_mine = ended.await?;
    if !was_mine {
        begun.complete(&context.db, Outcome::Refused, "no such session").await?;
        return Err(PageError::NotFound);
    }
    begun.complete(&context.db, Outcome::Succeeded, "").await?;
    session.leave_flash(true, "Signed out there.");
    Ok(go_on("/account"))
}

/// `POST /account/sessions/revoke-others`: signs out everywhere but here.
pub async fn revoke_others(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
) -> Result<HttpResponse, PageError> {
    let begun = audit::begin(&context.db, &doer, Act::new("session.revoke_others", &person.email)).await?;
    let (kept, user_id) = (person.token_hash.clone(), person.user_id);
    let db = context.db.clone();
    let ending =
        context.db.write(move |connection| accounts::sessions::end_others(connection, &db, user_id, Some(&kept)));
    let ended = ending.await?;
    begun.complete(&context.db, Outcome::Succeeded, &format!("{ended} sessions")).await?;
    session.leave_flash(true, "Signed out everywhere else.");
    Ok(go_on("/account"))
}

async fn page(context: &Context, person: &Live, shell: Shell, error: Option<String>) -> Result<AccountPage, PageError> {
    let user = accounts::users::by_id(context, person.user_id).await?;
    let (user_id, at) = (user.id, shell.now);
    let read = context.db.read(move |connection| {
        let teams = teams::of_user(connection, user_id)?;
        Ok((sessions::of_user(connection, user_id, at)?, recovery_codes::left(connection, user_id)?, teams))
    });
    let (rows, codes_left, teams) = read.await?;
    let sees = Sees {
        everything: shell.sees_everything(),
        teams: teams.into_iter().map(|team| team.name).collect(),
        places: shell.scope.places().iter().map(ToString::to_string).collect(),
    };
    let second_factor_at = user.second_factor_at.map(|at| at.and_utc());
    let mut lines: Vec<SessionLine> = rows
        .into_iter()
        .map(|row| SessionLine {
            current: row.token_hash == person.token_hash,
            id: row.token_hash,
            address: row.address,
            user_agent: row.user_agent,
            created_at: row.created_at.and_utc(),
            used_at: row.used_at.and_utc(),
            expires_at: row.expires_at.and_utc(),
        })
        .collect();
    lines.sort_by_key(|line| !line.current);
    Ok(AccountPage {
        shell,
        sees,
        role: user.role().to_string(),
        email: user.email,
        created_at: user.created_at.and_utc(),
        few_codes_left: second_factor_at.is_some() && codes_left < second_factor::FEW,
        second_factor_at,
        codes_left,
        sessions: lines,
        error,
        shortest_password: passwords::MIN_LENGTH,
    })
}
