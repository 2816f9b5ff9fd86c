//! What people do to a run: end it, or take note of how it ended.

use actix_web::{HttpResponse, web};

use crate::actions::ACTIONS;
use crate::audit::Doer;
use crate::context::Context;
use crate::runs;
use crate::store::Scope;
use crate::store::runs::RunRow;
use crate::store::runs::hold::Asked;
use crate::web::forms::go_on;
use crate::web::{PageError, Session};

/// Asks for the end of a run, the same for a button and for the API.
///
/// # Errors
/// [`PageError::Conflict`] where it has ended by itself.
pub async fn end(context: &Context, doer: &Doer, scope: &Scope, id: i64) -> Result<(RunRow, Asked), PageError> {
    let (run, asked) = runs::cancel(context, ACTIONS, doer, scope, id).await?.ok_or(PageError::NotFound)?;
    match asked {
        Asked::TooLate => Err(PageError::Conflict(format!("This run is {} already.", run.state()))),
        Asked::Ended | Asked::Noted => Ok((run, asked)),
    }
}

/// `POST /runs/{id}/cancel`.
pub async fn cancel(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let (_, asked) = end(&context, &doer, &scope, *id).await?;
    let told = match asked {
        Asked::Ended => "Cancelled before it began.",
        _ => "Its worker has been asked to stop. The run ends once the outcome of the call in progress is known.",
    };
    session.leave_flash(true, told.to_owned());
    Ok(go_on(&format!("/runs/{id}")))
}

/// `POST /runs/{id}/acknowledge`.
pub async fn acknowledge(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let noted = runs::acknowledge(&context, &doer, &scope, *id).await?;
    noted.ok_or_else(|| PageError::Conflict("There is nothing to acknowledge, or somebody already has.".to_owned()))?;
    session.leave_flash(true, "Acknowledged. No alert is raised about this run any more.".to_owned());
    Ok(go_on(&format!("/runs/{id}")))
}
