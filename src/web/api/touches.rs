//! What would be affected if a resource went away.

use actix_web::{HttpRequest, HttpResponse, web};

use super::inventory::{kind_of, moment_of};
use super::items::{StepItem, TouchedItem, TouchesAnswer};
use super::{answer, asked};
use crate::context::Context;
use crate::relations::NODES;
use crate::relations::touches::{self, Affected, Harm, Step};
use crate::store::{Scope, resources};
use crate::web::PageError;

/// `GET /api/v1/{kind}/{id}/touches`.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let spec = kind_of(&request)?;
    let id = request.match_info().query("id").parse().map_err(|_| PageError::NotFound)?;
    let at = moment_of(&context, &asked(&request, &["at"])?)?;
    let found = context
        .db
        .read(move |connection| {
            let Some(row) = resources::find(connection, &scope, spec, id, at)? else { return Ok(None) };
            touches::touches(connection, &scope, &row, at, NODES).map(Some)
        })
        .await?;
    let touches = found.ok_or(PageError::NotFound)?;
    answer(
        &request,
        &TouchesAnswer {
            lost: touches.count(Harm::Lost),
            degraded: touches.count(Harm::Degraded),
            truncated: touches.truncated,
            items: touches.affected.into_iter().map(TouchedItem::from).collect(),
        },
    )
}

impl From<Affected> for TouchedItem {
    fn from(one: Affected) -> Self {
        let step = |step: Step| StepItem {
            id: step.id.to_string(),
            kind: step.spec.name.to_owned(),
            name: step.name,
            words: step.words,
        };
        Self {
            id: one.row.id.to_string(),
            name: one.row.title().to_owned(),
            kind: one.row.kind,
            harm: one.harm.as_str().to_owned(),
            left: one.left,
            hops: one.hops,
            path: one.path.into_iter().map(step).collect(),
        }
    }
}
