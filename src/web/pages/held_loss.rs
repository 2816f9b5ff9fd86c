//! `/held-losses/{id}/accept` and `/reject`: what somebody decides about a loss, from the source's page.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::audit::Doer;
use crate::context::Context;
use crate::store::Scope;
use crate::web::acts::{self, Decision};
use crate::web::forms::go_on;
use crate::web::{PageError, Session};

/// What the form sends.
#[derive(Deserialize)]
pub struct Decided {
    #[serde(default)]
    reason: String,
}

/// `POST /held-losses/{id}/accept`.
pub async fn accept(
    context: web::Data<Context>,
    doer: Doer,
    scope: Scope,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<Decided>,
) -> Result<HttpResponse, PageError> {
    decide(&context, &doer, &scope, &session, *id, Decision::Accept, &form.reason).await
}

/// `POST /held-losses/{id}/reject`.
pub async fn reject(
    context: web::Data<Context>,
    doer: Doer,
    scope: Scope,
    session: Session,
    id: web::Path<i64>,
    form: web::Form<Decided>,
) -> Result<HttpResponse, PageError> {
    decide(&context, &doer, &scope, &session, *id, Decision::Reject, &form.reason).await
}

async fn decide(
    context: &Context,
    doer: &Doer,
    scope: &Scope,
    session: &Session,
    id: i64,
    decision: Decision,
    reason: &str,
) -> Result<HttpResponse, PageError> {
    let loss = acts::decide(context, doer, scope, id, decision, reason.trim()).await?;
    let told = match decision {
        Decision::Accept => {
            format!("Accepted. What was missing from {} is gone, and can still be looked up.", loss.scope)
        }
        Decision::Reject => {
            format!("Rejected. What is missing from {} stays, and is marked until it returns.", loss.scope)
        }
    };
    session.leave_flash(true, told);
    Ok(go_on(&format!("/sources/{}", loss.source)))
}
