//! The round: looks at all targets, begins only so many a second, never two at one address, and is held up by no slow
//! one.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{TryStreamExt, stream};
use tokio::time::Instant as Tick;

use super::network::{Network, nothing};
use super::plan::Target;
use super::verdict;
use crate::config::ProbeConfig;
use crate::store::gate::{self, Turn};
use crate::store::served_certificates::targets::{self, Seen};
use crate::store::{Db, Priority, StoreError};

/// Addresses looked at side by side.
const AT_ONCE: usize = 8;
/// After so many vain connections to an address, one after another, nobody waits for it any more in this round.
const VAIN: usize = 3;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub hosts: usize,
    pub read: usize,
    pub unseen: usize,
    pub left_alone: usize,
}

/// Looks at every target once.
pub async fn look_at(
    db: &Db,
    config: &ProbeConfig,
    network: &Network,
    targets: Vec<Target>,
) -> Result<Tally, StoreError> {
    let mut by_address: BTreeMap<IpAddr, Vec<Target>> = BTreeMap::new();
    for target in targets {
        by_address.entry(target.address).or_default().push(target);
    }
    let (pace, [read, unseen]) = (Pace::of(config.per_second), Default::default());
    let round = Round { db, config, network, pace, read, unseen };
    let work = stream::iter(by_address.into_values().map(Ok::<_, StoreError>));
    work.try_for_each_concurrent(AT_ONCE, |targets| round.one_address(targets)).await?;
    let count = |counter: AtomicUsize| counter.into_inner();
    Ok(Tally { read: count(round.read), unseen: count(round.unseen), ..Tally::default() })
}

struct Round<'a> {
    db: &'a Db,
    config: &'a ProbeConfig,
    network: &'a Network,
    pace: Pace,
    read: AtomicUsize,
    unseen: AtomicUsize,
}

impl Round<'_> {
    async fn one_address(&self, targets: Vec<Target>) -> Result<(), StoreError> {
        let mut vain = 0;
        for target in targets {
            let seen = if vain < VAIN {
                self.pace.turn().await;
                let (at, host) = (SocketAddr::new(target.address, target.port), target.host.as_host());
                let look = self.network.look(at, host.unwrap_or_default(), self.config.patience).await;
                vain = if look.is_err() { vain + 1 } else { 0 };
                look.unwrap_or_else(|nobody| nobody)
            } else {
                nothing(format!("not tried: {VAIN} connections to this address were in vain just before"))
            };
            let counter = if matches!(seen, Seen::Chain { .. }) { &self.read } else { &self.unseen };
            counter.fetch_add(1, Ordering::Relaxed);
            self.write(target, seen).await?;
        }
        Ok(())
    }

    async fn write(&self, target: Target, seen: Seen) -> Result<(), StoreError> {
        let clock = self.db.clock.clone();
        self.db
            .write_as(Priority::Background, move |connection| {
                gate::take_turn(connection, Turn::Served)?;
                let now = clock.now();
                targets::record(connection, target.id, &seen, now)?;
                verdict::judge_host(connection, &target.host, now)
            })
            .await
    }
}

/// Hands out turns at an even pace.
struct Pace {
    gap: Duration,
    next: Mutex<Tick>,
}

impl Pace {
    fn of(per_second: u32) -> Self {
        Self { gap: Duration::from_secs(1) / per_second.max(1), next: Mutex::new(Tick::now()) }
    }

    async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            // Turns that nobody took are lost: a pause is no reason for a rush.
            let turn = (*next).max(Tick::now());
            *next = turn + self.gap;
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}
