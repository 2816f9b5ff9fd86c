//! `/sign-in`: the form takes `email`, `password`, `csrf_token`, `next`, and `code` where a second factor is on.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;

use crate::accounts::{self, AccountError};
use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::secret::Secret;
use crate::web::error::PageError;
use crate::web::extract::{page_with, safe_next};
use crate::web::forms::{come_back, go_on, sentence};
use crate::web::session::{Live, Session};
use crate::web::{Shell, filters};

/// The sign-in form, fresh or refused.
#[derive(Template, WebTemplate)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub shell: Shell,
    /// What was typed before.
    pub email: String,
    /// Why it was refused; never says which of the two was wrong.
    pub error: Option<String>,
    pub wants_code: bool,
    /// A path of the panel to go on to.
    pub next: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct SignInForm {
    email: String,
    password: Secret,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /sign-in`. Who is signed in already goes on.
pub async fn show(request: HttpRequest, shell: Shell, query: web::Query<Next>) -> HttpResponse {
    let next = safe_next(&query.next).to_owned();
    if shell.viewer.is_some() {
        return go_on(&next);
    }
    let page = SignInPage { shell, email: String::new(), error: None, wants_code: false, next };
    page_with(StatusCode::OK, page, &request)
}

/// `POST /sign-in`.
pub async fn submit(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    form: web::Form<SignInForm>,
) -> Result<HttpResponse, PageError> {
    let SignInForm { email, password, next } = form.into_inner();
    let next = safe_next(&next).to_owned();
    let refusal = match accounts::sign_in::sign_in(&context, &doer, &email, password).await {
        Ok(user) => {
            let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
            session.begin(&user, &doer.address, agent.unwrap_or_default());
            return Ok(go_on(&next));
        }
        Err(refusal @ (AccountError::Credentials | AccountError::Throttled(_))) => refusal,
        Err(error) => return Err(error.into()),
    };
    let shell = Shell::of(&request).await?;
    let now = shell.now;
    let page = SignInPage { shell, email, error: Some(sentence(&refusal)), wants_code: false, next };
    Ok(match refusal {
        AccountError::Throttled(until) => {
            come_back(page_with(StatusCode::TOO_MANY_REQUESTS, page, &request), until, now)
        }
        _ => page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request),
    })
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
