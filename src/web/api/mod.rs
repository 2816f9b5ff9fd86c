//! The API for machines: the same nouns, filters and moments as the pages, as JSON.
//!
//! Errors are problem JSON, written by `frame` for every path below `/api`. **One more call**: its handler here, its line in the table
//! of routes, and its entry in [`operations`].

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use super::PageError;

pub mod inventory;
pub mod items;
pub mod openapi;
pub mod operations;
pub mod schemas;
pub mod sources;

/// JSON with an ETag over its content; `304` for who has it already.
fn answer(request: &HttpRequest, content: &impl Serialize) -> Result<HttpResponse, PageError> {
    let body = serde_json::to_vec(content).map_err(|error| PageError::Internal(error.into()))?;
    let tag = EntityTag::new_strong(format!("{:032x}", xxh3_128(&body)));
    let known = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|held| held.weak_eq(&tag)),
        None => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(header::ETag(tag)).insert_header((header::CACHE_CONTROL, "private, no-cache"));
    Ok(if known { response.finish() } else { response.content_type("application/json").body(body) })
}

/// `GET /api/v1/openapi.json`.
pub async fn description(request: HttpRequest) -> Result<HttpResponse, PageError> {
    answer(&request, &openapi::document())
}
