//! Apps: what developers deploy on the platform.
//!
//! The list answers "what is down, whose is it, and did somebody just deploy?"; the detail adds where the app answers,
//! with how many processes, under which limits, and what its last releases came to. Of its configuration it knows
//! names, and of each value a keyed hash, so that a change shows and the value does not. One more fact: a field here,
//! and its place in `cell` or `sections`.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::key::normal_host;
use super::{Cell, Column, Facts, Key, Kind, KindSpec, Mention, Origin, Role, Section, Tone, erased};
use crate::clock::{Instant, stored};

mod deploys;

pub use deploys::{Limit, Release};

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
    /// `up`, `degraded`, `down`, `maintenance`; derived from wanted and running processes. `unknown` where the running
    /// ones could not be seen.
    pub state: String,
    /// Wanted processes by type.
    pub processes: BTreeMap<String, i64>,
    /// Running processes by type, where they are known.
    pub running: BTreeMap<String, i64>,
    /// Full host names; the bare app name that Hephy lists is not among them.
    pub domains: Vec<String>,
    /// The address that the platform itself gives the app: a full host name, which is among [`App::domains`] too, or
    /// the bare name where the platform's domain is not known here.
    pub platform_address: String,
    /// By process type.
    pub limits: BTreeMap<String, Limit>,
    /// The configuration's names, each with the keyed hash of its value (`secret::Digest`): `PORT`, or `web/PORT` where
    /// it is for one process type or belongs to another part of the configuration.
    pub config: BTreeMap<String, String>,
    /// Node labels that the app asks for.
    pub node_tags: BTreeMap<String, String>,
    /// The latest release that did not fail, as `v42`.
    pub release: String,
    #[serde(deserialize_with = "stored")]
    pub released_at: Option<Instant>,
    /// The last few, newest first.
    pub releases: Vec<Release>,
    /// What the source could not see of it, each with the reason; what is named here is unknown and not empty.
    pub unseen: Vec<String>,
    /// Fields of the controller that this version does not know, as they came.
    pub other: BTreeMap<String, Value>,
    #[serde(deserialize_with = "stored")]
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
    facets: ["owner", "released_at", "deploy"],
    filters: &["status", "owner", "deploy", "cluster", "region", "environment", "source"],
    columns: &[
        Column::new("name", "Name").sortable().priority(1),
        Column::new("status", "State").sortable().priority(1),
        Column::new("processes", "Running").of(&["processes", "running"]),
        Column::new("owner", "Owner").sortable(),
        Column::new("cluster", "Cluster").sortable(),
        Column::new("released_at", "Released").sortable(),
        Column::new("release", "Release").priority(3),
        Column::new("domains", "Domains").priority(3),
        Column::new("deploy", "Last deploy").of(&["releases"]).sortable().optional(),
        Column::new("limits", "Limits").optional(),
        Column::new("config", "Settings").optional(),
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
        "maintenance" | "unknown" => Tone::Muted,
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
            facets: [self.owner.clone(), sortable(self.released_at), self.last_deploy().to_owned()],
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
            "deploy" => deploys::badge(self.last_deploy()),
            "limits" => Cell::text(deploys::limits_in_words(&self.limits)),
            "config" => Cell::codes(self.config.keys().cloned().collect()),
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
                    ("Not seen", Cell::text(self.unseen.join("; "))),
                    ("Last deploy", deploys::badge(self.last_deploy())),
                    ("Release", Cell::code(&self.release)),
                    ("Released", Cell::time(self.released_at)),
                    ("Domains", Cell::codes(self.domains.clone())),
                    ("Platform address", Cell::code(&self.platform_address)),
                ],
            ),
            Section::table("Processes", vec!["Type", "Running", "Wanted"], processes.collect()),
            deploys::limits(&self.limits),
            deploys::settings(&self.config),
            deploys::releases(&self.releases),
            Section::fields(
                "Who and what",
                [
                    ("Owner", Cell::text(&self.owner)),
                    ("Collaborators", Cell::text(self.collaborators.join(", "))),
                    ("Runs on nodes with", Cell::Tags(self.node_tags.clone().into_iter().collect()).filled()),
                    ("Created", Cell::time(self.created_at)),
                    ("UUID", Cell::code(&self.uuid)),
                    ("Other", Cell::pairs(&self.other)),
                ],
            ),
        ]
    }

    fn secrets(&self) -> BTreeMap<String, String> {
        self.config.clone()
    }
}

impl App {
    /// The state that wanted and running processes amount to; an app of which nothing is wanted is down on purpose:
    /// `maintenance`.
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

    /// How the newest release came out: `succeeded` or `failed`; empty where none is known.
    fn last_deploy(&self) -> &'static str {
        match self.releases.first() {
            None => "",
            Some(newest) if newest.failed => "failed",
            Some(_) => "succeeded",
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
mod tests;
