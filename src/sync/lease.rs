//! The lease of a running sync, kept while its work goes on, whatever that is at: waiting for a provider, judging half
//! a million rows, placing them. Work whose lease is lost ends where it is; each of its writes would have been refused
//! anyway.

use std::time::Duration;

use super::Claim;
use crate::store::syncs::{self, LeaseLost};
use crate::store::{Db, StoreError};

/// How often the lease is renewed; it lasts four times as long.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Does the work and keeps the lease beside it.
pub async fn keep<T>(
    db: &Db,
    claim: &Claim,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::select! {
        biased;
        ended = work => ended,
        lost = renew_until_lost(db, claim) => Err(lost),
    }
}

async fn renew_until_lost(db: &Db, claim: &Claim) -> StoreError {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let (claim, now) = (claim.clone(), db.clock.now());
        let held = db.tend(move |connection| syncs::hold(connection, claim.sync_id, &claim.worker, now)).await;
        match held {
            Ok(()) => {}
            Err(error) if LeaseLost::is(&error) => return error,
            // The database may be away for a moment; the lease lasts a few of them.
            Err(error) => tracing::warn!(error = ?error, "a lease could not be renewed"),
        }
    }
}
