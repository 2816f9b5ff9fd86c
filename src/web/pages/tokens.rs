//! `/tokens`: the API's tokens; an administrator sees all, everybody else their own.
//!
//! Forms: `POST /tokens` (`name`, `scope`, `days`, `networks`), `POST /tokens/{id}/revoke`; each with `csrf_token`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::accounts::{self, AccountError, tokens};
use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::roles::{Role, TokenScope};
use crate::store::tokens::TokenRow;
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::forms::{go_on, sentence};
use crate::web::session::{Live, Session};
use crate::web::{Shell, filters};

/// The tokens, and the form for one more.
#[derive(Template, WebTemplate)]
#[template(path = "tokens.html")]
pub struct TokensPage {
    pub shell: Shell,
    pub tokens: Vec<TokenLine>,
    /// A token just made, in full: the one time that it is shown.
    pub made: Option<String>,
    /// `read`, `act`, `generated`, as far as the viewer may give them.
    pub scopes: Vec<String>,
    /// Why none was made, with what was typed.
    pub error: Option<String>,
    pub draft_name: String,
    pub draft_scope: String,
    pub draft_days: i64,
    pub draft_networks: String,
    pub longest_days: i64,
}

/// A token in the list.
#[derive(Clone, Debug)]
pub struct TokenLine {
    pub id: i64,
    pub name: String,
    /// Its first characters, by which it is recognised.
    pub prefix: String,
    pub scope: String,
    pub created_by: String,
    /// Comma-separated networks; empty for anywhere.
    pub allowed_networks: String,
    pub expires_at: Instant,
    pub last_used_at: Option<Instant>,
    pub last_used_address: String,
    pub revoked_at: Option<Instant>,
    /// Revoked or expired.
    pub is_over: bool,
}

/// What the form for one more token sends.
#[derive(Clone, Deserialize)]
pub struct TokenForm {
    name: String,
    scope: String,
    days: i64,
    #[serde(default)]
    networks: String,
}

/// What the page shows besides the list.
enum News {
    Nothing,
    Made(String),
    Refused(TokenForm, String),
}

/// `GET /tokens`.
pub async fn show(context: web::Data<Context>, person: Live, shell: Shell) -> Result<TokensPage, PageError> {
    page(&context, &person, shell, News::Nothing).await
}

/// `POST /tokens`. The answer is the page itself: the token is shown this once, and is nowhere to be fetched again.
pub async fn create(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    form: web::Form<TokenForm>,
) -> Result<HttpResponse, PageError> {
    let form = form.into_inner();
    let scope = TokenScope::parse(&form.scope)
        .ok_or_else(|| PageError::Invalid(format!("There is no scope {:?}.", form.scope)))?;
    let separators = |c: char| c == ',' || c.is_whitespace();
    let wanted = tokens::Wanted {
        name: form.name.clone(),
        scope,
        days: form.days,
        networks: form.networks.split(separators).filter(|text| !text.is_empty()).map(str::to_owned).collect(),
    };
    let owner = accounts::users::by_id(&context, person.user_id).await?;
    let (news, status) = match tokens::create(&context, &doer, Some(&owner), wanted).await {
        Ok((_, token)) => (News::Made(token.expose_secret().to_owned()), StatusCode::OK),
        Err(
            error @ (AccountError::TokenName
            | AccountError::TokenDays
            | AccountError::TokenNetwork(_)
            | AccountError::TokenScope(_)),
        ) => (News::Refused(form, sentence(&error)), StatusCode::UNPROCESSABLE_ENTITY),
        Err(error) => return Err(error.into()),
    };
    Ok(page_with(status, page(&context, &person, Shell::of(&request).await?, news).await?, &request))
}

/// `POST /tokens/{id}/revoke`: one's own, or anybody's for an administrator.
pub async fn revoke(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    id: web::Path<i64>,
) -> Result<HttpResponse, PageError> {
    let token = tokens::revoke(&context, &doer, *id, whose(&person)).await?;
    session.leave_flash(true, format!("The token {} was revoked.", token.name));
    Ok(go_on("/tokens"))
}

/// Whose tokens somebody may see and revoke; `None` is everybody's.
fn whose(person: &Live) -> Option<i64> {
    (person.role() < Role::Admin).then_some(person.user_id)
}

async fn page(context: &Context, person: &Live, shell: Shell, news: News) -> Result<TokensPage, PageError> {
    let rows = tokens::list(context, whose(person)).await?;
    let (made, refused) = match news {
        News::Nothing => (None, None),
        News::Made(token) => (Some(token), None),
        News::Refused(form, error) => (None, Some((form, error))),
    };
    let blank = || TokenForm {
        name: String::new(),
        scope: "read".to_owned(),
        days: tokens::DEFAULT_DAYS,
        networks: String::new(),
    };
    let (draft, error) = refused.map_or_else(|| (blank(), None), |(form, error)| (form, Some(error)));
    let may_give = |scope: &TokenScope| *scope != TokenScope::Act || person.role() >= Role::Operator;
    Ok(TokensPage {
        tokens: rows.into_iter().map(|row| line(row, shell.now)).collect(),
        shell,
        made,
        scopes: TokenScope::ALL.iter().filter(|scope| may_give(scope)).map(ToString::to_string).collect(),
        error,
        draft_name: draft.name,
        draft_scope: draft.scope,
        draft_days: draft.days,
        draft_networks: draft.networks,
        longest_days: tokens::MAX_DAYS,
    })
}

fn line(row: TokenRow, now: Instant) -> TokenLine {
    TokenLine {
        id: row.id,
        scope: row.scope().to_string(),
        is_over: row.revoked_at.is_some() || row.expires_at.and_utc() <= now,
        name: row.name,
        prefix: row.prefix,
        created_by: row.created_by,
        allowed_networks: row.allowed_networks.replace(' ', ", "),
        expires_at: row.expires_at.and_utc(),
        last_used_at: row.last_used_at.map(|at| at.and_utc()),
        last_used_address: row.last_used_address,
        revoked_at: row.revoked_at.map(|at| at.and_utc()),
    }
}
