//! `/regions`: every region with its clock, its state and what there is.

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

/// A table of regions.
#[derive(Template, WebTemplate)]
#[template(path = "estate/regions.html")]
pub struct RegionsPage {
    pub shell: Shell,
    pub filters: Vec<FilterGroup>,
    /// The table without any condition, if there is one.
    pub clear_href: Option<String>,
    pub lines: Vec<PlaceLine>,
}

const PATH: &str = "/regions";

/// `GET /regions`.
pub async fn show(context: web::Data<Context>, scope: Scope, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked = Asked::of_regions(Params::parse(request.query_string())).map_err(PageError::Invalid)?;
    let config = Arc::clone(&context.config);
    let fetch = move |connection: &mut _, shell: Shell| {
        let estate = Estate::read(connection, &scope, &config, shell.now)?;
        let lines = estate.regions.iter().filter(|region| asked.admits_region(region));
        Ok(Some(RegionsPage {
            filters: asked.filters_of_regions(&estate, PATH),
            clear_href: asked.clear_href(PATH),
            lines: lines.map(|region| PlaceLine::of_region(region, shell.now)).collect(),
            shell,
        }))
    };
    written(&context, Shell::begin(&request)?, fetch).await
}
