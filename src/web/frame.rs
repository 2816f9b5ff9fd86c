//! What surrounds every request: its id, its line in the log, its number in the metrics, the headers of its answer, and
//! its errors written for whoever asked.
//!
//! The request is not kept across the call (the router needs it alone), so what errors need of it is noted before.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use futures_util::FutureExt;
use tracing::Instrument;
use url::Url;

use super::client::ClientAddress;
use super::error::{PageError, Telling};
use super::extract::{safe_next, theme};
use super::pages::error::ErrorPage;
use super::view::Crumb;
use super::{Shell, Theme, headers};
use crate::context::Context;
use crate::telemetry;

/// The id of a request: in the log, in the audit, and on the page of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// What an answer needs to know of its request.
struct Asked {
    context: web::Data<Context>,
    id: String,
    method: String,
    path: String,
    theme: Theme,
    /// The page of ours that led here.
    back: Option<String>,
    address: String,
    began: std::time::Instant,
}

/// Surrounds a request.
pub async fn surround(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let context = request.app_data::<web::Data<Context>>().cloned().ok_or(PageError::Overloaded)?;
    let server = &context.config.server;
    let address =
        ClientAddress::find(request.peer_addr().map(|peer| peer.ip()), request.headers(), &server.trusted_proxies);
    let id = telemetry::new_id();
    request.extensions_mut().insert(address);
    request.extensions_mut().insert(RequestId(id.clone()));
    let asked = Asked {
        id,
        method: request.method().to_string(),
        // The path alone: a query may hold a setup link's token.
        path: request.path().to_owned(),
        theme: theme(request.request()),
        back: back(request.request()),
        address: address.0.to_string(),
        began: std::time::Instant::now(),
        context,
    };
    let span = tracing::info_span!("request", id = %asked.id, method = %asked.method, path = %asked.path);
    async move {
        match AssertUnwindSafe(next.call(request)).catch_unwind().await {
            Ok(Ok(response)) => Ok(asked.finish(response.map_into_boxed_body())),
            Ok(Err(error)) => Err(asked.fail(&error)),
            Err(panic) => Err(asked.fail(&PageError::Internal(anyhow::anyhow!("panicked: {}", words(&*panic))).into())),
        }
    }
    .instrument(span)
    .await
}

impl Asked {
    /// Writes an error's body, the headers and the line in the log.
    fn finish(self, mut response: ServiceResponse) -> ServiceResponse {
        if let Some(telling) = telling(&response) {
            if let Some(error) = response.response().error() {
                self.log_failure(telling.status, error);
            }
            let (request, old) = response.into_parts();
            let mut written = self.write(&telling);
            for (name, value) in old.headers() {
                if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
                    written.headers_mut().append(name.clone(), value.clone());
                }
            }
            response = ServiceResponse::new(request, written);
        }
        let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        self.note(response.status(), &route);
        headers::apply(response.headers_mut(), self.is_secure());
        response
    }

    /// An error that left no answer behind: of a middleware, or a panic.
    fn fail(self, error: &Error) -> Error {
        let telling = match error.as_error::<PageError>() {
            Some(error) => error.telling(),
            None => PageError::Status(error.as_response_error().status_code()).telling(),
        };
        self.log_failure(telling.status, error);
        let mut response = self.write(&telling);
        self.note(telling.status, "unmatched");
        headers::apply(response.headers_mut(), self.is_secure());
        InternalError::from_response(telling.title, response).into()
    }

    fn write(&self, telling: &Telling) -> HttpResponse {
        let mut response = HttpResponse::build(telling.status);
        let id = if telling.status.is_server_error() { self.id.as_str() } else { "" };
        if self.path.starts_with("/api/") {
            problem(&mut response, telling, &self.id)
        } else if self.path == "/metrics" {
            // Whoever scrapes shows what it gets in a line.
            response.content_type("text/plain; charset=utf-8").body(format!("{}. {}\n", telling.title, telling.text))
        } else {
            self.page(response, telling, id)
        }
    }

    fn page(&self, mut response: HttpResponseBuilder, telling: &Telling, request_id: &str) -> HttpResponse {
        let mut shell = Shell::bare(self.context.clock.now());
        shell.theme = self.theme;
        // What can be mended is mended where it was asked.
        let mendable = matches!(telling.status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT);
        let back = self.back.as_ref().filter(|_| mendable).map(|href| ("Back", href));
        let page = ErrorPage {
            shell,
            status: telling.status.as_u16(),
            title: telling.title.to_owned(),
            text: telling.text.clone(),
            request_id: request_id.to_owned(),
            ways: back
                .into_iter()
                .chain(telling.ways.iter().map(|(title, href)| (*title, href)))
                .map(|(title, href)| Crumb { title: title.to_owned(), href: href.clone() })
                .collect(),
        };
        match page.render() {
            Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
            Err(_) => response.content_type("text/plain; charset=utf-8").body(telling.title),
        }
    }

    fn log_failure(&self, status: StatusCode, error: &Error) {
        if !status.is_server_error() {
            return;
        }
        match error.as_error::<PageError>() {
            Some(PageError::Internal(reason)) => tracing::error!(error = format!("{reason:#}"), "a request failed"),
            _ => tracing::error!(error = %error, "a request failed"),
        }
    }

    fn note(&self, status: StatusCode, route: &str) {
        let took = self.began.elapsed();
        self.context.metrics.request(route, &self.method, status.as_u16(), took);
        let (status, ms) = (status.as_u16(), took.as_millis());
        if route.starts_with("/static") || matches!(route, "/healthz" | "/readyz" | "/metrics") {
            tracing::debug!(status, ms, address = %self.address, "answered");
        } else {
            tracing::info!(status, ms, address = %self.address, "answered");
        }
    }

    fn is_secure(&self) -> bool {
        self.context.config.server.public_url.scheme() == "https"
    }
}

/// The page that a request came from, if it is ours and was not this very one.
fn back(request: &HttpRequest) -> Option<String> {
    let referer = Url::parse(request.headers().get(header::REFERER)?.to_str().ok()?).ok()?;
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    // The port is in both or, where it is the scheme's own, in neither.
    let ours = &referer[url::Position::BeforeHost..url::Position::AfterPort] == host;
    let href = referer[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let here = super::extract::here(request);
    (ours && href != here && safe_next(&href) == href).then_some(href)
}

/// What an answer says if it is an error that nobody has written a body for; handlers that show a form again have.
fn telling(response: &ServiceResponse) -> Option<Telling> {
    let status = response.status();
    if let Some(error) = response.response().error().and_then(|error| error.as_error::<PageError>()) {
        return Some(error.telling()).filter(|telling| !telling.status.is_redirection());
    }
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_bare = matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    let is_plain = content_type.is_some_and(|content_type| content_type.starts_with("text/plain"));
    let is_failure = status.is_client_error() || status.is_server_error();
    (is_failure && (is_bare || is_plain)).then(|| PageError::Status(status).telling())
}

/// RFC 9457. `type` is relative to the panel, and stable.
fn problem(response: &mut HttpResponseBuilder, telling: &Telling, id: &str) -> HttpResponse {
    let body = serde_json::json!({
        "type": format!("/problems/{}", telling.slug),
        "title": telling.title,
        "status": telling.status.as_u16(),
        "detail": telling.text,
        "request_id": id,
    });
    response.content_type("application/problem+json").body(body.to_string())
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without words".to_owned())
}
