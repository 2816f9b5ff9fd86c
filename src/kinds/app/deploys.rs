//! What an app is deployed with, and what its last deploys came to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Instant;
use crate::kinds::{Cell, Section, Tone};

/// What the processes of a type may use, in the controller's own spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limit {
    /// `512M`, or `256M/512M` as request and limit.
    pub memory: String,
    /// `500m`, or `250m/500m` as request and limit.
    pub cpu: String,
    /// The name of a plan, at controllers that have those instead.
    pub plan: String,
}

/// A release of an app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    /// `v42`.
    pub version: String,
    /// Who did what, in the controller's words; shown, never parsed.
    pub summary: String,
    pub failed: bool,
    /// The controller's own state, where it has one.
    pub state: String,
    /// Why it failed.
    pub exception: String,
    pub created_at: Option<Instant>,
}

/// An outcome as a badge; nothing where none is known.
pub(super) fn badge(outcome: &str) -> Cell {
    Cell::badge(outcome, if outcome == "failed" { Tone::Bad } else { Tone::Plain })
}

/// `web 256M/512M 250m/500m, worker 1G`.
pub(super) fn limits_in_words(limits: &BTreeMap<String, Limit>) -> String {
    let words = limits.iter().map(|(process, limit)| {
        let parts = [process.as_str(), &limit.plan, &limit.memory, &limit.cpu];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    });
    words.collect::<Vec<_>>().join(", ")
}

pub(super) fn limits(limits: &BTreeMap<String, Limit>) -> Section {
    let rows = limits.iter().map(|(process, limit)| {
        vec![Cell::code(process), Cell::code(&limit.memory), Cell::code(&limit.cpu), Cell::code(&limit.plan)]
    });
    Section::table("Limits", vec!["Type", "Memory", "CPU", "Plan"], rows.collect())
}

/// Names alone: what a value is, is for those who ask with their password.
pub(super) fn settings(config: &BTreeMap<String, String>) -> Section {
    let rows = config.iter().map(|(key, digest)| {
        let (part, name) = key.rsplit_once('/').unwrap_or(("", key));
        vec![
            Cell::code(name),
            Cell::text(part),
            Cell::text("••••••••"),
            Cell::code(digest.get(..8).unwrap_or_default()),
        ]
    });
    Section::table("Configuration", vec!["Name", "Process", "Value", "Fingerprint"], rows.collect())
}

pub(super) fn releases(releases: &[Release]) -> Section {
    let rows = releases.iter().map(|release| {
        let outcome = match (release.failed, release.state.as_str()) {
            (true, _) => "failed",
            (false, "") => "succeeded",
            (false, state) => state,
        };
        let told = [release.summary.as_str(), &release.exception];
        let told = told.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" — ");
        vec![Cell::code(&release.version), Cell::time(release.created_at), badge(outcome), Cell::text(told)]
    });
    Section::table("Releases", vec!["Version", "When", "Outcome", "What"], rows.collect())
}
