//! `quarterdeck worker`: the worker alone, until it is told to stop.

use tokio_util::sync::CancellationToken;

use super::{Ending, open};
use crate::config::{Environment, LoadFrom};
use crate::context::Context;
use crate::worker::Worker;

pub async fn run(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let prepared = open::prepare(from, environment)?;
    open::refuse_sqlite(&prepared.config, "worker")?;
    let context = Context::open(prepared.config, prepared.sources, prepared.parts).await?;
    let worker = Worker::new(context.db.clone(), open::collectable(&context))
        .counting(context.metrics.clone())
        .keeping(context.config.history)
        .owning(&context.config.networks);
    tracing::info!(worker = worker.name, sources = worker.sources.len(), "working");
    worker.run(stop_on_signal()?).await?;
    Ok(Ending::Done)
}

/// Cancelled by the first SIGTERM or SIGINT.
pub fn stop_on_signal() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopped.cancel();
    });
    Ok(stop)
}
