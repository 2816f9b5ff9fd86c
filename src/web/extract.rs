//! What handlers ask for by type: the person, who acts, the frame of the page.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder, web};
use askama::Template;
use diesel::QueryResult;
use futures_util::future::LocalBoxFuture;

use super::access::Caller;
use super::client::ClientAddress;
use super::error::PageError;
use super::frame::RequestId;
use super::session::{Live, Session, is_unattended};
use super::{Flash, Shell, Theme, ViewedAs, Viewer, csrf};
use crate::audit::Doer;
use crate::context::Context;
use crate::kinds::Tone;
use crate::roles::Role;
use crate::store::{AnyConnection, Likeness, Scope};

/// Bytes that nearly every page fits into.
const PAGE: usize = 96 * 1024;
/// The cookie of the chosen theme.
pub const THEME_COOKIE: &str = "quarterdeck-theme";

/// The session, typed.
impl FromRequest for Session {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// The person who is signed in; for routes whose access takes one.
impl FromRequest for Live {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match request.extensions().get::<Caller>() {
            Some(Caller::Person(person)) => Ok(person.clone()),
            _ => Err(PageError::sign_in_first(request)),
        })
    }
}

/// What this request may ask of the store, as [`super::access::guard`] found it; a handler has no other.
impl FromRequest for Scope {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(scope(request)))
    }
}

fn scope(request: &HttpRequest) -> Scope {
    request.extensions().get::<Scope>().cloned().unwrap_or_else(Scope::nothing)
}

/// Who acts by this request, for the audit.
impl FromRequest for Doer {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        let caller = extensions.get::<Caller>().unwrap_or(&Caller::Anonymous);
        ready(Ok(Self {
            actor: caller.actor(),
            effective_actor: caller.effective_actor().to_owned(),
            address: extensions.get::<ClientAddress>().map(|address| address.0.to_string()).unwrap_or_default(),
            request_id: extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        }))
    }
}

/// The frame of the page: who looks, when, and how things stand.
impl FromRequest for Shell {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

impl Shell {
    /// The frame of a request's page, for handlers that show a page only sometimes: it takes the message that was left.
    pub async fn of(request: &HttpRequest) -> Result<Self, PageError> {
        let context = request.app_data::<web::Data<Context>>().ok_or(PageError::Overloaded)?;
        let mut shell = Self::begin(request)?;
        let read = context.db.read(move |connection| {
            shell.stand(connection)?;
            Ok(shell)
        });
        Ok(read.await?)
    }

    /// The same without how things stand: a page that is opened a thousand times a day reads that together with its
    /// content, by [`Shell::stand`], for one journey to the database instead of two.
    pub fn begin(request: &HttpRequest) -> Result<Self, PageError> {
        let context = request.app_data::<web::Data<Context>>().ok_or(PageError::Overloaded)?;
        let session = Session::of(request);
        let mut shell = Self::bare(context.clock.now());
        shell.theme = theme(request);
        shell.here = here(request).to_owned();
        shell.csrf_token = csrf::token(request);
        let Some(person) = session.live() else { return Ok(shell) };
        shell.viewer = Some(viewer(&person));
        shell.scope = scope(request);
        if !is_unattended(request.headers()) {
            let tone = |good| if good { Tone::Good } else { Tone::Bad };
            shell.flash = session.take_flash().map(|flash| Flash { tone: tone(flash.good), text: flash.text });
        }
        Ok(shell)
    }
}

/// Reads a page together with how things stand, and writes it on the same thread: what a page is made of never crosses
/// to another, and is given back to the allocator that it came from. `None` is a page that is not there.
pub async fn written<T: Template>(
    context: &Context,
    mut shell: Shell,
    fetch: impl FnOnce(&mut AnyConnection, Shell) -> QueryResult<Option<T>> + Send + 'static,
) -> Result<HttpResponse, PageError> {
    let likeness = likeness(&shell.here, shell.sees_everything());
    let read = context.db.read_like(likeness, move |connection| {
        shell.stand(connection)?;
        // One that grows as it is written would be copied ten times over.
        let mut html = Html(String::with_capacity(PAGE));
        Ok(fetch(connection, shell)?.map(|page| page.render_into(&mut html).map(|()| html)))
    });
    let html = read.await?.ok_or(PageError::NotFound)?.map_err(|error| PageError::Internal(error.into()))?;
    Ok(HttpResponse::Ok().content_type(ContentType::html()).body(html.0))
}

/// A page being written, in thousands of pieces of which most are known when the program is built: in place, each is a few
/// moves, and no call.
struct Html(String);

impl fmt::Write for Html {
    #[inline(always)]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        Ok(())
    }
}

/// Path and query of a request.
pub fn here(request: &HttpRequest) -> &str {
    request.uri().path_and_query().map_or("/", |here| here.as_str())
}

/// What a page is like, as far as that tells how long it takes to read: by its path without numbers and the names of its
/// parameters, and by whether somebody sees everything.
pub fn likeness(here: &str, sees_everything: bool) -> Likeness {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let words: Vec<&str> = path.split('/').filter(|word| !is_number(word)).collect();
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    Likeness::of((words, names, sees_everything))
}

/// A page with a status other than 200: a form that is shown again.
pub fn page_with(status: StatusCode, page: impl Responder, request: &HttpRequest) -> HttpResponse {
    page.customize().with_status(status).respond_to(request).map_into_boxed_body()
}

fn viewer(person: &Live) -> Viewer {
    let role = person.role();
    Viewer {
        email: person.email.clone(),
        role: role.to_string(),
        operates: role >= Role::Operator,
        administers: role >= Role::Admin,
        view: person.view.as_ref().map(|view| ViewedAs { label: view.label.clone(), until: view.until }),
    }
}

/// The theme that was chosen in this browser.
pub fn theme(request: &HttpRequest) -> Theme {
    request.cookie(THEME_COOKIE).map(|cookie| Theme::parse(cookie.value())).unwrap_or_default()
}

/// A path of the panel to go on to, out of a query or form that anybody may have made: never another host.
pub fn safe_next(text: &str) -> &str {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    // Browsers read a backslash as a slash, and skip control characters.
    let is_plain = !text.contains('\\') && !text.chars().any(char::is_control);
    let is_a_form = ["/sign-in", "/sign-out", "/setup", "/invitation"].iter().any(|form| text.starts_with(form));
    if is_path && is_plain && !is_a_form && text.len() <= 2048 { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_alike_by_path_and_parameters_whatever_their_values() {
        let of = |here| likeness(here, true);
        let list = of("/instances?status=running&cursor=7");
        assert_eq!(list, of("/instances?status=stopped&cursor=abc"));
        assert_eq!(of("/instances/7"), of("/instances/1234567?"));
        let others = ["/instances", "/instances/7", "/instances/7/touches", "/zones?status=running&cursor=7"];
        for other in others.into_iter().chain(["/instances?q=a", "/instances?status=running&cursor=7&q=a"]) {
            assert_ne!(list, of(other), "{other}");
        }
        assert_ne!(list, likeness("/instances?status=running&cursor=7", false), "somebody sees less");
    }

    #[test]
    fn nobody_is_sent_to_another_host() {
        assert_eq!(safe_next("/zones?q=example.com"), "/zones?q=example.com");
        for evil in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "evil.example",
            "",
            "/sign-in?next=/sign-in",
        ] {
            assert_eq!(safe_next(evil), "/", "{evil}");
        }
    }
}
