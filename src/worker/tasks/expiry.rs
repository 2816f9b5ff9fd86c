//! Removes what has run out: sessions, setup links, invitations, attempts to sign in and half of it, second factors
//! that nobody confirmed, keys of requests, notes of what the panel wrote, what syncs of a month ago did, the secrets
//! of what has been gone for a month, and what says that a finding is ignored. Closes audit rows that nobody will
//! complete, and ends looks as somebody else whose hour has passed.
//!
//! **One more**: its `prune` in the store, and its number in the report.

use chrono::TimeDelta;

use super::slices;
use crate::accounts::{second_factor, sessions, throttle};
use crate::audit;
use crate::store::{
    findings, half_sign_ins, idempotency, invitations, resource_writes, second_factors, secret_values, setup_links,
    sign_ins, syncs,
};
use crate::worker::Worker;
use crate::worker::task::Outcome;

/// How long it can be seen what a sync did.
const SYNCS_KEPT: TimeDelta = TimeDelta::days(30);
/// How long the secrets of what is gone can be looked at.
const SECRETS_KEPT: TimeDelta = TimeDelta::days(30);
/// How long a request that comes again is known.
const KEYS_KEPT: TimeDelta = TimeDelta::days(2);
/// Syncs forgotten in one transaction: each may have touched a thousand scopes.
const BATCH: i64 = 20;
/// Transactions of one run; what is left then is the next run's.
const BATCHES: usize = 100;

pub async fn run(worker: &Worker) -> Outcome {
    let (db, now) = (&worker.db, worker.db.clock.now());
    let of = db.clone();
    let (sessions, links, attempts, secrets, ignores) = db
        .tend(move |connection| {
            Ok((
                sessions::end_expired(connection, &of)? + half_sign_ins::prune(connection, now)?,
                setup_links::prune(connection, now)? + invitations::prune(connection, now)?,
                sign_ins::prune(connection, now - throttle::WINDOW)?
                    + idempotency::prune(connection, now - KEYS_KEPT)?
                    + resource_writes::prune(connection, now - KEYS_KEPT)?,
                secret_values::prune(connection, now - SECRETS_KEPT)?
                    + second_factors::prune(connection, now - second_factor::TO_CONFIRM)?,
                findings::forget_ignores(connection, now)?,
            ))
        })
        .await?;
    let closed = audit::close_stale(db).await?;
    let before = now - SYNCS_KEPT;
    let syncs = slices::remove(db, BATCHES, move |connection| syncs::prune(connection, before, BATCH)).await?;
    Ok(format!(
        "{sessions} sessions, {links} links, {attempts} attempts, {secrets} secrets, {ignores} ignores, {syncs} syncs removed; {closed} audit rows closed"
    ))
}
