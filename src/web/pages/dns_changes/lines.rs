//! Changes and their sets as pages show them.

use crate::actions::dns_change::titled;
use crate::clock::Instant;
use crate::dns_plan::{Code, PlannedChange, Refusal, Touch};
use crate::kinds::{KindSpec, Tone};
use crate::store::dns_changes::ChangeRow;
use crate::wire::dns::{RecordSet, RecordValue};

use super::{tone, worded};

/// A change in a list.
#[derive(Clone, Debug)]
pub struct ChangeLine {
    pub id: i64,
    pub href: String,
    pub sort: &'static str,
    pub title: String,
    pub state: String,
    pub tone: Tone,
    pub by: String,
    pub planned_at: Instant,
    pub applied_at: Option<Instant>,
    /// As long as it can be taken back.
    pub undo_until: Option<Instant>,
}

impl ChangeLine {
    pub fn of(row: &ChangeRow, now: Instant) -> Self {
        let state = row.state(now);
        Self {
            id: row.id,
            href: format!("/dns-changes/{}", row.id),
            sort: titled(&row.action),
            title: row.title.clone(),
            state: worded(state).to_owned(),
            tone: tone(state),
            by: by(row),
            planned_at: row.planned_at(),
            applied_at: row.applied_at(),
            undo_until: way_back_until(row, now),
        }
    }
}

/// Who, and for whom where that is another.
fn by(row: &ChangeRow) -> String {
    match row.effective_actor.as_str() {
        "" => row.actor.clone(),
        same if same == row.actor => row.actor.clone(),
        other => format!("{} for {other}", row.actor),
    }
}

/// Until when it can be taken back, if it can.
pub fn way_back_until(row: &ChangeRow, now: Instant) -> Option<Instant> {
    let may = matches!(row.state(now), "succeeded" | "partial" | "unknown") && row.undone_by.is_none();
    row.undo_until().filter(|until| may && *until > now)
}

/// A set of a plan.
#[derive(Clone, Debug)]
pub struct SetLine {
    pub name: String,
    pub record_type: String,
    pub zone: String,
    pub source: String,
    pub values: Vec<ValueLine>,
    pub ttl: String,
    pub notes: Vec<String>,
    pub why: String,
    pub touches: Vec<TouchLine>,
    pub more_touches: usize,
    pub warnings: Vec<String>,
}

/// Something that hangs on a set, and how it would fare without it.
#[derive(Clone, Debug)]
pub struct TouchLine {
    pub kind: &'static str,
    pub name: String,
    pub href: String,
    /// `lost` or `degraded`; empty where it would not notice.
    pub harm: String,
    pub tone: Tone,
    pub left: String,
}

impl TouchLine {
    fn of(touch: &Touch) -> Option<Self> {
        let spec = KindSpec::by_name(&touch.kind)?;
        let (harm, tone) = match touch.harm.as_str() {
            "lost" => ("lost", Tone::Bad),
            "degraded" => ("degraded", Tone::Warn),
            _ => ("", Tone::Plain),
        };
        Some(Self {
            kind: spec.title,
            name: touch.name.clone(),
            href: format!("/{}/{}", spec.path, touch.id),
            harm: harm.to_owned(),
            tone,
            left: touch.left.clone(),
        })
    }
}

/// A value: how it stands in the way from before to after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueLine {
    pub content: String,
    /// `gone`, `new`, or nothing where it stays.
    pub mark: &'static str,
}

/// So many things that are touched are named beside a record.
const NAMED: usize = 3;

impl SetLine {
    pub fn of(planned: &PlannedChange) -> Self {
        let (before, after) = (planned.change.before.as_ref(), planned.change.after.as_ref());
        Self {
            name: planned.change.of.name.clone(),
            record_type: planned.change.of.record_type.clone(),
            zone: planned.at.name.clone(),
            source: planned.source.clone(),
            values: values(before, after),
            ttl: from_to(before.map(ttl), after.map(ttl)),
            notes: notes(before, after),
            why: planned.why.clone(),
            touches: planned.touches.iter().take(NAMED).filter_map(TouchLine::of).collect(),
            more_touches: planned.touches.len().saturating_sub(NAMED),
            warnings: planned.warnings.clone(),
        }
    }
}

/// What leaves, what comes, what stays; in this order.
fn values(before: Option<&RecordSet>, after: Option<&RecordSet>) -> Vec<ValueLine> {
    let contents =
        |set: Option<&RecordSet>| -> Vec<String> { set.into_iter().flat_map(|set| &set.values).map(shown).collect() };
    let (old, new) = (contents(before), contents(after));
    let line = |content: &String, mark| ValueLine { content: content.clone(), mark };
    let gone = old.iter().filter(|content| !new.contains(content)).map(|content| line(content, "gone"));
    let come = new.iter().filter(|content| !old.contains(content)).map(|content| line(content, "new"));
    let stays = new.iter().filter(|content| old.contains(content)).map(|content| line(content, ""));
    gone.chain(come).chain(stays).collect()
}

fn shown(value: &RecordValue) -> String {
    match value.priority {
        Some(priority) => format!("{priority} {}", value.content),
        None => value.content.clone(),
    }
}

fn ttl(set: &RecordSet) -> String {
    let mut all: Vec<i64> = set.values.iter().map(|value| value.ttl).collect();
    all.sort_unstable();
    all.dedup();
    let named = |ttl: &i64| if *ttl == 1 { "auto".to_owned() } else { format!("{ttl} s") };
    all.iter().map(named).collect::<Vec<_>>().join(", ")
}

fn from_to(before: Option<String>, after: Option<String>) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
        (_, Some(after)) => after,
        (Some(before), None) => before,
        (None, None) => String::new(),
    }
}

/// Proxying and comments, where there are any or they change.
fn notes(before: Option<&RecordSet>, after: Option<&RecordSet>) -> Vec<String> {
    let proxied = |set: Option<&RecordSet>| set.map(|set| set.values.iter().any(|value| value.proxied));
    let mut notes = Vec::new();
    match (proxied(before), proxied(after)) {
        (Some(true), Some(false)) => notes.push("proxied → not proxied".to_owned()),
        (Some(false), Some(true)) => notes.push("not proxied → proxied".to_owned()),
        (_, Some(true)) | (Some(true), None) => notes.push("proxied".to_owned()),
        _ => {}
    }
    let comments = |set: Option<&RecordSet>| -> Vec<String> {
        let values = set.into_iter().flat_map(|set| &set.values).map(|value| &value.comment);
        let sets = set.into_iter().flat_map(|set| &set.comments).map(|comment| &comment.content);
        let mut all: Vec<String> = values.chain(sets).filter(|comment| !comment.is_empty()).cloned().collect();
        all.sort();
        all.dedup();
        all
    };
    let (old, new) = (comments(before), comments(after));
    if old == new || after.is_none() {
        notes.extend(old.iter().map(|comment| format!("“{comment}”")));
    } else {
        notes.push(format!("comment: “{}” → “{}”", old.join(", "), new.join(", ")));
    }
    notes
}

/// What speaks against it, and what to do.
#[derive(Clone, Debug)]
pub struct RefusalLine {
    pub text: String,
    pub remedy: &'static str,
    /// The notice's class: nothing that is to be done is no trouble.
    pub tone: &'static str,
    /// The change that has to be taken back first.
    pub href: Option<String>,
}

impl RefusalLine {
    pub fn of(refusal: &Refusal) -> Self {
        let tone = match refusal.code {
            Code::NothingToLower => "tone-good",
            code if code.is_calm() => "",
            _ if refusal.overridable => "tone-warn",
            _ => "tone-bad",
        };
        let href = refusal.change.map(|change| format!("/dns-changes/{change}"));
        Self { text: refusal.text.clone(), remedy: refusal.remedy(), tone, href }
    }
}
