//! A region or a cluster as a row: its state, what is wrong in figures that lead to it, and what there is.

use crate::clock::Instant;
use crate::kinds::{KINDS, Tone};
use crate::web::estate::time::{self, LocalTime};
use crate::web::estate::{Cluster, Region, Standing, State, state};
use crate::web::params::Params;

/// A row of a table of places.
#[derive(Clone, Debug)]
pub struct PlaceLine {
    /// Of the row, for a marker to lead to.
    pub anchor: String,
    pub is_region: bool,
    pub name: String,
    pub href: String,
    /// Of the marker, for the row to lead to; none where there is no map.
    pub marker: Option<String>,
    pub environment: String,
    /// The region that a cluster lies in, and its page.
    pub region: Option<(String, String)>,
    pub state: &'static str,
    pub tone: Tone,
    /// What is wrong, the worst first.
    pub wrong: Vec<Figure>,
    /// What there is, a figure for every kind.
    pub present: Vec<Figure>,
    pub local: Option<LocalTime>,
}

/// A number that leads to what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub value: i64,
    pub label: String,
    pub href: String,
    pub tone: Tone,
}

/// Which of the two a place is: the name of the filter that asks for what lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Region,
    Cluster,
}

impl Sort {
    pub fn filter(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Cluster => "cluster",
        }
    }

    /// The page of one.
    pub fn href(self, name: &str) -> String {
        format!("/{}s/{}", self.filter(), urlencoded(name))
    }

    fn anchor(self, name: &str) -> String {
        format!("{}-{}", self.filter(), urlencoded(name))
    }

    /// The anchor of its marker on the map.
    pub fn marker(self, name: &str) -> String {
        format!("on-map-{}", self.anchor(name))
    }

    /// A list of that path, of what lies there alone.
    pub fn within(self, name: &str, path: &str) -> String {
        Params::default().with(self.filter(), name).href(path)
    }
}

impl PlaceLine {
    pub fn of_region(region: &Region, now: Instant) -> Self {
        let local = region.config.as_ref().map(|config| time::local(config, now));
        Self { local, ..Self::of(Sort::Region, &region.name, &region.standing) }
    }

    pub fn of_cluster(cluster: &Cluster) -> Self {
        let region = (!cluster.region.is_empty()).then(|| (cluster.region.clone(), Sort::Region.href(&cluster.region)));
        let environment = cluster.environment.clone();
        Self { region, environment, ..Self::of(Sort::Cluster, &cluster.name, &cluster.standing) }
    }

    fn of(sort: Sort, name: &str, standing: &Standing) -> Self {
        let state = standing.state();
        Self {
            anchor: sort.anchor(name),
            is_region: sort == Sort::Region,
            name: name.to_owned(),
            href: sort.href(name),
            marker: None,
            environment: String::new(),
            region: None,
            state: state.as_str(),
            tone: state.tone(),
            wrong: wrong(sort, name, standing),
            present: present(sort, name, standing),
            local: None,
        }
    }

    /// With the way to its marker.
    pub fn on_map(self, sort: Sort) -> Self {
        Self { marker: Some(format!("#{}", sort.marker(&self.name))), ..self }
    }
}

/// Sources that are named; what is more is counted.
const NAMED: usize = 3;

/// What is wrong in a place, the worst first.
pub fn wrong(sort: Sort, name: &str, standing: &Standing) -> Vec<Figure> {
    let mut wrong = Vec::new();
    for (severity, value, tone) in [
        ("critical", standing.critical, Tone::Bad),
        ("warning", standing.warnings, Tone::Warn),
        ("info", standing.infos, Tone::Plain),
    ] {
        let href = Params::default().with(sort.filter(), name).with("severity", severity).href("/alerts");
        wrong.push(Figure { value, label: format!("{severity} alert{}", plural(value)), href, tone });
    }
    let troubled: Vec<_> = standing.troubled().collect();
    for source in troubled.iter().take(NAMED) {
        let worse = source.state.as_str();
        let said = if worse == "ok" { "not complete" } else { worse };
        let href = format!("/sources/{}", urlencoded(&source.name));
        wrong.push(Figure {
            value: 1,
            label: format!("source {said}: {}", source.name),
            href,
            tone: state::of_source(source).tone(),
        });
    }
    let more = i64::try_from(troubled.len().saturating_sub(NAMED)).unwrap_or(i64::MAX);
    wrong.push(Figure {
        value: more,
        label: format!("more source{}", plural(more)),
        href: format!("{}#sources", sort.href(name)),
        tone: Tone::Warn,
    });
    for source in standing.held_by() {
        let value = i64::try_from(standing.held.values().filter(|held| *held == source).count()).unwrap_or(i64::MAX);
        let label = if value == 1 { "loss held" } else { "losses held" }.to_owned();
        wrong.push(Figure {
            value,
            label,
            href: format!("/sources/{}#held", urlencoded(source)),
            tone: State::Warning.tone(),
        });
    }
    let found = standing.found();
    wrong.push(Figure {
        value: found,
        label: format!("finding{}", plural(found)),
        href: format!("{}#findings", sort.href(name)),
        tone: Tone::Plain,
    });
    wrong.retain(|figure| figure.value > 0);
    wrong
}

/// What there is in a place, a figure for every kind.
pub fn present(sort: Sort, name: &str, standing: &Standing) -> Vec<Figure> {
    let figure = |spec: &&'static crate::kinds::KindSpec| Figure {
        value: standing.present_of(spec),
        label: spec.titles.to_owned(),
        href: sort.within(name, &format!("/{}", spec.path)),
        tone: Tone::Plain,
    };
    KINDS.iter().map(figure).collect()
}

fn plural(number: i64) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// A name as a part of a path.
pub fn urlencoded(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_leads_to_what_it_counts() {
        let standing = Standing {
            critical: 2,
            infos: 1,
            findings: [("dangling-record".to_owned(), 3)].into(),
            held: [(7, "aws eu".to_owned())].into(),
            ..Standing::default()
        };
        let told: Vec<_> = wrong(Sort::Cluster, "a/b", &standing)
            .into_iter()
            .map(|figure| format!("{} {} {}", figure.value, figure.label, figure.href))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        2 critical alerts /alerts?cluster=a%2Fb&severity=critical
        1 info alert /alerts?cluster=a%2Fb&severity=info
        1 loss held /sources/aws%20eu#held
        3 findings /clusters/a%2Fb#findings
        ");
    }
}
