//! A write: the names are read, each set is compared with what the plan says of it, all of it is sent at once, and read
//! back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::carry::Carried;
use super::landed;
use crate::dns_plan::Piece;
use crate::providers::Provider;
use crate::providers::dns::{WriteRecords, ZoneRead};
use crate::runs::{Done, Settled, StepAt, Trouble};
use crate::wire::dns::{RecordSet, RecordValue, SetChange, SetName};

/// A provider's listing may be one write behind; so often it is looked at once more.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Which way a piece goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Forward,
    Back,
}

/// Writes a piece.
pub async fn forward(at: &StepAt<'_>, carried: &Carried, position: usize) -> Result<Done, Trouble> {
    let reading = Reading::of(at, carried, position)?;
    let read = reading.now().await?;
    let sets = by_name(&read);
    if reading.piece.changes.iter().all(|change| is_like(sets.get(&change.of), change.after.as_ref())) {
        landed::keep(at, carried, reading.piece, &read, Way::Forward).await?;
        return Ok(Done::new("It was so already, and nothing was sent."));
    }
    for change in &reading.piece.changes {
        let holds = match (sets.get(&change.of), &change.before) {
            (Some(now), Some(before)) => now.is_still(before),
            (None, None) => true,
            _ => false,
        };
        if !holds {
            return Err(Trouble::Failed(format!(
                "The plan is outdated: {} has been changed since it was made. Nothing of this step was sent.",
                change.of
            )));
        }
    }
    if let Some(why) = read.read_only {
        return Err(Trouble::Failed(format!("{} cannot be written: {why}.", reading.piece.at.name)));
    }
    reading.send(at, carried, &reading.piece.changes, Way::Forward).await
}

/// Takes a piece back, as far as nobody has changed it since.
pub async fn back(at: &StepAt<'_>, carried: &Carried, position: usize) -> Result<Done, Trouble> {
    let reading = Reading::of(at, carried, position)?;
    let read = reading.now().await?;
    let sets = by_name(&read);
    let (mut changes, mut foreign) = (Vec::new(), Vec::new());
    for change in &reading.piece.changes {
        let now = sets.get(&change.of);
        if is_like(now, change.before.as_ref()) {
            continue;
        }
        if is_like(now, change.after.as_ref()) {
            let before = change.before.as_ref().map(|set| alive(set, now));
            changes.push(SetChange { of: change.of.clone(), before: now.cloned(), after: before });
        } else {
            foreign.push(change.of.to_string());
        }
    }
    if !foreign.is_empty() {
        return Err(Trouble::Partial(format!(
            "Somebody has changed {} in the meantime, which is left as it is.",
            foreign.join(", ")
        )));
    }
    if changes.is_empty() {
        landed::keep(at, carried, reading.piece, &read, Way::Back).await?;
        return Ok(Done::already("Everything is as it was before."));
    }
    reading.send(at, carried, &changes, Way::Back).await
}

/// What became of a piece that was sent, or may have been.
pub async fn settle(at: &StepAt<'_>, carried: &Carried, position: usize, way: Way) -> Result<Settled, Trouble> {
    let reading = Reading::of(at, carried, position)?;
    let read = reading.now().await?;
    let sets = by_name(&read);
    let (mut done, mut undone, mut other) = (0, 0, Vec::new());
    for change in &reading.piece.changes {
        let (from, to) = way.ends(change);
        let now = sets.get(&change.of);
        if is_like(now, to) {
            done += 1;
        } else if is_like(now, from) {
            undone += 1;
        } else {
            other.push(change.of.to_string());
        }
    }
    if !other.is_empty() {
        let others = other.join(", ");
        return Ok(Settled::Unknown(format!(
            "{others}: neither as before nor as planned; somebody else writes there."
        )));
    }
    Ok(match (done, undone) {
        (_, 0) => {
            landed::keep(at, carried, reading.piece, &read, way).await?;
            Settled::Applied(Done::new(format!("The zone was read again: all {done} sets are as they shall be.")))
        }
        (0, _) => Settled::NotApplied("The zone was read again: nothing of it was carried out.".to_owned()),
        (done, undone) => {
            Settled::Partial(format!("The zone was read again: {done} of {} sets are as they shall be.", done + undone))
        }
    })
}

impl Way {
    fn ends(self, change: &SetChange) -> (Option<&RecordSet>, Option<&RecordSet>) {
        match self {
            Self::Forward => (change.before.as_ref(), change.after.as_ref()),
            Self::Back => (change.after.as_ref(), change.before.as_ref()),
        }
    }
}

/// A piece, and where it is written.
struct Reading<'c> {
    piece: &'c Piece,
    names: BTreeSet<String>,
    provider: Arc<dyn Provider>,
}

impl<'c> Reading<'c> {
    fn of(at: &StepAt<'_>, carried: &'c Carried, position: usize) -> Result<Self, Trouble> {
        let piece = carried.pieces.get(position);
        let piece = piece.ok_or_else(|| Trouble::Failed("The plan has no such part.".to_owned()))?;
        let names = piece.changes.iter().map(|change| change.of.name.clone()).collect();
        Ok(Self { piece, names, provider: at.provider(&piece.source)? })
    }

    fn dns(&self) -> Result<&dyn WriteRecords, Trouble> {
        let none = || Trouble::Failed(format!("The source {} changes no records.", self.piece.source));
        self.provider.dns().ok_or_else(none)
    }

    async fn now(&self) -> Result<ZoneRead, Trouble> {
        Ok(self.dns()?.read(&self.piece.at, Some(&self.names)).await?)
    }

    async fn send(&self, at: &StepAt<'_>, carried: &Carried, changes: &[SetChange], way: Way) -> Result<Done, Trouble> {
        let dns = self.dns()?;
        at.sent(format!("{} of {}", counted(changes.len()), self.piece.at.name));
        let written = at.send(dns.write(&self.piece.at, changes)).await?;
        let written = written.map_err(|failed| Trouble::of_write(failed.error, failed.may_have_been_applied))?;
        if !written.request.is_empty() {
            at.sent(written.request.clone());
        }
        at.answered(written.answer.clone(), written.request_id.as_deref());
        // The provider says that it is done; what it says when it is asked counts.
        for look in 0..LOOKS {
            let read = self.now().await.map_err(unsure)?;
            let sets = by_name(&read);
            if changes.iter().all(|change| is_like(sets.get(&change.of), change.after.as_ref())) {
                landed::keep(at, carried, self.piece, &read, way).await?;
                return Ok(Done::new(format!("{} written and read back.", counted(changes.len()))));
            }
            tokio::time::sleep(BETWEEN_LOOKS * (look + 1)).await;
        }
        Err(Trouble::Unsure("The provider said that it is done, and shows something else.".to_owned()))
    }
}

/// `1 set`, `12 sets`.
fn counted(sets: usize) -> String {
    if sets == 1 { "1 set".to_owned() } else { format!("{sets} sets") }
}

/// A write was sent before this failed, so nothing is known of it yet.
fn unsure(error: Trouble) -> Trouble {
    Trouble::Unsure(error.to_string())
}

fn by_name(read: &ZoneRead) -> BTreeMap<SetName, RecordSet> {
    read.sets.iter().map(|set| (set.of.clone(), set.clone())).collect()
}

/// Whether a set is what was asked for, as far as a provider lets anybody ask: parts that it renders itself are
/// compared as parts, and the TTL of a proxied record is its own.
pub fn is_like(now: Option<&RecordSet>, wanted: Option<&RecordSet>) -> bool {
    let (now, wanted) = match (now, wanted) {
        (Some(now), Some(wanted)) => (now, wanted),
        (None, None) => return true,
        _ => return false,
    };
    if now.says_the_same_as(wanted) {
        return true;
    }
    let sayings = |set: &RecordSet| {
        let saying = |value: &RecordValue| {
            let content = value.data.as_ref().map_or_else(|| value.content.clone(), parts);
            let ttl = if value.proxied { 0 } else { value.ttl };
            (content, ttl, value.proxied, value.disabled, value.comment.clone(), value.priority)
        };
        let mut sayings: Vec<_> = set.values.iter().map(saying).collect();
        sayings.sort();
        let mut comments: Vec<&str> = set.comments.iter().map(|comment| comment.content.as_str()).collect();
        comments.sort_unstable();
        (sayings, comments.join("\n"))
    };
    sayings(now) == sayings(wanted)
}

/// The parts of a structured content, whatever the order and the sort of numbers.
fn parts(data: &serde_json::Value) -> String {
    let Some(object) = data.as_object() else { return data.to_string() };
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parts: BTreeMap<&str, String> = object.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    format!("{parts:?}")
}

/// The set with the ids that are still there.
fn alive(set: &RecordSet, now: Option<&RecordSet>) -> RecordSet {
    let known: BTreeSet<&str> =
        now.into_iter().flat_map(|now| &now.values).filter_map(|value| value.id.as_deref()).collect();
    let values = set.values.iter().map(|value| {
        let id = value.id.clone().filter(|id| known.contains(id.as_str()));
        RecordValue { id, modified_on: None, ..value.clone() }
    });
    RecordSet { values: values.collect(), ..set.clone() }
}
