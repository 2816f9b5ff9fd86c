//! `quarterdeck serve`, `web`: the pages, with or without a worker in the same process.

use std::net::TcpListener;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::worker::stop_on_signal;
use super::{Ending, open};
use crate::config::{Environment, LoadFrom};
use crate::context::Context;
use crate::web::server;
use crate::worker::Worker;

/// Web and worker in one process.
pub async fn run(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let prepared = open::prepare(from, environment)?;
    let listener = listen(&prepared.config.server.listen)?;
    let context = Context::open(prepared.config, prepared.sources, prepared.parts).await?;
    server::announce_setup(&context).await?;
    everything(context, listener).await
}

/// The pages alone; a worker runs elsewhere.
pub async fn run_web(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let prepared = open::prepare(from, environment)?;
    open::refuse_sqlite(&prepared.config, "web")?;
    let listener = listen(&prepared.config.server.listen)?;
    let context = Context::open(prepared.config, prepared.sources, prepared.parts).await?;
    server::announce_setup(&context).await?;
    stop_with(&context.stop)?;
    pages(context, listener).await?;
    Ok(Ending::Done)
}

/// Pages and worker side by side until a signal; whichever fails ends the other.
pub async fn everything(context: Context, listener: TcpListener) -> anyhow::Result<Ending> {
    stop_with(&context.stop)?;
    let worker = Worker::new(context.db.clone(), open::collectable(&context))
        .counting(context.metrics.clone())
        .keeping(context.config.history)
        .owning(&context.config.networks);
    let stop = context.stop.clone();
    let working = async {
        let ended = worker.run(stop.clone()).await.context("the worker failed");
        stop.cancel();
        ended
    };
    let serving = async {
        let ended = pages(context.clone(), listener).await;
        context.stop.cancel();
        ended
    };
    let (worked, served) = tokio::join!(working, serving);
    served?;
    worked?;
    Ok(Ending::Done)
}

async fn pages(context: Context, listener: TcpListener) -> anyhow::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "listening");
    let metrics = context.config.server.metrics_listen.as_deref().map(listen).transpose()?;
    let measured = context.clone();
    let serving = async {
        let ended = server::serve(context.clone(), listener).await;
        // Whoever serves the numbers waits for this, also when the pages could not even begin.
        context.stop.cancel();
        ended
    };
    match metrics {
        None => serving.await?,
        Some(listener) => {
            let (served, metered) = tokio::join!(serving, server::serve_metrics(measured, listener));
            served?;
            metered?;
        }
    }
    Ok(())
}

/// Opens the socket before anything else, so that a port that is taken is told at once.
pub fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    Ok(listener)
}

/// The first signal cancels the context's own token.
fn stop_with(stop: &CancellationToken) -> std::io::Result<()> {
    let (signalled, stop) = (stop_on_signal()?, stop.clone());
    tokio::spawn(async move {
        signalled.cancelled().await;
        stop.cancel();
    });
    Ok(())
}
