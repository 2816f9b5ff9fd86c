//! `/account/second-factor`: making one, and once it is there, its recovery codes and its end.
//!
//! Forms: `POST /account/second-factor` (`password`), `/confirm` (`code`), `/codes` and `/off` (`password`, `code`);
//! each with `csrf_token`. A secret and recovery codes are shown by the answer to a form alone: no address can be
//! opened a second time to see them.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;

use crate::accounts;
use crate::context::Context;
use crate::secret::Secret;
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::session::Live;
use crate::web::{Shell, filters};

pub mod enrol;
pub mod manage;
pub mod qr;

/// Recovery codes, the one time that they are shown.
#[derive(Template, WebTemplate)]
#[template(path = "second_factor/codes.html")]
pub struct CodesPage {
    pub shell: Shell,
    pub email: String,
    /// The panel that they are for, since they end on paper.
    pub host: String,
    pub codes: Vec<String>,
}

/// `GET /account/second-factor`.
pub async fn show(
    request: HttpRequest,
    context: web::Data<Context>,
    person: Live,
    shell: Shell,
) -> Result<HttpResponse, PageError> {
    let user = accounts::users::by_id(&context, person.user_id).await?;
    Ok(match user.second_factor_at {
        Some(since) => manage::page(&context, &user, since.and_utc(), shell, None).await?.answer(&request),
        None => enrol::BeginPage::of(&context, &person, shell, None).answer(&request),
    })
}

impl CodesPage {
    fn of(context: &Context, email: &str, codes: Vec<Secret>, shell: Shell) -> Self {
        let host = context.config.server.public_url.host_str().unwrap_or_default().to_owned();
        let codes = codes.iter().map(|code| code.expose_secret().to_owned()).collect();
        Self { shell, email: email.to_owned(), host, codes }
    }

    fn answer(self, request: &HttpRequest) -> HttpResponse {
        enrol::unstored(page_with(StatusCode::OK, self, request))
    }
}
