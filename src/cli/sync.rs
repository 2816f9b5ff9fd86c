//! `quarterdeck sync [SOURCE]`: collects now, as a worker would, and says what each scope came to.

use std::io::Write;
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::{Ending, open};
use crate::config::{Environment, LoadFrom};
use crate::context::{Context, Reach};
use crate::error::{Fault, Faults, Place};
use crate::store::syncs::{self, SyncResultRow, SyncRow};
use crate::store::{Db, Scope, StoreError};
use crate::sync::{Claim, Source, recover, run as collect};
use crate::telemetry::new_id;

/// Between two looks at a sync that another worker runs.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Between two looks whether that worker still lives.
const REAP_EVERY: Duration = Duration::from_secs(5);

/// What `sync` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only this source
    source: Option<String>,
    /// One JSON object a scope and kind, instead of `SOURCE SCOPE KIND STATE +ADDED ~CHANGED -GONE =UNCHANGED`
    #[arg(long)]
    json: bool,
    /// Write nothing; print `+|~|- KIND NAME field: old -> new`
    #[arg(long, conflicts_with = "json")]
    dry_run: bool,
}

pub async fn run(arguments: Arguments, from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    if arguments.dry_run {
        let context = open::reading(from, environment).await?;
        let sources = chosen(&context, arguments.source.as_deref())?;
        return super::dry_run::run(&context.db, &sources).await;
    }
    let context = open::context_for_once(from, environment).await?;
    let sources = chosen(&context, arguments.source.as_deref())?;
    let all = open::collectable(&context);
    recover::recover(&context.db, &all, false).await?;
    let mut endings = Vec::new();
    for source in &sources {
        let (row, results) = sync(&context.db, source, &all).await?;
        for result in &results {
            let line = if arguments.json { as_json(&row, result) } else { as_line(&row, result) };
            writeln!(std::io::stdout(), "{line}")?;
        }
        if row.state != "succeeded" {
            tracing::warn!(source = row.source, state = row.state, reason = row.reason, "the sync did not succeed");
        }
        endings.push(ending_of(&row, &results));
    }
    Ok(together(&endings))
}

/// The sources to sync: the named one, or all that are configured.
fn chosen(context: &Context, name: Option<&str>) -> Result<Vec<Source>, Faults> {
    let refused = |what: String, remedy: String| Faults(vec![Fault::new(Place::outside("sync"), what, remedy)]);
    for source in context.sources.iter() {
        let Reach::NotConfigured { missing } = &source.reach else { continue };
        if name == Some(source.config.name.as_str()) {
            let what = format!("the source {:?} is not configured: {missing}", source.config.name);
            return Err(refused(what, "give it what is missing".to_owned()));
        }
        if name.is_none() {
            tracing::warn!(source = source.config.name, missing, "left out: not configured");
        }
    }
    let mut sources = open::collectable(context).to_vec();
    if let Some(name) = name {
        sources.retain(|source| source.config.name == name);
        if sources.is_empty() {
            let known: Vec<_> = context.sources.iter().map(|source| source.config.name.as_str()).collect();
            return Err(refused(format!("no source is named {name:?}"), format!("use one of: {}", known.join(", "))));
        }
    }
    Ok(sources)
}

/// Asks for a sync and runs it, or waits for the worker that was faster, as long as that one lives: with no other
/// process about, nobody else would notice its death.
async fn sync(db: &Db, source: &Source, all: &[Source]) -> Result<(SyncRow, Vec<SyncResultRow>), StoreError> {
    let (name, worker) = (source.config.name.clone(), format!("cli-{}-{}", std::process::id(), new_id()));
    let now = db.clock.now();
    let asked = db.tend(move |connection| syncs::request(connection, &name, "command line", now)).await?;
    let mut reaped = Instant::now();
    loop {
        if reaped.elapsed() >= REAP_EVERY {
            recover::recover(db, all, false).await?;
            reaped = Instant::now();
        }
        let (name, claimant, now) = (vec![source.config.name.clone()], worker.clone(), db.clock.now());
        let claimed = db.tend(move |connection| syncs::claim(connection, &claimant, &name, now)).await?;
        if let Some(row) = claimed {
            let claim = Claim { sync_id: row.id, worker: worker.clone() };
            let span = tracing::info_span!("sync", source = row.source, sync = row.id, id = new_id());
            collect(db, source, &claim).instrument(span).await?;
        }
        let id = asked.id;
        let row = db.read(move |connection| syncs::by_id(connection, id)).await?;
        if let Some(row) = row.filter(|row| row.ended_at.is_some()) {
            let results = db.read(move |connection| syncs::results(connection, &Scope::unrestricted(), &[id])).await?;
            return Ok((row, results));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn as_line(row: &SyncRow, result: &SyncResultRow) -> String {
    let scope = if result.scope.is_empty() { "-" } else { &result.scope };
    format!(
        "{} {scope} {} {} +{} ~{} -{} ={}",
        row.source, result.kind, result.state, result.added, result.changed, result.gone, result.unchanged
    )
}

fn as_json(row: &SyncRow, result: &SyncResultRow) -> String {
    serde_json::json!({
        "source": row.source, "scope": result.scope, "kind": result.kind, "state": result.state, "reason": result.reason,
        "added": result.added, "changed": result.changed, "gone": result.gone, "unchanged": result.unchanged, "held": result.held,
    })
    .to_string()
}

fn ending_of(row: &SyncRow, results: &[SyncResultRow]) -> Ending {
    match row.state.as_str() {
        "succeeded" if results.iter().all(|result| result.held == 0 && result.state != "held") => Ending::Done,
        "failed" => Ending::Failed,
        _ => Ending::Partial,
    }
}

/// Some failed and some not is partial, never done.
fn together(endings: &[Ending]) -> Ending {
    match endings {
        [] => Ending::Done,
        [first, rest @ ..] if rest.iter().all(|ending| ending == first) => *first,
        _ => Ending::Partial,
    }
}

#[cfg(test)]
mod tests {
    use super::{Ending, together};

    #[test]
    fn some_failed_and_some_not_is_partial() {
        use Ending::{Done, Failed, Partial};
        assert_eq!(together(&[]), Done);
        assert_eq!(together(&[Done, Done]), Done);
        assert_eq!(together(&[Failed, Failed]), Failed);
        assert_eq!(together(&[Done, Failed]), Partial);
        assert_eq!(together(&[Partial, Failed]), Partial);
    }
}
