//! The command line: what can be asked, and the exit code that answers.
//!
//! A subcommand is a file here with its arguments and `run`. Answers go to standard output, everything else to standard
//! error. Exit codes: 0 done · 1 failed · 2 usage or configuration · 3 partial, held or unknown · 4 database newer than
//! the program.
//!
//! **One more subcommand**: its file, its variant in [`Command`] and its line in [`dispatch`].

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Environment, LoadFrom};
use crate::error::{Faults, NewerDatabase};
use crate::store::StoreError;
use crate::telemetry::log;

mod check;
mod demo;
mod demo_teams;
mod doctor;
mod dry_run;
mod key;
mod migrate;
mod open;
mod openapi;
mod serve;
mod sync;
mod task;
mod token;
mod user;
mod worker;

/// The control room of a hosting platform: one panel for instances, load balancers, DNS, apps and certificates.
#[derive(Debug, Parser)]
#[command(name = "quarterdeck", version, arg_required_else_help = true)]
pub struct Arguments {
    /// The configuration; otherwise QUARTERDECK_CONFIG, QUARTERDECK_CONFIG_TOML or ./quarterdeck.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
enum Command {
    /// Pages and worker in one process; SQLite unless configured otherwise
    Serve(Listen),
    /// The pages alone, beside `worker`; needs PostgreSQL
    Web(Listen),
    /// Run the worker alone, beside `web`; needs PostgreSQL
    Worker,
    /// Serve a made-up platform kept in memory; nothing to configure
    Demo(Listen),
    /// Bring the database up to date (serve, web and worker do it by themselves)
    Migrate,
    /// Collect now, from all sources or from one
    Sync(sync::Arguments),
    /// List the periodic tasks, or run one now
    Task(task::Arguments),
    /// Add people, set their passwords, reset a second factor, list them
    #[command(subcommand)]
    User(user::Arguments),
    /// Make, list and revoke tokens for machines
    #[command(subcommand)]
    Token(token::Arguments),
    /// Change the secret key, or give up what was sealed with a lost one
    #[command(subcommand)]
    Key(key::Arguments),
    /// Check the configuration, the database and the reach of every source
    Doctor,
    /// Print the description of the API
    Openapi,
}

/// Where to listen.
#[derive(Debug, clap::Args)]
struct Listen {
    /// `host:port`; otherwise PORT, or what the configuration says
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

/// How a command that did not fail has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    Failed,
    /// Something is partial, held or unknown.
    Partial,
}

/// The whole program: reads arguments and environment, runs, and says how it ended.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = Environment::of_process();
    match run(arguments, &environment) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::from(1),
        Ok(Ending::Partial) => ExitCode::from(3),
        Err(error) => ExitCode::from(tell(&error, &mut std::io::stderr())),
    }
}

fn run(arguments: Arguments, environment: &Environment) -> anyhow::Result<Ending> {
    log::start(environment).map_err(|fault| Faults(vec![fault]))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ending = runtime.block_on(dispatch(arguments, environment));
    // What still runs on blocking threads is a query whose answer nobody waits for.
    runtime.shutdown_background();
    ending
}

async fn dispatch(arguments: Arguments, environment: &Environment) -> anyhow::Result<Ending> {
    let mut from = LoadFrom { file: arguments.config, ..LoadFrom::default() };
    match arguments.command {
        Command::Serve(Listen { listen }) => {
            from.listen = listen;
            serve::run(&from, environment).await
        }
        Command::Web(Listen { listen }) => {
            from.listen = listen;
            serve::run_web(&from, environment).await
        }
        Command::Demo(Listen { listen }) => demo::run(listen, environment).await,
        Command::Worker => worker::run(&from, environment).await,
        Command::Migrate => migrate::run(&from, environment).await,
        Command::Sync(arguments) => sync::run(arguments, &from, environment).await,
        Command::Task(arguments) => task::run(arguments, &from, environment).await,
        Command::User(arguments) => user::run(arguments, &from, environment).await,
        Command::Token(arguments) => token::run(arguments, &from, environment).await,
        Command::Key(arguments) => key::run(arguments, &from, environment).await,
        Command::Doctor => doctor::run(&from, environment).await,
        Command::Openapi => openapi::run(),
    }
}

/// Tells a person what went wrong, and gives the exit code for it.
fn tell(error: &anyhow::Error, to: &mut impl Write) -> u8 {
    let (text, code) = match kind_of(error) {
        Trouble::Faults(faults) => (faults.to_string(), 2),
        Trouble::Newer => (format!("quarterdeck: {error:#}"), 4),
        Trouble::WrongKey => (format!("quarterdeck: {error:#}"), 2),
        Trouble::Other => (format!("quarterdeck: {error:#}"), 1),
    };
    // Nobody is left to tell if standard error is closed; the exit code still says it.
    let _ = writeln!(to, "{text}");
    code
}

enum Trouble<'a> {
    Faults(&'a Faults),
    Newer,
    /// The configuration names a key that the database was not sealed with.
    WrongKey,
    Other,
}

fn kind_of(error: &anyhow::Error) -> Trouble<'_> {
    for cause in error.chain() {
        if let Some(faults) = cause.downcast_ref() {
            return Trouble::Faults(faults);
        }
        // A transparent error hides what it wraps from the chain.
        if cause.is::<NewerDatabase>() || matches!(cause.downcast_ref(), Some(StoreError::Newer(_))) {
            return Trouble::Newer;
        }
        if matches!(cause.downcast_ref(), Some(StoreError::WrongKey(_))) {
            return Trouble::WrongKey;
        }
    }
    Trouble::Other
}

#[cfg(test)]
mod tests {
    use anyhow::Context;
    use clap::CommandFactory;

    use super::*;
    use crate::error::{Fault, Place};
    use crate::store::vault::WrongKey;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn each_sort_of_trouble_has_its_exit_code() {
        let told = |error: anyhow::Error| {
            let mut text = Vec::new();
            let code = tell(&error, &mut text);
            (code, String::from_utf8(text).unwrap())
        };
        let fault = |what: &str| Fault::new(Place::outside("PORT"), what, "mend it");
        let faults = Faults(vec![fault("one"), fault("two")]);
        let expected = "PORT:0:0: one; mend it\nPORT:0:0: two; mend it\n".to_owned();
        assert_eq!(told(anyhow::Error::from(faults).context("while starting")), (2, expected));
        let newer = || NewerDatabase { found: "2027".to_owned(), known: "2026".to_owned() };
        assert_eq!(told(StoreError::from(newer()).into()).0, 4);
        assert_eq!(told(anyhow::Error::from(newer()).context("while migrating")).0, 4);
        let wrong = WrongKey { wanted: "aa".to_owned(), given: "bb".to_owned() };
        assert_eq!(told(StoreError::from(wrong).into()).0, 2);
        let other = Err::<(), _>(std::io::Error::other("no space")).context("cannot write").unwrap_err();
        assert_eq!(told(other), (1, "quarterdeck: cannot write: no space\n".to_owned()));
    }
}
