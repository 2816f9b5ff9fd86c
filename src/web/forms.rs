//! What the answers to forms share.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::clock::Instant;

/// After a form: on by GET, so that a reload repeats nothing.
pub fn go_on(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// Whoever tried too often learns when to come back.
pub fn come_back(mut response: HttpResponse, until: Instant, now: Instant) -> HttpResponse {
    let seconds = (until - now).num_seconds().max(1);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

/// A reason as a sentence of its own: with a capital and a full stop.
pub fn sentence(reason: impl std::fmt::Display) -> String {
    let text = reason.to_string();
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return text };
    let sentence: String = first.to_uppercase().chain(letters).collect();
    if sentence.ends_with(['.', '!', '?']) { sentence } else { format!("{sentence}.") }
}
