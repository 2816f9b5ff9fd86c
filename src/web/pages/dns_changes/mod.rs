//! `/dns-changes`: what is planned, applied, proven and taken back. Each page works as a plain form; script only keeps
//! it fresh.

use serde::Deserialize;

pub mod acts;
pub mod annotation;
pub mod cluster;
pub mod form;
pub mod lines;
pub mod list;
pub mod mend;
pub mod panel;
pub mod show;

use crate::dns_plan::{Edit, Op};
use crate::kinds::Tone;
use crate::web::PageError;

/// How a change's state is meant.
pub fn tone(state: &str) -> Tone {
    match state {
        "succeeded" => Tone::Good,
        "unknown" | "partial" | "failed" => Tone::Bad,
        "rolled_back" | "cancelled" | "expired" | "undone" => Tone::Muted,
        "planned" => Tone::Plain,
        _ => Tone::Warn,
    }
}

/// In words, for people.
pub fn worded(state: &str) -> &'static str {
    match state {
        "planned" => "planned",
        "expired" => "plan expired",
        "queued" => "waiting",
        "running" => "applying",
        "cancelling" => "cancelling",
        "paused" => "paused",
        "succeeded" => "applied",
        "partial" => "partial",
        "failed" => "failed",
        "cancelled" => "cancelled",
        "rolled_back" => "rolled back",
        "undone" => "taken back",
        _ => "unknown",
    }
}

/// What the forms of the panel send; each uses a part of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub action: String,
    pub from: String,
    pub to: String,
    /// Instead of `to`: what it is called, where there are more than can be offered.
    pub to_name: String,
    pub op: String,
    pub source: String,
    pub zone: String,
    pub name: String,
    #[serde(rename = "type")]
    pub record_type: String,
    pub ttl: String,
    pub proxied: String,
    pub comment: String,
    /// A line each.
    pub contents: String,
    pub reason: String,
    pub prepare: String,
    /// `1` where a switch moves machines' own names too.
    pub include_own_names: String,
    /// `1` where the button says that it applies at once.
    pub apply: String,
    /// One click is one change.
    pub idempotency_key: String,
}

impl Typed {
    /// The edit that the form of a record describes.
    ///
    /// # Errors
    /// [`PageError::Invalid`] for a number that is none.
    pub fn edit(&self) -> Result<Edit, PageError> {
        let op = match self.op.as_str() {
            "update" => Op::Update,
            "delete" => Op::Delete,
            _ => Op::Create,
        };
        let ttl = match self.ttl.trim() {
            "" => None,
            ttl => Some(ttl.parse().map_err(|_| PageError::Invalid(format!("The TTL is not a number: {ttl}.")))?),
        };
        let lines = self.contents.lines().map(str::trim).filter(|line| !line.is_empty());
        let says = op != Op::Delete;
        Ok(Edit {
            op,
            zone: self.zone.trim().to_owned(),
            name: self.name.trim().to_owned(),
            record_type: self.record_type.trim().to_owned(),
            ttl: ttl.filter(|_| says),
            proxied: (says && !self.proxied.is_empty()).then(|| self.proxied == "yes"),
            comment: says.then(|| self.comment.trim().to_owned()),
            contents: lines.map(str::to_owned).collect(),
        })
    }
}
