//! A second factor that is on: how many recovery codes are left, new ones, and its end. Both take the password and a
//! code.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use serde::Deserialize;

use super::CodesPage;
use super::enrol::frame;
use crate::accounts::second_factor::{self, enrol};
use crate::accounts::{AccountError, users};
use crate::audit::Doer;
use crate::clock::Instant;
use crate::context::Context;
use crate::secret::Secret;
use crate::store::recovery_codes;
use crate::store::users::UserRow;
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::forms::{come_back, go_on, sentence};
use crate::web::session::{Live, Session};
use crate::web::{Shell, filters};

/// What there is, and the two forms.
#[derive(Template, WebTemplate)]
#[template(path = "second_factor/manage.html")]
pub struct ManagePage {
    pub shell: Shell,
    pub since: Instant,
    pub codes_left: i64,
    pub few_left: bool,
    /// Why a form was refused, and which.
    pub refused: Option<(Form, String)>,
}

/// The forms of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Codes,
    Off,
}

/// What both forms send.
#[derive(Deserialize)]
pub struct ProofForm {
    password: Secret,
    code: Secret,
}

/// `POST /account/second-factor/codes`. The answer shows the new ones; the former are worth nothing any more.
pub async fn renew_codes(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    form: web::Form<ProofForm>,
) -> Result<HttpResponse, PageError> {
    let ProofForm { password, code } = form.into_inner();
    let user = users::by_id(&context, person.user_id).await?;
    match enrol::renew_codes(&context, &doer, &user, password, code).await {
        Ok(codes) => Ok(CodesPage::of(&context, &user.email, codes, frame(&request).await?).answer(&request)),
        Err(error) => refuse(&request, &context, &user, Form::Codes, error).await,
    }
}

/// `POST /account/second-factor/off`. Every other session ends.
pub async fn turn_off(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    form: web::Form<ProofForm>,
) -> Result<HttpResponse, PageError> {
    let ProofForm { password, code } = form.into_inner();
    let user = users::by_id(&context, person.user_id).await?;
    if user.second_factor_at.is_none() {
        return Ok(go_on("/account"));
    }
    match enrol::turn_off(&context, &doer, &user, password, code).await {
        Ok(epoch) => {
            session.begin_epoch(epoch);
            session.leave_flash(true, "The second factor is off. You are signed out everywhere else.");
            Ok(go_on("/account"))
        }
        Err(error) => refuse(&request, &context, &user, Form::Off, error).await,
    }
}

/// Shows the page again with the reason beside its form.
async fn refuse(
    request: &HttpRequest,
    context: &Context,
    user: &UserRow,
    form: Form,
    error: AccountError,
) -> Result<HttpResponse, PageError> {
    let Some(since) = user.second_factor_at else { return Ok(go_on("/account/second-factor")) };
    if !matches!(error, AccountError::CurrentPassword | AccountError::Code | AccountError::Throttled(_)) {
        return Err(error.into());
    }
    let page = page(context, user, since.and_utc(), frame(request).await?, Some((form, sentence(&error)))).await?;
    Ok(match error {
        AccountError::Throttled(until) => {
            come_back(page_with(StatusCode::TOO_MANY_REQUESTS, page, request), until, context.clock.now())
        }
        _ => page_with(StatusCode::UNPROCESSABLE_ENTITY, page, request),
    })
}

/// The page of somebody's second factor.
pub async fn page(
    context: &Context,
    user: &UserRow,
    since: Instant,
    shell: Shell,
    refused: Option<(Form, String)>,
) -> Result<ManagePage, PageError> {
    let id = user.id;
    let codes_left = context.db.read(move |connection| recovery_codes::left(connection, id)).await?;
    Ok(ManagePage { shell, since, codes_left, few_left: codes_left < second_factor::FEW, refused })
}

impl ManagePage {
    pub fn answer(self, request: &HttpRequest) -> HttpResponse {
        page_with(StatusCode::OK, self, request)
    }

    /// Why that form was refused.
    pub fn error_of(&self, form: Form) -> Option<&str> {
        self.refused.as_ref().filter(|(refused, _)| *refused == form).map(|(_, why)| why.as_str())
    }
}
