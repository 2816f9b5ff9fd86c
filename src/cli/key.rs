//! `quarterdeck key rotate`: the secret key, changed by whoever has a shell here.
//!
//! Everything that is sealed, secrets of second factors too, is sealed anew in one transaction; no version of anything is made. Processes that still run with the former
//! key refuse to keep values from then on, so they are stopped before and started after with the new one.

use std::io::Write;

use anyhow::bail;
use clap::Subcommand;

use super::{Ending, open};
use crate::audit::{self, Act, Doer, Outcome};
use crate::config::{Environment, LoadFrom, SecretKeyConfig};
use crate::secret::SealingKey;

/// What can be done with the key.
#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Seal everything with the key in another file, which is made if it is not there; then name it in the configuration
    Rotate {
        /// The file of the new key
        #[arg(long, value_name = "FILE")]
        to: String,
    },
}

pub async fn run(arguments: Arguments, from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let Arguments::Rotate { to } = arguments;
    let context = open::context(from, environment).await?;
    let new = SecretKeyConfig::File { path: to.clone(), make: true }.obtain()?;
    let (old_id, new_id) = match context.db.vault() {
        Some(vault) => (vault.key_id().to_owned(), SealingKey::of(&new).id().to_owned()),
        None => bail!("the vault is not open"),
    };
    if old_id == new_id {
        bail!("{to} holds the key that is in use already; name a file that is not there yet");
    }
    let act = Act::new("key.rotate", "the secret key").before(old_id);
    let begun = audit::begin(&context.db, &Doer::command_line(), act).await?;
    match context.db.rotate(&new).await {
        Ok(count) => {
            begun.complete(&context.db, Outcome::Succeeded, &format!("{new_id}, {count} values")).await?;
            let mut out = std::io::stdout().lock();
            writeln!(out, "{count} values are sealed with the key {new_id} in {to}")?;
            writeln!(out, "write secret_key_file = \"{to}\" and start the panel; everybody signs in anew")?;
            Ok(Ending::Done)
        }
        Err(error) => {
            begun.complete(&context.db, Outcome::Failed, &error.to_string()).await?;
            Err(error.into())
        }
    }
}
