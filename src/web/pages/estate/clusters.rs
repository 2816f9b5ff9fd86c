//! `/clusters`: every cluster with its state and what there is.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};

use super::line::PlaceLine;
use crate::context::Context;
use crate::store::Scope;
use crate::web::estate::{Asked, Estate};
use crate::web::extract::written;
use crate::web::params::Params;
use crate::web::view::FilterGroup;
use crate::web::{PageError, Shell, filters};

/// A table of clusters.
#[derive(Template, WebTemplate)]
#[template(path = "estate/clusters.html")]
pub struct ClustersPage {
    pub shell: Shell,
    pub filters: Vec<FilterGroup>,
    /// The table without any condition, if there is one.
    pub clear_href: Option<String>,
    pub lines: Vec<PlaceLine>,
}

const PATH: &str = "/clusters";

/// `GET /clusters`.
pub async fn show(context: web::Data<Context>, scope: Scope, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked = Asked::read(Params::parse(request.query_string())).map_err(PageError::Invalid)?;
    let config = Arc::clone(&context.config);
    let fetch = move |connection: &mut _, shell: Shell| {
        let estate = Estate::read(connection, &scope, &config, shell.now)?;
        let lines = estate.clusters.iter().filter(|cluster| asked.admits(cluster));
        Ok(Some(ClustersPage {
            filters: asked.filters(&estate, PATH),
            clear_href: asked.clear_href(PATH),
            lines: lines.map(PlaceLine::of_cluster).collect(),
            shell,
        }))
    };
    written(&context, Shell::begin(&request)?, fetch).await
}
