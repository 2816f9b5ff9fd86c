//! The routes: which fault, whose token, then the answer, spoiled or whole.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{App as Site, HttpRequest, HttpResponse, HttpServer};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::Seen;
use super::answers::{Answer, Query, page};
use super::fault::{Spoiled, strike};
use super::world::{App, Flavour, World};

type Shared = web::Data<Mutex<World>>;

/// Serves `world` on a free port, on threads of its own.
pub fn start(world: Arc<Mutex<World>>) -> (SocketAddr, ServerHandle) {
    let data = Shared::from(world);
    let server = HttpServer::new(move || Site::new().app_data(data.clone()).default_service(web::to(answer)))
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

async fn answer(request: HttpRequest, world: Shared) -> HttpResponse {
    let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let authorization =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bearer = authorization.strip_prefix("token ").unwrap_or_default();
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    let spoiled = strike(&mut world, &target);
    let (answer, cut) = match spoiled {
        Spoiled::Instead(answer) => (answer, None),
        Spoiled::No => (truth(&world, &target, bearer), None),
        Spoiled::Truncate(bytes) => (truth(&world, &target, bearer), Some(bytes)),
    };
    world.seen.push(Seen { at: Instant::now(), target, status: answer.status });
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).expect("a status"));
    response.content_type(if answer.body.starts_with('<') { "text/html" } else { "application/json" });
    if world.says_version {
        let product = if world.flavour == Flavour::Hephy { "DEIS" } else { "DRYCC" };
        response.insert_header((format!("{product}_API_VERSION"), "2.3"));
    }
    if let Some(seconds) = answer.retry_after {
        response.insert_header(("Retry-After", seconds.to_string()));
    }
    drop(world);
    match cut {
        None => response.body(answer.body),
        Some(bytes) => {
            let start = Bytes::from(answer.body).slice(..bytes);
            // The start has to be on its way before the connection breaks.
            let end = stream::once(async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(std::io::Error::other("the connection ends here"))
            });
            response.streaming(stream::once(async { Ok(start) }).chain(end).boxed_local())
        }
    }
}

/// What the API says about `target` to the bearer of that token.
fn truth(world: &World, target: &str, bearer: &str) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let Ok(query) = serde_urlencoded::from_str::<Query>(query) else { return Answer::unknown_url() };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let ["v2", rest @ ..] = parts.as_slice() else { return Answer::unknown_url() };
    let Some(account) = world.accounts.get(bearer) else {
        // The worst that could be: the refusal repeats what was sent.
        return Answer::detail(401, &format!("Invalid token {bearer}."));
    };
    match rest {
        ["auth", "whoami"] => Answer::ok(&account.json(world.flavour)),
        ["apps"] => {
            let listed = world.apps.iter().filter(|(name, _)| world.lists(account, name));
            let listed: Vec<Value> = listed.map(|(name, app)| app.json(name, world.flavour)).collect();
            page(&listed, &query, &world.host, path)
        }
        ["apps", name, part @ ..] => match (world.apps.get(*name), world.lists(account, name), world.flavour) {
            (None, _, flavour) | (Some(_), false, flavour @ Flavour::Drycc) => Answer::not_found(flavour, "App"),
            (Some(_), false, Flavour::Hephy) => {
                Answer::detail(403, "You do not have permission to perform this action.")
            }
            (Some(app), true, _) => of_app(world, name, app, part, &query, path),
        },
        ["certs"] if world.flavour == Flavour::Hephy => {
            page(&certificates(world, "owner", &account.name), &query, &world.host, path)
        }
        _ => Answer::unknown_url(),
    }
}

fn of_app(world: &World, name: &str, app: &App, part: &[&str], query: &Query, path: &str) -> Answer {
    match part {
        [] => Answer::ok(&app.json(name, world.flavour)),
        ["config"] => Answer::ok(&app.config_json(name)),
        ["pods"] => Answer::ok(&json!({"results": app.pods, "count": app.pods.len()})),
        ["releases"] => page(&app.releases, query, &world.host, path),
        ["perms"] if world.flavour == Flavour::Hephy => Answer::ok(&json!({"users": app.collaborators})),
        ["domains"] => {
            // Hephy lists the app's own name first.
            let own = (world.flavour == Flavour::Hephy).then(|| name.to_owned());
            let domains: Vec<Value> = own
                .into_iter()
                .chain(app.domains.clone())
                .map(|domain| json!({"app": name, "domain": domain}))
                .collect();
            page(&domains, query, &world.host, path)
        }
        ["certs"] if world.flavour == Flavour::Drycc => {
            page(&certificates(world, "app", name), query, &world.host, path)
        }
        _ => Answer::unknown_url(),
    }
}

fn certificates(world: &World, field: &str, holder: &str) -> Vec<Value> {
    world.certificates.iter().filter(|certificate| certificate[field] == json!(holder)).cloned().collect()
}
