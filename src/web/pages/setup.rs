//! `/setup?token=`: the first administrator; the form takes `token`, `email`, `password`, `password_again`,
//! `csrf_token`.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::accounts::{AccountError, setup};
use crate::audit::Doer;
use crate::context::Context;
use crate::passwords;
use crate::secret::Secret;
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::forms::{go_on, sentence};
use crate::web::session::Session;
use crate::web::{Shell, filters};

/// The form for the first administrator, behind a link that works once.
#[derive(Template, WebTemplate)]
#[template(path = "setup.html")]
pub struct SetupPage {
    pub shell: Shell,
    pub token: String,
    pub email: String,
    pub error: Option<String>,
    /// Characters.
    pub shortest_password: usize,
}

#[derive(Deserialize)]
pub struct Link {
    #[serde(default)]
    token: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct SetupForm {
    token: String,
    email: String,
    password: Secret,
    password_again: Secret,
}

/// `GET /setup?token=`. A dead link says so, and how to get another one.
pub async fn show(context: web::Data<Context>, shell: Shell, link: web::Query<Link>) -> Result<SetupPage, PageError> {
    let token = link.into_inner().token;
    if !setup::is_open(&context, &token).await? {
        return Err(PageError::DeadLink);
    }
    Ok(SetupPage { shell, token, email: String::new(), error: None, shortest_password: passwords::MIN_LENGTH })
}

/// `POST /setup`: the first administrator, who is signed in at once.
pub async fn submit(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    form: web::Form<SetupForm>,
) -> Result<HttpResponse, PageError> {
    let SetupForm { token, email, password, password_again } = form.into_inner();
    let refusal = if password.expose_secret() == password_again.expose_secret() {
        match setup::complete(&context, &doer, &token, &email, password).await {
            Ok(user) => {
                let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
                session.begin(&user, &doer.address, agent.unwrap_or_default());
                return Ok(go_on("/"));
            }
            Err(error @ (AccountError::Email(_) | AccountError::Password(_))) => sentence(&error),
            Err(error) => return Err(error.into()),
        }
    } else {
        "The two passwords differ.".to_owned()
    };
    let shell = Shell::of(&request).await?;
    let page = SetupPage { shell, token, email, error: Some(refusal), shortest_password: passwords::MIN_LENGTH };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request))
}
