//! A large scope that was never listed to its end: written while it is being listed.
//!
//! Nothing is known of it, so nothing of it can be lost, and what it shows is news however its listing ends: there is
//! nothing to judge before it is written, and no stage. The provider is listened to meanwhile. The scope stays `never`
//! until its listing has ended, so that what it lacks proves nothing; a crash leaves what is written, and the next
//! listing goes on from there.

use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::write::{batch, keep, tally, to_put};
use super::{Claim, Tracked};
use crate::clock::Instant;
use crate::store::apply::{self, Applied, Batch, Put};
use crate::store::scopes::ScopeState;
use crate::store::secret_values::Listed;
use crate::store::{Db, Priority, StoreError, gate, resource_writes, statistics, syncs};

/// So many rows of all the scopes of a pass are in memory at most, to be written or being written; then the provider waits.
/// Half of them are as many as go into one transaction.
const GATHERED: usize = 16_000;

/// Rows of a scope on their way into the database.
#[derive(Default)]
pub struct Stream {
    writing: Option<AbortOnDropHandle<Result<(), StoreError>>>,
    /// How many they were.
    rows: usize,
}

/// Rows to be written, with what they need.
pub struct Portion {
    pub batch: Batch,
    pub puts: Vec<Put>,
    pub secrets: Vec<Listed>,
    /// What the panel has written since then is newer.
    pub began_at: Instant,
}

impl Stream {
    pub fn is_writing(&self) -> bool {
        self.writing.as_ref().is_some_and(|writing| !writing.is_finished())
    }

    /// Rows that are being written.
    fn under_way(&self) -> usize {
        if self.is_writing() { self.rows } else { 0 }
    }

    /// Begins to write more, once what came before is written.
    pub async fn write(&mut self, db: &Db, claim: &Claim, portion: Portion) -> Result<(), StoreError> {
        self.settle().await?;
        self.rows = portion.puts.len();
        let writing = write(db.clone(), claim.clone(), portion).in_current_span();
        self.writing = Some(AbortOnDropHandle::new(tokio::spawn(writing)));
        Ok(())
    }

    /// Waits until everything is written.
    pub async fn settle(&mut self) -> Result<(), StoreError> {
        match self.writing.take() {
            Some(writing) => writing.await.unwrap_or(Err(StoreError::Cancelled)),
            None => Ok(()),
        }
    }
}

/// Writes rows, as many in a transaction as fit before somebody waits, each with its secrets before it: a row that is
/// there is not brought again.
async fn write(db: Db, claim: Claim, portion: Portion) -> Result<(), StoreError> {
    let Portion { batch, mut puts, secrets, began_at } = portion;
    for secrets in secrets.chunks(apply::SLICE) {
        let (claim, batch, vault, secrets) = (claim.clone(), batch.clone(), db.vault().cloned(), secrets.to_vec());
        db.write_as(Priority::Background, move |connection| {
            syncs::hold(connection, claim.sync_id, &claim.worker, batch.at)?;
            keep(connection, vault.as_ref(), &batch, &secrets)
        })
        .await?;
    }
    while !puts.is_empty() {
        let (claim, batch, house, now) = (claim.clone(), batch.clone(), db.clone(), db.clock.now());
        let slice = move |connection: &mut _| {
            syncs::hold(connection, claim.sync_id, &claim.worker, now)?;
            gate::take_turn(connection, gate::Turn::Inventory)?;
            let newer = resource_writes::since(connection, batch.scope_id, began_at)?;
            puts.retain(|put| !newer.contains(&put.external_hash));
            let (mut applied, mut stint) = (Applied::default(), house.stint());
            while !puts.is_empty() {
                let rest = puts.split_off(puts.len().min(stint.portion()));
                applied.absorb(apply::put(connection, &batch, std::mem::replace(&mut puts, rest))?);
                if !stint.goes_on() {
                    break;
                }
            }
            let reason = "its first listing is being written";
            let written = tally(applied, 0);
            syncs::record(connection, claim.sync_id, batch.scope_id, ScopeState::Never, reason, &written)?;
            Ok((puts, written.added))
        };
        let added;
        (puts, added) = db.write_as(Priority::Background, slice).await?;
        statistics::written(&db, added).await;
    }
    Ok(())
}

impl Tracked {
    /// Rows in memory.
    pub(super) fn gathered(&self) -> usize {
        self.pending.len() + self.stream.under_way()
    }

    /// Begins to write what has gathered, unless something else is being written and there is room for more: so many
    /// rows of all scopes have gathered.
    pub(super) async fn stream_pending(&mut self, db: &Db, claim: &Claim, gathered: usize) -> Result<(), StoreError> {
        if !self.stream.is_writing() || gathered >= GATHERED {
            self.stream_rest(db, claim).await?;
        }
        Ok(())
    }

    /// Begins to write everything that is pending.
    async fn stream_rest(&mut self, db: &Db, claim: &Claim) -> Result<(), StoreError> {
        let batch = batch(&self.source, self.scope.kind, self.row.id, db.clock.now(), Vec::new());
        let secrets = self.secrets();
        self.values.clear();
        let rows = std::mem::take(&mut self.pending).into_rows();
        let puts = rows.into_iter().map(|row| to_put(row, &batch)).collect();
        self.streamed = true;
        self.stream.write(db, claim, Portion { batch, puts, secrets, began_at: self.began_at }).await
    }

    /// Waits until everything that was listed is written, if it is written at once.
    pub(super) async fn settle(&mut self, db: &Db, claim: &Claim) -> Result<(), StoreError> {
        if self.streams() {
            self.stream_rest(db, claim).await?;
        }
        self.stream.settle().await
    }
}
