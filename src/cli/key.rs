//! `quarterdeck key`: the secret key, changed or given up by whoever has a shell here.
//!
//! `rotate` seals everything anew in one transaction, the secrets of second factors too; no version of anything is
//! made. Processes that still run with the former key refuse to keep values from then on, so they are stopped before
//! and started after with the new one.
//!
//! `forget` is for a key that is lost. What it sealed cannot be read by anybody, and as long as it lies there no start
//! takes another key; without `--yes` it only says how much that is.

use std::io::Write;

use anyhow::bail;
use clap::Subcommand;

use super::{Ending, open};
use crate::audit::{self, Act, Doer, Outcome};
use crate::config::{Environment, LoadFrom, SecretKeyConfig};
use crate::context::Context;
use crate::error::{Fault, Faults, Place};
use crate::secret::SealingKey;
use crate::store::StoreError;
use crate::store::vault::{self, Contents};

/// What can be done with the key.
#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Seal everything with the key in another file, which is made if it is not there; then name it in the
    /// configuration
    Rotate {
        /// The file of the new key
        #[arg(long, value_name = "FILE")]
        to: String,
    },
    /// Give up what was sealed with a key that is lost, so that the panel starts with another one
    Forget {
        /// Do it; without this, only say what would be lost
        #[arg(long)]
        yes: bool,
    },
}

pub async fn run(arguments: Arguments, from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    match arguments {
        Arguments::Rotate { to } => rotate(&open::context(from, environment).await?, &to).await,
        Arguments::Forget { yes } => forget(&open::locked(from, environment).await?, yes).await,
    }
}

async fn rotate(context: &Context, to: &str) -> anyhow::Result<Ending> {
    let new = SecretKeyConfig::File { path: to.to_owned(), make: true }.obtain()?;
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

async fn forget(context: &Context, yes: bool) -> anyhow::Result<Ending> {
    let (sealed, given) = lost(context).await?;
    let Contents { key_id, values, resources, second_factors } = &sealed;
    if !yes {
        let what = format!(
            "{values} sealed values of {resources} resources and {second_factors} second factors would be lost for good: only the key \
             {key_id} opens them, and {given}"
        );
        return Err(refusal("--yes", what, "give that key back if there is a copy of it anywhere; if not, say --yes"));
    }
    let act = Act::new("key.forget", "the secret key").before(key_id);
    let begun = audit::begin(&context.db, &Doer::command_line(), act).await?;
    let (db, key_id) = (context.db.clone(), key_id.clone());
    let forgotten = context.db.write(move |connection| {
        let forgotten = vault::forget(connection, &key_id)?;
        let Contents { values, resources, second_factors, .. } = &forgotten;
        let after = format!("{values} values of {resources} resources and {second_factors} second factors are lost");
        begun.complete_in(connection, &db, Outcome::Succeeded, &after)?;
        Ok(forgotten)
    });
    match forgotten.await {
        Ok(Contents { key_id, values, resources, second_factors }) => {
            let mut out = std::io::stdout().lock();
            writeln!(
                out,
                "{values} values of {resources} resources and {second_factors} second factors, sealed with the key {key_id}, are forgotten"
            )?;
            writeln!(
                out,
                "start the panel: the next sync brings the present values again, and everybody signs in anew"
            )?;
            Ok(Ending::Done)
        }
        Err(error) => {
            begun.complete(&context.db, Outcome::Failed, &error.to_string()).await?;
            Err(error.into())
        }
    }
}

/// What is sealed with a key that the configuration does not give, and what it gives instead.
async fn lost(context: &Context) -> anyhow::Result<(Contents, String)> {
    let key = context.config.server.secret_key.present()?;
    let Some(sealed) = context.db.read(vault::contents).await? else {
        let what = "nothing is sealed in this database, so there is nothing to forget";
        return Err(refusal("key forget", what, "start the panel; its first start takes the key that it is given"));
    };
    let Some(key) = key else {
        return Ok((sealed, "the configured file is not there (a relative path starts at this folder)".to_owned()));
    };
    match context.db.unlock_if_sealed(&key).await {
        Err(StoreError::WrongKey(wrong)) => Ok((sealed, format!("the configuration gives the key {}", wrong.given))),
        Err(error) => Err(error.into()),
        Ok(()) => {
            let what = format!("the configured key is the one that seals here, {}, so nothing is lost", sealed.key_id);
            Err(refusal("key forget", what, "start the panel; to change the key, use `quarterdeck key rotate`"))
        }
    }
}

fn refusal(place: &str, what: impl Into<String>, remedy: &str) -> anyhow::Error {
    Faults(vec![Fault::new(Place::outside(place), what, remedy)]).into()
}
