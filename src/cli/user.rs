//! `quarterdeck user add|passwd|list`: people, by whoever has a shell on the machine.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use secrecy::ExposeSecret;

use super::{Ending, open};
use crate::accounts::users;
use crate::audit::Doer;
use crate::config::{Environment, LoadFrom};
use crate::roles::Role;
use crate::secret::Secret;

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum Arguments {
    /// Add a person
    Add {
        email: String,
        /// admin, operator or viewer
        #[arg(long, value_parser = role)]
        role: Role,
        /// Read the password as one line from standard input, without asking
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set a person's password; ends their sessions
    Passwd {
        email: String,
        /// Read the password as one line from standard input, without asking
        #[arg(long)]
        password_stdin: bool,
    },
    /// List people, one a line: e-mail address, role, state
    List,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "use admin, operator or viewer".to_owned())
}

pub async fn run(arguments: Arguments, from: &LoadFrom, environment: &Environment) -> anyhow::Result<Ending> {
    let context = open::context(from, environment).await?;
    let doer = Doer::command_line();
    match arguments {
        Arguments::Add { email, role, password_stdin } => {
            users::add(&context, &doer, &email, role, ask(password_stdin)?).await?;
        }
        Arguments::Passwd { email, password_stdin } => {
            let user = users::find(&context, &email).await?;
            users::set_password(&context, &doer, &user, ask(password_stdin)?).await?;
        }
        Arguments::List => {
            let mut out = std::io::stdout().lock();
            for user in users::list(&context).await? {
                let state = if user.disabled_at.is_some() { "disabled" } else { "enabled" };
                writeln!(out, "{}  {}  {state}", user.email, user.role())?;
            }
        }
    }
    Ok(Ending::Done)
}

/// A password from standard input; asked for twice where somebody types it.
fn ask(from_stdin: bool) -> anyhow::Result<Secret> {
    let first = line(!from_stdin, "Password: ")?;
    if !from_stdin && std::io::stdin().is_terminal() {
        let second = line(true, "The same again: ")?;
        if first.expose_secret() != second.expose_secret() {
            bail!("the two passwords differ");
        }
    }
    Ok(first)
}

fn line(prompt: bool, text: &str) -> anyhow::Result<Secret> {
    if prompt && std::io::stdin().is_terminal() {
        let mut err = std::io::stderr();
        write!(err, "{text}").and_then(|()| err.flush()).context("cannot ask for the password")?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(Secret::from(line.trim_end_matches(['\r', '\n']).to_owned()))
}
