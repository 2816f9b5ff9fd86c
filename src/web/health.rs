//! For machines that watch the panel: is it alive, can it serve, and its numbers.

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::error::PageError;
use crate::context::Context;

/// `GET /healthz`: the process answers.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /readyz`: the database answers, is up to date, and nobody has asked the process to stop.
pub async fn readyz(context: web::Data<Context>) -> HttpResponse {
    let why = match context.stop.is_cancelled() {
        true => Some("stopping".to_owned()),
        false => match context.db.is_current().await {
            Ok(true) => None,
            Ok(false) => Some("the database is not up to date".to_owned()),
            Err(error) => {
                tracing::warn!(error = %error, "not ready");
                Some("the database does not answer".to_owned())
            }
        },
    };
    match why {
        None => HttpResponse::Ok().json(json!({"ready": true})),
        Some(reason) => HttpResponse::ServiceUnavailable().json(json!({"ready": false, "reason": reason})),
    }
}

/// `GET /metrics`, in Prometheus' text format.
pub async fn metrics(context: web::Data<Context>) -> Result<HttpResponse, PageError> {
    let (in_use, connections) = context.db.pool_use();
    context.metrics.pool(in_use, connections);
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(context.metrics.render()))
}
