//! Regions and clusters: how they stand, and what there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::items::List;
use super::{answer, asked};
use crate::clock::Instant;
use crate::context::Context;
use crate::store::{Scope, sources};
use crate::web::PageError;
use crate::web::estate::{Asked, Cluster, Estate, Region, Standing, time};
use crate::web::params::Params;

/// A region.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegionItem {
    pub name: String,
    /// Whether the configuration names it; others follow from where things were placed.
    pub configured: bool,
    /// IANA name; null for a region that the configuration does not name.
    pub timezone: Option<String>,
    /// The time on the wall there, with its offset.
    pub local_time: Option<String>,
    /// In degrees, north positive.
    pub latitude: Option<f64>,
    /// In degrees, east positive.
    pub longitude: Option<f64>,
    pub watched_by: Option<String>,
    #[serde(flatten)]
    pub standing: StandingItem,
}

/// A cluster.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClusterItem {
    pub name: String,
    /// Whether the configuration names it; others follow from where things were placed.
    pub configured: bool,
    /// Empty where nothing says in which it lies.
    pub region: String,
    pub environment: String,
    #[serde(flatten)]
    pub standing: StandingItem,
}

/// How a place stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingItem {
    /// The worst of all that follows: `critical`, `warning`, `notice`, `unknown` or `good`.
    pub state: String,
    /// Present resources, by kind.
    pub counts: BTreeMap<String, i64>,
    /// Open alerts, by severity.
    pub alerts: BTreeMap<String, i64>,
    /// Findings that nobody ignores, by rule.
    pub findings: BTreeMap<String, i64>,
    /// Ids of the losses that wait for a decision.
    pub held_losses: Vec<String>,
    /// Those that report something there or are meant to, the worst first.
    pub sources: Vec<PlaceSourceItem>,
}

/// A source of a place.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceSourceItem {
    pub name: String,
    pub state: String,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub complete: bool,
}

/// `GET /api/v1/regions`.
pub async fn regions(
    context: web::Data<Context>,
    scope: Scope,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked = Asked::of_regions(Params::parse(request.query_string())).map_err(PageError::Invalid)?;
    let now = context.clock.now();
    let list = read(&context, scope, now, move |estate| {
        let regions = estate.regions.into_iter().filter(|region| asked.admits_region(region));
        regions.map(|region| RegionItem::of(region, now)).collect::<Vec<_>>()
    });
    answer(&request, &list.await?)
}

/// `GET /api/v1/clusters`.
pub async fn clusters(
    context: web::Data<Context>,
    scope: Scope,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let asked = Asked::read(Params::parse(request.query_string())).map_err(PageError::Invalid)?;
    let list = read(&context, scope, context.clock.now(), move |estate| {
        let clusters = estate.clusters.into_iter().filter(|cluster| asked.admits(cluster));
        clusters.map(ClusterItem::from).collect::<Vec<_>>()
    });
    answer(&request, &list.await?)
}

/// `GET /api/v1/regions/{name}`.
pub async fn region(
    context: web::Data<Context>,
    scope: Scope,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    let now = context.clock.now();
    let found = read(&context, scope, now, move |estate| {
        estate.regions.into_iter().filter(|region| region.name == *name).collect()
    });
    let region = found.await?.items.pop().ok_or(PageError::NotFound)?;
    answer(&request, &RegionItem::of(region, now))
}

/// `GET /api/v1/clusters/{name}`.
pub async fn cluster(
    context: web::Data<Context>,
    scope: Scope,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    asked(&request, &[])?;
    let of_name = move |estate: Estate| estate.clusters.into_iter().filter(|cluster| cluster.name == *name).collect();
    let cluster = read(&context, scope, context.clock.now(), of_name).await?.items.pop().ok_or(PageError::NotFound)?;
    answer(&request, &ClusterItem::from(cluster))
}

/// What `pick` takes of the estate, and how far the whole can be trusted.
async fn read<T: Send + 'static>(
    context: &Context,
    scope: Scope,
    now: Instant,
    pick: impl FnOnce(Estate) -> Vec<T> + Send + 'static,
) -> Result<List<T>, PageError> {
    let config = Arc::clone(&context.config);
    let read = context.db.read(move |connection| {
        Ok((Estate::read(connection, &scope, &config, now)?, sources::all(connection, &scope)?))
    });
    let (estate, rows) = read.await?;
    let (confirmed_at, complete) = sources::together(&rows);
    Ok(List { items: pick(estate), next_cursor: None, confirmed_at, complete })
}

impl RegionItem {
    fn of(region: Region, now: Instant) -> Self {
        let Region { name, config, standing } = region;
        let local = config.as_ref().map(|config| time::local(config, now));
        Self {
            name,
            configured: config.is_some(),
            timezone: local.as_ref().map(|local| local.zone.to_owned()),
            local_time: config.as_ref().map(|config| now.with_timezone(&config.timezone).to_rfc3339()),
            latitude: config.as_ref().and_then(|config| config.latitude),
            longitude: config.as_ref().and_then(|config| config.longitude),
            watched_by: config.and_then(|config| config.watched_by),
            standing: standing.into(),
        }
    }
}

impl From<Cluster> for ClusterItem {
    fn from(cluster: Cluster) -> Self {
        let Cluster { name, region, environment, is_configured, standing } = cluster;
        Self { name, configured: is_configured, region, environment, standing: standing.into() }
    }
}

impl From<Standing> for StandingItem {
    fn from(standing: Standing) -> Self {
        let alerts = [("critical", standing.critical), ("warning", standing.warnings), ("info", standing.infos)];
        Self {
            state: standing.state().as_str().to_owned(),
            alerts: alerts.into_iter().map(|(severity, n)| (severity.to_owned(), n)).collect(),
            held_losses: standing.held.keys().map(ToString::to_string).collect(),
            sources: standing
                .sources
                .into_iter()
                .map(|source| PlaceSourceItem {
                    complete: source.scopes > 0 && source.complete_scopes == source.scopes,
                    name: source.name,
                    state: source.state,
                    confirmed_at: source.confirmed_at,
                })
                .collect(),
            counts: standing.present,
            findings: standing.findings,
        }
    }
}
