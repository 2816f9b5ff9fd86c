//! Who may enter. Each line of the table of routes names an [`Access`], and [`guard`] stands before its handler.
//!
//! **One more kind of access**: a variant, its arm in [`admit`], and its row in the tests' table of routes and roles.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tracing::Instrument;

use super::client::ClientAddress;
use super::csrf;
use super::error::PageError;
use super::session::{self, Live, Session};
use crate::accounts::reach::Sight;
use crate::accounts::tokens::{self, Bearer};
use crate::context::Context;
use crate::roles::{Role, TokenScope};
use crate::store::Scope;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, and nobody asks who: no session is read, no form is accepted.
    Open,
    /// Anybody; who is signed in is known, and forms prove that they are ours.
    Public,
    /// Any person who is signed in, also one who has to make a second factor before anything else.
    Enrolling,
    /// Any person who is signed in.
    SignedIn,
    /// People of at least this role; others are told so (403).
    Role(Role),
    /// People of at least this role; for others the page is not there (404).
    Hidden(Role),
    /// People of at least this role who see everything; for whom a team bounds it is not there (404).
    Whole(Role),
    /// Tokens of this scope; a signed-in browser too, where it only reads.
    Api(TokenScope),
    /// Tokens of this scope that belong to somebody of at least this role, or to nobody but the machine's own shell; a
    /// browser of such a person too, where it only reads. For other people it is not there (404).
    ApiOf(TokenScope, Role),
    /// The same as [`Access::Api`], of somebody who sees everything; for others it is not there (404).
    ApiWhole(TokenScope),
}

/// Who was let in; in the request's extensions.
#[derive(Clone, Debug)]
pub enum Caller {
    Anonymous,
    Person(Live),
    Token(Bearer),
}

impl Caller {
    /// As the audit names it.
    pub fn actor(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Person(person) => person.email.clone(),
            Self::Token(token) => format!("token:{} (number {})", token.name, token.id),
        }
    }

    /// For whom, where that is another.
    pub fn effective_actor(&self) -> &str {
        match self {
            Self::Token(token) => &token.created_by,
            Self::Person(person) => person.view.as_ref().map_or("", |view| &view.label),
            Self::Anonymous => "",
        }
    }

    fn sight(&self) -> Sight {
        match self {
            Self::Anonymous => Sight::Nothing,
            Self::Person(person) => person.sight(),
            Self::Token(token) => token.sight,
        }
    }
}

/// Lets a request in or refuses it, before its handler sees it.
pub async fn guard(
    access: Access,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // A body is inflated before anybody looks at its length: a few kilobytes from a stranger would take all memory.
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Ok(request.error_response(PageError::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE)));
    }
    let caller = match admit(access, &mut request).await {
        Ok(caller) => caller,
        Err(refusal) => return Ok(request.error_response(refusal)),
    };
    if let Caller::Person(person) = &caller
        && !(request.method().is_safe() && session::is_unattended(request.headers()))
        && let Some(context) = request.app_data::<web::Data<Context>>()
    {
        session::note_use(&context.db, person).await;
    }
    // What the handler may ask the store for; there is no other way to come by it.
    let scope = match scope(access, &caller, &request).await {
        Ok(scope) => scope,
        Err(refusal) => return Ok(request.error_response(refusal)),
    };
    request.extensions_mut().insert(scope);
    request.extensions_mut().insert(caller);
    let mut response = if request.method().is_safe() {
        next.call(request).await?
    } else {
        // Whoever goes away in the middle of an act must not leave it half done: it runs to its end without him.
        let act = actix_web::rt::spawn(next.call(request).instrument(tracing::Span::current()));
        act.await.unwrap_or_else(|stopped| Err(PageError::stopped(stopped).into()))?
    }
    .map_into_boxed_body();
    if let Some(cookie) = csrf::fresh_cookie(response.request()) {
        response.response_mut().add_cookie(&cookie).map_err(Error::from)?;
    }
    Ok(response)
}

/// What the caller sees, if that is enough for the route.
async fn scope(access: Access, caller: &Caller, request: &ServiceRequest) -> Result<Scope, PageError> {
    let sight = caller.sight();
    if sight == Sight::Nothing {
        return Ok(Scope::nothing());
    }
    let context = request.app_data::<web::Data<Context>>().ok_or(PageError::Overloaded)?;
    let scope = sight.scope(&context.db).await?;
    match access {
        Access::Whole(_) | Access::ApiWhole(_) if !scope.sees_everything() => Err(PageError::NotFound),
        _ => Ok(scope),
    }
}

async fn admit(access: Access, request: &mut ServiceRequest) -> Result<Caller, PageError> {
    match access {
        Access::Open => return Ok(Caller::Anonymous),
        Access::Api(scope) | Access::ApiWhole(scope) => return admit_to_api(scope, Role::Viewer, request).await,
        Access::ApiOf(scope, role) => return admit_to_api(scope, role, request).await,
        _ => {}
    }
    let session = Session::of(request.request());
    if session.is_troubled() && access != Access::Public {
        return Err(PageError::Overloaded);
    }
    let caller = session.live().map_or(Caller::Anonymous, Caller::Person);
    match (access, &caller) {
        (Access::Public, _) | (Access::Enrolling, Caller::Person(_)) => {}
        (_, Caller::Anonymous) => return Err(PageError::sign_in_first(request.request())),
        (_, Caller::Person(person)) if owes_second_factor(person, request) => return Err(PageError::Enrol),
        (Access::Role(role) | Access::Whole(role), Caller::Person(person)) if person.role() < role => {
            return Err(PageError::Forbidden(role));
        }
        (Access::Hidden(role), Caller::Person(person)) if person.role() < role => return Err(PageError::NotFound),
        _ => {}
    }
    if !request.method().is_safe() {
        let checked = check_form(request).await;
        // A second tab's sign-in, opened before the first one's was sent: who is in goes on.
        if checked.is_err() && request.path() == "/sign-in" && matches!(caller, Caller::Person(_)) {
            return Err(PageError::SignedIn);
        }
        checked?;
        // Who looks as somebody else does nothing in anybody's name; but out there is always a way.
        let leaves = matches!(request.path(), "/view-as/end" | "/sign-out");
        if let Caller::Person(Live { view: Some(view), .. }) = &caller
            && !leaves
        {
            return Err(PageError::Viewing(view.label.clone()));
        }
    }
    Ok(caller)
}

fn owes_second_factor(person: &Live, request: &ServiceRequest) -> bool {
    let context = request.app_data::<web::Data<Context>>();
    context.is_none_or(|context| person.owes_second_factor(context.config.server.require_second_factor))
}

/// Every form proves that it is ours, whichever handler it is for; none can forget to ask.
async fn check_form(request: &mut ServiceRequest) -> Result<(), PageError> {
    let from_elsewhere = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let in_header = request.headers().get(csrf::HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let given = match in_header {
        Some(token) => Some(token),
        None => {
            let body =
                request.extract::<web::Bytes>().await.map_err(|error| PageError::unread(error.as_response_error()))?;
            let given = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&body)
                .ok()
                .and_then(|fields| fields.into_iter().find(|(name, _)| name == csrf::FIELD))
                .map(|(_, value)| value);
            request.set_payload(Payload::from(body));
            given
        }
    };
    match given {
        Some(token) if !from_elsewhere && csrf::is_ours(request.request(), &token) => Ok(()),
        _ => Err(PageError::Csrf),
    }
}

async fn admit_to_api(scope: TokenScope, role: Role, request: &ServiceRequest) -> Result<Caller, PageError> {
    let context = request.app_data::<web::Data<Context>>().ok_or(PageError::Overloaded)?;
    let Some(authorization) = request.headers().get(header::AUTHORIZATION) else {
        return admit_browser(scope, role, request);
    };
    let token = authorization
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(PageError::Unauthorized(None))?;
    let address = request.extensions().get::<ClientAddress>().copied().ok_or(PageError::Overloaded)?;
    let bearer = tokens::authenticate(context, token, address.0).await?;
    let bearer = bearer.map_err(|refusal| PageError::Unauthorized(Some(refusal)))?;
    let enough = match scope {
        TokenScope::Generated => true,
        TokenScope::Read => bearer.scope != TokenScope::Generated,
        TokenScope::Act => bearer.scope == TokenScope::Act,
    };
    if enough && bearer.role >= role { Ok(Caller::Token(bearer)) } else { Err(PageError::Scope(scope)) }
}

/// The API's own page in the browser may read. It may not act: a cookie comes along from everywhere, a token does not.
fn admit_browser(scope: TokenScope, role: Role, request: &ServiceRequest) -> Result<Caller, PageError> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD) && scope != TokenScope::Act;
    let session = Session::of(request.request());
    if reads && session.is_troubled() {
        return Err(PageError::Overloaded);
    }
    let person = session.live().filter(|person| reads && !owes_second_factor(person, request));
    let person = person.ok_or(PageError::Unauthorized(None))?;
    if person.role() >= role { Ok(Caller::Person(person)) } else { Err(PageError::NotFound) }
}
