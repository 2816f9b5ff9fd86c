//! The API for machines: the same nouns, filters and moments as the pages, as JSON.
//!
//! Errors are problem JSON, written by `frame` for every path below `/api`. **One more call**: its handler here, its
//! line in the table of routes, and its entry in [`operations`].

use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use super::params::Params;
use super::{PageError, revalidation};
use crate::store::Scope;

pub mod alerts;
pub mod audit;
pub mod changes;
pub mod dns_changes;
pub mod estate;
pub mod findings;
pub mod holders;
pub mod inventory;
pub mod items;
pub mod openapi;
pub mod operations;
pub mod runs;
pub mod schemas;
pub mod served_certificates;
pub mod sources;
pub mod tasks;
pub mod teams;
pub mod touches;
pub mod users;

/// The query of a call that takes these parameters and no others.
fn asked(request: &HttpRequest, known: &[&str]) -> Result<Params, PageError> {
    let params = Params::parse(request.query_string());
    params.only(known).map_err(PageError::Invalid)?;
    Ok(params)
}

/// JSON with an ETag over its content and what its reader sees; `304` for who has it already.
fn answer(request: &HttpRequest, content: &impl Serialize) -> Result<HttpResponse, PageError> {
    let body = serde_json::to_vec(content).map_err(|error| PageError::Internal(error.into()))?;
    // For two who see different things, the same bytes are not the same answer.
    let seen = request.extensions().get::<Scope>().map_or(0, Scope::fingerprint);
    let tag = format!("{:032x}{seen:016x}", xxh3_128(&body));
    let mut answer = match revalidation::begin(request, tag, "private, no-cache") {
        Ok(mut fresh) => fresh.content_type("application/json").body(body),
        Err(known) => *known,
    };
    // A list is CSV for those who ask for that.
    answer.headers_mut().insert(header::VARY, header::HeaderValue::from_static("accept"));
    Ok(answer)
}

/// `GET /api/v1/openapi.json`.
pub async fn description(request: HttpRequest) -> Result<HttpResponse, PageError> {
    answer(&request, &openapi::document())
}
