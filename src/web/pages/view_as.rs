//! Looking at the panel as a person or a team would see it, and being oneself again.
//!
//! Forms: `POST /view-as` (`user_id` or `team_id`), `POST /view-as/end`; each with `csrf_token`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::accounts::view_as;
use crate::audit::Doer;
use crate::context::Context;
use crate::store::sessions::Viewed;
use crate::web::forms::go_on;
use crate::web::{Live, PageError, Session};

/// What the buttons send: one of the two.
#[derive(Deserialize)]
pub struct ViewForm {
    user_id: Option<i64>,
    team_id: Option<i64>,
}

/// `POST /view-as`.
pub async fn begin(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    form: web::Form<ViewForm>,
) -> Result<HttpResponse, PageError> {
    let viewed = form.user_id.map(Viewed::User).or(form.team_id.map(Viewed::Team));
    let viewed = viewed.ok_or_else(|| PageError::Invalid("Say whose view: a person’s or a team’s.".to_owned()))?;
    view_as::begin(&context, &doer, &person.token_hash, viewed).await?;
    Ok(go_on("/"))
}

/// `POST /view-as/end`. Once it has ended by itself there is nothing to do, and nothing to complain of.
pub async fn end(
    context: web::Data<Context>,
    doer: Doer,
    person: Live,
    session: Session,
) -> Result<HttpResponse, PageError> {
    if let Some(view) = &person.view {
        view_as::end(&context, &doer, &person.token_hash, &view.label).await?;
        session.leave_flash(true, "You are back in your own view.");
    }
    Ok(go_on("/teams"))
}
