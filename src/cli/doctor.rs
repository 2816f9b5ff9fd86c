//! `quarterdeck doctor`: whether it could run, one line a thing: `ok|warn|fail NAME: text`. Writes nothing anywhere.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::{Ending, open};
use crate::accounts::second_factor;
use crate::clock::Clock;
use crate::config::{Config, Environment, LoadFrom, RequireSecondFactor, SourceConfig};
use crate::providers::Built;
use crate::store::connection::sqlite_path;
use crate::store::{Backend, Db, StoreError, users};

/// A source that has not answered by then does not answer.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Ok,
    Warn,
    Fail,
}

pub async fn run(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let mut healthy = true;
    let prepared = open::prepare(from, environment).inspect_err(|faults| {
        // The faults themselves follow on standard error.
        let _ = line(Health::Fail, "config", &format!("{} to mend", faults.0.len()));
    })?;
    let said = format!("{} sources, {} regions", prepared.sources.len(), prepared.config.regions.len());
    line(Health::Ok, "config", &said)?;
    let (health, text) = database(&prepared.config).await?;
    line(health, "database", &text)?;
    healthy &= health != Health::Fail;
    if let Some((health, text)) = second_factors(&prepared.config, health).await {
        line(health, "second_factor", &text)?;
    }
    for (config, built) in &prepared.sources {
        let (health, text) = source(config, built).await;
        line(health, &config.name, &text)?;
        healthy &= health != Health::Fail;
    }
    Ok(if healthy { Ending::Done } else { Ending::Failed })
}

async fn database(config: &Config) -> anyhow::Result<(Health, String)> {
    let url = config.server.database_url.expose_secret();
    // Opening would make the file.
    if Backend::of_url(url)? == Backend::Sqlite && !Path::new(sqlite_path(url)).exists() {
        return Ok((Health::Warn, format!("{} is not there yet; the first start makes it", sqlite_path(url))));
    }
    match reached(config, url).await {
        Ok(true) => Ok((Health::Ok, "reached, up to date".to_owned())),
        Ok(false) => {
            Ok((Health::Warn, "reached, not up to date; `quarterdeck migrate` or the next start mends it".to_owned()))
        }
        // Has an exit code of its own.
        Err(error @ StoreError::Newer(_)) => {
            line(Health::Fail, "database", &error.to_string())?;
            Err(error.into())
        }
        Err(error) => Ok((Health::Fail, format!("{:#}", anyhow::Error::from(error)))),
    }
}

/// Whether the database is up to date, and opens with the secret key.
async fn reached(config: &Config, url: &str) -> Result<bool, StoreError> {
    let db = Db::open(url, Clock::system())?;
    let current = db.is_current().await?;
    if let Some(key) = config.server.secret_key.present()?.filter(|_| current) {
        db.unlock_if_sealed(&key).await?;
    }
    Ok(current)
}

/// Who has to make a second factor and has none, where the configuration requires one and the database can be asked.
async fn second_factors(config: &Config, database: Health) -> Option<(Health, String)> {
    let required = config.server.require_second_factor;
    if required == RequireSecondFactor::Nobody || database != Health::Ok {
        return None;
    }
    let db = Db::open(config.server.database_url.expose_secret(), Clock::system()).ok()?;
    let people = db.read(users::all).await.ok()?;
    let owing: Vec<_> = people
        .into_iter()
        .filter(|user| user.disabled_at.is_none())
        .filter(|user| second_factor::is_due(required, user.role(), user.second_factor_at.is_some()))
        .map(|user| user.email)
        .collect();
    Some(match owing.is_empty() {
        true => (Health::Ok, "everybody who must has one".to_owned()),
        false => (Health::Warn, format!("still to be made at the next sign-in by {}", owing.join(", "))),
    })
}

async fn source(config: &SourceConfig, built: &Built) -> (Health, String) {
    let provider = match built {
        Built::NotConfigured { missing } => return (Health::Warn, format!("not configured: {missing}")),
        Built::Ready(provider) => provider,
    };
    match tokio::time::timeout(PROBE_TIMEOUT, provider.probe()).await {
        Ok(Ok(known_as)) => (Health::Ok, format!("{}, {known_as}", config.provider)),
        Ok(Err(error)) => (Health::Fail, error.to_string()),
        Err(_) => (Health::Fail, format!("no answer within {} seconds", PROBE_TIMEOUT.as_secs())),
    }
}

fn line(health: Health, name: &str, text: &str) -> std::io::Result<()> {
    let health = match health {
        Health::Ok => "ok",
        Health::Warn => "warn",
        Health::Fail => "fail",
    };
    writeln!(std::io::stdout(), "{health} {name}: {}", text.replace('\n', " "))
}
