//! From arguments and environment to a running process, with every mistake told at once.

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use secrecy::ExposeSecret;

use crate::actions::ACTIONS;
use crate::clock::Clock;
use crate::config::{Config, Environment, LoadFrom, SourceConfig};
use crate::context::{Context, Reach};
use crate::error::{Fault, Faults};
use crate::net::http::Http;
use crate::providers::{Built, Parts, build};
use crate::runs::Executor;
use crate::store::connection::sqlite_path;
use crate::store::{Backend, Db, Pages};
use crate::sync::Source;
use crate::worker::Worker;

/// A valid configuration and the providers built from it; nothing is opened or called yet.
pub struct Prepared {
    pub config: Config,
    pub sources: Vec<(SourceConfig, Built)>,
    pub parts: Parts,
}

/// Reads the configuration and builds the sources' providers.
pub fn prepare(from: &LoadFrom, environment: &Environment) -> Result<Prepared, Faults> {
    let (config, mut faults) = Config::read(from, environment);
    let parts = parts();
    let (sources, in_settings) = build::try_sources(&config, &parts);
    faults.extend(in_settings);
    faults.extend(super::check::mentions(&config));
    Faults::none_or(Prepared { config, sources, parts }, faults)
}

/// What providers are built from, outside of tests.
pub fn parts() -> Parts {
    Parts { http: Http::new(), clock: Clock::system() }
}

/// Reads the configuration and opens everything.
pub async fn context(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Context> {
    let Prepared { config, sources, parts } = prepare(from, environment)?;
    Ok(Context::open(config, sources, parts).await?)
}

/// The same for who goes through the whole of a large file once, and ends.
pub async fn context_for_once(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Context> {
    let Prepared { config, sources, parts } = prepare(from, environment)?;
    Ok(Context::open_by(config, sources, parts, Pages::Read).await?)
}

/// Reads the configuration and opens the database for reading: nothing is made, migrated or written.
pub async fn reading(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Context> {
    let context = locked(from, environment).await?;
    if let Some(key) = context.config.server.secret_key.present()? {
        context.db.unlock_if_sealed(&key).await?;
    }
    Ok(context)
}

/// The same, with the vault left closed: for what has to be done when no key opens it.
pub async fn locked(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Context> {
    let Prepared { config, sources, parts } = prepare(from, environment)?;
    let url = config.server.database_url.expose_secret();
    // Opening would make the file.
    if Backend::of_url(url)? == Backend::Sqlite && !Path::new(sqlite_path(url)).exists() {
        bail!("{} is not there yet; `quarterdeck migrate` makes it", sqlite_path(url));
    }
    let db = Db::open(url, parts.clock.clone())?;
    if !db.is_current().await? {
        bail!("the database is not up to date; run `quarterdeck migrate` first");
    }
    Ok(Context::over(config, sources, parts, db))
}

/// The sources that can be collected.
pub fn collectable(context: &Context) -> Arc<[Source]> {
    let ready = context.sources.iter().filter_map(|source| match &source.reach {
        Reach::Ready(provider) => Some(Source::new(&context.config, source.config.clone(), Arc::clone(provider))),
        Reach::NotConfigured { .. } => None,
    });
    ready.collect()
}

/// The worker of this process, over every source that can be collected.
pub fn worker(context: &Context) -> Worker {
    Worker::new(context.db.clone(), collectable(context))
        .counting(context.metrics.clone())
        .keeping(context.config.history)
        .probing(context.config.probe.clone())
        .keeping_zone_files(context.config.zone_files.clone())
        .owning(&context.config.networks)
        .executing(Executor::new(context.clone(), ACTIONS))
}

/// A SQLite file has one writing process: `web` and `worker` would be two.
pub fn refuse_sqlite(config: &Config, command: &str) -> Result<(), Faults> {
    if !config.server.database_url.expose_secret().starts_with("sqlite:") {
        return Ok(());
    }
    let what = format!("`quarterdeck {command}` is one of several processes, and SQLite serves only one");
    let remedy = "use `quarterdeck serve`, or a postgres:// URL in DATABASE_URL or database_url";
    Err(Faults(vec![Fault::new(config.server.database_place.clone(), what, remedy)]))
}
