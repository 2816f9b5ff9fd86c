//! The server: one process, as many workers as cores, one application around the table of routes.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_web::cookie::{Key, SameSite};
use actix_web::http::StatusCode;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, ResponseError, web};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha512};

use super::csrf::Cookies;
use super::error::PageError;
use super::session::{self, Sessions};
use super::{frame, health, routes};
use crate::accounts::setup;
use crate::context::Context;
use crate::secret::Secret;

/// Requests in hand get this long when the process stops.
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// A form or a body of JSON may be this long; a change of a thousand records fits.
const BODY_LIMIT: usize = 1 << 20;

/// Serves until `context.stop` is cancelled, then finishes what is in hand.
///
/// # Errors
/// The secret key cannot be had, or the sockets fail.
pub async fn serve(context: Context, listener: TcpListener) -> io::Result<()> {
    let key = cookie_key(&context.config.server.secret_key.obtain()?);
    let cookies = Cookies { key, secure: context.config.server.public_url.scheme() == "https" };
    let stop = context.stop.clone();
    let server = HttpServer::new(move || app(context.clone(), cookies.clone()))
        .shutdown_timeout(STOP_PATIENCE.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();
    let handle = server.handle();
    let mut running = tokio::spawn(server);
    tokio::select! {
        ended = &mut running => return ended?,
        () = stop.cancelled() => {}
    }
    handle.stop(true).await;
    running.await?
}

/// Serves `/metrics` alone and without a token, for a listener that only the monitoring reaches.
pub async fn serve_metrics(context: Context, listener: TcpListener) -> io::Result<()> {
    let stop = context.stop.clone();
    let server = HttpServer::new(move || {
        App::new().app_data(web::Data::new(context.clone())).route("/metrics", web::get().to(health::metrics))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    stop.cancelled().await;
    handle.stop(true).await;
    running.await?
}

/// Tells whoever starts the panel how to make its first administrator, if there is none.
pub async fn announce_setup(context: &Context) -> Result<(), crate::store::StoreError> {
    if let Some(link) = setup::offer(context).await? {
        tracing::warn!("there is no user yet; make the first administrator at (24 hours, works once):");
        tracing::warn!("{link}");
    }
    Ok(())
}

/// The application around the routes. What is wrapped last is outermost.
fn app(
    context: Context,
    cookies: Cookies,
) -> App<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let sessions = SessionMiddleware::builder(Sessions(context.db.clone()), cookies.key.clone())
        .cookie_name(cookies.name(session::COOKIE))
        .cookie_secure(cookies.secure)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build();
    App::new()
        .app_data(web::Data::new(context))
        .app_data(web::Data::new(cookies))
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        .app_data(web::FormConfig::default().limit(BODY_LIMIT).error_handler(|error, _| invalid(error)))
        .app_data(web::JsonConfig::default().limit(BODY_LIMIT).error_handler(|error, _| invalid(error)))
        .app_data(web::QueryConfig::default().error_handler(|error, _| invalid(error)))
        .app_data(web::PathConfig::default().error_handler(|_, _| PageError::NotFound.into()))
        .configure(routes::configure_open)
        .service(web::scope("").wrap(sessions).configure(routes::configure_guarded))
        .wrap(from_fn(frame::surround))
        .wrap(Compress::default())
}

fn invalid(error: impl ResponseError) -> actix_web::Error {
    match error.status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => PageError::TooLarge.into(),
        _ => PageError::Invalid(format!("What was sent cannot be read: {error}.")).into(),
    }
}

/// Cookies take 64 bytes of key; whatever was configured is stretched to that.
fn cookie_key(secret: &Secret) -> Key {
    Key::from(&Sha512::digest(format!("quarterdeck cookies\n{}", secret.expose_secret())))
}
