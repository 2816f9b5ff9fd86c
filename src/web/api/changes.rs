//! The tape and the difference between two moments.

use actix_web::{HttpRequest, HttpResponse, web};

use super::answer;
use super::items::{ChangeItem, ChangeList, FieldChange};
use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::diff::Change as Field;
use crate::store::changes::{self, Change, Difference};
use crate::store::rows::ResourceRow;
use crate::store::{Scope, sources};
use crate::web::PageError;
use crate::web::changes::{fields, net_fields, read};
use crate::web::params::Params;

/// `GET /api/v1/changes`.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let reading = read(Params::parse(request.query_string()), context.clock.now()).map_err(PageError::Invalid)?;
    let answered = context.db.read(move |connection| {
        let (scope, asked) = (scope, &reading.asked);
        let (items, next, previous, cut) = if reading.net {
            let page = changes::net(connection, &scope, asked)?;
            (page.rows.iter().filter_map(difference).collect(), page.next, page.previous, page.cut)
        } else {
            let page = changes::tape(connection, &scope, asked)?;
            (page.rows.iter().map(change).collect(), page.next, page.previous, page.cut)
        };
        let (confirmed_at, complete) = sources::together(&sources::all(connection, &scope)?);
        Ok(ChangeList {
            items,
            next_cursor: next.map(|cursor| cursor.to_string()),
            previous_cursor: previous.map(|cursor| cursor.to_string()),
            from: asked.from,
            to: asked.to,
            cut,
            confirmed_at,
            complete,
        })
    });
    answer(&request, &answered.await?)
}

fn change(change: &Change) -> ChangeItem {
    let fields = change.before.as_ref().map(|before| fields(before, &change.row)).unwrap_or_default();
    item(&change.row, change.at, change.what.as_str(), fields)
}

fn difference(difference: &Difference) -> Option<ChangeItem> {
    Some(item(difference.row()?, difference.at, difference.how.as_str(), net_fields(difference)))
}

fn item(row: &ResourceRow, at: Instant, what: &str, fields: Vec<Field>) -> ChangeItem {
    let field = |Field { field, label, before, after, .. }| FieldChange { field, label, before, after };
    ChangeItem {
        at,
        what: what.to_owned(),
        id: row.id.to_string(),
        kind: row.kind.clone(),
        name: row.title().to_owned(),
        source: row.source.clone(),
        region: row.region.clone(),
        cluster: row.cluster.clone(),
        status: row.status.clone(),
        fields: fields.into_iter().map(field).collect(),
    }
}
