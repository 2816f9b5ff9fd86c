//! `/regions/{name}` and `/clusters/{name}`: one place with everything that lies there.
//!
//! **One more panel**: its field in [`PlacePage`] and its section in `estate/place.html`.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::QueryResult;

use super::line::{Figure, PlaceLine, Sort};
use super::panels::{self, Panels};
use crate::config::Config;
use crate::context::Context;
use crate::kinds::{KINDS, load_balancer};
use crate::store::{AnyConnection, Scope};
use crate::web::estate::time::{self, LocalTime};
use crate::web::estate::{Cluster, Estate, Region};
use crate::web::extract::written;
use crate::web::pages::dns_changes::{self, cluster::ClusterPanel};
use crate::web::pages::sources::SourceLine;
use crate::web::params::Params;
use crate::web::{PageError, Shell, filters};

/// A region or a cluster.
#[derive(Template, WebTemplate)]
#[template(path = "estate/place.html")]
pub struct PlacePage {
    pub shell: Shell,
    pub line: PlaceLine,
    /// The clock of the region that it is, or that it lies in.
    pub local: Option<LocalTime>,
    /// Another region that checks this one from outside, with its page.
    pub watched_by: Option<(String, String)>,
    /// Whether the configuration names it.
    pub is_configured: bool,
    /// Of a region.
    pub clusters: Vec<PlaceLine>,
    pub sources: Vec<SourceLine>,
    /// The icon of each figure of what is present.
    pub census: Vec<(&'static str, Figure)>,
    pub panels: Panels,
    /// Of a cluster: its balancers, and the switches between them.
    pub balancers: Option<ClusterPanel>,
}

impl PlacePage {
    fn noun(&self) -> &'static str {
        if self.line.is_region { "region" } else { "cluster" }
    }

    /// The map with this region alone.
    fn map_href(&self) -> String {
        let region = self.line.region.as_ref().map_or(&self.line.name, |(region, _)| region);
        if self.line.is_region || self.line.region.is_some() {
            Sort::Region.within(region, "/map")
        } else {
            "/map".to_owned()
        }
    }
}

fn region(
    connection: &mut AnyConnection,
    scope: &Scope,
    name: &str,
    config: &Config,
    shell: Shell,
) -> QueryResult<Option<PlacePage>> {
    let estate = Estate::read(connection, scope, config, shell.now)?;
    let Some(region) = estate.region(name) else { return Ok(None) };
    let clusters = estate.clusters_of(name).into_iter().map(PlaceLine::of_cluster).collect();
    let line = PlaceLine::of_region(region, shell.now);
    let Region { config, standing, .. } = region;
    Ok(Some(PlacePage {
        local: line.local.clone(),
        watched_by: config
            .as_ref()
            .and_then(|config| config.watched_by.as_ref())
            .map(|watcher| (watcher.clone(), Sort::Region.href(watcher))),
        is_configured: config.is_some(),
        clusters,
        sources: standing.sources.clone(),
        census: census(&line),
        panels: panels::fetch(connection, scope, Sort::Region, name, standing, shell.now)?,
        balancers: None,
        line,
        shell,
    }))
}

fn cluster(
    connection: &mut AnyConnection,
    scope: &Scope,
    name: &str,
    config: &Config,
    shell: Shell,
) -> QueryResult<Option<PlacePage>> {
    let estate = Estate::read(connection, scope, config, shell.now)?;
    let Some(cluster) = estate.cluster(name) else { return Ok(None) };
    let Cluster { region, standing, is_configured, .. } = cluster;
    let region = estate.region(region).and_then(|region| region.config.as_ref());
    let line = PlaceLine::of_cluster(cluster);
    Ok(Some(PlacePage {
        local: region.map(|region| time::local(region, shell.now)),
        watched_by: None,
        is_configured: *is_configured,
        clusters: Vec::new(),
        sources: standing.sources.clone(),
        census: census(&line),
        panels: panels::fetch(connection, scope, Sort::Cluster, name, standing, shell.now)?,
        balancers: Some(dns_changes::cluster::panel(
            connection,
            scope,
            name,
            standing.present_of(&load_balancer::SPEC),
            shell.now,
        )?),
        line,
        shell,
    }))
}

fn census(line: &PlaceLine) -> Vec<(&'static str, Figure)> {
    KINDS.iter().map(|spec| spec.name).zip(line.present.iter().cloned()).collect()
}

/// `GET /regions/{name}`.
pub async fn show_region(
    context: web::Data<Context>,
    scope: Scope,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    Params::parse(request.query_string()).only(&[]).map_err(PageError::Invalid)?;
    let config = Arc::clone(&context.config);
    let fetch = move |connection: &mut _, shell| region(connection, &scope, &name, &config, shell);
    written(&context, Shell::begin(&request)?, fetch).await
}

/// `GET /clusters/{name}`.
pub async fn show_cluster(
    context: web::Data<Context>,
    scope: Scope,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    Params::parse(request.query_string()).only(&[]).map_err(PageError::Invalid)?;
    let config = Arc::clone(&context.config);
    let fetch = move |connection: &mut _, shell| cluster(connection, &scope, &name, &config, shell);
    written(&context, Shell::begin(&request)?, fetch).await
}
