//! `/invitation?token=`: one's own account, behind a link from an administrator; the form takes `token`, `password`,
//! `password_again`, `csrf_token`. A link that is used, revoked, expired or made up gets one and the same answer.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::accounts::{AccountError, invitations};
use crate::audit::Doer;
use crate::context::Context;
use crate::passwords;
use crate::secret::Secret;
use crate::store::invitations::InvitationRow;
use crate::web::error::PageError;
use crate::web::extract::page_with;
use crate::web::forms::{go_on, sentence};
use crate::web::session::Session;
use crate::web::{Shell, filters};

/// Who invites whom as what, and the question for a password.
#[derive(Template, WebTemplate)]
#[template(path = "invitation.html")]
pub struct InvitationPage {
    pub shell: Shell,
    pub token: String,
    pub email: String,
    pub role: String,
    pub invited_by: String,
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
pub struct AcceptForm {
    token: String,
    password: Secret,
    password_again: Secret,
}

/// `GET /invitation?token=`.
pub async fn show(
    context: web::Data<Context>,
    shell: Shell,
    link: web::Query<Link>,
) -> Result<InvitationPage, PageError> {
    let token = link.into_inner().token;
    let invitation = invitations::find(&context, &token).await?;
    Ok(page(shell, token, invitation, None))
}

/// `POST /invitation`: the account, signed in at once.
pub async fn accept(
    request: HttpRequest,
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    form: web::Form<AcceptForm>,
) -> Result<HttpResponse, PageError> {
    let AcceptForm { token, password, password_again } = form.into_inner();
    let invitation = invitations::find(&context, &token).await?;
    let refusal = if password.expose_secret() == password_again.expose_secret() {
        match invitations::accept(&context, &doer, &token, password).await {
            Ok(user) => {
                let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
                session.begin(&user, &doer.address, agent.unwrap_or_default());
                return Ok(go_on("/"));
            }
            Err(error @ AccountError::Password(_)) => sentence(&error),
            Err(error) => return Err(error.into()),
        }
    } else {
        "The two passwords differ.".to_owned()
    };
    let page = page(Shell::of(&request).await?, token, invitation, Some(refusal));
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page, &request))
}

fn page(shell: Shell, token: String, invitation: InvitationRow, error: Option<String>) -> InvitationPage {
    InvitationPage {
        shell,
        token,
        role: invitation.role().to_string(),
        email: invitation.email,
        invited_by: invitation.invited_by,
        error,
        shortest_password: passwords::MIN_LENGTH,
    }
}
