//! Answers that a client may keep and ask for again: a tag over their content, and `304` for whoever has it already.
//!
//! Tags are weak: an answer is compressed on its way, so that one tag stands for several spellings of the same bytes.

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};

/// Begins the answer: `Ok` to write the body into, `Err` with the whole answer for whoever has it.
pub fn begin(
    request: &HttpRequest,
    tag: String,
    cache: &'static str,
) -> Result<HttpResponseBuilder, Box<HttpResponse>> {
    let tag = EntityTag::new_weak(tag);
    let known = match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|held| held.weak_eq(&tag)),
        None => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(header::ETag(tag)).insert_header((header::CACHE_CONTROL, cache));
    if known { Err(Box::new(response.finish())) } else { Ok(response) }
}
