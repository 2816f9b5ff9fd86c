//! `/map`: regions and clusters on a map and in the table below it, under the same filters. A marker leads to its row,
//! a row to its marker, and every figure to the list that it counts.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;

use actix_web::{HttpRequest, HttpResponse, web};

use super::line::{PlaceLine, Sort};
use crate::clock::Instant;
use crate::context::Context;
use crate::kinds::Tone;
use crate::store::Scope;
use crate::web::estate::{Asked, Cluster, Estate, Region};
use crate::web::extract::written;
use crate::web::map::layout::{self, Placed, Spot, View};
use crate::web::map::{HEIGHT, Point, WIDTH, projection};
use crate::web::params::Params;
use crate::web::view::FilterGroup;
use crate::web::{PageError, Shell, filters};

/// The map and its table.
#[derive(Template, WebTemplate)]
#[template(path = "estate/map.html")]
pub struct MapPage {
    pub shell: Shell,
    pub filters: Vec<FilterGroup>,
    /// The map without any condition, if there is one.
    pub clear_href: Option<String>,
    /// How the land is moved and enlarged, as `transform` says it.
    pub land: String,
    pub regions: Vec<RegionMark>,
    /// Those of which nobody has said where they lie.
    pub elsewhere: Vec<PlaceLine>,
    pub lines: Vec<PlaceLine>,
}

/// A region on the map.
#[derive(Clone, Debug)]
pub struct RegionMark {
    /// Its marker, which it has where there is no cluster to mark.
    pub own: Option<Mark>,
    pub name: String,
    /// Its row in the table.
    pub href: String,
    pub id: String,
    pub about: String,
    /// Where it really lies, and the middle of its markers.
    pub at: String,
    pub middle: (String, String),
    /// The way from the one to the other, and on to the markers, as a path.
    pub ways: String,
    pub label: (String, String),
    pub anchor: &'static str,
    pub clusters: Vec<Mark>,
    /// Clusters for which there is no room.
    pub more: usize,
}

/// A marker.
#[derive(Clone, Debug)]
pub struct Mark {
    pub id: String,
    pub href: String,
    /// For whoever hears it: the name, the state, what is wrong.
    pub about: String,
    pub state: &'static str,
    pub tone: Tone,
    pub x: String,
    pub y: String,
}

impl MapPage {
    /// The sheet, as `viewBox` has it.
    fn sheet(&self) -> String {
        format!("0 0 {WIDTH} {HEIGHT}")
    }
}

/// The page of an estate.
fn drawn(estate: &Estate, asked: &Asked, shell: Shell) -> MapPage {
    let shown = |region: &Region| -> Vec<&Cluster> {
        estate.clusters_of(&region.name).into_iter().filter(|cluster| asked.admits(cluster)).collect()
    };
    let regions: Vec<(&Region, Vec<&Cluster>)> = estate
        .regions
        .iter()
        .map(|region| (region, shown(region)))
        .filter(|(region, clusters)| !clusters.is_empty() || asked.admits_region(region))
        .collect();
    let placed: Vec<(&Region, &Vec<&Cluster>, Point)> =
        regions.iter().filter_map(|(region, clusters)| Some((*region, clusters, place_of(region)?))).collect();
    let view = View::of(&placed.iter().map(|(_, _, at)| *at).collect::<Vec<_>>());
    let spot = |(region, clusters, at): &(&Region, &Vec<&Cluster>, Point)| Spot {
        at: view.see(*at),
        markers: clusters.len().min(layout::MOST),
        name: region.name.chars().count(),
    };
    let spots: Vec<Spot> = placed.iter().map(spot).collect();
    let marks = placed.iter().zip(layout::layout(&spots));
    MapPage {
        filters: asked.filters(estate, PATH),
        clear_href: asked.clear_href(PATH),
        land: format!("scale({:.3}) translate({:.1} {:.1})", view.scale, -view.x, -view.y),
        regions: marks.map(|((region, clusters, _), placed)| region_mark(region, clusters, &placed)).collect(),
        elsewhere: regions
            .iter()
            .filter(|(region, _)| place_of(region).is_none())
            .map(|(region, _)| PlaceLine::of_region(region, shell.now))
            .collect(),
        lines: lines(estate, asked, &regions, shell.now),
        shell,
    }
}

const PATH: &str = "/map";

fn place_of(region: &Region) -> Option<Point> {
    let config = region.config.as_ref()?;
    Some(projection::project(config.latitude?, config.longitude?))
}

fn region_mark(region: &Region, clusters: &[&Cluster], placed: &Placed) -> RegionMark {
    let line = |from: Point, to: Point| format!("M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y);
    let mut ways: Vec<String> = Vec::new();
    if placed.at != placed.middle {
        ways.push(line(placed.at, placed.middle));
    }
    ways.extend(placed.markers.iter().filter(|at| **at != placed.middle).map(|at| line(placed.middle, *at)));
    let marker =
        |(cluster, at): (&&Cluster, &Point)| mark(Sort::Cluster, &cluster.name, &PlaceLine::of_cluster(cluster), *at);
    let own = PlaceLine::of_region(region, Instant::UNIX_EPOCH);
    RegionMark {
        name: region.name.clone(),
        href: format!("#{}", own.anchor),
        id: Sort::Region.marker(&region.name),
        about: about(&own),
        own: clusters.is_empty().then(|| mark(Sort::Region, &region.name, &own, placed.middle)),
        at: format!("{:.1} {:.1}", placed.at.x, placed.at.y),
        middle: (format!("{:.1}", placed.middle.x), format!("{:.1}", placed.middle.y)),
        ways: ways.concat(),
        label: (format!("{:.1}", placed.label.at.x), format!("{:.1}", placed.label.at.y)),
        anchor: placed.label.anchor.as_str(),
        clusters: clusters.iter().zip(&placed.markers).map(marker).collect(),
        more: clusters.len() - clusters.len().min(layout::MOST),
    }
}

fn mark(sort: Sort, name: &str, line: &PlaceLine, at: Point) -> Mark {
    Mark {
        id: sort.marker(name),
        href: format!("#{}", line.anchor),
        about: about(line),
        state: line.state,
        tone: line.tone,
        x: format!("{:.1}", at.x),
        y: format!("{:.1}", at.y),
    }
}

/// `eu-production: warning; 2 warning alerts, 1 finding`.
fn about(line: &PlaceLine) -> String {
    let wrong: Vec<String> = line.wrong.iter().map(|figure| format!("{} {}", figure.value, figure.label)).collect();
    match wrong.is_empty() {
        true => format!("{}: {}", line.name, line.state),
        false => format!("{}: {}; {}", line.name, line.state, wrong.join(", ")),
    }
}

/// Each region with its clusters under it, and last the clusters that lie in none.
fn lines(estate: &Estate, asked: &Asked, regions: &[(&Region, Vec<&Cluster>)], now: Instant) -> Vec<PlaceLine> {
    let mut lines = Vec::new();
    for (region, clusters) in regions {
        let is_marked = place_of(region).is_some();
        let marked = |line: PlaceLine, sort| if is_marked { line.on_map(sort) } else { line };
        lines.push(marked(PlaceLine::of_region(region, now), Sort::Region));
        lines.extend(clusters.iter().enumerate().map(|(position, cluster)| {
            let line = PlaceLine::of_cluster(cluster);
            if position < layout::MOST { marked(line, Sort::Cluster) } else { line }
        }));
    }
    let nowhere = estate.clusters.iter().filter(|cluster| cluster.region.is_empty() && asked.admits(cluster));
    lines.extend(nowhere.map(PlaceLine::of_cluster));
    lines
}

/// `GET /map`.
pub async fn show(context: web::Data<Context>, scope: Scope, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let asked = Asked::read(Params::parse(request.query_string())).map_err(PageError::Invalid)?;
    let config = Arc::clone(&context.config);
    let fetch = move |connection: &mut _, shell: Shell| {
        let estate = Estate::read(connection, &scope, &config, shell.now)?;
        Ok(Some(drawn(&estate, &asked, shell)))
    };
    written(&context, Shell::begin(&request)?, fetch).await
}

#[cfg(test)]
mod tests {
    use crate::web::estate::State;

    #[test]
    fn every_state_has_a_shape_of_its_own() {
        let template = include_str!("../../../../templates/estate/_mark.html");
        for state in State::ALL.map(State::as_str) {
            assert_eq!(template.matches(&format!("{{%- when \"{state}\" -%}}")).count(), 1, "{state}");
        }
    }
}
