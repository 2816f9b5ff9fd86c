//! Lists, details and search.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::items::{Item, ItemDetail, List, NeighbourItem, SearchAnswer, SearchGroup};
use super::{answer, asked};
use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::KindSpec;
use crate::relations::{self, Neighbours};
use crate::store::listing::{self as lists, ListQuery};
use crate::store::search::Extent;
use crate::store::{Scope, resources, search as searches};
use crate::web::extract::{here, likeness};
use crate::web::params::Params;
use crate::web::{PageError, export, listing, moment};

/// Hits per kind where nobody asks for another number, and at most.
pub const HITS: usize = 10;
pub const MOST_HITS: usize = 100;

/// `GET /api/v1/{kind}`.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let spec = kind_of(&request)?;
    let asked =
        listing::read(spec, Params::parse(request.query_string()), context.clock.now()).map_err(PageError::Invalid)?;
    if wants_csv(&request, &asked.params) {
        return Ok(export::csv(context, scope, asked));
    }
    let query = ListQuery { wanted: Item::wanted(), ..asked.query };
    let likeness = likeness(here(&request), scope.sees_everything());
    let page = context.db.read_like(likeness, move |connection| lists::list(connection, &scope, &query)).await?;
    answer(
        &request,
        &List::<Item> {
            items: page.rows.into_iter().map(Item::from).collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
            confirmed_at: page.confirmed_at,
            complete: page.complete,
        },
    )
}

/// `GET /api/v1/{kind}/{id}`.
pub async fn detail(
    context: web::Data<Context>,
    request: HttpRequest,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let spec = kind_of(&request)?;
    let id = request.match_info().query("id").parse().map_err(|_| PageError::NotFound)?;
    let params = asked(&request, &["at"])?;
    let at = moment_of(&context, &params)?;
    let likeness = likeness(here(&request), scope.sees_everything());
    let found = context
        .db
        .read_like(likeness, move |connection| {
            let Some(row) = resources::find(connection, &scope, spec, id, at)? else { return Ok(None) };
            let neighbours = relations::neighbours(connection, &scope, &row, at)?;
            Ok(Some((row, neighbours)))
        })
        .await?;
    let (row, neighbours) = found.ok_or(PageError::NotFound)?;
    answer(&request, &ItemDetail { item: row.into(), neighbours: by_kind(neighbours) })
}

/// `GET /api/v1/search`.
pub async fn search(
    context: web::Data<Context>,
    request: HttpRequest,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let params = asked(&request, &["q", "limit", "at"])?;
    let text = params.get("q").unwrap_or_default().to_owned();
    let limit = params.limit(HITS, MOST_HITS).map_err(PageError::Invalid)?;
    let at = moment_of(&context, &params)?;
    let search = move |connection: &mut _| searches::search(connection, &scope, &text, Extent::All, limit, at);
    let found = context.db.read(search).await?;
    let groups = found
        .groups
        .into_iter()
        .map(|group| SearchGroup {
            kind: group.spec.name.to_owned(),
            items: group.hits.into_iter().map(|hit| hit.row.into()).collect(),
            more: group.more,
        })
        .collect();
    answer(&request, &SearchAnswer { groups })
}

pub(super) fn moment_of(context: &Context, params: &Params) -> Result<Option<Instant>, PageError> {
    params.get("at").map(|at| moment::parse(at, context.clock.now())).transpose().map_err(PageError::Invalid)
}

fn by_kind(neighbours: Neighbours) -> BTreeMap<String, Vec<NeighbourItem>> {
    let groups = neighbours.by_kind.into_iter().map(|group| {
        let items = group.items.into_iter().map(|neighbour| NeighbourItem {
            id: neighbour.row.id.to_string(),
            name: neighbour.row.name,
            role: neighbour.role.as_str().to_owned(),
            via: neighbour.via.iter().map(ToString::to_string).collect(),
        });
        (group.spec.name.to_owned(), items.collect())
    });
    groups.collect()
}

fn wants_csv(request: &HttpRequest, params: &Params) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    params.get("format") == Some("csv") || accepts.is_some_and(|accepts| accepts.starts_with("text/csv"))
}

/// A word that is no kind's path is nothing.
pub(super) fn kind_of(request: &HttpRequest) -> Result<&'static KindSpec, PageError> {
    KindSpec::by_path(request.match_info().query("kind")).ok_or(PageError::NotFound)
}
