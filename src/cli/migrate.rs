//! `quarterdeck migrate`: brings the database up to date, one line a migration.

use std::io::Write;

use secrecy::ExposeSecret;

use super::Ending;
use crate::clock::Clock;
use crate::config::{Config, Environment, LoadFrom};
use crate::store::Db;

/// Needs the database only, so that a release can migrate before its sources' secrets are there.
pub async fn run(from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let config = Config::load(from, environment)?;
    let db = Db::open(config.server.database_url.expose_secret(), Clock::system())?;
    let applied = db.migrate().await?;
    let mut out = std::io::stdout().lock();
    for migration in &applied {
        writeln!(out, "applied {migration}")?;
    }
    if applied.is_empty() {
        writeln!(out, "up to date")?;
    }
    Ok(Ending::Done)
}
