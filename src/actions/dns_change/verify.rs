//! Proof from outside: the zones are asked until they answer with what was written, or time is up.

use std::collections::{BTreeMap, BTreeSet};

use super::carry::Carried;
use crate::dns_plan::Piece;
use crate::runs::{Done, StepAt, Trouble};
use crate::store::dns_changes::checks::{self, Seen};
use crate::wire::dns::RecordSet;

/// What is asked of one zone.
struct Asked<'c> {
    piece: &'c Piece,
    names: BTreeSet<String>,
}

/// Asks until every zone serves what was written.
pub async fn verify(at: &StepAt<'_>, carried: &Carried) -> Result<Done, Trouble> {
    let began = tokio::time::Instant::now();
    let asked: Vec<Asked<'_>> = carried.pieces.iter().map(Asked::of).collect();
    loop {
        let mut seen = Vec::new();
        for zone in &asked {
            seen.extend(zone.look(at).await);
        }
        note(at, carried.change, &seen).await;
        let behind: Vec<&Seen> = seen.iter().filter(|seen| !serves(seen)).collect();
        let Some(first) = behind.first() else {
            return Ok(Done::new(format!("All {} servers serve what was written.", seen.len())));
        };
        if began.elapsed() >= at.context.config.dns.verify_for {
            return Err(Trouble::Unsure(format!(
                "{} of {} servers do not serve it yet, {} of {} among them ({}). What is written stays. Ask that server yourself, then \
                 take the change back or note that it is well.",
                behind.len(),
                seen.len(),
                first.server,
                first.zone,
                first.trouble
            )));
        }
        at.progress(&format!("{} of {} servers serve it", seen.len() - behind.len(), seen.len())).await;
        if !at.pause(at.context.config.dns.verify_every).await {
            return Err(Trouble::Stopped);
        }
    }
}

fn serves(seen: &Seen) -> bool {
    seen.trouble.is_empty() && seen.served == seen.judged
}

/// What was seen, for the change's page.
async fn note(at: &StepAt<'_>, change: i64, seen: &[Seen]) {
    let (seen, now) = (seen.to_vec(), at.context.clock.now());
    let noted = at
        .context
        .db
        .write(move |connection| seen.iter().try_for_each(|seen| checks::write(connection, change, seen, now)));
    if let Err(error) = noted.await {
        tracing::warn!(change, %error, "what servers say could not be noted");
    }
}

impl<'c> Asked<'c> {
    fn of(piece: &'c Piece) -> Self {
        Self { piece, names: piece.changes.iter().map(|change| change.of.name.clone()).collect() }
    }

    /// What the provider shows of it.
    async fn look(&self, at: &StepAt<'_>) -> Vec<Seen> {
        let mut seen = Seen {
            zone: self.piece.at.name.clone(),
            server: format!("{} (its API)", self.piece.source),
            served: 0,
            judged: i32::try_from(self.piece.changes.len()).unwrap_or(i32::MAX),
            trouble: String::new(),
        };
        match self.read(at).await {
            Ok(sets) => {
                for change in &self.piece.changes {
                    let now = sets.get(&change.of.to_string());
                    if super::write::is_like(now, change.after.as_ref()) {
                        seen.served += 1;
                    } else if seen.trouble.is_empty() {
                        seen.trouble = format!("{} is not as planned", change.of);
                    }
                }
            }
            Err(trouble) => seen.trouble = trouble.to_string(),
        }
        vec![seen]
    }

    async fn read(&self, at: &StepAt<'_>) -> Result<BTreeMap<String, RecordSet>, Trouble> {
        let provider = at.provider(&self.piece.source)?;
        let none = || Trouble::Failed(format!("The source {} changes no records.", self.piece.source));
        let read = provider.dns().ok_or_else(none)?.read(&self.piece.at, Some(&self.names)).await?;
        Ok(read.sets.into_iter().map(|set| (set.of.to_string(), set)).collect())
    }
}
