//! What people say of a record: the small form on its page.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::audit::{self, Act, Doer, Outcome};
use crate::context::Context;
use crate::kinds::dns_record;
use crate::store::{Scope, annotations, resources};
use crate::web::forms::go_on;
use crate::web::{PageError, Session};

/// The longest note.
const LONGEST: usize = 500;

/// What the form sends.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Said {
    pub note: String,
    pub someone_elses: String,
    /// `1` where the box is ticked.
    pub own_name: String,
}

/// `POST /dns-records/{id}/annotation`.
pub async fn set(
    context: web::Data<Context>,
    doer: Doer,
    session: Session,
    id: web::Path<i64>,
    scope: Scope,
    form: web::Form<Said>,
) -> Result<HttpResponse, PageError> {
    let (id, note, elses) = (*id, form.note.trim().to_owned(), form.someone_elses.trim().to_owned());
    let own_name = form.own_name == "1";
    if note.chars().count() > LONGEST || elses.chars().count() > LONGEST {
        return Err(PageError::Invalid(format!("Say it in at most {LONGEST} characters.")));
    }
    let row =
        context.db.read(move |connection| resources::find(connection, &scope, &dns_record::SPEC, id, None)).await?;
    let row = row.ok_or(PageError::NotFound)?;
    let begun = audit::begin(&context.db, &doer, Act::new("record.annotate", row.title())).await?;
    let (by, at) = (doer.actor.clone(), context.clock.now());
    let told = format!(
        "someone else's: “{elses}”; a machine's own name: {}; note: “{note}”",
        if own_name { "yes" } else { "no" }
    );
    let write = context.db.write(move |connection| {
        annotations::set(connection, id, &note, &elses, &by, at)?;
        annotations::set_own_name(connection, id, own_name, &by, at)
    });
    write.await?;
    begun.complete(&context.db, Outcome::Succeeded, &told).await?;
    session.leave_flash(true, "Noted.".to_owned());
    Ok(go_on(&format!("/{}/{id}", dns_record::SPEC.path)))
}
