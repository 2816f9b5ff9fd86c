//! What went wrong for whoever asked, and the way out of it: as a page for people, as problem JSON (RFC 9457) below
//! `/api`.
//!
//! Handlers return `Result<_, PageError>`; how it is written is decided in one place, by `frame`, which knows the
//! request. **One more**: a variant and its line in [`PageError::telling`].

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use tokio::task::JoinError;

use crate::accounts::AccountError;
use crate::accounts::tokens::TokenRefusal;
use crate::clock::Instant;
use crate::passwords::PasswordError;
use crate::roles::{Role, TokenScope};
use crate::store::StoreError;
use crate::web::forms::sentence;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("there is no such page")]
    NotFound,
    #[error("the setup link is dead")]
    DeadLink,
    /// Whatever is the matter with it: whoever tries links learns nothing.
    #[error("the invitation is dead")]
    DeadInvitation,
    /// A sign-in form of before somebody signed in here; on is where it wanted to lead.
    #[error("signed in already")]
    SignedIn,
    #[error("sign in first")]
    SignIn { next: String },
    #[error("make a second factor first")]
    Enrol,
    #[error("this takes the role {0}")]
    Forbidden(Role),
    /// An administrator looks at the panel as this one.
    #[error("looking as {0} changes nothing")]
    Viewing(String),
    #[error("the form was not ours")]
    Csrf,
    #[error("no token, or none that is accepted")]
    Unauthorized(Option<TokenRefusal>),
    #[error("this takes a token of scope {0}")]
    Scope(TokenScope),
    /// What was asked cannot be done as it was asked; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// The world is not as the request took it to be.
    #[error("{0}")]
    Conflict(String),
    #[error("too many attempts")]
    Throttled { until: Instant, now: Instant },
    #[error("the request is too large")]
    TooLarge,
    #[error("the panel is overloaded")]
    Overloaded,
    #[error("something failed here")]
    Internal(#[source] anyhow::Error),
    /// An answer that the framework gave.
    #[error("{0}")]
    Status(StatusCode),
}

/// A failure in words. `slug` is stable: `/problems/<slug>` is the type of the problem JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    pub status: StatusCode,
    pub slug: &'static str,
    pub title: &'static str,
    pub text: String,
    /// Title and path.
    pub ways: Vec<(&'static str, String)>,
}

const HOME: (&str, &str) = ("To the dashboard", "/");
/// Where a second factor is made.
const ENROL: &str = "/account/second-factor";

impl PageError {
    /// Sends a person to the sign-in and back to this page; only pages can be come back to, not forms.
    pub fn sign_in_first(request: &HttpRequest) -> Self {
        let here = super::extract::here(request);
        Self::SignIn { next: if request.method().is_safe() { here.to_owned() } else { "/".to_owned() } }
    }

    /// A body that could not be read: too large, cut off, or not what its headers say.
    pub fn unread(error: &dyn ResponseError) -> Self {
        Self::Status(error.status_code())
    }

    /// An act that did not come to its end: it panicked, or the process stops.
    pub fn stopped(error: JoinError) -> Self {
        match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Self::Overloaded,
        }
    }

    /// The whole of it in words.
    pub fn telling(&self) -> Telling {
        let home = vec![(HOME.0, HOME.1.to_owned())];
        let (code, slug, title, text, ways) = match self {
            Self::NotFound => (
                404,
                "not-found",
                "There is no such page",
                "It may have been removed, or you may not be allowed to see it.".to_owned(),
                home,
            ),
            Self::DeadLink => (
                404,
                "setup-link-dead",
                "This setup link no longer works",
                "It works once, for 24 hours, and only while there is no user. If there is none yet, look for the newest link in \
                 the panel's log, or start the panel again, which prints a new one; `quarterdeck user add` on its machine \
                 creates users without a link."
                    .to_owned(),
                vec![("Sign in", "/sign-in".to_owned())],
            ),
            Self::DeadInvitation => (
                404,
                "invitation-dead",
                "This invitation does not work",
                "An invitation works once, within 72 hours, and an administrator can revoke it. Ask for a new one.".to_owned(),
                vec![("Sign in", "/sign-in".to_owned())],
            ),
            Self::SignedIn => (303, "signed-in", "You are signed in already", String::new(), home),
            Self::SignIn { next } => {
                let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
                let way = if next == "/" { "/sign-in".to_owned() } else { format!("/sign-in?{query}") };
                (303, "sign-in", "Sign in first", String::new(), vec![("Sign in", way)])
            }
            Self::Enrol => {
                (303, "second-factor", "Set up a second factor first", String::new(), vec![("Continue", ENROL.to_owned())])
            }
            Self::Forbidden(role) => (
                403,
                "forbidden",
                "Your role does not allow this",
                format!("This needs the role {role}, which an administrator can give you."),
                home,
            ),
            Self::Viewing(label) => (
                403,
                "viewing",
                "You are viewing as somebody else",
                format!("You see what {label} would see, and can only look. Nothing was changed."),
                home,
            ),
            Self::Csrf => (
                403,
                "form-expired",
                "This form is too old, or not from here",
                "Nothing was changed. Go back, reload the page, and send the form again.".to_owned(),
                home,
            ),
            Self::Unauthorized(refusal) => (
                401,
                "unauthorized",
                "A token is needed",
                refusal.as_ref().map_or_else(
                    || "Send `Authorization: Bearer TOKEN`; tokens are made at /tokens.".to_owned(),
                    |refusal| format!("Not accepted: {refusal}. Tokens are made at /tokens."),
                ),
                vec![],
            ),
            Self::Scope(scope) => (
                403,
                "insufficient-scope",
                "The token may not do this",
                format!("This needs a token of scope {scope} whose owner's role allows it."),
                vec![],
            ),
            Self::Invalid(text) => (422, "invalid", "This cannot be done as asked", text.clone(), home),
            Self::Conflict(text) => (409, "conflict", "Things have changed in the meantime", text.clone(), home),
            Self::Throttled { until, .. } => (
                429,
                "throttled",
                "Too many attempts",
                format!("Try again at {}.", until.format("%H:%M:%S UTC")),
                vec![("Sign in", "/sign-in".to_owned())],
            ),
            Self::TooLarge => (
                413,
                "too-large",
                "The request is too large",
                "Nothing was changed. Send less at once.".to_owned(),
                home,
            ),
            Self::Overloaded => (
                503,
                "overloaded",
                "The panel cannot answer right now",
                "The database did not answer in time. Try again in a moment.".to_owned(),
                home,
            ),
            Self::Internal(_) => (
                500,
                "internal",
                "Something failed here",
                "It is not your fault. The log has the reason under the number below.".to_owned(),
                home,
            ),
            Self::Status(status) => return of_status(*status),
        };
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Telling { status, slug, title, text, ways }
    }
}

/// What the framework refuses by itself: a wrong method, a body that cannot be read.
fn of_status(status: StatusCode) -> Telling {
    let (slug, title, text) = match status {
        StatusCode::NOT_FOUND => return PageError::NotFound.telling(),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("method-not-allowed", "Method not allowed", "The page exists, but not for this method.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => return PageError::TooLarge.telling(),
        status if status.is_client_error() => ("bad-request", "The request cannot be read", "Check what was sent."),
        _ => return PageError::Internal(anyhow::anyhow!("answered {status}")).telling(),
    };
    Telling { status, slug, title, text: text.to_owned(), ways: vec![(HOME.0, HOME.1.to_owned())] }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.telling().status
    }

    /// Without a body: `frame` writes it. What is in the headers stands here.
    fn error_response(&self) -> HttpResponse {
        let telling = self.telling();
        let mut response = HttpResponse::build(telling.status);
        match self {
            Self::SignIn { .. } | Self::SignedIn | Self::Enrol => {
                if let Some((_, way)) = telling.ways.first() {
                    response.insert_header((header::LOCATION, way.as_str()));
                }
            }
            Self::Unauthorized(None) => {
                response.insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="quarterdeck""#));
            }
            Self::Unauthorized(Some(_)) => {
                let challenge = r#"Bearer realm="quarterdeck", error="invalid_token""#;
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::Scope(scope) => {
                let challenge = format!(r#"Bearer realm="quarterdeck", error="insufficient_scope", scope="{scope}""#);
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::Throttled { until, now } => {
                response.insert_header((header::RETRY_AFTER, (*until - *now).num_seconds().max(1).to_string()));
            }
            Self::Overloaded => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            _ => {}
        }
        response.finish()
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Pool(_) | StoreError::Busy | StoreError::Cancelled => {
                tracing::error!(error = %error, "the database did not answer");
                Self::Overloaded
            }
            StoreError::Query(diesel::result::Error::NotFound) => Self::NotFound,
            other => Self::Internal(other.into()),
        }
    }
}

impl From<AccountError> for PageError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            AccountError::Hash(PasswordError::Overloaded) => Self::Overloaded,
            AccountError::Hash(PasswordError::Hash) => Self::Internal(error.into()),
            AccountError::SetupLink => Self::DeadLink,
            AccountError::Invitation => Self::DeadInvitation,
            AccountError::Unknown(_)
            | AccountError::NoToken(_)
            | AccountError::NoInvitation(_)
            | AccountError::NoTeam(_)
            | AccountError::NoRule(_)
            | AccountError::NoMember(_) => Self::NotFound,
            AccountError::LastAdmin
            | AccountError::Taken(_)
            | AccountError::TeamTaken(_)
            | AccountError::RuleKnown(_)
            | AccountError::MemberAlready(_)
            | AccountError::SecondFactorOn
            | AccountError::NoSecondFactor(_) => Self::Conflict(sentence(error)),
            other => Self::Invalid(sentence(other)),
        }
    }
}
