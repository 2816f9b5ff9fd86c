//! The handlers of the four pages, the same for every kind.

use actix_web::{HttpRequest, HttpResponse, web};

use super::history::{self, HistoryPage};
use super::list;
use super::revision;
use super::show;
use super::touches;
use crate::context::Context;
use crate::kinds::KindSpec;
use crate::store::Scope;
use crate::store::versions::Cursor;
use crate::web::extract::written;
use crate::web::params::Params;
use crate::web::{PageError, Shell, export, listing};

/// `GET /{kind}`; with `?format=csv` the whole of it as a file.
pub async fn list(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let (spec, mut shell) = (kind_of(&request)?, Shell::begin(&request)?);
    let params = Params::parse(request.query_string());
    let asked = listing::read(spec, params, shell.now).map_err(PageError::Invalid)?;
    shell.look_back(&asked.params, &format!("/{}", spec.path))?;
    if asked.params.get("format") == Some("csv") {
        return Ok(export::csv(context, scope, asked));
    }
    let fetch = move |connection: &mut _, shell| list::fetch(connection, &scope, &asked, shell).map(Some);
    written(&context, shell, fetch).await
}

/// `GET /{kind}/{id}`.
pub async fn show(context: web::Data<Context>, request: HttpRequest, scope: Scope) -> Result<HttpResponse, PageError> {
    let (spec, id, mut shell) = (kind_of(&request)?, id_of(&request)?, Shell::begin(&request)?);
    let at = shell.look_back(&Params::parse(request.query_string()), &format!("/{}/{id}", spec.path))?;
    let config = std::sync::Arc::clone(&context.config);
    let fetch = move |connection: &mut _, shell| match at {
        None => revision::page(connection, &scope, spec, id, &config, shell),
        Some(_) => show::fetch(connection, &scope, spec, id, at, &config, shell),
    };
    written(&context, shell, fetch).await
}

/// `GET /{kind}/{id}/history`.
pub async fn history(
    context: web::Data<Context>,
    mut shell: Shell,
    request: HttpRequest,
    scope: Scope,
) -> Result<HistoryPage, PageError> {
    let (spec, id) = (kind_of(&request)?, id_of(&request)?);
    let params = Params::parse(request.query_string());
    let at = shell.look_back(&params, &format!("/{}/{id}/history", spec.path))?;
    let cursor = params.cursor(Cursor::parse).map_err(PageError::Invalid)?;
    let page =
        context.db.read(move |connection| history::fetch(connection, &scope, spec, id, at, cursor, shell)).await?;
    page.ok_or(PageError::NotFound)
}

/// `GET /{kind}/{id}/touches`.
pub async fn touches(
    context: web::Data<Context>,
    request: HttpRequest,
    scope: Scope,
) -> Result<HttpResponse, PageError> {
    let (spec, id, mut shell) = (kind_of(&request)?, id_of(&request)?, Shell::begin(&request)?);
    let at = shell.look_back(&Params::parse(request.query_string()), &format!("/{}/{id}/touches", spec.path))?;
    let fetch = move |connection: &mut _, shell| touches::fetch(connection, &scope, spec, id, at, shell);
    written(&context, shell, fetch).await
}

/// A word that is no kind's path is no page.
pub(super) fn kind_of(request: &HttpRequest) -> Result<&'static KindSpec, PageError> {
    KindSpec::by_path(request.match_info().query("kind")).ok_or(PageError::NotFound)
}

pub(super) fn id_of(request: &HttpRequest) -> Result<i64, PageError> {
    request.match_info().query("id").parse().map_err(|_| PageError::NotFound)
}
