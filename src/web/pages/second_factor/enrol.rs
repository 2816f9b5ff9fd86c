//! Making a second factor: the password, then the secret, then a first code.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::CodesPage;
use super::qr::{self, Qr};
use crate::accounts::second_factor::enrol;
use crate::accounts::{AccountError, users};
use crate::audit::Doer;
use crate::context::Context;
use crate::secret::Secret;
use crate::secret::totp::TotpKey;
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::forms::{come_back, go_on, sentence};
use crate::web::session::{Live, Session};
use crate::web::{Shell, filters};

/// What it is about, and the question for the password.
#[derive(Template, WebTemplate)]
#[template(path = "second_factor/begin.html")]
pub struct BeginPage {
    pub shell: Shell,
    pub email: String,
    /// Nothing else is reached before.
    pub required: bool,
    pub error: Option<String>,
}

/// The secret, the one time that it is shown, and the question for a first code.
#[derive(Template, WebTemplate)]
#[template(path = "second_factor/confirm.html")]
pub struct ConfirmPage {
    pub shell: Shell,
    /// Not shown again with a code that was wrong.
    pub secret: Option<Shown>,
    pub required: bool,
    pub error: Option<String>,
}

/// A secret, as people and devices take it.
pub struct Shown {
    /// In groups of four.
    pub grouped: String,
    pub uri: String,
    pub qr: Option<Qr>,
}

#[derive(Deserialize)]
pub struct BeginForm {
    password: Secret,
}

#[derive(Deserialize)]
pub struct ConfirmForm {
    code: Secret,
}

/// `POST /account/second-factor`. The answer is the page itself, so that nothing can be opened again to see the secret.
pub async fn begin(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    form: web::Form<BeginForm>,
) -> Result<HttpResponse, PageError> {
    let user = users::by_id(&context, person.user_id).await?;
    match enrol::begin(&context, &doer, &user, form.into_inner().password).await {
        Ok(key) => {
            let host = context.config.server.public_url.host_str().unwrap_or_default();
            let page = ConfirmPage {
                shell: frame(&request).await?,
                secret: Some(Shown::of(&key, host, &user.email)),
                required: owes(&context, &person),
                error: None,
            };
            Ok(unstored(page_with(StatusCode::OK, page, &request)))
        }
        Err(AccountError::SecondFactorOn) => Ok(go_on("/account/second-factor")),
        Err(error @ (AccountError::CurrentPassword | AccountError::Throttled(_))) => {
            let page = BeginPage::of(&context, &person, frame(&request).await?, Some(sentence(&error)));
            Ok(match error {
                AccountError::Throttled(until) => {
                    come_back(page_with(StatusCode::TOO_MANY_REQUESTS, page, &request), until, context.clock.now())
                }
                _ => page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request),
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/second-factor/confirm`. Every other session ends; the answer shows the recovery codes.
pub async fn confirm(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
    form: web::Form<ConfirmForm>,
) -> Result<HttpResponse, PageError> {
    let user = users::by_id(&context, person.user_id).await?;
    match enrol::turn_on(&context, &doer, &user, form.code.expose_secret()).await {
        Ok(on) => {
            session.begin_epoch(on.epoch);
            Ok(CodesPage::of(&context, &user.email, on.recovery_codes, frame(&request).await?).answer(&request))
        }
        Err(AccountError::SecondFactorOn) => {
            session.leave_flash(false, "It is on. If you have not seen the recovery codes, make new ones here.");
            Ok(go_on("/account/second-factor"))
        }
        Err(error @ AccountError::Code) => {
            let (required, error) = (owes(&context, &person), Some(sentence(&error)));
            let page = ConfirmPage { shell: frame(&request).await?, secret: None, required, error };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request))
        }
        Err(error @ AccountError::NothingToConfirm) => {
            let page = BeginPage::of(&context, &person, frame(&request).await?, Some(sentence(&error)));
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request))
        }
        Err(error) => Err(error.into()),
    }
}

impl BeginPage {
    pub fn of(context: &Context, person: &Live, shell: Shell, error: Option<String>) -> Self {
        Self { shell, email: person.email.clone(), required: owes(context, person), error }
    }

    pub fn answer(self, request: &HttpRequest) -> HttpResponse {
        page_with(StatusCode::OK, self, request)
    }
}

impl Shown {
    /// The URI is that of Google Authenticator's "Key Uri Format", which all apps read.
    fn of(key: &TotpKey, host: &str, email: &str) -> Self {
        let secret = key.base32();
        let issuer = encoded(&format!("Quarterdeck {host}"));
        let label = format!("{issuer}:{}", encoded(email));
        let uri = format!("otpauth://totp/{label}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30");
        let groups: Vec<&str> = secret.as_bytes().chunks(4).filter_map(|four| std::str::from_utf8(four).ok()).collect();
        Self { grouped: groups.join(" "), qr: qr::of(&uri), uri }
    }
}

/// Apps read a plus as a plus.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn owes(context: &Context, person: &Live) -> bool {
    person.owes_second_factor(context.config.server.require_second_factor)
}

/// The frame of an answer to a form, whose path has no page of its own to come back to.
pub(super) async fn frame(request: &HttpRequest) -> Result<Shell, PageError> {
    let mut shell = Shell::of(request).await?;
    "/account/second-factor".clone_into(&mut shell.here);
    Ok(shell)
}

/// What is shown once is kept nowhere.
pub(super) fn unstored(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store, private"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_told_whose_secret_of_which_panel_it_is() {
        let key = TotpKey::from_bytes(b"12345678901234567890").unwrap();
        let shown = Shown::of(&key, "panel.example.com", "ada+deck@example.com");
        assert_eq!(shown.grouped, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            shown.uri,
            "otpauth://totp/Quarterdeck%20panel.example.com:ada%2Bdeck%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Quarterdeck%20panel.example.com&algorithm=SHA1&digits=6&period=30"
        );
        assert!(shown.qr.is_some());
    }
}
