//! `fill`: puts the estate and its history into a database, by syncing it again and again while a clock that is held
//! moves on.
//!
//! Nothing is written but by `sync::run`. The history ends at the estate's present and has a step a minute: at each the
//! canary has its next state, every so often the busy hundredth has one, and half-way the second state of every tenth
//! thing comes about.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use quarterdeck::clock::Clock;
use quarterdeck::config::{Config, Environment, LoadFrom};
use quarterdeck::store::sources::{self, ConfiguredSource};
use quarterdeck::store::{Db, syncs};
use quarterdeck::sync::{self, Claim, Source, SyncState};

use crate::estate::Estate;
use crate::fill::part::Part;

mod part;

/// What to fill, and with how much.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// `sqlite:` or `postgres:`; migrated if need be
    #[arg(long)]
    database: String,
    /// The panel's configuration, whose sources are filled
    #[arg(long)]
    config: PathBuf,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Everything else follows from it: ten records each, and so on
    #[arg(long, default_value_t = 100_000)]
    instances: usize,
    /// States of the busy hundredth
    #[arg(long, default_value_t = 200)]
    busy_states: usize,
    /// States of the one that never rests, a minute apart
    #[arg(long, default_value_t = 10_000)]
    canary_states: usize,
    /// The present, at which the history ends (RFC 3339)
    #[arg(long)]
    present: DateTime<Utc>,
}

/// A database that is being filled.
struct Filling {
    db: Db,
    sources: Vec<(Source, Arc<AtomicUsize>)>,
}

/// The sources whose things change all the time, but for the canary.
const BUSY: [&str; 3] = ["aws-spot", "dns-dynamic", "paas-ci"];
const CANARY: &str = "aws-canary";

pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let minutes = arguments.canary_states.max(arguments.busy_states).max(2) - 1;
    let begin = arguments.present - TimeDelta::minutes(i64::try_from(minutes)?);
    let estate = Estate { seed: arguments.seed, instances: arguments.instances, present: arguments.present };
    let filling = Filling::open(&arguments, estate, Clock::held_at(begin)).await?;

    let began = Instant::now();
    filling.sync(|_| true, 0).await?;
    writeln!(std::io::stdout(), "  filled in {:.1} s", began.elapsed().as_secs_f64())?;
    let mut busy = 0;
    for minute in 1..=minutes {
        filling.db.clock.advance(TimeDelta::minutes(1));
        if minute == minutes.div_ceil(2) {
            filling.sync(|name| !BUSY.contains(&name) && name != CANARY, 1).await?;
        }
        if minute < arguments.canary_states {
            filling.sync(|name| name == CANARY, minute).await?;
        }
        // As evenly as the minutes allow.
        if minute * (arguments.busy_states - 1) / minutes > busy {
            busy += 1;
            filling.sync(|name| BUSY.contains(&name), busy).await?;
        }
    }
    writeln!(std::io::stdout(), "  with its history in {:.1} s", began.elapsed().as_secs_f64())?;
    Ok(())
}

impl Filling {
    async fn open(arguments: &Arguments, estate: Estate, clock: Clock) -> anyhow::Result<Self> {
        let from = LoadFrom { file: Some(arguments.config.clone()), ..LoadFrom::default() };
        let config = Config::load(&from, &Environment::of_process())?;
        let db = Db::open(&arguments.database, clock)?;
        db.migrate().await?;
        let configured: Vec<ConfiguredSource> = config
            .sources
            .iter()
            .map(|source| ConfiguredSource {
                name: source.name.clone(),
                provider: source.provider.clone(),
                region: source.region.clone().unwrap_or_default(),
                cluster: source.cluster.clone().unwrap_or_default(),
                every_seconds: i64::try_from(source.every.as_secs()).unwrap_or(i64::MAX),
                kinds: Vec::new(),
                missing: None,
            })
            .collect();
        let now = db.clock.now();
        db.write(move |connection| sources::configure(connection, &configured, now)).await?;
        let sources = config.sources.iter().map(|source| {
            let turn = Arc::new(AtomicUsize::new(0));
            let part = Part { estate, source: source.name.clone(), turn: Arc::clone(&turn) };
            (Source::new(&config, source.clone(), Arc::new(part)), turn)
        });
        Ok(Self { sources: sources.collect(), db })
    }

    /// Syncs the chosen sources at a turn, as a worker would: asked for, claimed, run.
    async fn sync(&self, chosen: impl Fn(&str) -> bool, turn: usize) -> anyhow::Result<()> {
        for (source, at) in self.sources.iter().filter(|(source, _)| chosen(&source.config.name)) {
            at.store(turn, Ordering::Relaxed);
            let (name, now) = (source.config.name.clone(), self.db.clock.now());
            let claimed = self
                .db
                .write(move |connection| {
                    syncs::request(connection, &name, "bench", now)?;
                    syncs::claim(connection, "bench", &[name], now)
                })
                .await?;
            let row = claimed.context("somebody else syncs this database")?;
            let report = sync::run(&self.db, source, &Claim { sync_id: row.id, worker: "bench".to_owned() }).await?;
            if report.state != SyncState::Succeeded {
                bail!(
                    "{} did not succeed: {} {} {:?}",
                    report.source,
                    report.state.as_str(),
                    report.reason,
                    report.scopes
                );
            }
        }
        Ok(())
    }
}
