//! Apps: what developers deploy on the platform.
//!
//! The list answers "what is down, whose is it, and did somebody just deploy?"; the detail adds where the app answers and
//! with how many processes. One more fact: a field here, and its place in `cell` or `sections`.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};

use super::key::normal_host;
use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::Instant;

/// An app at a controller.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct App {
    pub uuid: String,
    /// Unique at its controller; what URLs and keys use.
    pub name: String,
    /// A user, or the workspace where the controller has those.
    pub owner: String,
    pub collaborators: Vec<String>,
    /// `up`, `degraded`, `down`, `maintenance`; derived from wanted and running processes.
    pub state: String,
    /// Wanted processes by type.
    pub processes: BTreeMap<String, i64>,
    /// Running processes by type, where they are known.
    pub running: BTreeMap<String, i64>,
    /// Full host names; the bare app name that Hephy lists is not among them.
    pub domains: Vec<String>,
    /// The latest release, as `v42`.
    pub release: String,
    pub released_at: Option<Instant>,
    pub created_at: Option<Instant>,
}

pub const SPEC: KindSpec = KindSpec {
    name: "app",
    path: "apps",
    title: "App",
    titles: "Apps",
    about: "Apps that developers deployed, as the platform's controllers list them: whose they are, whether they run, \
            under which domains they answer.",
    shortcut: 'a',
    facets: ["owner", "released_at", ""],
    filters: &["status", "owner", "cluster", "region", "environment", "source"],
    columns: &[
        Column::new("name", "Name").sortable().priority(1),
        Column::new("status", "State").sortable().priority(1),
        Column::new("processes", "Running"),
        Column::new("owner", "Owner").sortable(),
        Column::new("cluster", "Cluster").sortable(),
        Column::new("released_at", "Released").sortable(),
        Column::new("release", "Release").priority(3),
        Column::new("domains", "Domains").priority(3),
        Column::new("changed_at", "Changed").sortable().priority(3),
        Column::new("region", "Region").sortable().optional(),
        Column::new("environment", "Environment").sortable().optional(),
        Column::new("source", "Source").sortable().optional(),
        Column::new("first_seen_at", "First seen").sortable().optional(),
        Column::new("created_at", "Created").optional(),
        Column::new("uuid", "UUID").optional(),
    ],
    // Pods come and go with every deploy; what that means is in the state.
    volatile: &["running"],
    passage: false,
    tone,
    example: include_str!("examples/app.json"),
    of: erased::<App>(),
};

fn tone(state: &str) -> Tone {
    match state {
        "up" => Tone::Good,
        "degraded" => Tone::Warn,
        "down" => Tone::Bad,
        "maintenance" => Tone::Muted,
        _ => Tone::Plain,
    }
}

impl Kind for App {
    const SPEC: &'static KindSpec = &SPEC;

    fn external_id(&self) -> String {
        self.name.clone()
    }

    fn facts(&self, origin: &Origin) -> Facts {
        let refs =
            self.domains.iter().filter_map(|domain| Key::host(domain)).map(|key| Mention::new(Role::Serves, key));
        Facts {
            name: self.name.clone(),
            status: self.state.clone(),
            due_at: None,
            facets: [self.owner.clone(), sortable(self.released_at), String::new()],
            keys: vec![Mention::new(Role::Is, Key::app(&origin.source, &self.name))],
            refs: distinct(refs),
            terms: self.terms(),
            tags: Vec::new(),
        }
    }

    fn cell(&self, column: &str) -> Cell {
        match column {
            "owner" => Cell::text(&self.owner),
            "processes" => Cell::text(self.process_counts()),
            "domains" => Cell::codes(self.domains.clone()),
            "release" => Cell::code(&self.release),
            "released_at" => Cell::time(self.released_at),
            "created_at" => Cell::time(self.created_at),
            "uuid" => Cell::code(&self.uuid),
            _ => Cell::Empty,
        }
    }

    fn sections(&self) -> Vec<Section> {
        let processes = self.process_types().map(|process| {
            let running = self.running.get(process).map_or(Cell::Empty, |count| Cell::Number(*count));
            vec![Cell::code(process), running, Cell::Number(self.processes.get(process).copied().unwrap_or(0))]
        });
        vec![
            Section::fields(
                "Now",
                [
                    ("State", Cell::badge(&self.state, tone(&self.state))),
                    ("Release", Cell::code(&self.release)),
                    ("Released", Cell::time(self.released_at)),
                    ("Domains", Cell::codes(self.domains.clone())),
                ],
            ),
            Section::table("Processes", vec!["Type", "Running", "Wanted"], processes.collect()),
            Section::fields(
                "Who and what",
                [
                    ("Owner", Cell::text(&self.owner)),
                    ("Collaborators", Cell::text(self.collaborators.join(", "))),
                    ("Created", Cell::time(self.created_at)),
                    ("UUID", Cell::code(&self.uuid)),
                ],
            ),
        ]
    }
}

impl App {
    /// The state that wanted and running processes amount to; an app of which nothing is wanted is down on purpose: `maintenance`.
    pub fn state_of(wanted: &BTreeMap<String, i64>, running: &BTreeMap<String, i64>) -> &'static str {
        let runs = |process: &String| running.get(process).copied().unwrap_or(0);
        if wanted.values().all(|count| *count <= 0) {
            "maintenance"
        } else if wanted.keys().all(|process| runs(process) <= 0) {
            "down"
        } else if wanted.iter().any(|(process, count)| runs(process) < *count) {
            "degraded"
        } else {
            "up"
        }
    }

    fn terms(&self) -> Vec<String> {
        let people = std::iter::once(&self.owner).chain(&self.collaborators).chain([&self.uuid]);
        let people = people.map(|term| term.to_lowercase());
        let hosts = self.domains.iter().map(|domain| normal_host(domain).unwrap_or_else(|| domain.to_lowercase()));
        distinct(people.chain(hosts).filter(|term| !term.is_empty()))
    }

    /// Each type with its running and wanted number: `web 2/3, worker 1/1`; `web 3` where running ones are not known.
    fn process_counts(&self) -> String {
        let counts = self.process_types().map(|process| {
            let wanted = self.processes.get(process).copied().unwrap_or(0);
            match self.running.get(process) {
                Some(running) => format!("{process} {running}/{wanted}"),
                None if self.running.is_empty() => format!("{process} {wanted}"),
                None => format!("{process} 0/{wanted}"),
            }
        });
        counts.collect::<Vec<_>>().join(", ")
    }

    /// The types that are wanted or running, in order, each once.
    fn process_types(&self) -> impl Iterator<Item = &String> {
        self.processes.keys().chain(self.running.keys().filter(|process| !self.processes.contains_key(*process)))
    }
}

/// An instant whose texts sort as the instants do.
fn sortable(at: Option<Instant>) -> String {
    at.map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The values in order, each once.
pub(super) fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<const N: usize>(counts: [(&str, i64); N]) -> BTreeMap<String, i64> {
        counts.into_iter().map(|(process, count)| (process.to_owned(), count)).collect()
    }

    fn shop() -> App {
        App {
            uuid: "278D8364-72c7-460a-acf9-242da4a06d9d".into(),
            name: "shop".into(),
            owner: "Storefront".into(),
            state: "degraded".into(),
            processes: counts([("web", 3), ("worker", 1)]),
            running: counts([("web", 2)]),
            domains: vec!["www.Shop.example".into(), "*.shop.example".into(), "www.shop.example.".into()],
            ..App::default()
        }
    }

    #[test]
    fn an_app_is_found_by_its_controller_and_refers_to_the_hosts_it_serves() {
        let facts = shop().facts(&Origin { source: "paas-eu".into(), network: String::new() });
        assert_eq!(facts.keys, [Mention::new(Role::Is, Key::app("paas-eu", "shop"))]);
        let refs: Vec<String> =
            facts.refs.iter().map(|mention| format!("{} {}", mention.role.as_str(), mention.key)).collect();
        assert_eq!(refs, ["serves host:*.shop.example", "serves host:www.shop.example"]);
    }

    #[test]
    fn search_terms_are_lower_case_and_said_once() {
        let app = App { collaborators: vec!["storefront".into()], ..shop() };
        let facts = app.facts(&Origin { source: "paas-eu".into(), network: String::new() });
        assert_eq!(
            facts.terms,
            ["*.shop.example", "278d8364-72c7-460a-acf9-242da4a06d9d", "storefront", "www.shop.example"]
        );
    }

    #[test]
    fn the_state_follows_from_what_is_wanted_and_what_runs() {
        let wanted = counts([("web", 2), ("worker", 1)]);
        assert_eq!(App::state_of(&wanted, &counts([("web", 2), ("worker", 1)])), "up");
        assert_eq!(App::state_of(&wanted, &counts([("web", 2)])), "degraded");
        assert_eq!(App::state_of(&wanted, &counts([("run", 1)])), "down");
        assert_eq!(App::state_of(&counts([("web", 0)]), &counts([])), "maintenance");
    }

    #[test]
    fn a_process_type_of_which_none_runs_shows_a_zero_unless_running_ones_are_unknown() {
        assert_eq!(shop().cell("processes"), Cell::Text("web 2/3, worker 0/1".into()));
        let unknown = App { running: BTreeMap::new(), ..shop() };
        assert_eq!(unknown.cell("processes"), Cell::Text("web 3, worker 1".into()));
    }

    #[test]
    fn every_column_of_its_own_has_a_cell() {
        let at = chrono::DateTime::UNIX_EPOCH;
        let app = App { release: "v7".into(), released_at: Some(at), created_at: Some(at), ..shop() };
        for id in ["processes", "owner", "released_at", "release", "domains", "created_at", "uuid"] {
            assert!(SPEC.columns.iter().any(|column| column.id == id), "{id} is no column");
            assert_ne!(app.cell(id), Cell::Empty, "{id} is empty");
        }
        assert_eq!(app.cell("name"), Cell::Empty, "common columns are the house's");
    }
}
