//! The forms: plan, plan and apply at once, apply what is shown, take back.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Typed;
use crate::actions::dns_change::{self, Applied, Ask, Override, Refused, Sort};
use crate::audit::Doer;
use crate::context::Context;
use crate::kinds::{instance, load_balancer};
use crate::runs::IdempotencyKey;
use crate::store::{Scope, resources};
use crate::web::forms::go_on;
use crate::web::{PageError, Session};

/// `POST /dns-changes`: from the form of a record, or from a button. With `apply` it is applied at once, if no guard
/// objects.
pub async fn plan(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    scope: Scope,
    form: web::Form<Typed>,
) -> Result<HttpResponse, PageError> {
    let mut form = form.into_inner();
    if !form.to_name.trim().is_empty() {
        form.to = called(&context, &scope, &form).await?.to_string();
    }
    let ask = asked(&form)?;
    let key = Some(form.idempotency_key.trim()).filter(|key| !key.is_empty());
    let body = serde_json::to_vec(&ask).unwrap_or_default();
    let key = key.map(|key| IdempotencyKey::new(format!("page/{key}"), &body));
    let reason = form.reason.trim();
    if form.apply != "1" {
        let change = dns_change::plan(&context, &scope, &doer, &ask, reason, key).await.map_err(told)?;
        return Ok(go_on(&format!("/dns-changes/{change}")));
    }
    let applied = dns_change::plan_and_apply(&context, &scope, &doer, &ask, reason, None, key).await;
    go_to(&session, applied)
}

/// What the button of a plan sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Confirmed {
    pub generation: i64,
    pub reason: String,
    pub typed: String,
}

/// `POST /dns-changes/{id}/apply`.
pub async fn apply(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    scope: Scope,
    form: web::Form<Confirmed>,
) -> Result<HttpResponse, PageError> {
    let over = Override { reason: form.reason.clone(), typed: Some(form.typed.clone()) };
    let applied = dns_change::apply(&context, &scope, &doer, *id, form.generation, Some(&over)).await;
    go_to(&session, applied)
}

/// `POST /dns-changes/{id}/undo`.
pub async fn undo(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    go_to(&session, dns_change::undo(&context, &scope, &doer, *id, "").await)
}

/// On to the change's page, which tells what happened.
fn go_to(session: &Session, applied: Result<Applied, Refused>) -> Result<HttpResponse, PageError> {
    let change = match applied {
        Ok(applied) => applied.change,
        Err(Refused::Outdated(change)) => {
            session.leave_flash(
                false,
                "The records have changed since this plan was made. This is the new plan.".to_owned(),
            );
            change
        }
        Err(Refused::Guard(change)) => {
            session.leave_flash(false, "Nothing was sent: see below what stands in the way.".to_owned());
            change
        }
        Err(refused) => return Err(told(refused)),
    };
    Ok(go_on(&format!("/dns-changes/{change}")))
}

fn told(refused: Refused) -> PageError {
    match refused {
        Refused::NotFound => PageError::NotFound,
        Refused::TooLate(why) => PageError::Conflict(why),
        Refused::OtherBody => PageError::Invalid("This form was sent before with something else in it.".to_owned()),
        Refused::Store(error) => error.into(),
        refused @ (Refused::Outdated(_) | Refused::Guard(_)) => PageError::Conflict(refused.to_string()),
    }
}

/// The one resource that is called what was typed as the other side.
async fn called(context: &Context, scope: &Scope, form: &Typed) -> Result<i64, PageError> {
    let spec = if form.action == "switch" { &load_balancer::SPEC } else { &instance::SPEC };
    let (name, scope) = (form.to_name.trim().to_owned(), scope.clone());
    let names = [name.clone()];
    let found = context.db.read(move |connection| resources::named(connection, &scope, spec, &names)).await?;
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => Err(PageError::Invalid(format!("No {} is called {name}.", spec.title.to_lowercase()))),
        several => Err(PageError::Invalid(format!(
            "{} {} are called {name}; it cannot be told which one is meant.",
            several.len(),
            spec.titles.to_lowercase()
        ))),
    }
}

fn asked(form: &Typed) -> Result<Ask, PageError> {
    let id = |text: &str| match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| PageError::Invalid(format!("{text} is no resource."))),
    };
    let action = match form.action.as_str() {
        "repoint" => Sort::Repoint,
        "replace" => Sort::Replace,
        "switch" => Sort::Switch,
        _ => Sort::Edit,
    };
    let prepare = match form.prepare.trim() {
        "" => None,
        seconds => Some(seconds.parse().map_err(|_| PageError::Invalid("The TTL is not a number.".to_owned()))?),
    };
    Ok(Ask {
        action,
        from: id(&form.from)?,
        to: id(&form.to)?,
        records: if action == Sort::Edit { vec![form.edit()?] } else { Vec::new() },
        source: Some(form.source.trim().to_owned()).filter(|source| !source.is_empty()),
        prepare_ttl_seconds: prepare,
        include_own_names: form.include_own_names == "1",
        of: None,
    })
}
