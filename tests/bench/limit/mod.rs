//! What cannot be beaten: the smallest handlers that do the indispensable part of a page.
//!
//! `limit` fetches the rows of a list page from the panel's own SQLite file, by statements that are prepared once, on a
//! connection that each thread has to itself, and writes them into a plain table or as JSON. There is no session, no
//! permission, no layout, no count, no look at how fresh the facts are. `hello` does not even fetch.

use std::cell::RefCell;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use actix_web::error::ErrorInternalServerError;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::bail;
use diesel::prelude::*;
use diesel::r2d2::ManageConnection;
use quarterdeck::store::AnyConnection;
use quarterdeck::store::connection::{Manager, Pages};
use quarterdeck::store::schema::resources::dsl as r;
use serde::Deserialize;

/// The columns that a list of instances shows without looking into `attrs`; and those.
#[derive(Queryable)]
struct Row {
    id: i64,
    name: String,
    status: String,
    cluster: String,
    role: String,
    instance_type: String,
    zone: String,
    attrs: String,
}

/// Where a page begins, and what is filtered.
#[derive(Deserialize)]
struct Asked {
    status: Option<String>,
    provider_region: Option<String>,
    #[serde(default)]
    after: String,
}

thread_local! {
    static CONNECTION: RefCell<Option<SqliteConnection>> = const { RefCell::new(None) };
}

/// Serves `/instances` (a table of 50) and `/api/instances` (JSON of 100).
pub async fn rows(file: PathBuf, listen: &str) -> anyhow::Result<()> {
    let serve = move || {
        let connection = connect(&file).expect("the file that the panel has filled is opened");
        CONNECTION.with_borrow_mut(|slot| *slot = Some(connection));
        App::new()
            .route("/instances", web::get().to(table))
            .route("/api/instances", web::get().to(json))
            .route("/healthz", web::get().to(HttpResponse::Ok))
    };
    Ok(HttpServer::new(serve).bind(listen)?.run().await?)
}

/// Serves 20 kB.
pub async fn hello(listen: &str) -> anyhow::Result<()> {
    let body: &'static str = Box::leak("hello, world; ".repeat(20 * 1_024 / 14).into_boxed_str());
    let serve = move || App::new().default_service(web::to(move || async move { HttpResponse::Ok().body(body) }));
    Ok(HttpServer::new(serve).bind(listen)?.run().await?)
}

/// As the panel opens it, with the same settings.
fn connect(file: &Path) -> anyhow::Result<SqliteConnection> {
    match Manager::new(&format!("sqlite://{}", file.display()), Pages::Mapped)?.connect()?.into_inner() {
        AnyConnection::Sqlite(connection) => Ok(connection),
        AnyConnection::Postgres(_) => bail!("bare rows are read from a file"),
    }
}

async fn table(asked: web::Query<Asked>) -> actix_web::Result<HttpResponse> {
    let mut html = String::with_capacity(16 * 1_024);
    html.push_str("<!doctype html><table>");
    for row in fetch(&asked, 50)? {
        let Row { id, name, status, cluster, role, instance_type, zone, .. } = row;
        write!(
            html,
            "<tr><th><a href=\"/instances/{id}\">{name}</a><td>{status}<td>{cluster}<td>{role}<td>{instance_type}<td>{zone}"
        )
        .map_err(ErrorInternalServerError)?;
    }
    html.push_str("</table>");
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
}

async fn json(asked: web::Query<Asked>) -> actix_web::Result<HttpResponse> {
    let mut text = String::with_capacity(128 * 1_024);
    text.push_str("{\"items\":[");
    for row in fetch(&asked, 100)? {
        let separator = if text.ends_with('[') { "" } else { "," };
        let Row { id, name, status, attrs, .. } = row;
        write!(
            text,
            "{separator}{{\"id\":\"{id}\",\"name\":\"{name}\",\"status\":\"{status}\",\"attributes\":{attrs}}}"
        )
        .map_err(ErrorInternalServerError)?;
    }
    text.push_str("]}");
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}

/// One page by name; filters and the beginning as they are asked for.
fn fetch(asked: &Asked, limit: i64) -> actix_web::Result<Vec<Row>> {
    let columns = (r::id, r::name, r::status, r::cluster, r::role, r::facet_a, r::facet_b, r::attrs);
    let present = r::resources.filter(r::kind.eq("instance").and(r::gone_at.is_null()).and(r::name.gt(&asked.after)));
    let page = present.select(columns).order((r::name, r::id)).limit(limit);
    CONNECTION
        .with_borrow_mut(|slot| {
            let connection = slot.as_mut().expect("each thread has opened its connection before it serves");
            match (&asked.status, &asked.provider_region) {
                (Some(status), Some(region)) => {
                    // Without statistics SQLite would sort the whole region; this is the index that has the order.
                    let in_order = diesel::dsl::sql::<diesel::sql_types::Text>("+facet_c").eq(region);
                    page.filter(r::status.eq(status)).filter(in_order).load(connection)
                }
                _ => page.load(connection),
            }
        })
        .map_err(ErrorInternalServerError)
}
