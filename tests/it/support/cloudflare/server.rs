//! The routes: whose token, within the quota, which fault, then the answer, spoiled or whole.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::envelope::{Answer, Query, Refusal};
use super::fault::{Instead, Spoiled, strike};
use super::world::{Token, World};
use super::{Seen, batch, records, zones};

type Shared = web::Data<Mutex<World>>;

/// Serves `world` on a free port, on threads of its own.
pub fn start(world: Arc<Mutex<World>>) -> (SocketAddr, ServerHandle) {
    let data = Shared::from(world);
    let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("a free port is found");
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(server);
    (address, handle)
}

async fn answer(request: HttpRequest, body: Bytes, world: Shared) -> HttpResponse {
    let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let target = target.trim_start_matches("/client/v4").to_owned();
    let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let method = request.method().as_str();
    let spoiled = strike(&mut world, &target);
    let (answer, retry_after) = match &spoiled {
        Spoiled::Instead(instead) => in_place(instead),
        // What says that it failed has not done it.
        Spoiled::FalseSuccess if method != "GET" => (Refusal::new(200, 1, "half of it failed").answer(), None),
        _ if !world.quota.admits() => {
            let refusal =
                Refusal::new(429, 10000, "Rate limited. Please wait and consider throttling your request speed");
            (refusal.answer(), Some(world.quota.reset()))
        }
        _ => {
            let truth = truth(&mut world, method, &target, bearer, &body).unwrap_or_else(|refusal| refusal.answer());
            match spoiled {
                Spoiled::LoseAnswer => {
                    (Answer { status: 504, body: "<html><title>504 Gateway Time-out</title>".to_owned() }, None)
                }
                _ => (truth, None),
            }
        }
    };
    let method = method.to_owned();
    world.seen.push(Seen { at: Instant::now(), method, target, body, status: answer.status });
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).expect("a status"));
    let is_json = answer.body.starts_with('{');
    response.content_type(if is_json { "application/json" } else { "text/html" });
    response.insert_header(("CF-Ray", "8f00ba4200000000-WAW"));
    for header in world.quota.headers() {
        response.insert_header(header);
    }
    if let Some(seconds) = retry_after {
        response.insert_header(("Retry-After", seconds.to_string()));
    }
    drop(world);
    send(response, answer.body, &spoiled)
}

/// What the API says about `target` to the bearer of that token.
fn truth(world: &mut World, method: &str, target: &str, bearer: &str, body: &Value) -> Result<Answer, Refusal> {
    let token = &permitted(world, bearer)?.clone();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: Query = serde_urlencoded::from_str(query).map_err(|_| Refusal::new(400, 7400, "bad query"))?;
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["user", "tokens", "verify"]) => zones::verify(token, None),
        ("GET", ["accounts", account, "tokens", "verify"]) => zones::verify(token, Some(account)),
        ("GET", ["zones"]) => zones::list(world, token, &query),
        ("GET", ["zones", zone]) => zones::read(world, token, zone),
        ("GET", ["zones", zone, "dns_records"]) => records::list(world, token, zone, &query),
        ("GET", ["zones", zone, "dns_records", record]) => records::read(world, token, zone, record),
        ("POST", ["zones", zone, "dns_records", "batch"]) => batch::batch(world, token, zone, body),
        ("POST", ["zones", zone, "dns_records"]) => batch::single(world, token, zone, "posts", None, body),
        ("PATCH", ["zones", zone, "dns_records", id]) => batch::single(world, token, zone, "patches", Some(id), body),
        ("PUT", ["zones", zone, "dns_records", id]) => batch::single(world, token, zone, "puts", Some(id), body),
        ("DELETE", ["zones", zone, "dns_records", id]) => batch::single(world, token, zone, "deletes", Some(id), body),
        _ => Err(Refusal::new(404, 7003, format!("Could not route to {path}"))),
    }
}

fn permitted<'a>(world: &'a World, bearer: &str) -> Result<&'a Token, Refusal> {
    if bearer.is_empty() {
        return Err(Refusal::new(400, 6003, "Invalid request headers"));
    }
    let token = world.tokens.get(bearer);
    // The worst that has been seen: the refusal repeats what was sent.
    let token = token.ok_or_else(|| Refusal::new(403, 9109, format!("Invalid access token {bearer}")))?;
    if token.status == "active" {
        Ok(token)
    } else {
        Err(Refusal::new(403, 9109, format!("Token is {}", token.status)))
    }
}

fn in_place(instead: &Instead) -> (Answer, Option<u64>) {
    match instead {
        Instead::Throttle(after) => (Refusal::new(429, 971, "Please wait").answer(), *after),
        Instead::Refuse { status, code, message } => (Refusal::new(*status, *code, message).answer(), None),
        Instead::Html { status, body } => (Answer { status: *status, body: body.clone() }, None),
    }
}

fn send(mut response: actix_web::HttpResponseBuilder, body: String, spoiled: &Spoiled) -> HttpResponse {
    match *spoiled {
        Spoiled::No | Spoiled::Instead(_) | Spoiled::LoseAnswer => response.body(body),
        Spoiled::FalseSuccess => response.body(body.replacen(
            r#"{"success":true,"errors":[]"#,
            r#"{"success":false,"errors":[{"code":1,"message":"half of it failed"}]"#,
            1,
        )),
        Spoiled::Truncate(bytes) => {
            let start = Bytes::from(body).slice(..bytes);
            let broken = std::io::Error::other("the connection ends here");
            // The start has to be on its way before the connection breaks.
            let end = stream::once(async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(broken)
            });
            response.streaming(stream::once(async { Ok(start) }).chain(end).boxed_local())
        }
        Spoiled::Dribble(size, pause) => {
            let body = Bytes::from(body);
            let pieces: Vec<Bytes> = body.chunks(size.max(1)).map(Bytes::copy_from_slice).collect();
            let slowly = stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(pause).await;
                Ok::<_, std::io::Error>(piece)
            });
            response.streaming(slowly.boxed_local())
        }
    }
}
