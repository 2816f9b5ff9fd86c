//! A zone as a zone file, streamed: for people and for programs alike.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;

use super::PageError;
use crate::context::Context;
use crate::store::Scope;
use crate::zone_files;

/// RFC 4027.
const TYPE: &str = "text/dns; charset=utf-8";

/// `GET /zones/{id}/zone-file` and `GET /api/v1/zones/{id}/zone-file`: the file as the last listing had it. One that is
/// not complete is given too, and says so; who asks by hand can judge. It is there for whoever sees all of the zone: a
/// part would be no zone file.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let id = request.match_info().query("id").parse().map_err(|_| PageError::NotFound)?;
    let reach = scope.clone();
    let found = context.db.read(move |connection| zone_files::of_zone(connection, &reach, id)).await?;
    let zone = found.ok_or(PageError::NotFound)?;
    let name: String = zone.head.zone.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    let pages = stream::try_unfold(zone.pages(), move |mut pages| {
        let (context, scope) = (context.clone(), scope.clone());
        async move {
            let text = pages.next(&context.db, &scope).await?;
            Ok::<_, crate::store::StoreError>(text.map(|text| (web::Bytes::from(text), pages)))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type(TYPE)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.zone\"")))
        .streaming(pages))
}
