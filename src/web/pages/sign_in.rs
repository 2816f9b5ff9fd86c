//! `/sign-in`: the form takes `email`, `password`, `csrf_token`, `next`, and `code` where a second factor is on.
//!
//! People are asked in two steps: after the password the same address shows the form for the code, as long as the half
//! sign-in of this browser lasts; `?again` begins anew. Whoever has all three at hand sends them at once.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::accounts::sign_in::{self, Passed, SignedIn};
use crate::accounts::{AccountError, second_factor};
use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::secret::Secret;
use crate::store::users::UserRow;
use crate::web::csrf::Cookies;
use crate::web::error::PageError;
use crate::web::extract::{page_with, safe_next};
use crate::web::forms::{come_back, go_on, sentence};
use crate::web::session::{Live, Session};
use crate::web::{Shell, filters, half};

/// The sign-in form, fresh or refused.
#[derive(Template, WebTemplate)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub shell: Shell,
    /// What was typed before.
    pub email: String,
    /// Why it was refused; never says which of the two was wrong.
    pub error: Option<String>,
    /// A path of the panel to go on to.
    pub next: String,
}

/// The second step.
#[derive(Template, WebTemplate)]
#[template(path = "sign_in_code.html")]
pub struct CodePage {
    pub shell: Shell,
    /// Who gave the password.
    pub email: String,
    pub error: Option<String>,
    pub next: String,
}

/// What either form sends.
#[derive(Deserialize)]
pub struct SignInForm {
    email: Option<String>,
    password: Option<Secret>,
    code: Option<Secret>,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
    /// Begin anew, whatever half of a sign-in there is.
    again: Option<String>,
    /// A half sign-in was over when its code came.
    over: Option<String>,
}

/// `GET /sign-in`. Who is signed in already goes on.
pub async fn show(
    request: HttpRequest,
    context: web::Data<Context>,
    cookies: web::Data<Cookies>,
    shell: Shell,
    query: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let next = safe_next(&query.next).to_owned();
    if shell.viewer.is_some() {
        return Ok(go_on(&next));
    }
    let given = half::token(&request);
    if let Some(token) = given.as_ref().filter(|_| query.again.is_none())
        && let Some(user) = sign_in::half_of(&context, token.expose_secret()).await?
    {
        return Ok(page_with(StatusCode::OK, CodePage { shell, email: user.email, error: None, next }, &request));
    }
    let error = query.over.as_ref().map(|_| sentence(AccountError::HalfOver));
    let page = SignInPage { shell, email: String::new(), error, next };
    let mut response = page_with(StatusCode::OK, page, &request);
    if given.is_some() {
        half::forget(&mut response, &cookies)?;
    }
    Ok(response)
}

/// `POST /sign-in`: the password, the code, or both.
pub async fn submit(
    request: HttpRequest,
    context: web::Data<Context>,
    cookies: web::Data<Cookies>,
    doer: Doer,
    session: Session,
    form: web::Form<SignInForm>,
) -> Result<HttpResponse, PageError> {
    let SignInForm { email, password, code, next } = form.into_inner();
    let next = safe_next(&next).to_owned();
    let code = code.filter(|code| !code.expose_secret().trim().is_empty());
    let (token, fresh) = match (email, password) {
        (Some(email), Some(password)) => match sign_in::sign_in(&context, &doer, &email, password).await {
            Ok(Passed::In(user)) => return enter(&request, &cookies, &session, &doer, &user, &next),
            Ok(Passed::Half(token)) => {
                // Somebody signs in here: who was signed in before is not any more.
                session.live().is_some().then(|| session.end());
                (token, true)
            }
            Err(refusal) => return refuse_password(&request, email, next, refusal).await,
        },
        (None, None) => match half::token(&request) {
            Some(token) => (token, false),
            None => return Ok(go_on(&way("over", &next))),
        },
        _ => return Err(PageError::Invalid("Send the address and the password together.".to_owned())),
    };
    let mut response = match code {
        None => go_on(&way("", &next)),
        Some(code) => match sign_in::give_code(&context, &doer, token.expose_secret(), code).await {
            Ok(signed_in) => {
                let response = enter(&request, &cookies, &session, &doer, &signed_in.user, &next)?;
                tell(&session, &signed_in);
                return Ok(response);
            }
            Err(refusal) => refuse_code(&request, &context, &token, next, refusal).await?,
        },
    };
    if fresh {
        half::keep(&mut response, &cookies, &token)?;
    }
    Ok(response)
}

/// Begins the session.
fn enter(
    request: &HttpRequest,
    cookies: &Cookies,
    session: &Session,
    doer: &Doer,
    user: &UserRow,
    next: &str,
) -> Result<HttpResponse, PageError> {
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    session.begin(user, &doer.address, agent.unwrap_or_default());
    let mut response = go_on(next);
    if half::token(request).is_some() {
        half::forget(&mut response, cookies)?;
    }
    Ok(response)
}

/// Leaves word of what its owner should know of the second factor.
fn tell(session: &Session, signed_in: &SignedIn) {
    let mut words = Vec::new();
    if let Some(left) = signed_in.recovery_codes_left {
        let more = if left < second_factor::FEW { " Make new ones under Your account." } else { "" };
        words.push(format!("You signed in with a recovery code; {left} are left.{more}"));
    }
    if signed_in.failures > 0 {
        words.push(format!(
            "Wrong codes before this one: {}. If they were not yours, somebody knows your password: change it.",
            signed_in.failures
        ));
    }
    if !words.is_empty() {
        session.leave_flash(false, words.join(" "));
    }
}

async fn refuse_password(
    request: &HttpRequest,
    email: String,
    next: String,
    refusal: AccountError,
) -> Result<HttpResponse, PageError> {
    if !matches!(refusal, AccountError::Credentials | AccountError::Throttled(_)) {
        return Err(refusal.into());
    }
    let shell = Shell::of(request).await?;
    let now = shell.now;
    let page = SignInPage { shell, email, error: Some(sentence(&refusal)), next };
    Ok(match refusal {
        AccountError::Throttled(until) => {
            come_back(page_with(StatusCode::TOO_MANY_REQUESTS, page, request), until, now)
        }
        _ => page_with(StatusCode::UNPROCESSABLE_ENTITY, page, request),
    })
}

async fn refuse_code(
    request: &HttpRequest,
    context: &Context,
    token: &Secret,
    next: String,
    refusal: AccountError,
) -> Result<HttpResponse, PageError> {
    if !matches!(refusal, AccountError::Code | AccountError::Throttled(_) | AccountError::HalfOver) {
        return Err(refusal.into());
    }
    let Some(user) = sign_in::half_of(context, token.expose_secret()).await? else {
        return Ok(go_on(&way("over", &next)));
    };
    let shell = Shell::of(request).await?;
    let now = shell.now;
    let page = CodePage { shell, email: user.email, error: Some(sentence(&refusal)), next };
    Ok(match refusal {
        AccountError::Throttled(until) => {
            come_back(page_with(StatusCode::TOO_MANY_REQUESTS, page, request), until, now)
        }
        _ => page_with(StatusCode::UNPROCESSABLE_ENTITY, page, request),
    })
}

/// Back to this page, with what it shall know.
fn way(flag: &str, next: &str) -> String {
    let next = (next != "/").then_some(("next", next));
    let flag = (!flag.is_empty()).then_some((flag, "1"));
    let query: Vec<_> = flag.into_iter().chain(next).collect();
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    if query.is_empty() { "/sign-in".to_owned() } else { format!("/sign-in?{query}") }
}

/// `POST /sign-out`.
pub async fn leave(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
) -> Result<HttpResponse, PageError> {
    let begun = audit::begin(&context.db, &doer, Act::new("session.sign_out", person.email)).await?;
    session.end();
    begun.complete(&context.db, Outcome::Succeeded, "").await?;
    Ok(go_on("/sign-in"))
}
